package paper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestTakersPayWhatTheirPriceCosts(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		change func(*paper.Config)
		order  string
		fills  string
	}{
		"nothing unless it is said":        {func(*paper.Config) {}, "buy 10 market", "buy 10 at 100"},
		"a part of the price":              {func(cfg *paper.Config) { cfg.Slippage = d("0.002") }, "buy 10 market", "buy 10 at 100.2"},
		"half of the spread":               {func(cfg *paper.Config) { cfg.Spread = d("0.004") }, "buy 10 market", "buy 10 at 100.2"},
		"on either side":                   {func(cfg *paper.Config) { cfg.Spread = d("0.004") }, "sell 10 market", "sell 10 at 99.8"},
		"both":                             {both, "buy 10 market", "buy 10 at 100.4"},
		"the square of the share":          {impact, "buy 50 market", "buy 50 at 102.5"},
		"of a larger share more":           {impact, "buy 90 market", "buy 90 at 108.1"},
		"a limit bounds it":                {impact, "buy 50 limit 101", "buy 50 at 101"},
		"a limit that rests pays its own":  {both, "buy 10 limit 99", "buy 10 at 99"},
		"a stop pays beyond what it is at": {both, "buy 10 stop 101", "buy 10 at 101.5"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) { cfg.Leverage = d("10") }, c.change)
			require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100 100")))
			require.NoError(t, submit(t, b, coin, order(t, c.order), "0"))
			require.NoError(t, b.OnBar(ohlc(t, 0, "100 102 98 100 100")))
			require.Equal(t, c.fills, executed(fills(t, b)))
		})
	}
}

func both(cfg *paper.Config) { cfg.Spread, cfg.Slippage = d("0.004"), d("0.002") }

func impact(cfg *paper.Config) { cfg.VolumeImpact = d("0.1") }

func TestLatencyLetsAnOrderArriveLater(t *testing.T) {
	t.Parallel()
	late := func(cfg *paper.Config) { cfg.Latency = 200 * time.Millisecond }
	b := broker(t, late)
	require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100")))
	require.NoError(t, submit(t, b, coin, order(t, "buy 1 market"), "0"))
	require.NoError(t, b.OnBar(ohlc(t, 0, "100 101 99 101")))
	require.Empty(t, fills(t, b), "it arrived while that bar went on")
	require.NoError(t, b.OnBar(ohlc(t, 1, "101 102 100 102")))
	require.Equal(t, "buy 1 at 101", executed(fills(t, b)))

	clock, price := &barClock{now: noon}, 100.0
	b = broker(t, late, func(cfg *paper.Config) {
		cfg.Clock, cfg.Quote = clock, func(string) (float64, bool) { return price, true }
	})
	require.NoError(t, submit(t, b, coin, order(t, "buy 1 market"), "0"))
	for _, price = range []float64{101, 102} {
		require.Empty(t, fills(t, b))
		clock.set(clock.Now().Add(100 * time.Millisecond))
	}
	require.Equal(t, "buy 1 at 102", executed(fills(t, b)))
}

// rated says that each funding costs a thousandth of what is held, and takes down when it was asked.
func rated(asked *[]time.Time) func(*paper.Config) {
	return func(cfg *paper.Config) {
		cfg.Leverage = d("2")
		cfg.Funding = func(_ string, at time.Time) decimal.Decimal {
			*asked = append(*asked, at)
			return d("0.001")
		}
	}
}

func TestFundingIsPaidAtItsTimes(t *testing.T) {
	t.Parallel()
	var asked []time.Time
	b := broker(t, rated(&asked))
	hour := func(at time.Time, price float64) {
		require.NoError(t, b.OnBar(signal.Bar{
			Symbol: btc, Time: at, Interval: time.Hour, Open: price, High: price, Low: price, Close: price,
		}))
	}
	for _, side := range []string{"buy 10 market", "sell 20 market"} { // long over 16:00, and short over the two after it
		o := order(t, side)
		o.CreatedAt = time.Time{}
		require.NoError(t, submit(t, b, coin, o, "0"))
		if side == "buy 10 market" {
			hour(at(4, 14), 100)
			hour(at(4, 15), 200) // it ends at 16:00
			continue
		}
		hour(at(4, 16), 200)
		hour(at(5, 9), 300) // what lies between 17:00 and 09:00 is missing
	}
	require.Equal(t, []time.Time{at(4, 16), at(5, 0), at(5, 8)}, asked)
	moves, _, err := b.CashEvents(t.Context(), trading.Cursor{}, 10)
	require.NoError(t, err)
	var told []string
	for _, e := range moves {
		require.NoError(t, e.Validate())
		told = append(told, fmt.Sprint(e.Kind, " ", e.Amount, " ", e.ID))
	}
	require.Equal(t, []string{
		"funding -2 funding BTC/USDT 2025-03-04T16:00:00Z",
		"funding 2 funding BTC/USDT 2025-03-05T00:00:00Z",
		"funding 2 funding BTC/USDT 2025-03-05T08:00:00Z",
	}, told, "a long position pays at the last price, and a short one receives")
	require.Equal(t, "13002", b.Cash().String()) // 10,000 - 1,000 + 4,000, and 2 of funding
}

