package vigil_test

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

const (
	bitcoin = "BTC/USDT"
	ether   = "ETH/USDT"
)

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

// onPaper is the configuration of a Trader on a market that is made up.
func onPaper(t *testing.T) vigil.Config {
	t.Helper()
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 3, Symbols: []string{bitcoin, ether}, Interval: 5 * time.Second})
	require.NoError(t, err)
	cross, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	return vigil.Config{
		Source: market, Strategies: []signal.Spec{cross}, Interval: 5 * time.Second,
		Instruments: []trading.Instrument{
			{Symbol: bitcoin, Tick: number("0.1"), Step: number("0.0001")},
			{Symbol: ether, Tick: number("0.01"), Step: number("0.001")},
		},
		Paper: &paper.Config{}, Logger: slog.New(slog.DiscardHandler),
	}
}

// serve runs a Trader for a while, calls do, and stops it.
func serve(t *testing.T, trader *vigil.Trader, during time.Duration, do func()) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	stopped := make(chan error, 1)
	go func() { stopped <- trader.Serve(ctx) }()
	defer func() {
		cancel()
		require.NoError(t, <-stopped)
	}()
	time.Sleep(during)
	synctest.Wait()
	do()
}

func build(t *testing.T, cfg vigil.Config) *vigil.Trader {
	t.Helper()
	trader, err := vigil.New(cfg)
	require.NoError(t, err)
	return trader
}

func TestTraderTradesOnPaperWithNothingButDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trader := build(t, onPaper(t))
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			require.Equal(t, health.Healthy, s.Verdict, s.Reasons)
			require.Positive(t, s.Generator.Signals)
			require.NotNil(t, s.Trading)
			require.Positive(t, s.Trading.Counts.Fills)
			require.Equal(t, "10000", s.Trading.Capital.String())
			require.Equal(t, time.Now(), s.Trading.At.Local())
			for _, p := range s.Trading.Positions {
				require.False(t, p.Cost.Abs().GreaterThan(number("1100")), "a tenth of the cash")
			}
		})
	})
}

// plain hides that a source knows prices between its bars.
type plain struct{ signal.Source }

func TestTraderTradesOnBarsWhereThereAreNoQuotes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Source = plain{cfg.Source}
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			require.Equal(t, health.Healthy, s.Verdict, s.Reasons)
			require.Positive(t, s.Trading.Counts.Fills)
			require.Empty(t, s.Trading.Unpriced)
		})
	})
}

// disk is a Store that outlives its Traders.
type disk struct {
	signals   *signal.Memory
	journal   *journal.Memory
	full      atomic.Bool
	claims    atomic.Int32
	broken    atomic.Int32 // how often a claim fails before the next one does not
	refuse    chan error   // claims hang until there is one here; nil for never
	bound     []journal.Setting
	overrides map[string]journal.Override
}

func newDisk() *disk { return &disk{signals: signal.NewMemory(1000), journal: journal.NewMemory()} }

func (d *disk) Signals() vigil.Signals { return d.signals }

func (d *disk) Journal() journal.Journal { return d.journal }

func (d *disk) Claim(ctx context.Context) (journal.Journal, error) {
	d.claims.Add(1)
	if d.broken.Add(-1) >= 0 {
		return nil, errors.New("the store is busy")
	}
	if d.refuse != nil {
		if err := <-d.refuse; err != nil {
			return nil, err
		}
	}
	return d.journal.Claim(ctx)
}

func (d *disk) Bind(_ context.Context, run []journal.Setting) error {
	if d.bound == nil {
		d.bound = run
	}
	return journal.Belongs(d.bound, run)
}

func (d *disk) Overrides(context.Context) ([]journal.Override, error) {
	return slices.Collect(maps.Values(d.overrides)), nil
}

func (d *disk) SetOverride(_ context.Context, w journal.Override) error {
	if d.full.Load() {
		return errors.New("the disk is full")
	}
	d.overrides = maps.Clone(d.overrides)
	if d.overrides == nil {
		d.overrides = make(map[string]journal.Override)
	}
	if d.overrides[w.Key] = w; w.Value == "" {
		delete(d.overrides, w.Key)
	}
	return nil
}

func (d *disk) Room() error {
	if d.full.Load() {
		return fullError{}
	}
	return nil
}

// fullError says how it is mended.
type fullError struct{}

func (fullError) Error() string  { return "the disk is full" }
func (fullError) Remedy() string { return "buy another one" }

