package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func TestDryRunTellsWhatTheNextStartWouldDo(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before func(*rig)
		lines  []string
	}{
		"nothing": {func(*rig) {}, nil},
		"a signal and a fill by hand": {func(r *rig) {
			r.venue.Trade("1", eth, trading.Buy, d("2"))
			r.signals.put(says(btc, signal.Long, r.now()))
		}, []string{"book fill 1: buy 2 ETH/USDT at 10", "long BTC/USDT, acted, target 10", "send v-", ": buy 10 BTC/USDT market"}},
		"a flip of what is guarded": {func(r *rig) {
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Short, r.now()))
		}, []string{"short BTC/USDT, acted, target -10 an earlier order is being canceled", "order cancel_asked", "cancel v-"}},
		"an order of unknown fate": {func(r *rig) {
			r.broker.Next(tradingtest.LoseRequest)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
		}, []string{"order not_received", "send v-"}},
		"a difference": {func(r *rig) {
			r.mustStep()
			r.venue.Transfer(btc, d("3"))
		}, []string{"halt: positions differ"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(bracket))
			c.before(r)
			entries, err := r.journal.Read(t.Context(), 0, 1000)
			require.NoError(t, err)
			submits, cancels := r.broker.Submits(), r.broker.CancelCalls()
			report, err := engine.DryRun(t.Context(), r.cfg)
			require.NoError(t, err)
			after, err := r.journal.Read(t.Context(), 0, 1000)
			require.NoError(t, err)
			require.Equal(t, entries, after, "nothing is written")
			require.Equal(t, submits, r.broker.Submits(), "nothing is sent")
			require.Equal(t, cancels, r.broker.CancelCalls())
			for _, line := range c.lines {
				require.Contains(t, report.String(), line)
			}
			if c.lines == nil {
				require.Equal(t, "nothing to do\n", report.String())
			}
			require.True(t, report.Status.Reconciled)

			again, err := engine.DryRun(t.Context(), r.cfg)
			require.NoError(t, err)
			require.Equal(t, report.String(), again.String(), "it can be asked for as often as one likes")
			r.restart()
			r.mustStep()
			require.GreaterOrEqual(t, r.broker.Submits(), submits+len(report.Send), "and the start does it")
		})
	}
}

func TestDryRunNeedsWhatAnEngineNeedsAndTellsHowFarItCame(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	_, err := engine.DryRun(t.Context(), engine.Config{})
	require.ErrorContains(t, err, "Config.Signals")
	r.cfg.Broker = mute{r.broker}
	_, err = engine.DryRun(t.Context(), r.cfg)
	require.NoError(t, err)
	r.broker.Disconnect(true)
	_, err = engine.DryRun(t.Context(), r.cfg)
	require.ErrorIs(t, err, tradingtest.ErrLost)
	require.Empty(t, r.log.lines, "it logs nothing that has not happened")
}

// A dry run and a start of a halted account say the halt, and the one says it first.
func TestHaltIsSaidByADryRunAndAStart(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	require.NoError(t, r.engine.Halt(t.Context(), "odd"))
	report, err := engine.DryRun(t.Context(), r.cfg)
	require.NoError(t, err)
	require.Regexp(t, `\Atrading is halted since \S+: odd\nnothing to do\n\z`, report.String())
	r.restart()
	r.mustStep()
	require.Equal(t, 1, r.log.count("WARN Trading engine started, but trading is halted positions=0 open_orders=0 reason=odd"))
	require.Zero(t, r.log.count("INFO Trading engine started"))
}
