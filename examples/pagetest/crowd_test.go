package pagetest_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"sort"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// crowd is a host that is made up, of any size and with any words in it.
type crowd struct {
	services, bars, fills, orders int
	said                          string // in every name and text that somebody else could have written
	halted                        bool
	mode                          string
	token                         string // control's; without it everybody may act
}

// crowdHost is a crowd that is served. Everything in it can change while it is looked at.
type crowdHost struct {
	*site
	events  *console.Events
	signals *signal.Memory
	symbol  string
	now     time.Time // of the newest bar

	mu     sync.Mutex // guards all below
	status engine.Status
	bars   []signal.Bar
	known  []book.OrderState
	ticks  int
}

// idler does nothing, or fails.
type idler struct{ err error }

func (i idler) Serve(ctx context.Context) error {
	if i.err != nil {
		return i.err
	}
	<-ctx.Done()
	return ctx.Err()
}

// named is a name that has the words in it where a name may have them.
func (c crowd) named(name string) string { return name + c.said }

func (c crowd) host(t testing.TB) *crowdHost {
	t.Helper()
	h := &crowdHost{
		symbol: c.named(coin), signals: signal.NewMemory(1000), now: time.Now().UTC().Truncate(time.Minute).Add(-time.Minute),
	}
	log, registry, history := slog.New(slog.DiscardHandler), health.NewRegistry(health.Config{}), journal.NewMemory()
	var err error
	h.events, err = console.NewEvents(console.EventsConfig{Registry: registry, History: history, Logger: log})
	require.NoError(t, err)
	c.walk(h)
	c.trade(t, h, history)
	c.describe(h)
	tree := c.tree(t, h, registry, log)
	read := func() engine.Status {
		h.mu.Lock()
		defer h.mu.Unlock()
		return h.status
	}
	cfg := console.Config{
		Name: c.named("desk"), Venue: c.said, Mode: c.mode, Signals: h.signals, Tree: tree, Registry: registry, TradingPath: "crowd",
		Events: h.events, History: history, Logger: log, Performance: c.days,
		Account: func() (engine.Status, bool) { return read(), true },
		Orders: func() []book.OrderState {
			h.mu.Lock()
			defer h.mu.Unlock()
			return append([]book.OrderState(nil), h.known...)
		},
		Bars: func(symbol string) ([]signal.Bar, bool) {
			h.mu.Lock()
			defer h.mu.Unlock()
			return append([]signal.Bar(nil), h.bars...), symbol == h.symbol
		},
		Symbols: func() []string { return []string{h.symbol} },
		Generator: func() generator.Status {
			return generator.Status{Cycles: 9, Symbols: []generator.SymbolStatus{{
				Symbol: h.symbol, LastBar: h.now, DataAge: time.Minute, LastErrorAt: h.now,
				LastError: &generator.Error{Symbol: h.symbol, Kind: generator.KindSource, Err: errors.New("EOF" + c.said)},
			}}}
		},
		Control: console.Control{
			Authorize: anybody, Audit: h.events.Act,
			Halt:    func(context.Context, string) error { return nil },
			Rearm:   func(context.Context, int64, string) error { return errors.New("that halt does not stand" + c.said) },
			Flatten: func(context.Context, string, string) error { return nil },
			Cancel:  func(context.Context, string, string) error { return nil },
			Approve: func(context.Context, string, string) error { return errors.New("too late" + c.said) },
			Kill:    func(context.Context, string) error { return nil },
			Lock:    func(context.Context, string, time.Time, string, string) error { return nil },
			Unlock:  func(context.Context, string, string) error { return errors.New("it is not locked" + c.said) },
		},
	}
	if c.token != "" {
		cfg.Control.Authorize, cfg.Control.Token = nil, c.token
	}
	h.site = serve(t, cfg)
	return h
}

func (c crowd) tree(t testing.TB, h *crowdHost, registry *health.Registry, log *slog.Logger) *supervisor.Supervisor {
	t.Helper()
	tree, err := supervisor.New(supervisor.Config{
		Name: c.withoutSlash("crowd"), Registry: registry, Logger: log, OnEvent: h.events.Service,
	})
	require.NoError(t, err)
	for n := range c.services {
		var service idler
		if n%20 == 3 {
			service.err = errors.New("no route to the venue" + c.said)
		}
		require.NoError(t, tree.Add(c.withoutSlash(fmt.Sprintf("service-%03d", n)), service, supervisor.Policy{
			MaxRestarts: supervisor.Unlimited, Verify: supervisor.Off, Backoff: supervisor.Backoff{Initial: time.Minute},
		}))
	}
	require.NoError(t, tree.Add("events", h.events, supervisor.Policy{}))
	run(t, tree.Serve)
	return tree
}

