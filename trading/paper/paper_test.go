package paper_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const btc = "BTC/USDT"

var (
	noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	coin = trading.Instrument{Symbol: btc, Tick: d("0.1"), Step: d("0.01"), MinQuantity: d("0.01")}
)

func d(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// still is a clock that stands still.
type still struct{}

func (still) Now() time.Time                       { return noon }
func (still) After(time.Duration) <-chan time.Time { return nil }

func broker(t require.TestingT, change ...func(*paper.Config)) *paper.Broker {
	cfg := paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("10000"), Clock: still{}}
	for _, c := range change {
		c(&cfg)
	}
	b, err := paper.New(cfg)
	require.NoError(t, err)
	return b
}

func quoted(price float64) func(*paper.Config) {
	return func(cfg *paper.Config) { cfg.Quote = func(string) (float64, bool) { return price, true } }
}

// approve has Risk approve a market order; held is what the account holds before it.
func approve(t require.TestingT, id string, side trading.Side, quantity, held string) trading.Approved {
	limits := risk.NoLimits()
	a, err := limits.Approve(trading.Order{
		ClientID: id, Symbol: btc, Side: side, Type: trading.Market, Quantity: d(quantity), CreatedAt: noon,
	}, trading.View{Instrument: coin, Held: d(held), Price: d("100")})
	require.NoError(t, err)
	return a
}

func bar(at time.Time, open, closing float64) signal.Bar {
	return signal.Bar{
		Symbol: btc, Time: at, Interval: time.Minute, Open: open, Close: closing,
		High: max(open, closing) + 1, Low: min(open, closing) / 2,
	}
}

func fills(t require.TestingT, b *paper.Broker) []trading.Fill {
	all, _, err := b.Fills(context.Background(), trading.Cursor{}, 1000)
	require.NoError(t, err)
	return all
}

func ref(id string) trading.OrderRef { return trading.OrderRef{ClientID: id} }

func TestPaperBrokerKeepsToTheContract(t *testing.T) {
	t.Parallel()
	t.Run("at quotes", func(t *testing.T) {
		t.Parallel()
		tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject {
			rate := d("0.0004")
			b := broker(t, quoted(100), func(cfg *paper.Config) { cfg.FeeRate = rate })
			return tradingtest.BrokerSubject{
				Broker: b, Instrument: coin, Price: d("100"), Short: true, FeeRate: rate, Steps: 4_321,
			}
		})
	})
	t.Run("at bars", func(t *testing.T) {
		t.Parallel()
		tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject {
			b, at := broker(t), noon
			return tradingtest.BrokerSubject{Broker: b, Instrument: coin, Price: d("100"), Now: func() time.Time { return at },
				Advance: func() {
					at = at.Add(time.Minute)
					quiet := bar(at, 100, 101) // it comes to none of the prices at which orders rest
					quiet.Low = 60
					require.NoError(t, b.OnBar(quiet))
				}}
		})
	})
}

func TestMarketOrderFillsAtTheOpenOfTheNextBar(t *testing.T) {
	t.Parallel()
	b := broker(t)
	require.NoError(t, b.OnBar(bar(noon.Add(-2*time.Minute), 99, 100)))
	require.NoError(t, b.Submit(t.Context(), approve(t, "a", trading.Buy, "2", "0")))
	require.NoError(t, b.OnBar(bar(noon.Add(-time.Minute), 50, 51)))
	require.Empty(t, fills(t, b), "that bar began before the order was made")
	report, err := b.Order(t.Context(), ref("a"))
	require.NoError(t, err)
	require.Equal(t, trading.StatusOpen, report.Status)

	require.NoError(t, b.OnBar(bar(noon, 101.04, 103)))
	f := fills(t, b)[0]
	require.Equal(t, "a-1 a BTC/USDT buy 2 at 101.1", fmt.Sprintf("%s %s %s %s %s at %s", f.ID, f.ClientID, f.Symbol, f.Side, f.Quantity, f.Price))
	require.Equal(t, noon, f.Time)
	price, ok := b.Price(btc)
	require.True(t, ok)
	require.Equal(t, "103", price.String())
	require.NoError(t, b.OnBar(bar(noon.Add(-time.Hour), 1, 2)))
	price, _ = b.Price(btc)
	require.Equal(t, "103", price.String(), "an old bar changes nothing")
}

