package tradingtest

import (
	"maps"
	"slices"
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
			Prices: map[string]decimal.Decimal{"BTC/USDT": decimal.New(int64(n), -18)},
			High:   decimal.NullDecimal{Decimal: decimal.New(-int64(n), -18), Valid: n > 0},
		}
		if err := marker.KeepMark(t.Context(), want); err != nil {
			t.Fatalf("KeepMark: %v", err)
		}
		m, ok, err := marker.LastMark(t.Context())
		if err != nil || !ok {
			t.Fatalf("LastMark: %v, %v", ok, err)
		}
		if !sameMark(m, want) {
			t.Errorf("LastMark is %+v, and was %+v", m, want)
		}
	}
	hourlyMarks(t, marker)
	if n := len(readJournal(t, j)); n != 0 {
		t.Errorf("%d entries, and there was nothing but marks", n)
	}
}

// hourlyMarks keeps marks in hours out of order, and wants the last one that was kept of each.
func hourlyMarks(t testing.TB, marker journal.Marker) {
	began := journalTime.Truncate(time.Hour).Add(24 * time.Hour)
	at := func(hour, minute, equity int) journal.Mark {
		return journal.Mark{
			At:     began.Add(time.Duration(hour)*time.Hour + time.Duration(minute)*time.Minute),
			Equity: decimal.NewFromInt(int64(equity)), PaidIn: decimal.NewFromInt(1),
		}
	}
	for _, m := range []journal.Mark{at(0, 10, 1), at(0, 59, 2), at(2, 0, 3), at(5, 30, 4), at(1, 0, 5), at(5, 31, 6)} {
		if err := marker.KeepMark(t.Context(), m); err != nil {
			t.Fatalf("KeepMark: %v", err)
		}
	}
	all := []journal.Mark{at(0, 59, 2), at(1, 0, 5), at(2, 0, 3), at(5, 31, 6)}
	for since, want := range map[time.Time][]journal.Mark{
		began: all, all[1].At: all[1:], all[1].At.Add(1): all[2:], began.Add(24 * time.Hour): nil,
	} {
		got, err := marker.Marks(t.Context(), since)
		if err != nil {
			t.Fatalf("Marks: %v", err)
		}
		if !slices.EqualFunc(got, want, sameMark) {
			t.Errorf("Marks since %s are %+v, want %+v", since, got, want)
		}
	}
	if got, err := marker.Marks(t.Context(), time.Time{}); err != nil || len(got) != len(all)+1 {
		t.Errorf("Marks since ever are %d, %v: want %d, with the one of before", len(got), err, len(all)+1)
	}
}

func sameMark(a, b journal.Mark) bool {
	return a.At.Equal(b.At) && a.Day == b.Day && a.Equity.Equal(b.Equity) && a.PaidIn.Equal(b.PaidIn) &&
		a.High.Valid == b.High.Valid && a.High.Decimal.Equal(b.High.Decimal) && maps.EqualFunc(a.Prices, b.Prices, decimal.Decimal.Equal)
}
