package main

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"time"
)

// probes are what the command health can ask, by its word.
var probes = map[string]string{"": "/health", "live": "/livez", "ready": "/readyz"}

const probeHelp = `
  livetrader health          is it doing its work? For people and alarms
  livetrader health live     would only a new process help it? For whoever starts one
  livetrader health ready    is it well, and not about to stop? For whoever waits for it

It says so in one line, and ends with 0 for yes, 1 for no or no answer, and 2 where the command line is wrong.
`

// runHealth is the command health.
func runHealth(ctx context.Context, args []string, env environment) int {
	a := newAsker("health", "[live|ready] [flags]", 5*time.Second, env)
	words, err := a.parse(args, env.lookup)
	path, ok := probes[strings.Join(words, " ")]
	if err == nil && !ok {
		err = usagef("health asks live or ready, and %q is neither", strings.Join(words, " "))
	}
	if err == nil {
		err = a.connect()
	}
	if err != nil {
		return a.end(env, err, probeHelp)
	}
	ctx, cancel := env.clock.WithTimeout(ctx, a.within)
	defer cancel()
	r, err := a.caller.ask(ctx, http.MethodGet, path, "", nil)
	if err != nil {
		fmt.Fprintln(env.stdout, oneLine(err))
		return exitFailure
	}
	fmt.Fprintln(env.stdout, cmp.Or(r.verdict(), http.StatusText(r.status)))
	if r.status != http.StatusOK {
		return exitFailure
	}
	return exitOK
}

// verdict is what an answer says, in one line: of /health, or the text of a probe.
func (r reply) verdict() string {
	var h struct {
		Status  any // a problem's is a number
		Reasons []string
		Detail  string
	}
	if json.Unmarshal(r.body, &h) != nil {
		return strings.Join(strings.FieldsFunc(string(r.body), func(c rune) bool { return c == '\n' }), "; ")
	}
	if h.Detail != "" {
		return h.Detail
	}
	return strings.TrimSuffix(fmt.Sprint(h.Status)+": "+strings.Join(h.Reasons, "; "), ": ")
}
