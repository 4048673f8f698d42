package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// A Book that goes on from a snapshot is the one that never was written down, whenever that happened.
func TestSnapshotIsTheBook(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	drama(r, tradingtest.LoseReply, func() {})
	require.NoError(t, r.engine.Halt(t.Context(), "enough"))
	entries, err := r.journal.Read(t.Context(), 0, 1000)
	require.NoError(t, err)
	for cut := range len(entries) + 1 {
		whole, part := book.New(d("10000")), book.New(d("10000"))
		for i, e := range entries {
			if i == cut {
				part = again(t, part)
			}
			require.NoError(t, whole.Apply(e.At, e.Event))
			require.NoError(t, part.Apply(e.At, e.Event))
			require.Equal(t, whole.Digest(), part.Digest(), "entry %d after a snapshot at %d", i, cut)
		}
		require.Equal(t, whole.Digest(), again(t, part).Digest())
		require.Equal(t, whole.Orders(), again(t, part).Orders())
	}
}

func again(t *testing.T, b *book.Book) *book.Book {
	data, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := book.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	return restored
}

// countingJournal counts what is read of it, and can refuse snapshots or give back broken ones.
type countingJournal struct {
	*journal.Memory
	read   int
	refuse bool
	broken bool
}

func (j *countingJournal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	entries, err := j.Memory.Read(ctx, after, limit)
	j.read += len(entries)
	return entries, err
}

func (j *countingJournal) KeepSnapshot(ctx context.Context, data []byte) error {
	if j.refuse {
		return errors.New("no room")
	}
	return j.Memory.KeepSnapshot(ctx, data)
}

func (j *countingJournal) LastSnapshot(ctx context.Context) ([]byte, int64, error) {
	data, seq, err := j.Memory.LastSnapshot(ctx)
	if j.broken && len(data) > 0 {
		data = data[1:]
	}
	return data, seq, err
}

func TestRestartReadsOnlyWhatCameAfterTheSnapshot(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		refuse, broken bool
		all            bool // of the journal is read
	}{
		"which is there":       {},
		"which could not be":   {refuse: true, all: true},
		"which cannot be read": {broken: true, all: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := &countingJournal{Memory: journal.NewMemory(), refuse: c.refuse, broken: c.broken}
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Journal, cfg.SnapshotEvery = j, 20 })
			for i := range 30 {
				r.signals.put(says(btc, signal.Direction(1-2*(i%2)), r.now()))
				r.mustStep()
				r.clock.Add(time.Minute)
			}
			before := r.engine.Digest()
			require.Equal(t, c.refuse, r.log.count("WARN Snapshot failed") > 0)
			j.read = 0
			r.restart()
			r.mustStep()
			require.Equal(t, before, r.engine.Digest())
			if c.all {
				require.Greater(t, j.read, 100)
			} else {
				require.Less(t, j.read, 40)
			}
		})
	}
}
