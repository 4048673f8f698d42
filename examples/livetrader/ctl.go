package main

import (
	"cmp"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"unicode"
	"unicode/utf8"

	"slices"
	"time"
)

// exitUnknown is how ctl ends where it is not known what became of an act.
const exitUnknown = 3

// control is one call of ctl.
type control struct {
	*asker

	asJSON bool
	limit  int
	key    string
	lock   lockFlags
}

// runControl is the command ctl.
func runControl(ctx context.Context, args []string, env environment) int {
	c := &control{asker: newAsker("ctl", "VERB [OBJECT] [flags]", 2*time.Minute, env)}
	c.line.BoolVar(&c.asJSON, "json", false, "write the answer as it comes, in JSON")
	c.line.Var(flagValue[int]{&c.limit, counts}, "limit", "`number` of rows to show at most, where there can be many")
	c.line.StringVar(&c.by, "by", whoAsks(env.lookup), "`name` of who acts, for the journal; over the socket alone")
	c.line.StringVar(&c.key, "key", "", "`key` of an act that was asked for before, to learn what became of it")
	c.lock.declare(c.line)
	words, err := c.parse(args, env.lookup)
	if err == nil && len(words) == 0 {
		err = usagef("ctl wants to know what to do: livetrader ctl --help lists it")
	}
	if err == nil {
		err = checkName(c.by)
	}
	if err == nil {
		err = c.connect()
	}
	if err != nil {
		return c.end(env, err, ctlHelp())
	}
	ctx, cancel := env.clock.WithTimeout(ctx, c.within)
	defer cancel()
	return c.do(ctx, words[0], words[1:])
}

// whoAsks is the person at the terminal, also behind sudo.
func whoAsks(lookup func(string) (string, bool)) string {
	for _, name := range []string{"SUDO_USER", "USER", "LOGNAME"} {
		if value, _ := lookup(name); value != "" {
			return value
		}
	}
	return ""
}

// maxName is how many bytes the name of who acts may have.
const maxName = 100

// checkName refuses a name that could not be written down: what is asked by it would be lost under way.
func checkName(by string) error {
	if len(by) > maxName || !utf8.ValidString(by) || strings.ContainsFunc(by, unicode.IsControl) {
		return usagef("--by: want a name of up to %d bytes in one line", maxName)
	}
	return nil
}

func (c *control) do(ctx context.Context, name string, words []string) int {
	if read, ok := ctlReads[name]; ok {
		path, err := read.at(words, c.limit)
		if err == nil {
			err = c.lock.none()
		}
		if err != nil {
			return fail(c.env, usagef("ctl %s: %w", name, err))
		}
		return c.read(ctx, read, path)
	}
	verb, ok := ctlVerbs[name]
	if !ok {
		all := slices.Concat(slices.Collect(maps.Keys(ctlVerbs)), slices.Collect(maps.Keys(ctlReads)))
		if near := nearest(name, all); near != "" {
			return fail(c.env, usagef("ctl has no verb %q: did you mean %s?", name, near))
		}
		return fail(c.env, usagef("ctl has no verb %q: livetrader ctl --help lists them", name))
	}
	body, err := verb.body(words, c.lock)
	if err != nil {
		return fail(c.env, usagef("ctl %s: %w", name, err))
	}
	return c.act(ctx, name, body)
}

// act has something done once, and waits for its end.
func (c *control) act(ctx context.Context, verb string, body []byte) int {
	key := cmp.Or(c.key, newKey())
	for said := false; ; {
		r, err := c.caller.ask(ctx, http.MethodPost, "/api/control/"+verb, key, body)
		if err == nil && r.underWay {
			if !said {
				said = true
				fmt.Fprintf(c.env.stderr, "livetrader: %s is under way\n", verb)
			}
			select {
			case <-ctx.Done():
				err = fmt.Errorf("%s is still under way after %s", verb, c.within)
			case <-c.env.clock.After(time.Second):
				continue
			}
		}
		var silent silentError
		if (said || c.key != "") && errors.As(err, &silent) {
			err = silent.error // it was asked before, and may have done it
		}
		return c.ended(verb, key, r, err)
	}
}

// ended says how an act has ended.
func (c *control) ended(verb, key string, r reply, err error) int {
	switch {
	case errors.As(err, new(silentError)):
		fail(c.env, fmt.Errorf("ctl: %w; nothing was asked of it. Is it running? --db or --socket names another one", err))
		return exitFailure
	case err != nil:
		fail(c.env, fmt.Errorf(
			"ctl: %w; it may have been done: see livetrader ctl status. To hear what became of it: --key %s", err, key))
		return exitUnknown
	case c.asJSON:
		_, _ = c.env.stdout.Write(r.body)
	case r.status == http.StatusOK:
		c.sayDone(verb, r)
	case r.status == http.StatusUnauthorized:
		fail(c.env, fmt.Errorf("ctl %s: refused: %s (%s)", verb, r.problem(), tokenVariable))
	default:
		fail(c.env, fmt.Errorf("ctl %s: refused: %s", verb, r.problem()))
	}
	return exitOf(r.status)
}

// exitOf is the exit code for an answer.
func exitOf(status int) int {
	switch status {
	case http.StatusOK:
		return exitOK
	case http.StatusBadRequest:
		return exitUsage
	case http.StatusInternalServerError, http.StatusGatewayTimeout:
		return exitUnknown
	}
	return exitFailure
}

// newKey is a key that nobody has used.
func newKey() string {
	var random [16]byte
	_, _ = rand.Read(random[:]) // it does not fail
	return hex.EncodeToString(random[:])
}