// withoutSlash is a name for a service, which has none.
func (c crowd) withoutSlash(name string) string { return strings.ReplaceAll(c.named(name), "/", "∕") }

// walk makes the bars, one a minute.
func (c crowd) walk(h *crowdHost) {
	random, price := rand.New(rand.NewPCG(7, 7)), 64_000.0
	for n := range c.bars {
		b := signal.Bar{
			Symbol: h.symbol, Interval: time.Minute, Time: h.now.Add(time.Duration(n-c.bars+1) * time.Minute), Open: price,
		}
		price *= 1 + random.NormFloat64()*0.0006
		b.Close = price
		b.High, b.Low = max(b.Open, b.Close)*1.0003, min(b.Open, b.Close)*0.9997
		b.Volume = 1 + random.Float64()
		h.bars = append(h.bars, b)
	}
}

// trade makes the journal: signals that traded and one that did not, orders, fills.
func (c crowd) trade(t testing.TB, h *crowdHost, history *journal.Memory) {
	t.Helper()
	identity, err := h.signals.Identity(t.Context())
	require.NoError(t, err)
	for n := range c.fills {
		at := h.now.Add(time.Duration(n-c.fills) * time.Duration(max(1, c.bars/max(1, c.fills))) * time.Minute)
		side, direction := trading.Buy, signal.Long
		if n%2 == 1 {
			side, direction = trading.Sell, signal.Flat
		}
		s := signal.Signal{
			ID: c.named(fmt.Sprintf("s%04d-", n)), Strategy: c.named("cross"), Params: c.named("fast=8"), Symbol: h.symbol,
			Interval: time.Minute, Direction: direction, Confidence: 0.75, Price: h.at(at), BarTime: at.Add(-time.Minute),
			CreatedAt: at, ValidUntil: at.Add(time.Hour),
		}
		if n >= c.fills-200 {
			require.NoError(t, h.signals.Append(t.Context(), s))
		}
		o := trading.Order{
			ClientID: c.named(fmt.Sprintf("o%04d-", n)), SignalID: s.ID, Symbol: h.symbol, Side: side, Type: trading.Market,
			Quantity: number("0.0125"), DecisionPrice: decimal.NewFromFloat(s.Price).Round(1), CreatedAt: at,
		}
		seen := journal.SignalSeen{
			Store: identity, Seq: int64(n + 1), SignalID: s.ID, Strategy: s.Strategy, Symbol: s.Symbol, Direction: direction,
			BarTime: s.BarTime, Outcome: journal.OutcomeActed, Target: o.Quantity, ValidUntil: s.ValidUntil,
		}
		if n%7 == 6 {
			seen.Outcome, seen.Reason = journal.OutcomeRefused, "the order is above the limit MaxOrder"+c.said
		}
		require.NoError(t, history.Append(t.Context(), at, seen, journal.IntentMade{Order: o}, journal.Submitting{ClientID: o.ClientID},
			journal.Acknowledged{ClientID: o.ClientID}))
		require.NoError(t, history.Append(t.Context(), at.Add(300*time.Millisecond), journal.Filled{Fill: trading.Fill{
			ID: c.named(fmt.Sprint("f", n)), ClientID: o.ClientID, Symbol: o.Symbol, Side: side, Price: o.DecisionPrice,
			Quantity: o.Quantity, Fee: number("0.32"), FeeAsset: c.said, Time: at,
		}}))
		if n >= c.fills-c.orders {
			h.known = append(h.known, book.OrderState{
				Order: o, Status: trading.StatusFilled, Filled: o.Quantity, Sends: 1, Acknowledged: true, UpdatedAt: at,
			})
		}
	}
}

// at is the close of the bar of a time.
func (h *crowdHost) at(t time.Time) float64 {
	after := sort.Search(len(h.bars), func(i int) bool { return h.bars[i].Time.After(t) })
	if after == 0 {
		return 64_000
	}
	return h.bars[after-1].Close
}

