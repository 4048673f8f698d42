package main

import (
	"crypto/sha256"
	"crypto/subtle"
	"fmt"
	"net"
	"net/http"
	"net/netip"
	"os"
	"strings"
)

// The variables that hold the token, itself or in a file: a flag would show it to everybody who lists processes.
const (
	tokenVariable     = variablePrefix + "TOKEN"
	tokenFileVariable = variablePrefix + "TOKEN_FILE"
)

// readToken reads what a caller of the API has to show; "" where nothing is set.
func readToken(lookup func(string) (string, bool)) (string, error) {
	file, _ := lookup(tokenFileVariable)
	if file == "" {
		token, _ := lookup(tokenVariable)
		return token, nil
	}
	text, err := os.ReadFile(file)
	if err != nil {
		return "", usageError{fmt.Errorf("%s: %w", tokenFileVariable, err)}
	}
	token := strings.TrimSpace(string(text))
	if token == "" {
		return "", usagef("%s names a file that is empty", tokenFileVariable)
	}
	return token, nil
}

// isOpen reports whether others than this machine reach the address. An address without a host is on this machine only,
// and a name that is no address may be anything.
func isOpen(address string) bool {
	host, _, err := net.SplitHostPort(address)
	if err != nil || host == "" || host == "localhost" {
		return false
	}
	ip, err := netip.ParseAddr(host)
	return err != nil || !ip.IsLoopback()
}

// withToken answers only those who show the token, but for the two probes: an orchestrator has no secrets for them.
func withToken(token string, h http.Handler) http.Handler {
	if token == "" {
		return h
	}
	want := sha256.Sum256([]byte("Bearer " + token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		got := sha256.Sum256([]byte(r.Header.Get("Authorization")))
		if subtle.ConstantTimeCompare(want[:], got[:]) == 1 || r.URL.Path == "/livez" || r.URL.Path == "/readyz" {
			h.ServeHTTP(w, r)
			return
		}
		w.Header().Set("WWW-Authenticate", `Bearer realm="livetrader"`)
		w.Header().Set("Content-Type", "application/problem+json")
		w.WriteHeader(http.StatusUnauthorized)
		_, _ = w.Write([]byte(`{"title":"Unauthorized","status":401,` +
			`"detail":"show the token: Authorization: Bearer ..."}` + "\n"))
	})
}
