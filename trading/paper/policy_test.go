package paper_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestMarketOrderFillsInABar(t *testing.T) {
	t.Parallel()
	later := noon.Add(time.Minute)
	for name, c := range map[string]struct {
		policy    paper.FillPolicy
		buy, sell string
		at        time.Time
	}{
		"at the open if nothing is said":  {"", "100", "100", noon},
		"at the open":                     {paper.NextOpen, "100", "100", noon},
		"at the worst that was to be had": {paper.NextWorst, "107", "96", later},
		"at the close":                    {paper.NextClose, "104", "104", later},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) { cfg.Fill, cfg.Leverage = c.policy, d("10") })
			require.NoError(t, b.Submit(t.Context(), approve(t, "buy", trading.Buy, "1", "0")))
			require.NoError(t, b.Submit(t.Context(), approve(t, "sell", trading.Sell, "3", "0")))
			require.NoError(t, b.OnBar(signal.Bar{
				Symbol: btc, Time: noon.Add(-time.Minute), Interval: time.Minute, Open: 1, High: 2, Low: 1, Close: 2,
			}), "a bar that began before the order was made")
			require.Empty(t, fills(t, b))
			require.NoError(t, b.OnBar(signal.Bar{
				Symbol: btc, Time: noon, Interval: time.Minute, Open: 100, High: 107, Low: 96, Close: 104,
			}))
			got := fills(t, b)
			require.Len(t, got, 2)
			require.Equal(t, c.buy, got[0].Price.String())
			require.Equal(t, c.sell, got[1].Price.String())
			require.Equal(t, c.at, got[0].Time)
			price, _ := b.Price(btc)
			require.Equal(t, "104", price.String())
		})
	}
	_, err := paper.New(paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("1"), Fill: "best"})
	require.ErrorContains(t, err, `Config.Fill "best"`)
}
