package console

import (
	"fmt"
	"net"
	"net/http"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// knownHosts returns the names by which the console may be called, as they are compared.
func knownHosts(more []string) (map[string]bool, error) {
	hosts := map[string]bool{"localhost": true, "127.0.0.1": true, "::1": true}
	for i, host := range more {
		_, _, err := net.SplitHostPort(host)
		if hasPort := err == nil; hasPort || hostname(host) == "" || strings.ContainsAny(host, "/*@ ") {
			return nil, fmt.Errorf("console: Config.Hosts[%d] %q is not a host name without port", i, host)
		}
		hosts[hostname(host)] = true
	}
	return hosts, nil
}

// hostname returns the name in a Host header: without port, brackets and the root's dot, in lower case.
func hostname(hostport string) string {
	name := hostport
	if host, port, err := net.SplitHostPort(hostport); err == nil && strings.Trim(port, "0123456789") == "" {
		name = host
	} else if strings.HasPrefix(name, "[") && strings.HasSuffix(name, "]") {
		name = name[1 : len(name)-1]
	}
	return strings.TrimSuffix(strings.ToLower(name), ".")
}

// protect lets through what comes from this machine or by a known name, and of what a browser sends across origins only
// what reads. http.CrossOriginProtection alone does not stop DNS rebinding: to the browser, a page whose name was made
// to point here is of the same origin. What it cannot forge is the name itself, in the Host header.
func (a *api) protect(next http.Handler) http.Handler {
	origins := http.NewCrossOriginProtection()
	origins.SetDenyHandler(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusForbidden, Detail: "a change was asked for by a page of another origin",
		})
	}))
	next = origins.Handler(next)
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !a.hosts[hostname(r.Host)] {
			answer.Refuse(w, r, answer.Problem{
				Status: http.StatusForbidden,
				Detail: fmt.Sprintf("the host %.100q is not one of this console's", r.Host),
			})
			return
		}
		next.ServeHTTP(w, r)
	})
}
