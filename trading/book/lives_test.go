package book_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestHoldingKnowsSinceWhenAndTheMostOfIt(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	minute := func(n int) time.Time { return noon.Add(time.Duration(n) * time.Minute) }
	for i, step := range []struct {
		trade  string // signed
		filled time.Time
		opened time.Time
		most   string
	}{
		{"3", minute(0), minute(0), "3"},
		{"2", minute(1), minute(0), "5"},
		{"-4", minute(2), minute(0), "5"},
		{"3", minute(3), minute(0), "5"},
		{"-6", minute(4), minute(4), "2"},  // it turns
		{"2", minute(5), time.Time{}, "0"}, // it is flat
		{"1", minute(99), minute(6), "1"},  // the venue's clock goes ahead of ours
		{"-1", minute(7), time.Time{}, "0"},
		{"-1", time.Time{}, minute(8), "1"}, // nobody says when
	} {
		f := trading.Fill{ID: step.trade + step.filled.String(), ClientID: "by hand", Symbol: btc, Side: trading.Buy,
			Quantity: d(step.trade).Abs(), Price: d("10"), Time: step.filled}
		if d(step.trade).IsNegative() {
			f.Side = trading.Sell
		}
		var event journal.Event = journal.Filled{Fill: f}
		if step.filled.IsZero() {
			event = journal.Adopted{Symbol: btc, Quantity: d(step.trade), Price: d("10")}
		}
		require.NoError(t, b.Apply(minute(i), event))
		snapshot, err := b.Snapshot()
		require.NoError(t, err)
		restored, err := book.FromSnapshot(snapshot, d("10000"))
		require.NoError(t, err)
		for _, h := range []book.Holding{b.Holding(btc), restored.Holding(btc)} {
			require.True(t, step.opened.Equal(h.Opened), "%d: %s", i, h.Opened)
			require.Equal(t, step.most, h.Most.String(), i)
		}
	}
}