// describe makes the account.
func (c crowd) describe(h *crowdHost) {
	open := trading.Order{
		ClientID: c.named("stop-"), SignalID: c.named("s0000-"), Symbol: h.symbol, Side: trading.Sell, Type: trading.Stop,
		StopPrice: number("63000"), Quantity: number("0.0125"), Leg: trading.StopLoss, ReduceOnly: true, CreatedAt: h.now,
	}
	resting := book.OrderState{
		Order: open, Status: trading.StatusOpen, Sends: 1, Acknowledged: true, UpdatedAt: h.now, Reason: c.said,
	}
	refused := resting
	refused.ClientID, refused.Status, refused.Reason = c.named("refused-"), trading.StatusRejected, "no margin"+c.said
	h.known = append(h.known, resting, refused)
	h.status = engine.Status{
		At: h.now, Reconciled: true, Equity: number("10012.53"), Cash: number("9212.03"), Unrealized: number("12.53"),
		Capital: number("10000"), Day: journal.DayOpened{Day: h.now.Format(time.DateOnly), Equity: number("10000")},
		Positions: []trading.Position{{Symbol: h.symbol, Quantity: number("0.0125"), Cost: number("800.5"), Fees: number("0.32")}},
		Orders:    []book.OrderState{resting}, Error: c.said,
		Targets: []book.Target{{Symbol: h.symbol, Quantity: number("0.0125"), SignalID: c.named("s0000-")}},
		Offers: []journal.SignalSeen{{
			Seq: 1, SignalID: c.named("offer-"), Strategy: c.named("cross"), Symbol: h.symbol, Direction: signal.Long,
			Outcome: journal.OutcomeWouldHave, Target: number("0.02"), ValidUntil: h.now.Add(time.Hour), Reason: c.said,
		}},
	}
	h.status.Margins = map[string]trading.Margin{h.symbol: {
		Liquidation: decimal.NewNullDecimal(number("60000")), Distance: number("0.0625"), Maintenance: number("4"),
		FundingAt: h.now.Add(2 * time.Hour), Funding: number("-0.08"),
	}}
	for _, name := range []string{"cross", "mean", ""} {
		h.status.Stakes = append(h.status.Stakes, book.Stake{
			Position: trading.Position{
				Symbol: h.symbol, Quantity: number("0.00625"), Cost: number("400.25"), Realized: number("-3.5"), Fees: number("0.16"),
			},
			Strategy: c.named(name), Target: number("0.00625"), Profit: number("2.77"), Orphan: c.said,
		})
	}
	h.status.Locks = []book.Lock{{Symbol: h.symbol, Until: h.now.Add(time.Hour), By: c.named("ann"), Reason: c.named("news")}}
	h.status.Protections = []book.Lock{
		{Until: h.now.Add(30 * time.Minute), By: "limit: StopGuard", Reason: "StopGuard is 3 within 1h0m0s: the last stop-loss filled"},
	}
	if c.halted {
		h.status.Halt = book.Halt{Reason: "daily loss reached" + c.said, Also: "odd prices" + c.said, At: h.now, Seq: 17}
	}
}

func (c crowd) days() (all []book.Day) {
	equity := number("10000")
	for n := range 60 {
		day := time.Now().UTC().AddDate(0, 0, n-59)
		net := decimal.New(int64(n*37%91)-30, 0)
		equity = equity.Add(net)
		one := book.Day{Day: day.Format(time.DateOnly), Fills: 12, Volume: number("9600"), Fees: number("3.84"), Realized: net}
		if n < 59 {
			one.Equity = decimal.NewNullDecimal(equity)
		}
		all = append(all, one)
	}
	return all
}

// tick changes what a market changes: the price of the newest bar, the account, and now and then it makes a signal.
func (h *crowdHost) tick(t testing.TB) {
	h.mu.Lock()
	h.ticks++
	n := h.ticks
	last := &h.bars[len(h.bars)-1]
	last.Close *= 1 + float64(n%11-5)*0.00002
	last.High, last.Low = max(last.High, last.Close), min(last.Low, last.Close)
	h.status.Equity = h.status.Equity.Add(decimal.New(int64(n%11-5), -2))
	h.status.At = time.Now().UTC()
	h.mu.Unlock()
	h.events.Act(journal.Acted{Ended: time.Now(), Actor: "ann", Verb: "set-threshold", Object: fmt.Sprint(n)})
	if n%10 == 0 {
		err := h.signals.Append(context.Background(), signal.Signal{
			ID: fmt.Sprint("tick-", n), Strategy: "cross", Symbol: h.symbol, Interval: time.Minute, Direction: signal.Long,
			Confidence: 0.5, Price: 64_000, BarTime: h.now, CreatedAt: time.Now().UTC(), ValidUntil: time.Now().UTC().Add(time.Hour),
		})
		if err != nil { // not by require, which ends only the test's own goroutine
			t.Error(err)
		}
	}
}
