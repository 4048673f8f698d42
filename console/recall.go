package console

import (
	"context"
	"log/slog"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The journal is asked once for what was done before the process began. A halt does not wait for one that hangs.
const (
	recallWithin = time.Second
	recallAgain  = 10 * time.Second // after a failure
)

// recall is what a journal knows of acts of an earlier life of the process, so that a client that asks again after a crash
// is told how its act ended, and does not do it twice.
type recall struct {
	mu   sync.Mutex // guards all below, and is held while the journal is asked
	done bool
	next time.Time // when it may be asked again
}

// recall reads the acts of the past day once, before the first act of this process.
func (a *acts) recall(ctx context.Context) {
	if a.cfg.History == nil || a.cfg.Control.Audit == nil {
		return
	}
	a.past.mu.Lock()
	defer a.past.mu.Unlock()
	now := a.cfg.Clock.Now()
	if a.past.done || now.Before(a.past.next) {
		return
	}
	ctx, cancel := clockctx.WithTimeout(ctx, a.cfg.Clock, recallWithin)
	defer cancel()
	entries, err := foreign.Go(func() ([]journal.Entry, error) {
		return a.cfg.History.Before(ctx, 0, []string{journal.KindOf(journal.Acted{})}, maxActs)
	}).Wait(ctx)
	if err != nil && len(entries) == 0 {
		a.past.next = now.Add(recallAgain)
		a.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "Acts of before are not known, one that is asked for again is done again",
			slog.Any("error", err))
		return
	}
	a.past.done = true
	a.remember(now, entries)
}

// remember takes down acts of the journal, which come newest first.
func (a *acts) remember(now time.Time, entries []journal.Entry) {
	a.mu.Lock()
	defer a.mu.Unlock()
	var past []*oneAct
	for i := len(entries) - 1; i >= 0; i-- {
		what, ok := entries[i].Event.(journal.Acted)
		if !ok || what.Key == "" || a.byKey[what.Key] != nil || now.Sub(what.Began) >= keepActs {
			continue
		}
		one := &oneAct{what: what, hash: askedHash(what), done: make(chan struct{})}
		if what.Error != "" {
			one.refusal = problemOf(pastError(what.Error), false)
		}
		close(one.done)
		past, a.byKey[what.Key] = append(past, one), one
	}
	a.order = append(past, a.order...)
}

// pastError is how an act has failed, as the journal has it.
type pastError string

func (e pastError) Error() string { return string(e) }
