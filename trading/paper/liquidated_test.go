package paper_test

import (
	"log/slog"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// What the venue closes by itself is no order of the engine's: its journal, health and status say what it was, the deficit is in
// its cash, nothing is halted, and nothing is bought again.
func TestLiquidationIsKnownByNameToTheEngine(t *testing.T) {
	t.Parallel()
	clock, price := &barClock{now: noon}, 100.0
	b := broker(t, func(cfg *paper.Config) {
		cfg.Leverage, cfg.Maintenance, cfg.Clock = d("5"), d("0.1"), clock
		cfg.Quote = func(string) (float64, bool) { return price, true }
	})
	signals, j := signal.NewMemory(10), journal.NewMemory()
	eng, err := engine.New(engine.Config{
		Signals: signals, Journal: j, Broker: b, Instruments: []trading.Instrument{coin}, Size: size.FixedNotional{Amount: d("40000")},
		Risk: risk.NoLimits(), Capital: d("10000"), AutoExecute: true, Clock: clock, Logger: slog.New(slog.DiscardHandler),
	})
	require.NoError(t, err)
	registry := health.NewRegistry(health.Config{Clock: clock})
	ctx, run := registry.Begin("engine").Next(t.Context())
	run.SetState(health.Stage{State: health.StateRunning})
	step := func() (raised []string) {
		clock.set(clock.Now().Add(time.Minute))
		require.NoError(t, eng.Step(ctx))
		for _, part := range registry.Report().Parts {
			for _, c := range part.Conditions {
				raised = append(raised, c.Key)
			}
		}
		return raised
	}
	long(t, signals, noon)
	require.Empty(t, step())
	require.Equal(t, "83.3", eng.Status().Margins[btc].Liquidation.Decimal.String())

	price = 60
	require.Contains(t, step(), "liquidated/"+btc)
	status := eng.Status()
	require.Empty(t, status.Positions)
	require.Empty(t, status.Margins)
	require.False(t, status.Halt.Active())
	step()
	require.Equal(t, "0", eng.Status().Cash.String(), "it owed 6,000, which the venue has borne")
	require.Empty(t, eng.Status().Orders, "nothing is bought again")
	entries, err := j.Before(t.Context(), 0, nil, 100)
	require.NoError(t, err)
	liquidated, borne := 0, 0
	for _, e := range entries {
		switch e := e.Event.(type) {
		case journal.Filled:
			if e.Fill.Liquidation {
				liquidated++
			}
		case journal.CashMoved:
			require.Equal(t, trading.CashInsurance, e.Move.Kind)
			require.Equal(t, "6000", e.Move.Amount.String())
			borne++
		default: // The others tell of no money.
		}
	}
	require.Equal(t, []int{1, 1}, []int{liquidated, borne})
	clock.set(clock.Now().Add(2 * time.Hour))
	require.NotContains(t, step(), "liquidated/"+btc)
}
