package paper_test

import (
	"cmp"
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// fine is an instrument with a tick of a thousandth.
var fine = trading.Instrument{Symbol: btc, Tick: d("0.001"), Step: d("0.01")}

// order reads a text such as "buy 2 limit 95", "sell 1 stop 90 limit 89 fok" or "buy 1 market".
func order(t require.TestingT, text string) trading.Order {
	words := strings.Fields(text)
	o := trading.Order{ClientID: text, Symbol: btc, Type: trading.Market, Quantity: d(words[1]), CreatedAt: noon}
	require.NoError(t, o.Side.UnmarshalText([]byte(words[0])))
	for i := 2; i < len(words); i++ {
		switch words[i] {
		case "market":
		case "limit":
			i++
			o.LimitPrice, o.Type = d(words[i]), trading.Limit
			if o.StopPrice.IsPositive() {
				o.Type = trading.StopLimit
			}
		case "stop":
			i++
			o.StopPrice, o.Type = d(words[i]), trading.Stop
		case "post":
			o.PostOnly = true
		case "reduce":
			o.ReduceOnly = true
		default:
			o.TimeInForce = trading.TimeInForce(words[i])
		}
	}
	return o
}

// submit sends an order that Risk approved, with what is held when it is sent.
func submit(t require.TestingT, b *paper.Broker, i trading.Instrument, o trading.Order, held string) error {
	limits := risk.NoLimits()
	a, err := limits.Approve(o, trading.View{Instrument: i, Held: d(held), Price: d("100")})
	require.NoError(t, err)
	return b.Submit(context.Background(), a)
}

// ohlc reads a bar of so many minutes after noon: "100 107 96 104", with a volume behind it if need be.
func ohlc(t require.TestingT, minute int, text string) signal.Bar {
	b := signal.Bar{Symbol: btc, Time: noon.Add(time.Duration(minute) * time.Minute), Interval: time.Minute}
	fields := []*float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume}
	for i, word := range strings.Fields(text) {
		_, err := fmt.Sscan(word, fields[i])
		require.NoError(t, err)
	}
	return b
}

// executed tells of fills what matters here.
func executed(all []trading.Fill) string {
	var parts []string
	for _, f := range all {
		parts = append(parts, fmt.Sprintf("%s %s at %s", f.Side, f.Quantity, f.Price))
	}
	return strings.Join(parts, ", ")
}

