package paper_test

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// barClock is the time of the bars.
type barClock struct {
	mu  sync.Mutex // guards now
	now time.Time
}

func (c *barClock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.now
}

func (c *barClock) After(time.Duration) <-chan time.Time { return nil }

func (c *barClock) set(now time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.now = now
}

// replayed runs an engine on a paper broker over so many bars, and kills both after each of the given ones.
func replayed(t *testing.T, ticket trading.TicketPolicy, bars int, killAfter func(bar int) bool) (digest, ledger string) {
	clock := &barClock{now: noon}
	signals, journal := signal.NewMemory(1000), journal.NewMemory()
	var broker *paper.Broker
	var eng *engine.Engine
	boot := func() {
		var err error
		broker, err = paper.New(paper.Config{
			Instruments: []trading.Instrument{coin}, Cash: d("10000"), FeeRate: d("0.0004"), Slippage: d("0.0002"), Clock: clock,
		})
		require.NoError(t, err)
		require.NoError(t, broker.Resume(context.Background(), journal))
		eng, err = engine.New(engine.Config{
			Signals: signals, Journal: journal, Broker: broker, Instruments: []trading.Instrument{coin},
			Size: size.FixedNotional{Amount: d("4000")}, Ticket: ticket,
			Risk:    risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited},
			Capital: d("10000"), AutoExecute: true, Clock: clock, Logger: slog.New(slog.DiscardHandler), Identity: "one",
		})
		require.NoError(t, err)
	}
	boot()
	price := func(i int) float64 { return 100 + 10*math.Sin(float64(i)/3) }
	for i := range bars {
		b := bar(noon.Add(time.Duration(i)*time.Minute), price(i), price(i+1))
		clock.set(b.End())
		require.NoError(t, broker.OnBar(b))
		if i%4 == 1 {
			s := signal.Signal{
				ID: signal.Stream{Strategy: "wave", Symbol: btc, Interval: time.Minute}.ID(b.Time), Strategy: "wave", Symbol: btc, Interval: time.Minute,
				Direction: signal.Direction(i/4%3 - 1), Price: b.Close, BarTime: b.Time, CreatedAt: b.End(), ValidUntil: b.End().Add(4 * time.Minute),
			}
			require.NoError(t, signals.Append(context.Background(), s))
		}
		require.NoError(t, eng.Step(context.Background()))
		if killAfter(i) {
			boot()
		}
	}
	require.NoError(t, eng.Step(context.Background()))
	return eng.Digest(), fmt.Sprint(fills(t, broker))
}

// A run that is killed after any of its bars, or after all of them, ends exactly as one that was not.
func TestRestartAfterAnyBarChangesNothing(t *testing.T) {
	t.Parallel()
	const bars = 60
	for name, ticket := range map[string]trading.TicketPolicy{
		"market orders":                         nil,
		"limit orders with brackets":            trading.FixedTicket{Limit: d("0.01"), TakeProfit: d("0.04"), StopLoss: d("0.02")},
		"stop-limit orders that come back late": breakout{},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			digest, ledger := replayed(t, ticket, bars, func(int) bool { return false })
			require.Greater(t, strings.Count(ledger, "-1 v-"), 3, "it traded")
			for kill := range bars {
				gotDigest, gotLedger := replayed(t, ticket, bars, func(i int) bool { return i == kill })
				require.Equal(t, ledger, gotLedger, "killed after bar %d", kill)
				require.Equal(t, digest, gotDigest, "killed after bar %d", kill)
			}
			gotDigest, gotLedger := replayed(t, ticket, bars, func(int) bool { return true })
			require.Equal(t, ledger, gotLedger)
			require.Equal(t, digest, gotDigest)
		})
	}
}

// breakout enters where the price has gone a way and then comes back to where it was: a bar, or several, after the stop
// was reached.
type breakout struct{}

func (breakout) Ticket(s trading.Sizing, side trading.Side) (trading.Ticket, error) {
	away := func(by string) decimal.Decimal { return s.Price.Add(side.Signed(d(by))) }
	return trading.Ticket{Type: trading.StopLimit, StopPrice: away("2"), LimitPrice: away("1")}, nil
}

// An order waits for the next bar, and pays the slippage and the fee.
func ExampleBroker() {
	ctx := context.Background()
	broker, err := paper.New(paper.Config{
		Instruments: []trading.Instrument{coin}, Cash: d("10000"), FeeRate: d("0.0004"), Slippage: d("0.001"),
	})
	if err != nil {
		panic(err)
	}
	limits := risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited}
	approved, err := limits.Approve(trading.Order{
		ClientID: "v-1", Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("80"), CreatedAt: noon,
	}, trading.View{Instrument: coin, Held: d("0"), Price: d("100")})
	if err != nil {
		panic(err)
	}
	if err := broker.Submit(ctx, approved); err != nil {
		panic(err)
	}
	if err := broker.OnBar(bar(noon, 100, 102)); err != nil {
		panic(err)
	}
	fills, _, err := broker.Fills(ctx, trading.Cursor{Since: noon}, 10)
	if err != nil {
		panic(err)
	}
	f := fills[0]
	fmt.Printf("%s: %s %s at %s, fee %s, cash %s\n", f.ID, f.Side, f.Quantity, f.Price, f.Fee, broker.Cash())
	// Output: v-1-1: buy 50 at 100.1, fee 2.002, cash 4992.998
}