func TestTraderGoesOnWithTheAccountOfTheLast(t *testing.T) {
	t.Parallel()
	for name, source := range map[string]func(signal.Source) signal.Source{
		"on quotes": func(s signal.Source) signal.Source { return s },
		"on bars":   func(s signal.Source) signal.Source { return plain{s} },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := onPaper(t)
				cfg.Store, cfg.Source = newDisk(), source(cfg.Source)
				var before, after engine.Status
				first := build(t, cfg)
				serve(t, first, 10*time.Minute, func() { before = *first.Status().Trading })
				second := build(t, cfg)
				serve(t, second, time.Second, func() { after = *second.Status().Trading })
				require.Equal(t, before.Counts.Fills, after.Counts.Fills)
				require.Equal(t, before.Cash, after.Cash)
				require.Equal(t, len(before.Positions), len(after.Positions))
				require.False(t, after.Halt.Active(), after.Halt.Reason)

				time.Sleep(time.Hour)
				serve(t, second, 10*time.Minute, func() { after = *second.Status().Trading })
				require.Greater(t, after.Counts.Fills, before.Counts.Fills, "a Trader can be served again")
				require.False(t, after.Halt.Active(), after.Halt.Reason)
			})
		})
	}
}

// closesAsked counts how often a close of a symbol was asked for.
func closesAsked(t *testing.T, store *disk, symbol string) (n int) {
	t.Helper()
	for entry, err := range journal.Entries(t.Context(), store.journal, 0) {
		require.NoError(t, err)
		if e, ok := entry.Event.(journal.CloseAsked); ok && e.Symbol == symbol {
			n++
		}
	}
	return n
}

func TestTraderKillLeavesNothingAndNothingIsOpenedUntilRearmed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store, cfg.Source = store, plain{cfg.Source} // a close fills at the next bar
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.NotEmpty(t, trader.Status().Trading.Positions)
			report, err := trader.Kill(t.Context(), "the night watch")
			require.NoError(t, err)
			require.True(t, report.Done)
			require.Less(t, report.Took, 12*time.Second)
			require.Equal(t, 1, closesAsked(t, store, bitcoin), "a close is asked for once")
			time.Sleep(10 * time.Minute)
			s := trader.Status()
			require.Empty(t, s.Trading.Positions)
			require.Contains(t, s.Trading.Halt.Reason, "killed by the night watch")
			require.NotEqual(t, health.Healthy, s.Verdict, "a person has to decide")

			require.NoError(t, trader.Rearm(t.Context(), s.Trading.Halt.Seq, "the morning watch"))
			time.Sleep(10 * time.Minute)
			require.NotEmpty(t, trader.Status().Trading.Positions)
		})
	})
}

func TestTraderKillSaysWhatIsLeftWhenItsTimeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Source = plain{cfg.Source} // closes fill at the next bar only
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			defer cancel()
			report, err := trader.Kill(ctx, "me")
			require.ErrorIs(t, err, context.DeadlineExceeded)
			require.ErrorContains(t, err, "positions are left")
			require.False(t, report.Done)
			require.NotEmpty(t, report.Positions)
			require.True(t, trader.Status().Trading.Halt.Active(), "the halt holds all the same")
		})
	})
}

// What the venue holds in other units since an untold split is not closed before a person has named them, who hears so at once;
// all else is.
func TestTraderClosesWhatItCanWhileAnInstrumentIsInOtherUnits(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, venue := onPaper(t), tradingtest.NewVenue(realClock{}, trading.Traits{RefusesDuplicates: true})
		venue.SetPrice(bitcoin, number("60000"))
		venue.SetPrice(ether, number("3000"))
		cfg.Paper, cfg.Broker, cfg.Capital = nil, venue, number("10000")
		cfg.Size, cfg.Risk = size.FixedNotional{Amount: number("1000")}, risk.NoLimits()
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			held := trader.Status().Trading.Positions
			require.Len(t, held, 2)
			require.NoError(t, trader.Pause(t.Context(), "ann"))
			split := trading.Conversion{Symbol: bitcoin, To: bitcoin, Old: number("1"), New: number("4")}
			venue.Convert(split, number("0"))
			time.Sleep(10 * time.Minute)
			require.ErrorIs(t, trader.Flatten(t.Context(), bitcoin, "ann"), engine.ErrOtherUnits)

			ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
			defer cancel()
			report, err := trader.Kill(ctx, "ann")
			require.ErrorIs(t, err, engine.ErrOtherUnits)
			require.ErrorContains(t, err, "1 positions are left")
			require.ErrorContains(t, err, "convert "+bitcoin+" 4:1 and flatten "+bitcoin)
			require.Less(t, report.Took, time.Minute)
			require.Len(t, report.Positions, 1)
			require.Equal(t, bitcoin, report.Positions[0].Symbol)

			require.NoError(t, trader.Convert(t.Context(), split, "ann"))
			report, err = trader.Kill(ctx, "ann")
			require.NoError(t, err)
			require.True(t, report.Done)
			left, err := venue.Positions(ctx)
			require.NoError(t, err)
			require.True(t, left[bitcoin].IsZero())
		})
	})
}