func TestOrdersAgainstBars(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy paper.FillPolicy
		first  string   // a bar before the orders were made
		orders []string // sent one after the other
		held   string   // bought beforehand
		bars   []string
		fills  string
		status map[string]trading.OrderStatus
	}{
		"a limit fills once the price has passed it":                {orders: []string{"buy 1 limit 95"}, bars: []string{"100 101 94.999 97"}, fills: "buy 1 at 95"},
		"a limit that the price only touches does not fill":         {orders: []string{"buy 1 limit 95"}, bars: []string{"100 101 95 97"}},
		"a limit that is touched fills where the policy says so":    {policy: paper.LimitCross, orders: []string{"buy 1 limit 95"}, bars: []string{"100 101 95 97"}, fills: "buy 1 at 95"},
		"a sale has its limit above":                                {first: "100 100 100 100", orders: []string{"sell 1 limit 105"}, bars: []string{"100 105.001 99 100"}, fills: "sell 1 at 105"},
		"a favourable gap is not had":                               {first: "100 100 100 100", orders: []string{"buy 1 limit 95"}, bars: []string{"90 91 89 90"}, fills: "buy 1 at 95"},
		"a favourable gap is had at the open":                       {policy: paper.OpenGap, first: "100 100 100 100", orders: []string{"buy 1 limit 95"}, bars: []string{"90 91 89 90"}, fills: "buy 1 at 90"},
		"a limit beyond the market takes, and no dearer than it":    {first: "100 100 100 100", orders: []string{"buy 1 limit 101"}, bars: []string{"100.5 102 100 101"}, fills: "buy 1 at 100.5"},
		"a limit beyond the market rests where that has moved away": {first: "100 100 100 100", orders: []string{"buy 1 limit 101"}, bars: []string{"102 103 100 101"}, fills: "buy 1 at 101"},

		"a stop fills at its trigger":                          {first: "100 100 100 100", orders: []string{"buy 1 stop 105"}, bars: []string{"100 106 99 100"}, fills: "buy 1 at 105"},
		"a stop that is touched triggers":                      {first: "100 100 100 100", orders: []string{"buy 1 stop 105"}, bars: []string{"100 105 99 100"}, fills: "buy 1 at 105"},
		"a stop that is gapped over fills at the open":         {first: "100 100 100 100", orders: []string{"sell 1 stop 95"}, bars: []string{"90 96 89 95"}, fills: "sell 1 at 90"},
		"the same with the ticks of a bar":                     {policy: paper.BarTicks, first: "100 100 100 100", orders: []string{"sell 1 stop 95"}, bars: []string{"90 96 89 95 400"}, fills: "sell 1 at 90"},
		"a stop that is not reached waits":                     {first: "100 100 100 100", orders: []string{"sell 1 stop 95"}, bars: []string{"100 101 95.001 97", "97 97 94 94"}, fills: "sell 1 at 95"},
		"a stop limit takes up to its limit":                   {first: "100 100 100 100", orders: []string{"buy 1 stop 105 limit 106"}, bars: []string{"100 107 99 100"}, fills: "buy 1 at 105"},
		"a stop limit that is gapped over waits for its limit": {first: "100 100 100 100", orders: []string{"buy 1 stop 105 limit 106"}, bars: []string{"108 109 107 108", "108 108 105.999 107"}, fills: "buy 1 at 106"},
		"a limit on the other side of its stop needs both":     {first: "100 100 100 100", orders: []string{"buy 1 stop 105 limit 103"}, bars: []string{"104 106 102 104"}, fills: "buy 1 at 103"},

		"of a bracket the stop comes first where a bar reaches both":  {held: "2", orders: []string{"sell 2 limit 110 reduce", "sell 2 stop 90 reduce"}, bars: []string{"100 111 89 100"}, fills: "sell 2 at 90", status: map[string]trading.OrderStatus{"sell 2 limit 110 reduce": trading.StatusCanceled}},
		"of a short bracket too":                                      {held: "-2", orders: []string{"buy 2 limit 90 reduce", "buy 2 stop 110 reduce"}, bars: []string{"100 111 89 100"}, fills: "buy 2 at 110"},
		"with open, high, low, close the profit is taken first":       {policy: paper.BarTicks, held: "2", orders: []string{"sell 2 limit 110 reduce", "sell 2 stop 90 reduce"}, bars: []string{"100 111 89 100 400"}, fills: "sell 2 at 110"},
		"with the nearer extreme first it depends on the open":        {policy: paper.BarTicksNearest, held: "2", orders: []string{"sell 2 limit 110 reduce", "sell 2 stop 90 reduce"}, bars: []string{"99 111 89 100 400"}, fills: "sell 2 at 90"},
		"and the other way round":                                     {policy: paper.BarTicksNearest, held: "2", orders: []string{"sell 2 limit 110 reduce", "sell 2 stop 90 reduce"}, bars: []string{"101 111 89 100 400"}, fills: "sell 2 at 110"},
		"a reduce-only order does no more than that":                  {held: "2", orders: []string{"sell 1 market", "sell 2 stop 90 reduce"}, bars: []string{"100 101 89 100"}, fills: "sell 1 at 100, sell 1 at 90", status: map[string]trading.OrderStatus{"sell 2 stop 90 reduce": trading.StatusCanceled}},
		"orders are met in the order in which the price meets them":   {first: "100 100 100 100", orders: []string{"buy 1 limit 95", "buy 1 limit 98", "sell 1 limit 103"}, bars: []string{"100 104 94 95"}, fills: "sell 1 at 103, buy 1 at 98, buy 1 at 95"},
		"a market order takes a quarter at the last price, then more": {policy: paper.BarTicks, first: "90.020 90.030 90.010 90.015 20000", orders: []string{"buy 10000 market"}, fills: "buy 5000 at 90.015, buy 5000 at 90.016"},
		"a market order at the last price":                            {policy: paper.OpenGap, first: "100 101 99 100.5", orders: []string{"buy 1 market"}, fills: "buy 1 at 100.5"},
		"a market order of before the first bar takes its open":       {policy: paper.OpenGap, orders: []string{"buy 1 market"}, bars: []string{"100 101 99 100.5"}, fills: "buy 1 at 100"},
		"a limit gets a quarter of the volume at a time":              {policy: paper.BarTicks, orders: []string{"buy 10 limit 100"}, bars: []string{"100 101 99 99.5 16"}, fills: "buy 4 at 100, buy 4 at 100, buy 2 at 100"},
		"and the rest waits for the next bar":                         {policy: paper.BarTicks, orders: []string{"buy 10 limit 100"}, bars: []string{"100 101 100 101 16", "101 101 99 100 100"}, fills: "buy 4 at 100, buy 4 at 100, buy 2 at 100"},

		"fill or kill wants all of it":                {policy: paper.BarTicks, orders: []string{"buy 10 limit 100 fok"}, bars: []string{"100 101 99 99.5 16"}, status: map[string]trading.OrderStatus{"buy 10 limit 100 fok": trading.StatusCanceled}},
		"fill or kill that can be had":                {orders: []string{"buy 10 limit 101 fok"}, bars: []string{"100 101 99 99.5 16"}, fills: "buy 10 at 100"},
		"immediate or cancel takes what there is":     {policy: paper.BarTicks, orders: []string{"buy 10 limit 100 ioc"}, bars: []string{"100 101 99 99.5 16"}, fills: "buy 4 at 100", status: map[string]trading.OrderStatus{"buy 10 limit 100 ioc": trading.StatusCanceled}},
		"immediate or cancel does not wait":           {orders: []string{"buy 1 limit 95 ioc"}, bars: []string{"100 101 90 95"}, status: map[string]trading.OrderStatus{"buy 1 limit 95 ioc": trading.StatusCanceled}},
		"a day order ends with its day":               {first: "100 100 100 100", orders: []string{"buy 1 limit 95 day"}, bars: []string{"100 101 99 100", "", "90 91 89 90"}, status: map[string]trading.OrderStatus{"buy 1 limit 95 day": trading.StatusExpired}},
		"until canceled does not":                     {first: "100 100 100 100", orders: []string{"buy 1 limit 95 gtc"}, bars: []string{"100 101 99 100", "", "90 91 89 90"}, fills: "buy 1 at 95"},
		"post only rests":                             {first: "100 100 100 100", orders: []string{"buy 1 limit 99 post"}, bars: []string{"100 101 98 100"}, fills: "buy 1 at 99"},
		"post only of before the first bar is judged": {orders: []string{"buy 1 limit 101 post"}, bars: []string{"100 101 98 100"}, status: map[string]trading.OrderStatus{"buy 1 limit 101 post": trading.StatusCanceled}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) {
				cfg.Fill, cfg.Instruments, cfg.Leverage, cfg.Cash = c.policy, []trading.Instrument{fine}, d("10"), d("1000000")
			})
			if c.held != "" {
				side := map[bool]string{true: "sell ", false: "buy "}[strings.HasPrefix(c.held, "-")]
				o := order(t, side+strings.Trim(c.held, "-")+" market")
				o.CreatedAt = noon.Add(-time.Hour)
				require.NoError(t, submit(t, b, fine, o, "0"))
				require.NoError(t, b.OnBar(ohlc(t, -2, "100 100 100 100 8")))
			}
			if c.first != "" {
				require.NoError(t, b.OnBar(ohlc(t, -1, c.first)))
			}
			before := len(fills(t, b))
			for _, text := range c.orders {
				require.NoError(t, submit(t, b, fine, order(t, text), cmp.Or(c.held, "0")))
			}
			for i, text := range c.bars {
				if text != "" {
					require.NoError(t, b.OnBar(ohlc(t, i*12*60, text)))
				}
			}
			all := fills(t, b)
			require.Equal(t, c.fills, executed(all[before:]))
			ids := map[string]bool{}
			for _, f := range all {
				require.False(t, ids[f.ID], "two fills are %s", f.ID)
				ids[f.ID] = true
			}
			for id, want := range c.status {
				report, err := b.Order(t.Context(), ref(id))
				require.NoError(t, err)
				require.Equal(t, want, report.Status, report.Reason)
			}
		})
	}
}

