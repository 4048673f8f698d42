package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// gappy is a journal of which places are left out, as by a database in which a write was rolled back.
type gappy struct {
	journal.Journal
	mute *bool // it does not read
}

const placesApart = 3

func (j gappy) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if *j.mute {
		return nil, errors.New("the journal does not answer")
	}
	page, err := j.Journal.Read(ctx, after/placesApart, limit)
	for i := range page {
		page[i].Seq *= placesApart
	}
	return page, err
}

func (j gappy) KeepSnapshot(ctx context.Context, data []byte) error {
	return j.Journal.(journal.Snapshotter).KeepSnapshot(ctx, data)
}

func (j gappy) LastSnapshot(ctx context.Context) ([]byte, int64, error) {
	data, seq, err := j.Journal.(journal.Snapshotter).LastSnapshot(ctx)
	return data, seq * placesApart, err
}

func restored(t *testing.T, r *rig) *book.Book {
	t.Helper()
	b, err := book.Restore(r.cfg.Capital, journal.Load(t.Context(), r.cfg.Journal))
	require.NoError(t, err)
	return b
}

func TestRearmLiftsTheHaltThatItNamesAndNoOther(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	err := r.engine.Rearm(t.Context(), 1, "ann")
	require.ErrorIs(t, err, engine.ErrOtherHalt)
	require.EqualError(t, err, "engine: re-arm halt 1: that halt does not stand: nothing is halted")

	require.NoError(t, r.engine.Halt(t.Context(), "odd prices"))
	seen := r.engine.Status().Halt.Seq
	require.Equal(t, restored(t, r).Halted().Seq, seen)
	require.Positive(t, seen)
	require.NoError(t, r.engine.Halt(t.Context(), "killed by bob"))
	err = r.engine.Rearm(t.Context(), seen, "ann")
	require.ErrorIs(t, err, engine.ErrOtherHalt)
	require.EqualError(t, err, "engine: re-arm halt 2: that halt does not stand: "+
		"halt 3 does, of 2025-03-04T12:00:00Z: odd prices; killed by bob")
	require.True(t, r.engine.Status().Halt.Active())

	r.restart()
	r.mustStep()
	require.NoError(t, r.engine.Rearm(t.Context(), 3, "ann"), "the name outlives a restart")
	require.False(t, r.engine.Status().Halt.Active())
	require.ErrorIs(t, r.engine.Rearm(t.Context(), 3, "ann"), engine.ErrOtherHalt, "it is lifted")
}

// A halt that is not in the journal yet has no name, so that nobody can have meant it.
func TestRearmFirstJournalsTheHaltThatIsNot(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.journal.failAt = r.journal.appends + 1
	require.Error(t, r.engine.Halt(t.Context(), "fire"))
	require.Zero(t, r.engine.Status().Halt.Seq)
	require.ErrorIs(t, r.engine.Rearm(t.Context(), 0, "ann"), engine.ErrOtherHalt)
	require.Equal(t, "fire", restored(t, r).Halted().Reason)
	require.NoError(t, r.engine.Rearm(t.Context(), r.engine.Status().Halt.Seq, "ann"))
	require.False(t, r.engine.Status().Halt.Active())
}

func TestHaltHasTheNameThatTheJournalGivesIt(t *testing.T) {
	t.Parallel()
	for name, mute := range map[string]bool{"that answers": false, "that does not answer at first": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			silent := false
			r := newRig(t, refuses, func(cfg *engine.Config) {
				cfg.Journal, cfg.SnapshotEvery = gappy{cfg.Journal, &silent}, 1
			})
			r.mustStep()
			silent = mute
			require.NoError(t, r.engine.Halt(t.Context(), "odd prices"))
			silent = false
			r.clock.Add(time.Second)
			r.mustStep()
			require.EqualValues(t, 2*placesApart, r.engine.Status().Halt.Seq)
			require.Equal(t, r.engine.Status().Halt.Seq, restored(t, r).Halted().Seq)
			require.NoError(t, r.engine.Rearm(t.Context(), 2*placesApart, "ann"))
		})
	}
}
