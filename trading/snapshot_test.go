package trading_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// lives are the events of n orders, one a minute, bought and sold in turn.
func lives(from, n int) (events []trading.Event, at func(i int) time.Time) {
	for i := from; i < from+n; i++ {
		id := fmt.Sprint("o", i)
		o, f := intent(id), fillOf(id, id+"-1", "10")
		if i%2 == 1 {
			o.Order.Side, f.Fill.Side = trading.Sell, trading.Sell
		}
		f.Fill.Time = noon.Add(time.Duration(i) * time.Minute)
		events = append(events, o, trading.Submitting{ClientID: id}, trading.Acknowledged{ClientID: id}, f)
	}
	return events, func(i int) time.Time { return noon.Add(time.Duration(from+i/4) * time.Minute) }
}

func TestABookDoesNotGrowForEver(t *testing.T) {
	t.Parallel()
	book := trading.NewBook(d("10000"))
	for round := range 4 {
		events, at := lives(round*10_000, 10_000)
		for i, e := range events {
			require.NoError(t, book.Apply(at(i), e))
		}
	}
	require.LessOrEqual(t, len(book.Orders()), 10_000+1)
	require.False(t, book.HasFill("o0-1"))
	require.True(t, book.HasFill("o39999-1"))
	require.Equal(t, 40_000, book.Counts().Fills)
	require.ErrorContains(t, book.Apply(noon, fillOf("o0", "o0-1", "10")), "does not remember",
		"a fill that may have been counted is not counted again")
	require.Equal(t, "0", book.Position(btc).Quantity.String())
	data, err := book.Snapshot()
	require.NoError(t, err)
	require.Less(t, len(data), 8<<20)
}

// A Book that goes on from a snapshot is the one that never was written down, whenever that happened.
func TestASnapshotIsTheBook(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	drama(r, tradingtest.LoseReply, func() {})
	require.NoError(t, r.engine.Halt(t.Context(), "enough"))
	entries, err := r.journal.Read(t.Context(), 0, 1000)
	require.NoError(t, err)
	for cut := range len(entries) + 1 {
		whole, part := trading.NewBook(d("10000")), trading.NewBook(d("10000"))
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

func again(t *testing.T, b *trading.Book) *trading.Book {
	data, err := b.Snapshot()
	require.NoError(t, err)
	restored, err := trading.FromSnapshot(data, d("10000"))
	require.NoError(t, err)
	return restored
}

func TestASnapshotThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	data, err := trading.NewBook(d("10000")).Snapshot()
	require.NoError(t, err)
	for name, c := range map[string]struct{ data, capital, want string }{
		"of another capital": {string(data), "9999", "began with 10000"},
		"of another version": {`{"version":99}`, "10000", "version 99"},
		"cut short":          {string(data[:40]), "10000", "snapshot"},
		"of a newer Book":    {`{"version":1,"leverage":3}`, "10000", "leverage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := trading.FromSnapshot([]byte(c.data), d(c.capital))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// countingJournal counts what is read of it, and can refuse snapshots or give back broken ones.
type countingJournal struct {
	*trading.MemoryJournal
	read   int
	refuse bool
	broken bool
}

func (j *countingJournal) Read(ctx context.Context, after int64, limit int) ([]trading.Entry, error) {
	entries, err := j.MemoryJournal.Read(ctx, after, limit)
	j.read += len(entries)
	return entries, err
}

func (j *countingJournal) KeepSnapshot(ctx context.Context, data []byte) error {
	if j.refuse {
		return errors.New("no room")
	}
	return j.MemoryJournal.KeepSnapshot(ctx, data)
}

func (j *countingJournal) LastSnapshot(ctx context.Context) ([]byte, int64, error) {
	data, seq, err := j.MemoryJournal.LastSnapshot(ctx)
	if j.broken && len(data) > 0 {
		data = data[1:]
	}
	return data, seq, err
}

func TestARestartReadsOnlyWhatCameAfterTheSnapshot(t *testing.T) {
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
			j := &countingJournal{MemoryJournal: trading.NewMemoryJournal(), refuse: c.refuse, broken: c.broken}
			r := newRig(t, refuses, func(cfg *trading.EngineConfig) { cfg.Journal, cfg.SnapshotEvery = j, 20 })
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

// A restart with a million entries behind it, as many of them after the snapshot as there ever are.
func BenchmarkRestart(b *testing.B) {
	journal, book := trading.NewMemoryJournal(), trading.NewBook(d("10000"))
	for round := range 100 {
		events, at := lives(round*2_500, 2_500)
		for i, e := range events {
			require.NoError(b, book.Apply(at(i), e))
			require.NoError(b, journal.Append(b.Context(), at(i), e))
		}
		if round == 99 {
			break
		}
		data, err := book.Snapshot()
		require.NoError(b, err)
		require.NoError(b, journal.KeepSnapshot(b.Context(), data))
	}
	for b.Loop() {
		_, err := trading.Restore(d("10000"), trading.Load(b.Context(), journal))
		require.NoError(b, err)
	}
}