func TestBestAskIsHadByABuyer(t *testing.T) {
	t.Parallel()
	b := broker(t, quoted(25.566), func(cfg *paper.Config) { cfg.Instruments = []trading.Instrument{fine} })
	require.NoError(t, submit(t, b, fine, order(t, "buy 1 market"), "0"))
	require.Equal(t, "buy 1 at 25.566", executed(fills(t, b)))
}

func TestRestingOrdersAtQuotes(t *testing.T) {
	t.Parallel()
	price := 100.0
	b := broker(t, func(cfg *paper.Config) { cfg.Quote = func(string) (float64, bool) { return price, true } })
	for _, text := range []string{"buy 2 limit 95", "buy 1 stop 110"} {
		require.NoError(t, submit(t, b, coin, order(t, text), "0"))
	}
	require.Empty(t, fills(t, b))
	for _, price = range []float64{95, 94, 109, 112} {
		_ = fills(t, b)
	}
	require.Equal(t, "buy 2 at 95, buy 1 at 112", executed(fills(t, b)))
}

func TestMakerPaysItsOwnFee(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		maker decimal.NullDecimal
		order string
		fee   string
	}{
		"a limit that rested":           {decimal.NewNullDecimal(d("-0.0001")), "buy 1 limit 99", "-0.0099"},
		"one that takes":                {decimal.NewNullDecimal(d("-0.0001")), "buy 1 limit 101", "0.1"},
		"a stop always takes":           {decimal.NewNullDecimal(d("-0.0001")), "buy 1 stop 101", "0.101"},
		"no fee for makers":             {decimal.NewNullDecimal(d("0")), "buy 1 limit 99", "0"},
		"where nothing is said, as all": {decimal.NullDecimal{}, "buy 1 limit 99", "0.099"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, func(cfg *paper.Config) { cfg.FeeRate, cfg.MakerFeeRate = d("0.001"), c.maker })
			require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100")))
			require.NoError(t, submit(t, b, coin, order(t, c.order), "0"))
			require.NoError(t, b.OnBar(ohlc(t, 0, "100 102 98 100")))
			require.Equal(t, c.fee, fills(t, b)[0].Fee.String())
		})
	}
}