func TestPricesSlipAndRoundAgainstTheTaker(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		side     trading.Side
		quote    float64
		slippage string
		want     string
	}{
		"a price on the tick is had":              {trading.Buy, 25.6, "0", "25.6"},
		"a buy is rounded up":                     {trading.Buy, 25.566, "0", "25.6"},
		"a sale is rounded down":                  {trading.Sell, 25.566, "0", "25.5"},
		"a buy slips up":                          {trading.Buy, 100, "0.0004", "100.1"},
		"a sale slips down":                       {trading.Sell, 100, "0.0004", "99.9"},
		"a slipped price on the tick stays there": {trading.Buy, 100, "0.001", "100.1"},
		"a sale never gets less than a tick":      {trading.Sell, 0.1, "0.9", "0.1"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, quoted(c.quote), func(cfg *paper.Config) { cfg.Slippage = d(c.slippage) })
			require.NoError(t, b.Submit(t.Context(), approve(t, "a", c.side, "1", "0")))
			require.Equal(t, c.want, fills(t, b)[0].Price.String())
		})
	}
}

func TestFeesAreExact(t *testing.T) {
	t.Parallel()
	b := broker(t, quoted(33.3), func(cfg *paper.Config) { cfg.FeeRate = d("0.00037") })
	require.NoError(t, b.Submit(t.Context(), approve(t, "a", trading.Buy, "1.23", "0")))
	require.Equal(t, "0.01515483", fills(t, b)[0].Fee.String())
	require.Equal(t, "9959.02584517", b.Cash().String())
}

func TestAccountCarriesNoMoreThanItsEquity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		leverage, fee, quantity string
		side                    trading.Side
		rejected                bool
	}{
		"all of the cash":               {"0", "0", "100", trading.Buy, false},
		"one step more":                 {"0", "0", "100.01", trading.Buy, true},
		"all of the cash and a fee":     {"0", "0.001", "100", trading.Buy, true},
		"room for the fee":              {"0", "0.001", "99.9", trading.Buy, false},
		"short as much":                 {"0", "0", "100", trading.Sell, false},
		"short one step more":           {"0", "0", "100.01", trading.Sell, true},
		"three times as much on margin": {"3", "0", "300", trading.Buy, false},
		"and no more":                   {"3", "0", "300.01", trading.Buy, true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := broker(t, quoted(100), func(cfg *paper.Config) { cfg.Leverage, cfg.FeeRate = d(c.leverage), d(c.fee) })
			err := b.Submit(t.Context(), approve(t, "a", c.side, c.quantity, "0"))
			if !c.rejected {
				require.NoError(t, err)
				return
			}
			require.ErrorIs(t, err, trading.ErrRejected)
			require.ErrorContains(t, err, "margin")
			report, err := b.Order(t.Context(), ref("a"))
			require.NoError(t, err)
			require.Equal(t, trading.StatusRejected, report.Status)
			require.ErrorIs(t, b.Submit(t.Context(), approve(t, "a", trading.Buy, "1", "0")), trading.ErrDuplicate)
		})
	}
}

func TestOrderThatTheAccountCannotCarryAtTheOpenIsCanceled(t *testing.T) {
	t.Parallel()
	b := broker(t)
	require.NoError(t, b.OnBar(bar(noon.Add(-time.Minute), 100, 100)))
	require.NoError(t, b.Submit(t.Context(), approve(t, "a", trading.Buy, "100", "0")))
	require.NoError(t, b.OnBar(bar(noon, 100.1, 100)))
	report, err := b.Order(t.Context(), ref("a"))
	require.NoError(t, err)
	require.Equal(t, trading.StatusCanceled, report.Status)
	require.Contains(t, report.Reason, "margin")
	require.Empty(t, fills(t, b))
}

