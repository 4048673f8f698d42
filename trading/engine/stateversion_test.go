package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
)

func TestStateVersionMovesWithEachChangeOfTheState(t *testing.T) {
	t.Parallel()
	type state struct {
		halt                   book.Halt
		reduceOnly, reconciled bool
	}
	r := newRig(t, refuses)
	seen := map[uint64]state{}
	same := func(what string) {
		t.Helper()
		version, s := r.engine.StateVersion(), r.engine.Status()
		now := state{s.Halt, s.ReduceOnly, s.Reconciled}
		if before, known := seen[version]; known {
			require.Equal(t, before, now, what)
		}
		seen[version] = now
		require.Equal(t, version, r.engine.StateVersion(), "nothing has changed")
	}
	same("new")
	r.mustStep()
	same("reconciled")
	r.engine.SetReduceOnly(true)
	same("reduce-only")
	require.NoError(t, r.engine.Halt(t.Context(), "enough"))
	same("halted")
	require.NoError(t, r.engine.Halt(t.Context(), "really"))
	same("halted once more")
	r.engine.SetReduceOnly(false)
	same("no longer reduce-only")
	require.Len(t, seen, 6)
	r.restart()
	same("another engine")
	require.Len(t, seen, 7, "no two engines have a number in common")
}
