package console

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// lock is the verb that locks an instrument: until a time, or for a while, which counts from when it is done.
func (a *api) lock(body []byte) (act, string, *answer.Problem) {
	given, wrong := fields(body, "symbol", "until", "for", "reason")
	if wrong != nil {
		return nil, "", wrong
	}
	symbol, wrong := required(given, "symbol", text)
	if wrong != nil {
		return nil, "", wrong
	}
	reason, wrong := required(given, "reason", text)
	if wrong != nil {
		return nil, "", wrong
	}
	end, said, wrong := a.lockEnd(given)
	if wrong != nil {
		return nil, "", wrong
	}
	return func(ctx context.Context, by string) error {
		until := end()
		// Here and not above: who asks again with the same key, once it is over, gets the answer of the first time.
		if !until.After(a.cfg.Clock.Now()) {
			return fmt.Errorf("lock %s until %s: that time is over; the act unlock lifts a lock",
				symbol, until.Format(time.RFC3339))
		}
		return a.cfg.Control.Lock(ctx, symbol, until, reason, by)
	}, symbol + " " + said + ": " + reason, nil
}

// lockEnd is when a lock ends, and how that was said.
func (a *api) lockEnd(given map[string]json.RawMessage) (end func() time.Time, said string, wrong *answer.Problem) {
	_, hasUntil := given["until"]
	_, hasFor := given["for"]
	switch {
	case hasUntil && hasFor:
		return nil, "", badBody("for", "given beside until; this verb takes one of them")
	case hasFor:
		length, wrong := required(given, "for", duration)
		return func() time.Time { return a.cfg.Clock.Now().Add(length).UTC() }, "for " + length.String(), wrong
	case !hasUntil:
		return nil, "", badBody("until", `missing; this verb takes it, or "for":"2h"`)
	}
	until, wrong := required(given, "until", later)
	return until.UTC, "until " + until.UTC().Format(time.RFC3339), wrong
}