func TestTraderOpensNothingWithoutRoomInItsStore(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		full := newDisk()
		full.full.Store(true)
		cfg.Store = full
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			require.Positive(t, s.Generator.Signals)
			require.Zero(t, s.Trading.Counts.Fills)
			require.Equal(t, health.Unhealthy, s.Verdict)
			require.Contains(t, s.Reasons[0], "the disk is full (buy another one)")
			full.full.Store(false)
			time.Sleep(20 * time.Minute)
			s = trader.Status()
			require.Positive(t, s.Trading.Counts.Fills)
			require.Equal(t, health.Healthy, s.Verdict, s.Reasons)
		})
	})
}

func TestTraderWithoutAnAccountMakesSignalsOnly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Paper = nil
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			require.Positive(t, s.Generator.Signals)
			require.Nil(t, s.Trading)
			require.Equal(t, health.Healthy, s.Verdict, s.Reasons)
			require.ErrorContains(t, trader.Halt(t.Context(), "no"), "signals only")
		})
	})
}

func TestTraderWaitsForAPersonWhereItIsManual(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Manual = true
		trader := build(t, cfg)
		require.ErrorIs(t, trader.Approve(t.Context(), "x", "me"), vigil.ErrNotTrading)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			require.Zero(t, s.Trading.Counts.Orders)
			offered := s.Trading.Counts.Signals[journal.OutcomeWouldHave]
			require.Positive(t, offered)
			for s.Trading.Counts.Signals[journal.OutcomeWouldHave] == offered { // The old ones have expired.
				time.Sleep(time.Second)
				s = trader.Status()
			}
			newest := slices.MaxFunc(s.Trading.Offers, func(a, b journal.SignalSeen) int { return cmp.Compare(a.Seq, b.Seq) })
			require.NoError(t, trader.Approve(t.Context(), newest.SignalID, "me"))
			time.Sleep(5 * time.Second)
			require.Equal(t, 1, trader.Status().Trading.Counts.Fills)
		})
	})
}

// failing is an engine that fails for a while.
type failing struct {
	supervisor.Service
	until time.Time
}

func (f failing) Serve(ctx context.Context) error {
	if time.Now().Before(f.until) {
		return errors.New("broken on purpose")
	}
	return f.Service.Serve(ctx)
}

func TestTradingThatRestartsCannotMendEndsServeOrIsBuiltAnew(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		until := time.Now().Add(5 * time.Minute)
		cfg.Wrap = func(name string, s supervisor.Service) supervisor.Service {
			if name == "engine" {
				return failing{s, until}
			}
			return s
		}
		err := build(t, cfg).Serve(t.Context())
		var escalated *supervisor.EscalatedError
		require.ErrorAs(t, err, &escalated)
		require.ErrorContains(t, err, "broken on purpose")
		require.True(t, time.Now().Before(until))

		store := newDisk()
		cfg.AutoRestart, cfg.Store = true, store
		trader := build(t, cfg)
		require.NoError(t, trader.SetReduceOnly(t.Context(), true, "ann"))
		serve(t, trader, 30*time.Minute, func() {
			require.True(t, trader.Status().Trading.ReduceOnly, "a person's wish lasts through the lives of trading")
			require.Zero(t, trader.Status().Trading.Counts.Fills)
			require.NoError(t, trader.SetReduceOnly(t.Context(), false, "ann"))
			time.Sleep(30 * time.Minute)
			require.Greater(t, store.claims.Load(), int32(1), "each life claims the journal")
			require.EqualValues(t, store.claims.Load()-1, trader.Status().Rebuilt)
			require.Greater(t, trader.Status().Restarts, trader.Status().Rebuilt)
			require.Positive(t, trader.Status().Trading.Counts.Fills)
		})
	})
}

