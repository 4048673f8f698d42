package book_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/stretchr/testify/require"
)

// lives are the events of n orders, one a minute, bought and sold in turn.
func lives(from, n int) (events []journal.Event, at func(i int) time.Time) {
	for i := from; i < from+n; i++ {
		id := fmt.Sprint("o", i)
		o, f := intent(id), fillOf(id, id+"-1", "10")
		if i%2 == 1 {
			o.Order.Side, f.Fill.Side = trading.Sell, trading.Sell
		}
		f.Fill.Time = noon.Add(time.Duration(i) * time.Minute)
		events = append(events, o, journal.Submitting{ClientID: id}, journal.Acknowledged{ClientID: id}, f)
	}
	return events, func(i int) time.Time { return noon.Add(time.Duration(from+i/4) * time.Minute) }
}

func TestBookDoesNotGrowForEver(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for round := range 4 {
		events, at := lives(round*10_000, 10_000)
		for i, e := range events {
			require.NoError(t, b.Apply(at(i), e))
		}
	}
	require.LessOrEqual(t, len(b.Orders()), 10_000+1)
	require.False(t, b.Known(trading.Fill{ID: "o0-1", Time: noon.Add(1000 * time.Hour)}))
	require.True(t, b.Known(trading.Fill{ID: "o39999-1", Time: noon.Add(1000 * time.Hour)}))
	require.Equal(t, 40_000, b.Counts().Fills)
	require.ErrorContains(t, b.Apply(noon, fillOf("o0", "o0-1", "10")), "does not remember",
		"a fill that may have been counted is not counted again")
	require.Equal(t, "0", b.Position(btc).Quantity.String())
	data, err := b.Snapshot()
	require.NoError(t, err)
	require.Less(t, len(data), 8<<20)
}

func TestSnapshotThatDoesNotFitIsRefused(t *testing.T) {
	t.Parallel()
	data, err := book.New(d("10000")).Snapshot()
	require.NoError(t, err)
	for name, c := range map[string]struct{ data, capital, want string }{
		"of another capital": {string(data), "9999", "began with 10000"},
		"of another version": {`{"version":99}`, "10000", "version 99"},
		"cut short":          {string(data[:40]), "10000", "snapshot"},
		"of a newer Book":    {`{"version":1,"leverage":3}`, "10000", "leverage"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := book.FromSnapshot([]byte(c.data), d(c.capital))
			require.ErrorContains(t, err, c.want)
		})
	}
}

// A restart with a million entries behind it, as many of them after the snapshot as there ever are.
func BenchmarkRestart(b *testing.B) {
	j, whole := journal.NewMemory(), book.New(d("10000"))
	for round := range 100 {
		events, at := lives(round*2_500, 2_500)
		for i, e := range events {
			require.NoError(b, whole.Apply(at(i), e))
			require.NoError(b, j.Append(b.Context(), at(i), e))
		}
		if round == 99 {
			break
		}
		data, err := whole.Snapshot()
		require.NoError(b, err)
		require.NoError(b, j.KeepSnapshot(b.Context(), data))
	}
	for b.Loop() {
		_, err := book.Restore(d("10000"), journal.Load(b.Context(), j))
		require.NoError(b, err)
	}
}

func TestSnapshotInTheOldSpellingIsRead(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	events := []journal.Event{
		intent("o"), journal.Submitting{ClientID: "o"}, fillOf("o", "f-1", "4"), journal.Canceled{ClientID: "o"},
	}
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	data, err := b.Snapshot()
	require.NoError(t, err)
	old := strings.ReplaceAll(strings.ReplaceAll(string(data), `"realized":`, `"realised":`), `"canceled"`, `"cancelled"`)
	require.Contains(t, old, `"realised":`)
	require.Contains(t, old, `"cancelled"`)
	restored, err := book.FromSnapshot([]byte(old), d("10000"))
	require.NoError(t, err)
	require.Equal(t, b.Digest(), restored.Digest())
	again, err := restored.Snapshot()
	require.NoError(t, err)
	require.JSONEq(t, string(data), string(again))
}