// An order for the day ends with it, for the broker and for the engine, whether or not anybody quotes a price by then,
// and nothing takes its place, though the signal is valid for longer.
func TestOrderForTheDayEndsWithIt(t *testing.T) {
	t.Parallel()
	for name, atNight := range map[string]bool{"with quotes at night": true, "without": false} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			clock := &barClock{now: noon}
			midnight := noon.Truncate(24 * time.Hour).Add(24 * time.Hour)
			quote := func(string) (float64, bool) { return 100, atNight || clock.Now().Before(midnight) }
			broker, err := paper.New(paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("10000"), Quote: quote, Clock: clock})
			require.NoError(t, err)
			signals, j := signal.NewMemory(10), journal.NewMemory()
			eng, err := engine.New(engine.Config{
				Signals: signals, Journal: j, Broker: broker, Instruments: []trading.Instrument{coin},
				Size: size.FixedNotional{Amount: d("1000")}, Ticket: trading.FixedTicket{Limit: d("0.1"), TimeInForce: trading.Day},
				Risk:    risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited},
				Capital: d("10000"), AutoExecute: true, Clock: clock, Logger: slog.New(slog.DiscardHandler),
			})
			require.NoError(t, err)
			require.NoError(t, signals.Append(t.Context(), signal.Signal{
				ID: "s", Strategy: "wave", Symbol: btc, Interval: time.Minute, Direction: signal.Long, Price: 100,
				BarTime: noon.Add(-time.Minute), CreatedAt: noon, ValidUntil: noon.Add(48 * time.Hour),
			}))
			statusAt := func(now time.Time) engine.Status {
				clock.set(now)
				require.NoError(t, eng.Step(t.Context()))
				return eng.Status()
			}
			require.Len(t, statusAt(noon).Orders, 1)
			require.Len(t, statusAt(midnight.Add(-time.Nanosecond)).Orders, 1, "the last moment of the day")
			require.Empty(t, statusAt(midnight).Orders)
			require.Empty(t, statusAt(midnight.Add(time.Hour)).Orders)
			book, err := book.Restore(d("10000"), journal.Load(t.Context(), j))
			require.NoError(t, err)
			require.Len(t, book.Orders(), 1)
			require.Equal(t, trading.StatusExpired, book.Orders()[0].Status)
			require.Empty(t, fills(t, broker))
		})
	}
}

// setUp is an Engine on a paper account, as a program puts them together that has forgotten something.
func setUp(t *testing.T, clock *barClock, signals *signal.Memory, j journal.Journal) (*paper.Broker, *engine.Engine) {
	broker, err := paper.New(paper.Config{Instruments: []trading.Instrument{coin}, Cash: d("10000"), Clock: clock})
	require.NoError(t, err)
	eng, err := engine.New(engine.Config{
		Signals: signals, Journal: j, Broker: broker, Instruments: []trading.Instrument{coin},
		Size:    size.FixedNotional{Amount: d("1000")},
		Pricer:  fixedPrice{}, // as where the prices come from elsewhere
		Risk:    risk.Limits{MaxPosition: d("5000"), MaxOrder: d("5000"), MaxDailyLoss: risk.Unlimited},
		Capital: d("10000"), AutoExecute: true, Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	return broker, eng
}

type fixedPrice struct{}

func (fixedPrice) Price(string) (decimal.Decimal, bool) { return d("100"), true }

func long(t *testing.T, signals *signal.Memory, at time.Time) {
	require.NoError(t, signals.Append(t.Context(), signal.Signal{
		ID: at.String(), Strategy: "wave", Symbol: btc, Interval: time.Minute, Direction: signal.Long, Price: 100,
		BarTime: at.Add(-time.Minute), CreatedAt: at, ValidUntil: at.Add(time.Hour),
	}))
}

func TestResumeThatWasForgottenIsNamed(t *testing.T) {
	t.Parallel()
	clock, signals, j := &barClock{now: noon}, signal.NewMemory(10), journal.NewMemory()
	broker, eng := setUp(t, clock, signals, j)
	long(t, signals, noon)
	require.NoError(t, eng.Step(t.Context()))
	clock.set(noon.Add(time.Minute))
	require.NoError(t, broker.OnBar(bar(noon, 100, 100)))
	require.NoError(t, eng.Step(t.Context()), "an account that begins here has nothing to resume")
	require.Len(t, fills(t, broker), 1)

	broker, eng = setUp(t, clock, signals, j)
	require.ErrorContains(t, eng.Step(t.Context()), "Resume")
	require.False(t, eng.Status().Halt.Active(), "it is a mistake of the program, and nothing for a person to lift")
	require.NoError(t, broker.Resume(t.Context(), j))
	require.NoError(t, eng.Step(t.Context()))
	require.False(t, eng.Status().Halt.Active())
}

func TestOnBarThatWasForgottenIsNamed(t *testing.T) {
	t.Parallel()
	clock, signals, j := &barClock{now: noon}, signal.NewMemory(10), journal.NewMemory()
	broker, eng := setUp(t, clock, signals, j)
	long(t, signals, noon)
	require.NoError(t, eng.Step(t.Context()))
	require.Len(t, eng.Status().Orders, 1)
	var err error
	for range 20 { // minutes
		clock.set(clock.Now().Add(time.Minute))
		err = eng.Step(t.Context())
	}
	require.ErrorContains(t, err, "OnBar")
	require.NoError(t, broker.OnBar(bar(clock.Now(), 100, 100)))
	clock.set(clock.Now().Add(time.Minute))
	require.NoError(t, eng.Step(t.Context()))
	require.Empty(t, eng.Status().Orders)
}