func TestTraderVerbsReachTheGenerator(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trader := build(t, onPaper(t))
		serve(t, trader, time.Minute, func() {
			require.NoError(t, trader.Pause(t.Context(), "ann"))
			bars := trader.Status().Generator.Bars
			time.Sleep(10 * time.Minute)
			s := trader.Status()
			require.True(t, s.Generator.Paused)
			require.Equal(t, bars, s.Generator.Bars)
			require.NotEqual(t, health.Unhealthy, s.Verdict, s.Reasons)
			require.NoError(t, trader.Resume(t.Context(), "ann"))
			cycles := s.Generator.Cycles
			require.NoError(t, trader.SetSymbols(t.Context(), []string{ether}, "ann"))
			require.ErrorContains(t, trader.SetSymbols(t.Context(), []string{"DOGE/USDT"}, "ann"), `"DOGE/USDT" is none of the Instruments`)
			require.NoError(t, trader.SetCycle(t.Context(), 10*time.Second, "ann"))
			require.NoError(t, trader.SetMinConfidence(t.Context(), 0.5, "ann"))
			require.Error(t, trader.SetMinConfidence(t.Context(), 2, "ann"))
			time.Sleep(time.Minute)
			s = trader.Status()
			require.InDelta(t, cycles+6, s.Generator.Cycles, 2)
			require.Len(t, s.Generator.Symbols, 1)
		})
	})
}

func TestTraderAtAVenueHasNoDefaults(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Paper = nil
		venue := tradingtest.NewVenue(realClock{}, trading.Traits{})
		cfg.Broker = venue
		for _, missing := range []string{"Config.Size is nil", "Config.Risk is nil", "Config.Capital 0"} {
			_, err := vigil.New(cfg)
			require.ErrorContains(t, err, missing)
			switch missing {
			case "Config.Size is nil":
				cfg.Size = size.FixedNotional{Amount: number("100")}
			case "Config.Risk is nil":
				cfg.Risk = risk.NoLimits()
			default:
				cfg.Capital = number("1000")
			}
		}
		trader := build(t, cfg)
		serve(t, trader, time.Minute, func() { require.Equal(t, "1000", trader.Status().Trading.Capital.String()) })
	})
}

// A venue that gives no prices: what is held is priced by the newest bars, so that the day's loss is known, and the account
// goes on opening.
func TestAccountAtAVenueWithoutPricesGoesByTheBars(t *testing.T) {
	t.Parallel()
	for name, quoted := range map[string]bool{"by bars": false, "by quotes": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := onPaper(t)
				cfg.Paper, cfg.Capital, cfg.Store = nil, number("100000"), newDisk()
				cfg.Size = size.FixedNotional{Amount: number("1000")}
				cfg.Risk = risk.Limits{
					MaxPosition: number("9000"), MaxOrder: number("9000"), MaxDailyLoss: number("50000"),
				}
				venue := tradingtest.NewVenue(realClock{}, trading.Traits{})
				venue.SetPrice(bitcoin, number("60000"))
				venue.SetPrice(ether, number("3000"))
				cfg.Broker = priceless{venue}
				if !quoted {
					cfg.Source = barsOnly{cfg.Source}
				}
				trader := build(t, cfg)
				serve(t, trader, 10*time.Minute, func() {
					s := trader.Status()
					require.Len(t, s.Trading.Positions, 2, "the second was opened while the first was held")
					require.Empty(t, s.Trading.Unpriced)
					require.Zero(t, s.Trading.Counts.Signals[journal.OutcomeRefused], "%v", s.Trading.Counts.Signals)
					require.False(t, s.Trading.Unrealized.IsZero())
				})
				time.Sleep(time.Second) // into the next bar
				again := build(t, cfg)
				serve(t, again, 100*time.Millisecond, func() {
					s := again.Status()
					require.Len(t, s.Trading.Positions, 2)
					require.Empty(t, s.Trading.Unpriced, "the newest bar is known before the next one closes")
				})
			})
		})
	}
}

// priceless is a venue without the price of anything.
type priceless struct{ trading.Broker }

// barsOnly is a Source that quotes nothing.
type barsOnly struct{ signal.Source }

type realClock struct{}

func (realClock) Now() time.Time                         { return time.Now() }
func (realClock) After(d time.Duration) <-chan time.Time { return time.After(d) }

func TestTraderRefusesAConfigThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*vigil.Config){
		"Config.Source is nil":                 func(c *vigil.Config) { c.Source = nil },
		"Config.Strategies is empty":           func(c *vigil.Config) { c.Strategies = nil },
		"Config.Interval 0s is not above zero": func(c *vigil.Config) { c.Interval = 0 },
		"Config.Symbols is empty":              func(c *vigil.Config) { c.Instruments = nil },
		"Config.Instruments is empty":          func(c *vigil.Config) { c.Symbols, c.Instruments = []string{bitcoin}, nil },
		`symbol "DOGE/USDT" is none of`:        func(c *vigil.Config) { c.Symbols = []string{"DOGE/USDT"} },
		"Config.Paper and Config.Broker":       func(c *vigil.Config) { c.Broker = tradingtest.NewVenue(realClock{}, trading.Traits{}) },
		"Config.Capital is set without":        func(c *vigil.Config) { c.Capital = number("1") },
		"Config.Cycle -1ns is negative":        func(c *vigil.Config) { c.Generator.Cycle = -1 },
		"Config.Generator.Store is set":        func(c *vigil.Config) { c.Generator.Store = signal.NewMemory(1) },
		"Config.Generator.Clock is set":        func(c *vigil.Config) { c.Generator.Clock = realClock{} },
		"Config.Engine.Journal is set":         func(c *vigil.Config) { c.Engine.Journal = journal.NewMemory() },
		"Config.Engine.AutoExecute is set":     func(c *vigil.Config) { c.Engine.AutoExecute = true },
		"Config.Paper has a Clock":             func(c *vigil.Config) { c.Paper.Clock = realClock{} },
		"Config.Source lives on another clock": func(c *vigil.Config) {
			source, err := feed.NewSynthetic(feed.SyntheticConfig{
				Symbols: []string{bitcoin, ether}, Interval: time.Second, Clock: feed.NewReplayClock(time.Unix(1e9, 0)),
			})
			require.NoError(t, err)
			c.Source = source
		},
		"Config.Registry lives on another clock: it says 2001-09-09T01:46:40Z, and Config.Clock 20": func(c *vigil.Config) {
			c.Registry = health.NewRegistry(health.Config{Clock: feed.NewReplayClock(time.Unix(1e9, 0))})
		},
		"Tick 0 is not above zero": func(c *vigil.Config) { c.Instruments[0].Tick = decimal.Zero },
		`"signal_generation"`:      func(c *vigil.Config) { c.Services = []vigil.Child{{Name: "signal_generation", Service: failing{}}} },
		"Config.Concurrency -1":    func(c *vigil.Config) { c.Generator = generator.Config{Concurrency: -1} },
	} {
		cfg := onPaper(t)
		spoil(&cfg)
		_, err := vigil.New(cfg)
		require.ErrorContains(t, err, want)
		require.ErrorContains(t, err, "vigil: ")
	}
}

func TestTraderIsServedOnceAtATime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		trader := build(t, onPaper(t))
		serve(t, trader, time.Second, func() { require.ErrorIs(t, trader.Serve(t.Context()), supervisor.ErrRunning) })
	})
}

// market is a source of bars of a minute whose price is a function of time.
type market struct {
	from  time.Time
	price func(minute int) float64
	ahead bool // the bar that is under way is shown as well
}

func (m market) Bars(_ context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	var batch signal.Batch
	for minute := 0; len(batch.Bars) < limit; minute++ {
		at := m.from.Add(time.Duration(minute) * time.Minute)
		if over := !at.Add(time.Minute).After(time.Now()); !over && (!m.ahead || at.After(time.Now())) {
			break
		}
		if p := m.price(minute); at.After(after) {
			batch.Bars = append(batch.Bars, signal.Bar{
				Symbol: symbol, Interval: time.Minute, Time: at, Open: p, High: p, Low: p, Close: p, Volume: 1,
			})
		}
	}
	return batch, nil
}

// buysOnce goes long on the bar of a minute.
type buysOnce struct{ at time.Time }

func (buysOnce) Warmup() int { return 1 }

func (b buysOnce) OnBar(bar signal.Bar) (signal.Signal, bool) {
	return signal.Signal{Direction: signal.Long, Confidence: 1}, bar.Time.Equal(b.at)
}