func TestStopSlips(t *testing.T) {
	t.Parallel()
	b := broker(t, func(cfg *paper.Config) { cfg.Slippage = d("0.01") })
	require.NoError(t, b.OnBar(ohlc(t, -1, "100 100 100 100")))
	require.NoError(t, submit(t, b, coin, order(t, "buy 1 stop 110"), "0"))
	require.NoError(t, submit(t, b, coin, order(t, "buy 1 limit 95"), "0"))
	require.NoError(t, b.OnBar(ohlc(t, 0, "100 111 94 100")))
	require.Equal(t, "buy 1 at 111.1, buy 1 at 95", executed(fills(t, b)), "a limit never does")
}

func TestCancelEndsWhatIsLeftAndHarmsNothingElse(t *testing.T) {
	t.Parallel()
	b := broker(t)
	require.NoError(t, submit(t, b, coin, order(t, "buy 1 limit 95"), "0"))
	require.ErrorIs(t, b.Cancel(t.Context(), ref("other")), trading.ErrUnknownOrder)
	news := b.Updated()
	require.NoError(t, b.Cancel(t.Context(), ref("buy 1 limit 95")))
	<-news
	require.NoError(t, b.Cancel(t.Context(), ref("buy 1 limit 95")), "again")
	require.NoError(t, b.OnBar(ohlc(t, 0, "90 91 89 90")))
	require.Empty(t, fills(t, b))
	report, err := b.Order(t.Context(), ref("buy 1 limit 95"))
	require.NoError(t, err)
	require.Equal(t, trading.StatusCanceled, report.Status)
}

func TestPostOnlyIsRefusedWhereItWouldTake(t *testing.T) {
	t.Parallel()
	b := broker(t, quoted(100))
	err := submit(t, b, coin, order(t, "buy 1 limit 101 post"), "0")
	require.ErrorIs(t, err, trading.ErrRejected)
	require.ErrorContains(t, err, "post only")
}
