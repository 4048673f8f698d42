package console

import (
	"bytes"
	"net/http"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// probes are the paths that Config.Health answers. Those that are free need no credential: an orchestrator has none.
var probes = map[string]bool{"/health": false, "/livez": true, "/readyz": true}

// ofHealth returns what answers one of the probes, and the parts below it.
func (a *api) ofHealth(at string) http.Handler {
	known := a.known(a.cfg.Health)
	if probes[at] {
		known = a.free(a.cfg.Health)
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, "/") {
			nothing(w, r)
			return
		}
		known.ServeHTTP(w, r)
	})
}

// free tells everybody whether, and why or how only those who may read: the texts of errors may hold addresses and names. A
// log-in of the host's is asked for no more than that, so that one which hangs delays no orchestrator.
func (a *api) free(h http.Handler) http.Handler {
	if !a.cfg.Read.enabled() {
		return h
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		k := &kept{header: make(http.Header)}
		h.ServeHTTP(k, r)
		body := k.body.Bytes()
		switch {
		case k.status == http.StatusOK:
			if text := []byte("ok\n"); !bytes.Equal(body, text) && !a.mayRead(r) {
				body = text
			}
		case k.status == http.StatusServiceUnavailable && !a.mayRead(r):
			body = []byte("no; who may read is told why\n")
		}
		answer.Write(w, r, k.status, k.header.Get("Content-Type"), body)
	})
}

func (a *api) mayRead(r *http.Request) bool {
	_, ok := a.readers.look(r)
	return ok
}

// kept is an answer that is not given yet.
type kept struct {
	header http.Header
	status int
	body   bytes.Buffer
}

func (k *kept) Header() http.Header { return k.header }

func (k *kept) WriteHeader(status int) {
	if k.status == 0 {
		k.status = status
	}
}

func (k *kept) Write(text []byte) (int, error) {
	k.WriteHeader(http.StatusOK)
	return k.body.Write(text)
}
