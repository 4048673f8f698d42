package tradingtest

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func lastMark(t testing.TB, j journal.Journal) {
	marker, ok := j.(journal.Marker)
	if !ok {
		t.Skip("the journal keeps no marks")
	}
	if m, ok, err := marker.LastMark(t.Context()); ok || err != nil {
		t.Errorf("LastMark before the first is %+v, %v, %v", m, ok, err)
	}
	for n := range 3 {
		want := journal.Mark{
			At: journalTime.Add(time.Duration(n)), Day: "2026-01-02", PaidIn: decimal.NewFromInt(int64(n)),
			Equity: decimal.RequireFromString("10000.1234567890123456789012345"),
		}
		if err := marker.KeepMark(t.Context(), want); err != nil {
			t.Fatalf("KeepMark: %v", err)
		}
		m, ok, err := marker.LastMark(t.Context())
		if err != nil || !ok {
			t.Fatalf("LastMark: %v, %v", ok, err)
		}
		if !m.At.Equal(want.At) || m.Day != want.Day || !m.Equity.Equal(want.Equity) || !m.PaidIn.Equal(want.PaidIn) {
			t.Errorf("LastMark is %+v, and was %+v", m, want)
		}
	}
	if n := len(readJournal(t, j)); n != 0 {
		t.Errorf("%d entries, and there was nothing but marks", n)
	}
}