func TestReducingOrderAlwaysPasses(t *testing.T) {
	t.Parallel()
	price := 100.0
	b := broker(t, func(cfg *paper.Config) { cfg.Quote = func(string) (float64, bool) { return price, true } })
	require.NoError(t, b.Submit(t.Context(), approve(t, "a", trading.Sell, "100", "0")))
	price = 190 // the equity is 1,000 and the exposure 19,000
	require.NoError(t, b.Submit(t.Context(), approve(t, "b", trading.Buy, "40", "-100")))
	require.NoError(t, b.Submit(t.Context(), approve(t, "c", trading.Buy, "60", "-60")))
	require.Equal(t, "1000", b.Cash().String())
	err := b.Submit(t.Context(), approve(t, "d", trading.Sell, "1", "1"))
	require.ErrorIs(t, err, trading.ErrRejected)
	require.ErrorContains(t, err, "would not reduce")
}

func TestSubmitNamesWhatItDoesNotTake(t *testing.T) {
	t.Parallel()
	none := func(cfg *paper.Config) { cfg.Quote = func(string) (float64, bool) { return 0, false } }
	require.ErrorContains(t, broker(t, none).Submit(t.Context(), approve(t, "a", trading.Buy, "1", "0")), "no quote")
	other := coin
	other.Symbol, other.Step = "ETH/USDT", d("1")
	b := broker(t, quoted(1), func(cfg *paper.Config) { cfg.Instruments = []trading.Instrument{other} })
	require.ErrorContains(t, b.Submit(t.Context(), approve(t, "a", trading.Buy, "1", "0")), "BTC/USDT is not traded here")
	require.ErrorContains(t, b.OnBar(bar(noon, 1, 1)), "BTC/USDT")
	require.ErrorContains(t, broker(t).OnBar(signal.Bar{Symbol: btc, Time: noon}), "not a price")
}

func TestNewNamesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for field, change := range map[string]func(*paper.Config){
		"Instruments is empty": func(c *paper.Config) { c.Instruments = nil },
		"twice":                func(c *paper.Config) { c.Instruments = []trading.Instrument{coin, coin} },
		"Tick":                 func(c *paper.Config) { c.Instruments = []trading.Instrument{{Symbol: btc}} },
		"Cash":                 func(c *paper.Config) { c.Cash = d("0") },
		"Leverage":             func(c *paper.Config) { c.Leverage = d("-1") },
		"FeeRate":              func(c *paper.Config) { c.FeeRate = d("1") },
		"Slippage":             func(c *paper.Config) { c.Slippage = d("-0.1") },
		"Fill":                 func(c *paper.Config) { c.Fill = "best_of_bar" },
	} {
		cfg := paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("1")}
		change(&cfg)
		_, err := paper.New(cfg)
		require.ErrorContains(t, err, field)
	}
}