func TestFundingIsPaidAtQuotes(t *testing.T) {
	t.Parallel()
	var asked []time.Time
	clock := &barClock{now: noon}
	b := broker(t, rated(&asked), quoted(100), func(cfg *paper.Config) { cfg.Clock, cfg.FundingEvery = clock, time.Hour })
	clock.set(noon.Add(90 * time.Minute))
	_ = fills(t, b)
	require.Empty(t, asked, "nothing was held")
	require.NoError(t, submit(t, b, coin, order(t, "buy 10 market"), "0"))
	clock.set(noon.Add(200 * time.Minute))
	_ = fills(t, b)
	_ = fills(t, b)
	require.Equal(t, []time.Time{at(4, 14), at(4, 15)}, asked)
	require.Equal(t, "8998", b.Cash().String())
}

func TestNewNamesTheCostThatIsWrong(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*paper.Config){
		"Spread":                             func(c *paper.Config) { c.Spread = d("-0.1") },
		"VolumeImpact 1 ":                    func(c *paper.Config) { c.VolumeImpact = d("1") },
		"VolumeImpact goes with bars":        func(c *paper.Config) { c.VolumeImpact = d("0.1"); quoted(1)(c) },
		"Latency":                            func(c *paper.Config) { c.Latency = -1 },
		"FundingEvery":                       func(c *paper.Config) { c.FundingEvery = -1 },
		"Funding does not go with Spot":      func(c *paper.Config) { rated(new([]time.Time))(c); c.Spot, c.Leverage = true, d("0") },
		"Slippage 2 is not a fraction from ": func(c *paper.Config) { c.Slippage = d("2") },
	} {
		cfg := paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("1")}
		change(&cfg)
		_, err := paper.New(cfg)
		require.ErrorContains(t, err, field)
	}
}

// bought is what a market order for 50 paid in a bar of 100, by an account that is configured so.
func bought(cfg paper.Config) string {
	cfg.Instruments, cfg.Cash = []trading.Instrument{coin}, d("10000")
	broker, err := paper.New(cfg)
	if err != nil {
		panic(err)
	}
	o := trading.Order{
		ClientID: "v-1", Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("50"), CreatedAt: noon,
	}
	if err := submit(panics{}, broker, coin, o, "0"); err != nil {
		panic(err)
	}
	for i := range 2 {
		price := 100 + float64(i)
		err := broker.OnBar(signal.Bar{
			Symbol: btc, Time: noon.Add(time.Duration(i) * time.Minute), Interval: time.Minute,
			Open: price, High: price, Low: price, Close: price, Volume: 100,
		})
		if err != nil {
			panic(err)
		}
	}
	all, _, err := broker.Fills(context.Background(), trading.Cursor{}, 1)
	if err != nil || len(all) == 0 {
		panic(err)
	}
	return fmt.Sprintf("at %s, %s", all[0].Price, all[0].Time.Format(time.TimeOnly))
}

// panics is a test of an Example.
type panics struct{}

func (panics) Errorf(format string, args ...any) { panic(fmt.Sprintf(format, args...)) }
func (panics) FailNow()                          {}

// The prices of bars are those of trades: half of them at the bid, half at the ask.
func ExampleConfig_spread() {
	fmt.Println(bought(paper.Config{Spread: decimal.New(2, -3)}))
	// Output: at 100.1, 12:00:00
}

// Who takes half of what a bar traded pays a quarter of the impact.
func ExampleConfig_volumeImpact() {
	fmt.Println(bought(paper.Config{VolumeImpact: decimal.New(1, -1)}))
	// Output: at 102.5, 12:00:00
}

// An order that is under way when a bar begins waits for the next one.
func ExampleConfig_latency() {
	fmt.Println(bought(paper.Config{Latency: 200 * time.Millisecond}))
	// Output: at 101, 12:01:00
}

// A perpetual contract pays funding every eight hours.
func ExampleConfig_funding() {
	broker, err := paper.New(paper.Config{
		Instruments: []trading.Instrument{coin}, Cash: decimal.NewFromInt(10_000),
		Funding: func(string, time.Time) decimal.Decimal { return decimal.New(1, -4) },
	})
	if err != nil {
		panic(err)
	}
	o := trading.Order{ClientID: "v-1", Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("50")}
	if err := submit(panics{}, broker, coin, o, "0"); err != nil {
		panic(err)
	}
	eighth := time.Date(2025, 3, 4, 7, 0, 0, 0, time.UTC)
	err = broker.OnBar(signal.Bar{Symbol: btc, Time: eighth, Interval: time.Hour, Open: 100, High: 100, Low: 100, Close: 100})
	if err != nil {
		panic(err)
	}
	moves, _, err := broker.CashEvents(context.Background(), trading.Cursor{}, 1)
	if err != nil {
		panic(err)
	}
	fmt.Println(moves[0].Kind, moves[0].Amount, moves[0].Time.Format(time.TimeOnly))
	// Output: funding -0.5 08:00:00
}
