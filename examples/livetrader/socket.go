package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// socketSuffix stands behind the name of a database whose trader is controlled there.
const socketSuffix = ".sock"

// socketPath is where the Unix socket is; "" for nowhere.
func (c *config) socketPath() string {
	switch {
	case c.socket == off:
		return ""
	case c.socket == "" && postgres.IsURL(c.db):
		return "" // it has no folder
	}
	return cmp.Or(c.socket, c.db+socketSuffix)
}

// openSocket binds the Unix socket, once the database is this process's own.
func (a *app) openSocket(_ context.Context, closers *[]func() error) error {
	path := a.cfg.socketPath()
	if path == "" || a.cfg.dryStart || a.cfg.replay != "" {
		return nil
	}
	if folder := filepath.Dir(path); isAnybodys(folder) {
		a.log.Warn("Others can put a socket of their own in the place of this one",
			"folder", folder, "way_out", "chmod o-w "+folder)
	}
	port, err := serve.Listen("unix:" + path)
	if err != nil && a.cfg.socket == "" {
		a.log.Warn("Nothing can be asked over a socket", "error", err, "way_out", "name another place by --socket, or off")
		return nil
	}
	if err != nil {
		return fmt.Errorf("--socket %s: %w", path, err)
	}
	*closers = append(*closers, port.Close)
	handler := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		a.local.ServeHTTP(w, r.WithContext(context.WithValue(r.Context(), overSocket{}, true)))
	})
	a.socket, err = serve.New(serve.Config{Port: port, Handler: handler, Clock: a.clock, Logger: a.log})
	return err
}

// isAnybodys reports whether every user can take away files of others in a folder. In one such as /tmp they cannot.
func isAnybodys(folder string) bool {
	at, err := os.Stat(folder)
	return err == nil && at.Mode()&0o002 != 0 && at.Mode()&os.ModeSticky == 0
}

// overSocket marks the context of a request that came over the socket.
type overSocket struct{}

// socketUser is who asks over the socket. Who can open it is the trader's own user, or root, and is believed: the header
// From names the person.
func socketUser(r *http.Request) (string, error) {
	if over, _ := r.Context().Value(overSocket{}).(bool); !over {
		return "", errors.New("not over the socket, and without the token")
	}
	return cmp.Or(r.Header.Get("From"), "socket"), nil
}
