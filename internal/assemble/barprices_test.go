package assemble_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

func TestBarPricesAreWhatTheNewestBarThatIsOverClosedAt(t *testing.T) {
	t.Parallel()
	at := func(after time.Duration, price float64) signal.Bar {
		b := bar(after)
		b.Open, b.High, b.Low, b.Close = price, price, price, price
		return b
	}
	impossible := at(3*time.Minute, 70)
	impossible.Low = 80
	foreign := at(3*time.Minute, 75)
	foreign.Symbol = "ETH/USDT"
	for name, c := range map[string]struct {
		bars  batch
		price string // "" where there is none
	}{
		"none yet":               {nil, ""},
		"the newest":             {batch{at(time.Minute, 61), at(2*time.Minute, 62)}, "62"},
		"the newest comes first": {batch{at(2*time.Minute, 62), at(time.Minute, 61)}, "62"},
		"one is under way":       {batch{at(time.Minute, 61), at(4*time.Minute+time.Second, 64)}, "61"},
		"one is impossible":      {batch{at(time.Minute, 61), impossible}, "61"},
		"one is of another":      {batch{at(time.Minute, 61), foreign}, "61"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			prices := assemble.NewBarPrices(c.bars, feed.NewReplayClock(noon.Add(5*time.Minute)))
			got, err := prices.Bars(t.Context(), coin, time.Time{}, 10)
			require.NoError(t, err)
			require.Equal(t, []signal.Bar(c.bars), got.Bars, "the generator gets all")
			price, ok := prices.Price(coin)
			require.Equal(t, c.price != "", ok)
			if ok {
				require.Equal(t, c.price, price.String())
			}
			at, ok := prices.PricedAt(coin)
			require.Equal(t, c.price != "", ok)
			if ok {
				require.Equal(t, noon.Add(map[string]time.Duration{"61": 2, "62": 3}[c.price]*time.Minute), at, "when it ended")
			}
		})
	}
}
