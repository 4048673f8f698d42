package console

import (
	"context"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	keepActs = 24 * time.Hour
	maxActs  = 2000        // remembered; beyond them the oldest that has ended is forgotten early
	actGrace = time.Second // for an act to say at its time limit what it leaves
	maxUnder = 8           // under way, of one verb: flattens that hang do not keep a halt out
)

// acts are the acts of a day, by their keys.
type acts struct {
	cfg  Config
	past recall

	mu    sync.Mutex         // guards all below
	byKey map[string]*oneAct // each is in order as well
	order []*oneAct          // oldest first
	under map[string]int     // by verb: calls that have not returned, also those that are not waited for any more
}

// oneAct is an act that has begun. what but Ended and Error never changes; those and refusal are there once done is
// closed.
type oneAct struct {
	what    journal.Acted
	hash    [sha256.Size]byte // of all that was asked
	done    chan struct{}
	refusal *answer.Problem
}

func newActs(cfg Config) *acts {
	return &acts{cfg: cfg, byKey: make(map[string]*oneAct), under: make(map[string]int)}
}

// askedHash is of all that was asked.
func askedHash(what journal.Acted) [sha256.Size]byte {
	return sha256.Sum256(fmt.Appendf(nil, "%q %q %q", what.Actor, what.Verb, what.Object))
}

// begin begins an act, or finds the one that was asked for by the same key: began tells which.
func (a *acts) begin(ctx context.Context, what journal.Acted, do act) (one *oneAct, began bool, wrong *answer.Problem) {
	a.recall(ctx)
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.cfg.Clock.Now()
	a.forget(now, maxActs)
	hash := askedHash(what)
	if one = a.byKey[what.Key]; one != nil {
		return one, false, one.again(hash)
	}
	if a.under[what.Verb] >= maxUnder {
		return nil, false, &answer.Problem{
			Status: http.StatusServiceUnavailable, Detail: "too many acts of this verb are under way; nothing was begun",
		}
	}
	a.forget(now, maxActs-1)
	what.Began = now.UTC()
	one = &oneAct{what: what, hash: hash, done: make(chan struct{})}
	a.order = append(a.order, one)
	a.byKey[what.Key] = one
	a.under[what.Verb]++
	// Not the end of the context of who asked: an act that was begun is not left half done because a line broke.
	go a.run(context.WithoutCancel(ctx), one, do)
	return one, true, nil
}

// again says why a second request gets no answer of the first.
func (o *oneAct) again(hash [sha256.Size]byte) *answer.Problem {
	if hash != o.hash {
		return &answer.Problem{
			Status: http.StatusConflict, Field: "Idempotency-Key",
			Detail: "Idempotency-Key: it was used for something else; an act that is new needs a new one",
		}
	}
	if !o.ended() {
		return &answer.Problem{
			Status: http.StatusConflict, Retry: true, Detail: "this act is under way; ask again for how it ended",
		}
	}
	return nil
}

// forget lets go of what is a day old, and of the oldest beyond a bound. What is under way stays.
func (a *acts) forget(now time.Time, bound int) {
	over := len(a.order) - bound
	if over <= 0 && (len(a.order) == 0 || now.Sub(a.order[0].what.Began) < keepActs) {
		return
	}
	a.order = slices.DeleteFunc(a.order, func(one *oneAct) bool {
		if !one.ended() || over <= 0 && now.Sub(one.what.Began) < keepActs {
			return false
		}
		over--
		delete(a.byKey, one.what.Key)
		return true
	})
}

func (o *oneAct) ended() bool {
	select {
	case <-o.done:
		return true
	default:
		return false
	}
}

// run does an act and takes down how it ended. It ends at the act's time limit.
func (a *acts) run(ctx context.Context, one *oneAct, do act) {
	defer close(one.done)
	limited, cancel := clockctx.WithTimeout(ctx, a.cfg.Clock, a.cfg.Control.Timeout)
	defer cancel()
	patience, leave := clockctx.WithTimeout(ctx, a.cfg.Clock, a.cfg.Control.Timeout+actGrace)
	defer leave()
	a.log(ctx, slog.LevelInfo, "Control act begins", one.what)
	_, err := foreign.Go(func() (struct{}, error) {
		defer a.ended(one.what.Verb) // here, so that a call that hangs keeps its place
		return struct{}{}, foreign.Said(do(limited, one.what.Actor))
	}).Wait(patience)
	isLate := limited.Err() != nil
	one.what.Ended = a.cfg.Clock.Now().UTC()
	level := slog.LevelInfo
	if err != nil {
		one.what.Error, one.refusal, level = err.Error(), problemOf(err, isLate), slog.LevelWarn
	}
	if stack := foreign.Stack(err); stack != "" {
		one.refusal.Status = http.StatusInternalServerError
		a.log(ctx, slog.LevelError, "Control act panicked", one.what, slog.String("stack", stack))
	}
	a.log(ctx, level, "Control act ended", one.what)
	a.audit(ctx, one.what)
}

func (a *acts) ended(verb string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.under[verb]--
}

// audit tells the host. An audit that hangs does not keep the answer back for ever.
func (a *acts) audit(ctx context.Context, what journal.Acted) {
	if a.cfg.Control.Audit == nil {
		return
	}
	ctx, cancel := clockctx.WithTimeout(ctx, a.cfg.Clock, a.cfg.Timeout)
	defer cancel()
	_, err := foreign.Go(func() (struct{}, error) {
		a.cfg.Control.Audit(what)
		return struct{}{}, nil
	}).Wait(ctx)
	if err != nil {
		a.log(ctx, slog.LevelError, "Control act not audited", what, slog.Any("cause", err))
	}
}

func (a *acts) log(ctx context.Context, level slog.Level, msg string, what journal.Acted, more ...slog.Attr) {
	attrs := append(make([]slog.Attr, 0, 8), slog.String("actor", what.Actor), slog.String("verb", what.Verb),
		slog.String("object", what.Object), slog.String("idempotency_key", what.Key))
	if what.Error != "" {
		attrs = append(attrs, slog.String("error", what.Error))
	}
	a.cfg.Logger.LogAttrs(ctx, level, msg, append(attrs, more...)...)
}