func TestResumeBringsBackOrdersAndAccount(t *testing.T) {
	t.Parallel()
	j := journal.NewMemory()
	order := func(id string, side trading.Side, quantity string) journal.IntentMade {
		return journal.IntentMade{Order: approve(t, id, side, quantity, "0").Order()}
	}
	require.NoError(t, j.Append(t.Context(), noon,
		order("done", trading.Buy, "3"), journal.Submitting{ClientID: "done"}, journal.Acknowledged{ClientID: "done"},
		journal.Filled{Fill: trading.Fill{ID: "done-1", ClientID: "done", Symbol: btc, Side: trading.Buy, Price: d("100"), Quantity: d("3"), Fee: d("0.5"), Time: noon}},
		order("open", trading.Buy, "2"), journal.Submitting{ClientID: "open"}, journal.Acknowledged{ClientID: "open"},
		order("lost", trading.Buy, "1"), journal.Submitting{ClientID: "lost"},
		order("kept", trading.Buy, "1"),
		order("refused", trading.Buy, "1"), journal.Submitting{ClientID: "refused"}, journal.Rejected{ClientID: "refused", Reason: "no"},
	))
	for name, c := range map[string]struct {
		cfg     func(*paper.Config)
		advance func(*paper.Broker)
	}{
		"at bars":   {func(*paper.Config) {}, func(b *paper.Broker) { require.NoError(t, b.OnBar(bar(noon, 110, 111))) }},
		"at quotes": {quoted(110), func(*paper.Broker) {}},
	} {
		t.Run(name, func(t *testing.T) {
			b := broker(t, c.cfg)
			require.NoError(t, b.Resume(t.Context(), j))
			require.Equal(t, "9699.5", b.Cash().String())
			for id, want := range map[string]trading.OrderStatus{"done": trading.StatusFilled, "refused": trading.StatusRejected} {
				report, err := b.Order(t.Context(), ref(id))
				require.NoError(t, err)
				require.Equal(t, want, report.Status)
			}
			for _, id := range []string{"lost", "kept"} {
				_, err := b.Order(t.Context(), ref(id))
				require.ErrorIs(t, err, trading.ErrUnknownOrder)
			}
			c.advance(b)
			require.Len(t, fills(t, b), 2)
			require.Equal(t, "open-1", fills(t, b)[1].ID)
			held, err := b.Positions(t.Context())
			require.NoError(t, err)
			require.Equal(t, "5", held[btc].String())
			require.ErrorIs(t, b.Submit(t.Context(), approve(t, "done", trading.Buy, "3", "0")), trading.ErrDuplicate)
			require.ErrorContains(t, b.Resume(t.Context(), j), "after orders were taken")
		})
	}
}

// On a spot account, whatever is sent: the balance is never negative, the account adds up, and the same again gives the
// same to the last digit.
func TestAccountAddsUpAfterAnyOrders(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		type move struct {
			price    float64
			quantity int
		}
		moves := rapid.SliceOfN(rapid.Custom(func(t *rapid.T) move {
			return move{rapid.Float64Range(1, 500).Draw(t, "price"), rapid.IntRange(-9000, 9000).Draw(t, "quantity")}
		}), 1, 30).Draw(rt, "moves")
		play := func() ([]trading.Fill, string) {
			b := broker(rt, func(cfg *paper.Config) { cfg.FeeRate, cfg.Slippage = d("0.0004"), d("0.0005") })
			held := decimal.Zero
			for i, m := range moves {
				side, quantity := trading.Buy, decimal.New(int64(m.quantity), -2)
				if quantity.IsNegative() { // spot: only what is there can be sold
					side, quantity = trading.Sell, decimal.Min(quantity.Abs(), held)
				}
				if quantity.IsPositive() {
					_ = b.Submit(context.Background(), approve(rt, fmt.Sprint("o", i), side, quantity.String(), held.String()))
				}
				require.NoError(rt, b.OnBar(bar(noon.Add(time.Duration(i)*time.Minute), m.price+1, m.price)))
				positions, _ := b.Positions(context.Background())
				held = positions[btc]
				require.False(rt, b.Cash().IsNegative(), "cash %s", b.Cash())
				require.False(rt, held.IsNegative())
			}
			sum := d("10000")
			for _, f := range fills(rt, b) {
				sum = sum.Sub(f.Side.Signed(f.Quantity).Mul(f.Price)).Sub(f.Fee)
			}
			require.Equal(rt, sum.String(), b.Cash().String())
			return fills(rt, b), b.Cash().String()
		}
		first, cash := play()
		second, again := play()
		require.Equal(rt, cash, again)
		require.Equal(rt, fmt.Sprint(first), fmt.Sprint(second))
	})
}
