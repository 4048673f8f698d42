package assemble_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// batch is a source that always gives the same bars.
type batch []signal.Bar

func (b batch) Bars(context.Context, string, time.Time, int) (signal.Batch, error) {
	return signal.Batch{Bars: b}, nil
}

// bar is one of a minute that begins so long after noon, at 60.
func bar(after time.Duration) signal.Bar {
	return signal.Bar{
		Symbol: coin, Interval: time.Minute, Time: noon.Add(after), Open: 60, High: 60, Low: 60, Close: 60, Volume: 1,
	}
}

// The coin was bought at noon, which is the journal's last entry.
func TestPaperFeedLeavesOutWhatIsPastNotOverOrImpossible(t *testing.T) {
	t.Parallel()
	impossible := bar(time.Minute)
	impossible.Low = 70
	for name, c := range map[string]struct {
		bar   signal.Bar
		known bool
	}{
		"over before the last entry": {bar(-2 * time.Minute), false},
		"over with the last entry":   {bar(-time.Minute), false},
		"over since":                 {bar(-30 * time.Second), true},
		"under way":                  {bar(4*time.Minute + time.Second), false},
		"just over":                  {bar(4 * time.Minute), true},
		"impossible":                 {impossible, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cfg := config(t)
			account, err := assemble.Open(t.Context(), cfg, func(context.Context) (journal.Journal, error) { return held(t), nil })
			require.NoError(t, err)
			bars := assemble.NewPaperFeed(batch{c.bar}, feed.NewReplayClock(noon.Add(5*time.Minute)))
			_, err = bars.Bars(t.Context(), coin, time.Time{}, 10)
			require.NoError(t, err, "there is no account yet")
			require.NoError(t, bars.Feed(t.Context(), account))
			got, err := bars.Bars(t.Context(), coin, time.Time{}, 10)
			require.NoError(t, err)
			require.Equal(t, []signal.Bar{c.bar}, got.Bars, "the generator gets all")
			price, _ := account.Paper.Price(coin)
			require.Equal(t, c.known, price.Equal(number("60")), "%s; it was bought at 100", price)
		})
	}
}
