package paper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// sessions are the times at which a market is open, each from its first to its second.
type sessions [][2]time.Time

func (s sessions) Open(_ string, at time.Time) (open bool, until time.Time) {
	for _, one := range s {
		switch {
		case at.Before(one[0]):
			return false, one[0]
		case at.Before(one[1]):
			return true, one[1]
		}
	}
	return false, time.Time{}
}

// always is a market that never closes.
type always struct{}

func (always) Open(string, time.Time) (open bool, until time.Time) { return true, time.Time{} }

func at(day, hour int) time.Time { return time.Date(2025, 3, day, hour, 0, 0, 0, time.UTC) }

// limitForTheDay buys at 90, and not at 100.
func limitForTheDay(t *testing.T, made time.Time) trading.Approved {
	limits := risk.NoLimits()
	approved, err := limits.Approve(trading.Order{
		ClientID: "o", Symbol: btc, Side: trading.Buy, Type: trading.Limit, LimitPrice: d("90"), TimeInForce: trading.Day,
		Quantity: d("1"), CreatedAt: made,
	}, trading.View{Instrument: coin, Held: d("0"), Price: d("100")})
	require.NoError(t, err)
	return approved
}

func TestDayEndsWithItsSession(t *testing.T) {
	t.Parallel()
	stocks := sessions{{at(4, 14), at(4, 21)}, {at(5, 14), at(5, 21)}, {at(10, 14), at(10, 21)}}
	for name, c := range map[string]struct {
		hours      signal.Hours
		made, ends time.Time
	}{
		"without hours, at midnight":                          {nil, at(4, 15), at(5, 0)},
		"of a market that never closes, at midnight":          {always{}, at(4, 15), at(5, 0)},
		"made while the market is open, with that session":    {stocks, at(4, 15), at(4, 21)},
		"made at the close, with the next session":            {stocks, at(4, 21), at(5, 21)},
		"made before the opening, with the session to come":   {stocks, at(4, 9), at(4, 21)},
		"made before a weekend, with the first session after": {stocks, at(6, 1), at(10, 21)},
		"of a market that does not open again, at midnight":   {stocks, at(11, 1), at(12, 0)},
		"of a session across midnight, with that":             {sessions{{at(4, 22), at(5, 6)}}, at(4, 23), at(5, 6)},
		"of a session of a week, at midnight":                 {sessions{{at(2, 22), at(7, 22)}}, at(4, 23), at(5, 0)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &barClock{now: c.made}
			cfg := func(cfg *paper.Config) { quoted(100)(cfg); cfg.Hours, cfg.Clock = c.hours, clock }
			b := broker(t, cfg)
			forTheDay := limitForTheDay(t, c.made)
			require.NoError(t, b.Submit(t.Context(), forTheDay))
			j := journal.NewMemory()
			require.NoError(t, j.Append(t.Context(), c.made,
				journal.IntentMade{Order: forTheDay.Order()}, journal.Submitting{ClientID: "o"}, journal.Acknowledged{ClientID: "o"}))
			resumed := broker(t, cfg)
			require.NoError(t, resumed.Resume(t.Context(), j))
			for _, b := range []*paper.Broker{b, resumed} {
				clock.set(c.ends.Add(-time.Nanosecond))
				report, err := b.Order(t.Context(), ref("o"))
				require.NoError(t, err)
				require.Equal(t, trading.StatusOpen, report.Status, "the last moment of the day")
				clock.set(c.ends)
				report, err = b.Order(t.Context(), ref("o"))
				require.NoError(t, err)
				require.Equal(t, trading.StatusExpired, report.Status)
			}
		})
	}
}

func TestDayEndsWithItsSessionWhereThereAreBars(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) { cfg.Hours = sessions{{at(4, 9), at(4, 13)}, {at(5, 9), at(5, 13)}} })
	require.NoError(t, b.Submit(t.Context(), limitForTheDay(t, noon)))
	require.NoError(t, b.OnBar(signal.Bar{
		Symbol: btc, Interval: time.Hour, Time: at(4, 13), Open: 85, High: 85, Low: 85, Close: 85, Volume: 1000,
	}))
	report, err := b.Order(t.Context(), ref("o"))
	require.NoError(t, err)
	require.Equal(t, trading.StatusExpired, report.Status, "of the auction after the close it gets nothing")
	require.Empty(t, fills(t, b))
}
