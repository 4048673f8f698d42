package console

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// cursor is how far a client has read. The number alone means nothing in another store, such as one in memory that
// began anew at 1: it would be waited for in silence until the new store has caught up.
type cursor struct {
	seq   int64
	store string // the identity of the store that it was read from; empty where the caller did not say
	given bool   // the caller has one
	read  bool   // the caller has read up to it, which 0 alone does not say: it is also how one begins
}

func (c *cursor) setAfter(value string) (wrong string) {
	seq, err := strconv.ParseInt(value, 10, 64)
	if err != nil || seq < 0 {
		return fmt.Sprintf("%.100q is not a whole number from 0 on", value)
	}
	c.seq, c.given, c.read = seq, true, seq > 0
	return ""
}

func (c *cursor) setStore(value string) (wrong string) {
	store, err := url.PathUnescape(value)
	if err != nil || store == "" {
		return fmt.Sprintf("%.100q is no identity as %s gave it", value, storeHeader)
	}
	c.store = store
	return ""
}

// setEventID reads what eventID wrote. The number alone will do as well.
func (c *cursor) setEventID(value string) (wrong string) {
	seq, store, named := strings.Cut(value, "@")
	if wrong = c.setAfter(seq); wrong == "" && named {
		wrong = c.setStore(store)
	}
	c.read = true
	return wrong
}

// eventID is the cursor as a browser keeps it.
func (c *cursor) eventID() string {
	id := strconv.FormatInt(c.seq, 10)
	if c.store != "" {
		id += "@" + url.PathEscape(c.store) // escaped, so that it is one line
	}
	return id
}

// foreign says that the cursor is of another store than the one of that identity.
func (c *cursor) foreign(identity string) *answer.Problem {
	if c.store == "" || c.store == identity {
		return nil
	}
	return &answer.Problem{Status: http.StatusConflict, Detail: fmt.Sprintf(
		"the cursor is of the store %.100q, and this is %.100q: begin anew, from a number of this one", c.store, identity)}
}

// gap says that signals after the cursor are gone. Where the store is no signal.Window, its oldest signal tells of those
// that went from the old end.
func (a *api) gap(ctx context.Context, c cursor, found page) (*answer.Problem, error) {
	if !c.read {
		return nil, nil
	}
	if _, ok := a.cfg.Signals.(signal.Window); !ok {
		oldest, err := a.after(ctx, 0, 1)
		if err != nil {
			return nil, fmt.Errorf("read the oldest signal: %w", err)
		}
		if len(oldest.signals) > 0 {
			found.whole = oldest.signals[0].Seq - 1
		}
	}
	if !found.missing() {
		return nil, nil
	}
	return &answer.Problem{Status: http.StatusGone, Oldest: found.whole + 1, Detail: fmt.Sprintf(
		"some of what was stored after number %d is not held any more; from %d on nothing is missing: begin anew after %d",
		c.seq, found.whole+1, found.whole)}, nil
}

// pastEnd says that the cursor, after which nothing was found, is further than the store has ever got: no store gives
// such a one, so it must be another's. What a store forgets is never the newest.
func (a *api) pastEnd(ctx context.Context, c cursor) (*answer.Problem, error) {
	if c.seq == 0 {
		return nil, nil
	}
	newest, err := a.latest(ctx, signal.Query{Limit: 1})
	if err != nil {
		return nil, fmt.Errorf("read the newest signal: %w", err)
	}
	if len(newest) > 0 && newest[0].Seq >= c.seq {
		return nil, nil
	}
	return &answer.Problem{Status: http.StatusConflict, Detail: fmt.Sprintf(
		"nothing was ever stored here as number %d: the cursor is of another store, begin anew", c.seq)}, nil
}

// identity returns the store's identity, or nothing where it has none.
func (a *api) identity(ctx context.Context) (string, error) {
	store, ok := a.cfg.Signals.(signal.Identified)
	if !ok {
		return "", nil
	}
	type key struct{}
	identity, err := ask(ctx, a.calls, key{}, store.Identity)
	if err != nil {
		return "", fmt.Errorf("read the store's identity: %w", err)
	}
	return identity, nil
}
