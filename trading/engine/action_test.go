package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// tellsActions is a venue that tells what companies have done, or fails to.
type tellsActions struct {
	*tradingtest.Misbehaving

	told []trading.Action
	err  error
}

func (b tellsActions) Actions(context.Context, time.Time) ([]trading.Action, error) {
	return b.told, b.err
}

// A merger takes what is held away. The halt names it, also where differences are adopted: what was paid is not of what is held now.
func TestMergerThatTheVenueTellsIsNamedInTheHalt(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 0, 0, 0, 0, time.UTC)
	for name, c := range map[string]struct {
		broker tellsActions
		halt   string
	}{
		"a merger of what is held": {
			tellsActions{told: []trading.Action{{Symbol: btc, Kind: "merger", Time: at}}},
			"positions differ: BTC/USDT is 15 at the broker and 10 in the journal, and the broker tells a merger of BTC/USDT on 2026-11-30",
		},
		"one of something else": {tellsActions{told: []trading.Action{{Symbol: eth, Kind: "merger", Time: at}}}, ""},
		"nobody can be asked":   {tellsActions{err: errors.New("away")}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Differences = engine.AdoptDifference })
			c.broker.Misbehaving = r.broker
			r.cfg.Broker = c.broker
			r.restart()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.venue.Transfer(btc, d("5"))
			r.compares()
			require.Equal(t, c.halt, r.engine.Status().Halt.Reason)
			held := "15"
			if c.halt != "" {
				held = "10"
			}
			require.Equal(t, held, r.held(btc))
		})
	}
}
