package trading_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestMemoryJournalIsAJournal(t *testing.T) {
	t.Parallel()
	tradingtest.TestJournal(t, func(*testing.T) trading.Journal { return trading.NewMemoryJournal() })
}

func TestMemoryJournalNamesTheEventThatItRefuses(t *testing.T) {
	t.Parallel()
	j := trading.NewMemoryJournal()
	yearTenThousand := time.Date(10_000, 1, 1, 0, 0, 0, 0, time.UTC) // RFC 3339 ends before it
	err := j.Append(t.Context(), time.Unix(0, 0), trading.Halted{}, trading.SignalSeen{BarTime: yearTenThousand})
	require.ErrorContains(t, err, "event 2 of 2")
	require.ErrorContains(t, err, "signal_seen")
	entries, err := j.Read(t.Context(), 0, 10)
	require.NoError(t, err)
	require.Empty(t, entries)
}

func BenchmarkMemoryJournalAppend(b *testing.B) {
	j := trading.NewMemoryJournal()
	at := time.Unix(0, 0)
	b.ReportAllocs()
	for b.Loop() {
		if err := j.Append(b.Context(), at, trading.Acknowledged{ClientID: "v-1"}); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleMemoryJournal() {
	ctx := context.Background()
	journal := trading.NewMemoryJournal()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	_ = journal.Append(ctx, at, trading.Submitting{ClientID: "v-1"})
	_ = journal.Append(ctx, at.Add(time.Second), trading.Acknowledged{ClientID: "v-1"})
	entries, _ := journal.Read(ctx, 0, 100)
	for _, e := range entries {
		fmt.Printf("%d %s %T\n", e.Seq, e.At.Format(time.TimeOnly), e.Event)
	}
	// Output:
	// 1 03:04:05 trading.Submitting
	// 2 03:04:06 trading.Acknowledged
}
