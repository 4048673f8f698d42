package generator

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// maxRefused is how many appends in a row may meet ErrConflict. One does after bars were revised. A Store that never says
// anything else keeps nothing.
const maxRefused = 3

// store appends what is pending. Its signals stay pending until the Store has said that it has them.
func (t *task) store(ctx context.Context) *Error {
	if len(t.pending) == 0 {
		return nil
	}
	err := ctx.Err() // a run that was given up adds nothing
	if err == nil {
		err = t.ports.store.enter(t).Append(ctx, offered(t.pending)...)
	}
	conflict := errors.Is(err, signal.ErrConflict)
	if err != nil && !conflict {
		return t.errorf(KindStore, "append %s: %w", countOf(t.pending), err)
	}
	t.settle(err)
	return nil
}

// settle books what was appended, or what met other signals of the same ID: they are passed over.
func (t *task) settle(conflict error) {
	t.work.signals += len(t.pending)
	t.pending = t.pending[:0]
	if conflict == nil {
		t.refused, t.conflict = 0, nil
		return
	}
	t.work.conflicts++
	t.work.signals-- // at least one of them is not what is stored
	t.refused++
	t.conflict = conflict
	t.cfg.Logger.Warn(msgConflict, "symbol", t.symbol, "error", conflict)
}

// offered returns a copy of signals for a Store, which may keep it, or change it and fail.
func offered(signals []signal.Signal) []signal.Signal {
	copied := slices.Clone(signals)
	for i := range copied {
		copied[i].Parts = slices.Clone(copied[i].Parts)
	}
	return copied
}

func countOf(s []signal.Signal) string {
	if len(s) == 1 {
		return "signal " + s[0].ID
	}
	return fmt.Sprintf("%d signals from %s on", len(s), s[0].ID)
}
