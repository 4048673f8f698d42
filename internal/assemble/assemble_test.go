package assemble_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

const coin = "BTC/USDT"

var noon = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

func number(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func config(t *testing.T) assemble.Config {
	tape, err := feed.NewTape(10, coin)
	require.NoError(t, err)
	cross, err := strategy.EMACross{}.Spec()
	require.NoError(t, err)
	return assemble.Config{
		Clock: feed.NewReplayClock(noon), Logger: slog.New(slog.DiscardHandler), Signals: signal.NewMemory(0),
		Instruments: []trading.Instrument{{Symbol: coin, Tick: number("0.01"), Step: number("0.001")}},
		Generator:   generator.Config{Source: tape, Specs: []signal.Spec{cross}, Interval: time.Minute},
		Paper:       paper.Config{Cash: number("10000")},
		Engine:      engine.Config{Size: size.FixedNotional{Amount: number("1000")}, Risk: risk.NoLimits(), AutoExecute: true},
	}
}

func TestGeneratorTakesWhatAllPartsShare(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	g, err := assemble.Generator(cfg)
	require.NoError(t, err)
	r := g.Cycle(t.Context(), noon)
	require.Empty(t, r.Errors)
	status := g.Status()
	require.Len(t, status.Symbols, 1)
	require.Equal(t, coin, status.Symbols[0].Symbol, "the instruments' symbols")
}

// held is a journal in which a coin is held that cost 100.
func held(t *testing.T) *journal.Memory {
	j := journal.NewMemory()
	require.NoError(t, j.Append(t.Context(), noon, journal.Filled{Fill: trading.Fill{
		ID: "f", ClientID: "by hand", Symbol: coin, Side: trading.Buy, Price: number("100"), Quantity: number("1"), Time: noon,
	}}))
	return j
}

func TestOpenResumesThePaperAccountOverTheClaimedJournal(t *testing.T) {
	t.Parallel()
	claims := 0
	account, err := assemble.Open(t.Context(), config(t), func(context.Context) (journal.Journal, error) {
		claims++
		return held(t), nil
	})
	require.NoError(t, err)
	require.Equal(t, 1, claims)
	require.Equal(t, "9900", account.Paper.Cash().String())
	require.NoError(t, account.Engine.Step(t.Context()), "the account and the journal agree")
	status := account.Engine.Status()
	require.False(t, status.Halt.Active(), status.Halt.Reason)
	require.Equal(t, noon, status.At)
	require.Equal(t, "1", status.Positions[0].Quantity.String())
	require.Equal(t, "10000", status.Capital.String())
}

func TestOpenBuildsNothingWithoutTheRightToWrite(t *testing.T) {
	t.Parallel()
	taken := errors.New("somebody else writes it")
	account, err := assemble.Open(t.Context(), config(t), func(context.Context) (journal.Journal, error) { return nil, taken })
	require.ErrorIs(t, err, taken)
	require.Nil(t, account)
}

func TestTradingOnAVenueHasNoPaperAccount(t *testing.T) {
	t.Parallel()
	cfg := config(t)
	cfg.Paper = paper.Config{}
	cfg.Engine.Broker, cfg.Engine.Capital = tradingtest.NewVenue(cfg.Clock, trading.Traits{}), number("500")
	account, err := assemble.Trading(cfg, journal.NewMemory())
	require.NoError(t, err)
	require.Nil(t, account.Paper)
	require.NoError(t, account.Resume(t.Context()))
	require.Equal(t, "500", account.Engine.Status().Capital.String())
}

func TestPartWithItsOwnIsRefused(t *testing.T) {
	t.Parallel()
	for field, set := range map[string]func(*assemble.Config){
		"Clock":              func(c *assemble.Config) { c.Clock = nil },
		"Signals":            func(c *assemble.Config) { c.Signals = nil },
		"Generator.Store":    func(c *assemble.Config) { c.Generator.Store = signal.NewMemory(0) },
		"Generator.Clock":    func(c *assemble.Config) { c.Generator.Clock = clock.New() },
		"Generator.Logger":   func(c *assemble.Config) { c.Generator.Logger = slog.Default() },
		"Paper.Instruments":  func(c *assemble.Config) { c.Paper.Instruments = c.Instruments },
		"Paper.Clock":        func(c *assemble.Config) { c.Paper.Clock = clock.New() },
		"Engine.Signals":     func(c *assemble.Config) { c.Engine.Signals = signal.NewMemory(0) },
		"Engine.Journal":     func(c *assemble.Config) { c.Engine.Journal = journal.NewMemory() },
		"Engine.Instruments": func(c *assemble.Config) { c.Engine.Instruments = c.Instruments },
		"Engine.Clock":       func(c *assemble.Config) { c.Engine.Clock = clock.New() },
		"Engine.Logger":      func(c *assemble.Config) { c.Engine.Logger = slog.Default() },
	} {
		cfg := config(t)
		set(&cfg)
		_, err := assemble.Generator(cfg)
		require.ErrorContains(t, err, "Config."+field+" is ")
		_, err = assemble.Trading(cfg, journal.NewMemory())
		require.ErrorContains(t, err, "Config."+field+" is ")
	}
	cfg := config(t)
	cfg.Engine.Capital = number("9999")
	_, err := assemble.Trading(cfg, journal.NewMemory())
	require.ErrorContains(t, err, "Config.Engine.Capital 9999 is not the paper account's Cash 10000")
}

func TestAllowAsksTheDiskAndTheHealthOfTheSymbol(t *testing.T) {
	t.Parallel()
	registry := health.NewRegistry(health.Config{Clock: feed.NewReplayClock(noon)})
	ctx := health.NewContext(t.Context(), registry.Begin("live/generation").Part())
	full := error(nil)
	allow := assemble.Allow(registry, "live/generation", func() error { return full })

	sick, well := health.Child(ctx, "A"), health.Child(ctx, "B")
	health.Observe(ctx, nil)
	health.Observe(well, nil)
	for range 100 {
		health.Observe(sick, errors.New("no bars"))
	}
	require.ErrorContains(t, allow("A"), "live/generation/A is unhealthy: ")
	require.NoError(t, allow("B"))
	require.NoError(t, allow("C"), "of which nothing is known")

	full = errors.New("the disk is nearly full")
	require.Equal(t, full, allow("B"))
	full = nil
	for range 100 {
		health.Observe(ctx, errors.New("no store"))
	}
	require.ErrorContains(t, allow("B"), "live/generation is unhealthy: ")
	require.ErrorContains(t, assemble.Allow(registry, "live/generation", nil)("B"), "unhealthy")
}