// What the market did before there was a position takes no account that is deep in debt, and what a bar shows that is not
// over fills nothing.
func TestTraderOnBarsGoesByNoneThatIsPastOrNotOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		m := market{from: time.Now(), ahead: true}
		m.price = func(minute int) float64 {
			switch {
			case minute < 25: // before there is a position
				return 60
			case m.from.Add(time.Duration(minute+1) * time.Minute).After(time.Now()):
				return 80
			}
			return 100
		}
		cfg.Source, cfg.Interval, cfg.Store = m, time.Minute, newDisk()
		cfg.Strategies = []signal.Spec{{Name: "once", New: func() signal.Strategy {
			return buysOnce{m.from.Add(25 * time.Minute)}
		}}}
		cfg.Symbols, cfg.Ticket = []string{bitcoin}, trading.FixedTicket{StopLoss: number("0.05")}
		cfg.Paper = &paper.Config{Cash: number("300"), Leverage: number("5")}
		cfg.Size, cfg.Risk = size.FixedNotional{Amount: number("1000")}, risk.NoLimits()
		held := func(trader *vigil.Trader) func() {
			return func() {
				s := trader.Status()
				require.Len(t, s.Trading.Positions, 1)
				require.Equal(t, "10", s.Trading.Positions[0].Quantity.String(), "bought at 100")
				require.Len(t, s.Trading.Orders, 1, "its stop")
				require.Equal(t, 1, s.Trading.Counts.Fills)
			}
		}
		first := build(t, cfg)
		serve(t, first, 40*time.Minute, held(first))
		second := build(t, cfg)
		serve(t, second, 10*time.Minute, held(second))
	})
}

func TestTraderClosesAtItsEndWhereItIsToldTo(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.OnStop, cfg.Store = engine.FlattenAll, newDisk()
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() { require.NotEmpty(t, trader.Status().Trading.Positions) })
		require.Empty(t, trader.Status().Trading.Positions)
	})
}

func TestTraderKeepsStatesAndLetsGoOfOldSignals(t *testing.T) {
	t.Parallel()
	for name, account := range map[string]*paper.Config{"with an account": {}, "without one": nil} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := onPaper(t)
				store := newDisk()
				cfg.Store, cfg.Paper, cfg.KeepSignals = store, account, 10*time.Minute
				trader := build(t, cfg)
				serve(t, trader, 150*time.Minute, func() {
					kept, err := store.signals.After(t.Context(), 0, 1)
					require.NoError(t, err)
					require.Greater(t, kept[0].Seq, int64(1))
					require.Less(t, time.Since(kept[0].CreatedAt), 75*time.Minute)
					spec := cfg.Strategies[0]
					_, ok, err := store.signals.LoadState(t.Context(), signal.Stream{
						Strategy: spec.Name, Params: spec.Params, Symbol: bitcoin, Interval: cfg.Interval,
					})
					require.NoError(t, err)
					require.True(t, ok)
				})
			})
		})
	}
}

// What a store or a venue cannot give at once is asked for again, also where nothing is built anew.
func TestTradingBeginsOnceItsStoreLetsIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		store.broken.Store(4)
		cfg.Store = store
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.Equal(t, int32(5), store.claims.Load())
			require.Positive(t, trader.Status().Trading.Counts.Fills)
			require.Equal(t, health.Healthy, trader.Status().Verdict, trader.Status().Reasons)
		})
		store.broken.Store(5)
		require.ErrorContains(t, build(t, cfg).Serve(t.Context()), "claim the journal: the store is busy")
	})
}

func TestTraderWhoseJournalIsTakenEndsForGood(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store, cfg.AutoRestart = store, true
		trader := build(t, cfg)
		stopped := make(chan error)
		go func() { stopped <- trader.Serve(t.Context()) }()
		time.Sleep(10 * time.Minute)
		_, err := store.journal.Claim(t.Context()) // by another program
		require.NoError(t, err)
		require.ErrorIs(t, <-stopped, journal.ErrTakenOver)
		require.Equal(t, int32(1), store.claims.Load())
	})
}

func TestTraderThatMayNotWriteEndsAtOnceUnlessItsLifeIsOver(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		store.refuse = make(chan error, 3)
		cfg.Store, cfg.AutoRestart = store, true
		trader := build(t, cfg)
		serve(t, trader, time.Minute, func() {
			restarted := make(chan error)
			go func() { restarted <- trader.Tree().Restart(t.Context(), "trader/trading") }()
			time.Sleep(time.Second)
			store.refuse <- journal.ErrTakenOver // a life that is over hears of it
			store.refuse <- nil
			require.NoError(t, <-restarted)
			time.Sleep(10 * time.Minute)
			require.Positive(t, trader.Status().Trading.Counts.Fills)
		})
		began := time.Now()
		store.refuse <- journal.ErrTakenOver
		require.ErrorIs(t, trader.Serve(t.Context()), journal.ErrTakenOver)
		require.Less(t, time.Since(began), time.Second)
	})
}
