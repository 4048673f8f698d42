package journal_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestMemoryJournalIsAJournal(t *testing.T) {
	t.Parallel()
	tradingtest.TestJournal(t, func(*testing.T) journal.Journal { return journal.NewMemory() })
}

func TestMemoryJournalNamesTheEventThatItRefuses(t *testing.T) {
	t.Parallel()
	j := journal.NewMemory()
	yearTenThousand := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) // RFC 3339 ends before it
	err := j.Append(t.Context(), time.Unix(0, 0), journal.Halted{}, journal.SignalSeen{BarTime: yearTenThousand})
	require.ErrorContains(t, err, "event 2 of 2")
	require.ErrorContains(t, err, "signal_seen")
	entries, err := j.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func BenchmarkMemoryJournalAppend(b *testing.B) {
	j := journal.NewMemory()
	at := time.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(b.Context(), at, journal.Acknowledged{ClientID: "v-1"}); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleMemory() {
	ctx := context.Background()
	j := journal.NewMemory()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	_ = j.Append(ctx, at, journal.Submitting{ClientID: "v-1"})
	_ = j.Append(ctx, at.Add(time.Second), journal.Acknowledged{ClientID: "v-1"})
	entries, _ := j.Read(ctx, 0, 100)
	for _, e := range entries {
		fmt.Printf("%d %s %T\n", e.Seq, e.At.Format(time.TimeOnly), e.Event)
	}
	// Output:
	// 1 03:04:05 journal.Submitting
	// 2 03:04:06 journal.Acknowledged
}

func TestMemoryReadGoesAcrossItsPages(t *testing.T) {
	t.Parallel()
	j := journal.NewMemory()
	for i := range 1000 {
		require.NoError(t, j.Append(t.Context(), noon, journal.Submitting{ClientID: fmt.Sprint("o", i)}))
	}
	for _, after := range []int64{-1, 0, 100, 255, 256, 257, 600} {
		page, err := j.Read(t.Context(), after, 400)
		require.NoError(t, err)
		require.Len(t, page, 400)
		for i, entry := range page {
			require.Equal(t, max(after, 0)+int64(i)+1, entry.Seq)
			require.Equal(t, journal.Submitting{ClientID: fmt.Sprint("o", entry.Seq-1)}, entry.Event)
		}
	}
	page, err := j.Read(t.Context(), 990, 400)
	require.NoError(t, err)
	require.Len(t, page, 10)
}

func TestMemoryIsWrittenByWhoClaimedItLast(t *testing.T) {
	t.Parallel()
	j := journal.NewMemory()
	require.NoError(t, j.Append(t.Context(), noon, journal.Halted{Reason: "a"}))
	first, err := j.Claim(t.Context())
	require.NoError(t, err)
	require.NoError(t, first.Append(t.Context(), noon, journal.Halted{Reason: "b"}))
	second, err := j.Claim(t.Context())
	require.NoError(t, err)
	for _, before := range []journal.Journal{j, first} {
		require.ErrorIs(t, before.Append(t.Context(), noon, journal.Halted{Reason: "c"}), journal.ErrTakenOver)
		require.ErrorIs(t, before.(journal.Snapshotter).KeepSnapshot(t.Context(), []byte("c")), journal.ErrTakenOver)
		require.ErrorIs(t, before.(journal.Marker).KeepMark(t.Context(), journal.Mark{}), journal.ErrTakenOver)
		entries, err := before.Read(t.Context(), 0, 10)
		require.NoError(t, err)
		require.Len(t, entries, 2)
	}
	require.NoError(t, second.Append(t.Context(), noon, journal.Halted{Reason: "d"}))
	identity, err := second.Identity(t.Context())
	require.NoError(t, err)
	same, err := j.Identity(t.Context())
	require.NoError(t, err)
	require.Equal(t, same, identity)
}
