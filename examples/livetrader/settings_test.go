package main

import (
	"context"
	"log/slog"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// A whole trader in a file: the second run with another EMA and other cash goes on with the account of the first, and a
// run that was killed after Bind is the first one still.
func TestTraderOnAFileGoesOnWithOtherSettings(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "trader.db")
	run := func(fast, slow int, cash int64, do func(*vigil.Trader)) {
		synctest.Test(t, func(t *testing.T) {
			db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
			require.NoError(t, err)
			defer func() { require.NoError(t, db.Close()) }()
			const coin = "BTC/USDT"
			market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 3, Symbols: []string{coin}, Interval: 5 * time.Second})
			require.NoError(t, err)
			cross, err := strategy.EMACross{Fast: fast, Slow: slow}.Spec()
			require.NoError(t, err)
			trader, err := vigil.New(vigil.Config{
				Source: market, Strategies: []signal.Spec{cross}, Interval: 5 * time.Second, Store: db,
				Instruments: []trading.Instrument{{
					Symbol: coin, Tick: decimal.New(1, -1), Step: decimal.New(1, -4),
				}},
				Paper: &paper.Config{Cash: decimal.NewFromInt(cash)}, Logger: slog.New(slog.DiscardHandler),
			})
			require.NoError(t, err)
			do(trader)
		})
	}
	serve := func(during time.Duration, look func(*vigil.Trader)) func(*vigil.Trader) {
		return func(trader *vigil.Trader) {
			ctx, cancel := context.WithCancel(context.Background())
			stopped := make(chan error, 1)
			go func() { stopped <- trader.Serve(ctx) }()
			time.Sleep(during)
			look(trader)
			cancel()
			require.NoError(t, <-stopped)
		}
	}
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	require.NoError(t, db.Bind(t.Context(), []sqlite.Setting{{Name: "mode", Value: "paper"}, {Name: "venue", Value: "paper"}}))
	require.NoError(t, db.Close())

	var held trading.Position
	run(9, 21, 10_000, serve(10*time.Minute, func(trader *vigil.Trader) {
		for len(trader.Status().Trading.Positions) == 0 {
			time.Sleep(time.Second)
		}
		held = trader.Status().Trading.Positions[0]
	}))
	run(5, 20, 20_000, func(trader *vigil.Trader) {
		dry, err := trader.DryRun(t.Context())
		require.NoError(t, err)
		require.Contains(t, dry.String(), "book deposit cash 10000 to 20000")
		require.Contains(t, dry.String(), `change strategy/ema_cross from "fast=9,slow=21 on 5s" to "fast=5,slow=20 on 5s"`)
		serve(time.Second, func(trader *vigil.Trader) {
			s := trader.Status().Trading
			require.Equal(t, "10000", s.Capital.String())
			require.Equal(t, []trading.Position{held}, s.Positions)
			require.True(t, s.Targets[0].Orphaned())
		})(trader)
	})
	run(5, 20, 20_000, func(trader *vigil.Trader) {
		dry, err := trader.DryRun(t.Context())
		require.NoError(t, err)
		require.NotContains(t, dry.String(), "change ")
	})
}
