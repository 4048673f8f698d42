package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"
)

// asker is a command that asks a running trader.
type asker struct {
	*command

	env    environment
	url    string
	by     string
	within time.Duration
	caller *caller // once connected
}

func newAsker(name, usage string, within time.Duration, env environment) *asker {
	a := &asker{command: newCommand(name, usage, "db", "socket"), env: env, within: within}
	a.line.StringVar(&a.url, "url", "", "`address` of the API, instead of the socket; with the token in "+tokenVariable+" or "+
		tokenVariable+fileSuffix)
	a.line.Var(flagValue[time.Duration]{&a.within, spans}, "timeout", "`time` that all of it may take")
	return a
}

func (a *asker) connect() (err error) {
	token := ""
	if a.url != "" {
		if token, err = readSecret(a.env.lookup, tokenVariable); err != nil {
			return err
		}
	}
	a.caller, err = newCaller(a.socketPath(), a.url, token, a.by)
	return err
}

// caller asks a trader's API, over its socket or over the network.
type caller struct {
	http  *http.Client
	base  string
	where string // for people
	token string
	by    string // who asks
}

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 20

func newCaller(socket, address, token, by string) (*caller, error) {
	c := &caller{token: token, by: by, http: &http.Client{
		// An answer that points elsewhere is none: the token is for this address.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
	if address != "" {
		u, err := url.Parse(address)
		if err != nil || u.Host == "" || u.User != nil || u.RawQuery != "" {
			return nil, usagef("--url: want an address such as http://127.0.0.1:8000")
		}
		c.base, c.where = strings.TrimSuffix(address, "/"), address
		return c, nil
	}
	if socket == "" {
		return nil, usagef("there is no socket: name one by --socket, or an address by --url")
	}
	c.base, c.where = "http://localhost", socket
	c.http.Transport = &http.Transport{
		DialContext: func(ctx context.Context, _, _ string) (net.Conn, error) {
			return (&net.Dialer{}).DialContext(ctx, "unix", socket)
		},
		DisableKeepAlives: true,
	}
	return c, nil
}

// reply is what a trader answers.
type reply struct {
	status     int
	underWay   bool // it goes on, and the same request tells how it ended
	retryLater bool
	more       bool // it has another page
	body       []byte
}

// ask sends a request. key is "" for one that only reads.
func (c *caller) ask(ctx context.Context, method, path, key string, body []byte) (r reply, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, bytes.NewReader(body))
	if err != nil {
		return r, err
	}
	if c.token != "" {
		request.Header.Set("Authorization", "Bearer "+c.token)
	}
	request.Header.Set("From", c.by)
	if key != "" {
		request.Header.Set("Idempotency-Key", key)
		request.Header.Set("Content-Type", "application/json")
	}
	response, err := c.http.Do(request)
	if err != nil {
		return r, c.unheard(err)
	}
	defer func() { _ = response.Body.Close() }()
	r.status, r.retryLater = response.StatusCode, response.Header.Get("Retry-After") != ""
	r.more = response.Header.Get("Link") != ""
	r.underWay = r.status == http.StatusAccepted || r.status == http.StatusConflict && r.retryLater
	if r.body, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer)); err != nil {
		return r, c.unheard(err)
	}
	return r, nil
}

// silentError says that nobody was reached, so that nothing was done.
type silentError struct{ error }

// unheard says why there is no answer.
func (c *caller) unheard(err error) error {
	var u *url.Error
	if errors.As(err, &u) {
		err = u.Err
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" {
		return silentError{fmt.Errorf("nobody answers at %s: %w", c.where, op.Err)}
	}
	return fmt.Errorf("the answer from %s is lost: %w", c.where, err)
}

// problem is what a refusal says.
func (r reply) problem() string {
	var p struct{ Title, Detail string }
	_ = json.Unmarshal(r.body, &p) // what is no JSON has no words
	return cmp.Or(p.Detail, p.Title, http.StatusText(r.status), "no words")
}
