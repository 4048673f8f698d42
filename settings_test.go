package vigil_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// onCross trades one instrument on an EMA cross, with a stop, and with the cash of an account.
func onCross(t *testing.T, store *disk, fast, slow int, cash string) (cfg vigil.Config, log *bytes.Buffer) {
	t.Helper()
	cfg, log = onPaper(t), new(bytes.Buffer)
	spec, err := strategy.EMACross{Fast: fast, Slow: slow}.Spec()
	require.NoError(t, err)
	cfg.Strategies, cfg.Symbols, cfg.Store = []signal.Spec{spec}, []string{bitcoin}, store
	cfg.Paper = &paper.Config{Cash: number(cash)}
	cfg.Ticket = trading.FixedTicket{StopLoss: number("0.2")}
	cfg.Logger = slog.New(slog.NewTextHandler(log, nil))
	return cfg, log
}

// heldOn trades until something is held on the signals of an EMA cross of 9 and 21.
func heldOn(t *testing.T, store *disk) (before engine.Status) {
	t.Helper()
	cfg, _ := onCross(t, store, 9, 21, "10000")
	trader := build(t, cfg)
	serve(t, trader, time.Minute, func() {
		for len(trader.Status().Trading.Positions) == 0 || len(trader.Status().Trading.Orders) != 1 {
			time.Sleep(5 * time.Second)
			synctest.Wait()
		}
		before = *trader.Status().Trading
	})
	return before
}

func TestSettingsChangeUnderWhatIsHeld(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newDisk()
		before := heldOn(t, store)
		cfg, log := onCross(t, store, 5, 20, "15000")
		dry, err := build(t, cfg).DryRun(t.Context())
		require.NoError(t, err)
		for _, line := range []string{
			"book deposit cash 10000 to 15000 at ",
			`change cash from "10000" to "15000"` + "\n",
			`change size from "size.FixedNotional {\"Amount\":\"1000\"}" to "size.FixedNotional {\"Amount\":\"1500\"}"` + "\n",
			`change strategy/ema_cross from "fast=9,slow=21 on 5s" to "fast=5,slow=20 on 5s"` + "\n",
			"orphan BTC/USDT: ema_cross (fast=9,slow=21 on 5s) speaks no more: reduced\n",
		} {
			require.Contains(t, dry.String(), line)
		}
		require.NotContains(t, log.String(), "Settings changed", "nothing has changed yet")

		trader := build(t, cfg)
		serve(t, trader, time.Second, func() {
			after := trader.Status().Trading
			require.Equal(t, before.Cash.Add(number("5000")).String(), after.Cash.String())
			require.Equal(t, "10000", after.Capital.String(), "the account began with that")
			require.Equal(t, before.Positions, after.Positions)
			require.Equal(t, before.Orders[0].ClientID, after.Orders[0].ClientID, "its stop goes on guarding it")
			require.Equal(t, "fast=9,slow=21 on 5s", after.Targets[0].Orphan)
			require.False(t, after.Halt.Active(), after.Halt.Reason)
		})
		require.Equal(t, 1, strings.Count(log.String(), `msg="Settings changed"`), log)
		require.Equal(t, 1, strings.Count(log.String(), `msg="Strategy of what is held speaks no more"`), log)
		require.NotContains(t, log.String(), "Capital stays")

		cfg, log = onCross(t, store, 5, 20, "15000")
		again := build(t, cfg)
		dry, err = again.DryRun(t.Context())
		require.NoError(t, err)
		require.NotContains(t, dry.String(), "change ")
		serve(t, again, time.Second, func() {})
		require.NotContains(t, log.String(), "Settings changed", "it is said once")
		require.NotContains(t, log.String(), "speaks no more")
	})
}

// fillsAfter are the fills since settings changed for the last time.
func fillsAfter(t *testing.T, store *disk) (fills []trading.Fill) {
	t.Helper()
	for _, entry := range entries(t, store) {
		switch e := entry.Event.(type) {
		case journal.SettingsChanged:
			fills = nil
		case journal.Filled:
			fills = append(fills, e.Fill)
		default:
		}
	}
	return fills
}

func TestOrphansFateIsTheirPolicys(t *testing.T) {
	t.Parallel()
	for policy, check := range map[engine.OrphanPolicy]func(t *testing.T, before engine.Status, first engine.Status){
		engine.ReduceOrphans: func(t *testing.T, before, first engine.Status) {
			require.Equal(t, before.Positions, first.Positions)
			require.NotEmpty(t, first.Targets[0].Orphan)
		},
		engine.HandOver: func(t *testing.T, before, first engine.Status) {
			require.Equal(t, before.Positions, first.Positions)
			require.Empty(t, first.Targets[0].Orphan)
		},
		engine.FlattenOrphans: func(t *testing.T, _, first engine.Status) { require.Empty(t, first.Positions) },
	} {
		t.Run(string(policy), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				store := newDisk()
				before := heldOn(t, store)
				cfg, _ := onCross(t, store, 5, 20, "10000")
				macd, err := strategy.MACD{}.Spec()
				require.NoError(t, err)
				cfg.Strategies, cfg.Engine.Orphans = []signal.Spec{macd}, policy
				trader := build(t, cfg)
				serve(t, trader, 2*time.Second, func() {
					check(t, before, *trader.Status().Trading)
					time.Sleep(20 * time.Minute)
				})
				held := before.Positions[0].Quantity
				fills := fillsAfter(t, store)
				require.Greater(t, len(fills), 2, "the instrument is traded again")
				for _, f := range fills {
					if after := held.Add(f.Side.Signed(f.Quantity)); policy != engine.HandOver {
						require.False(t, after.Abs().GreaterThan(held.Abs()), "%s of %s", f.Quantity, held)
						held = after
					}
					if held.IsZero() {
						break
					}
				}
			})
		})
	}
}

func TestStrategyThatSpeaksAgainTakesBackWhatItHolds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newDisk()
		heldOn(t, store)
		for _, run := range []struct {
			fast   int
			orphan bool
		}{{5, true}, {6, true}, {9, false}} {
			cfg, _ := onCross(t, store, run.fast, 21, "10000")
			trader := build(t, cfg)
			serve(t, trader, time.Second, func() { require.Equal(t, run.orphan, trader.Status().Trading.Targets[0].Orphaned()) })
		}
	})
}

func TestCashThatWhatIsHeldNeedsIsKept(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := newDisk()
		before := heldOn(t, store)
		cfg, log := onCross(t, store, 9, 21, "500")
		dry, err := build(t, cfg).DryRun(t.Context())
		require.NoError(t, err)
		require.Contains(t, dry.String(), "keep the capital at 10000, as the journal says, and not at 500\n")
		trader := build(t, cfg)
		serve(t, trader, time.Second, func() {
			require.Equal(t, before.Cash.String(), trader.Status().Trading.Cash.String())
		})
		require.Equal(t, 1, strings.Count(log.String(), `msg="Capital stays what the journal says"`), log)

		cfg, _ = onCross(t, store, 9, 21, "9000")
		trader = build(t, cfg)
		serve(t, trader, time.Second, func() {
			after := trader.Status().Trading
			require.Equal(t, before.Cash.Sub(number("1000")).String(), after.Cash.String(), "it can do without that")
			require.Equal(t, before.Equity.Sub(number("1000")).Sub(after.Equity).Abs().LessThan(number("50")), true)
			require.False(t, after.Halt.Active(), "a withdrawal is no loss")
		})
	})
}

func TestStoreOfAnotherAccountEndsServe(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store, cfg.AutoRestart = store, true
		trader := build(t, cfg)
		serve(t, trader, time.Minute, func() {})
		for want, change := range map[string]func(*vigil.Config){
			`venue is "paper" there and "binance" here`: func(c *vigil.Config) { c.Venue = "binance" },
			`account is "" there and "7" here`:          func(c *vigil.Config) { c.Account = "7" },
		} {
			other := cfg
			change(&other)
			stored, err := store.signals.After(t.Context(), 0, 1000)
			require.NoError(t, err)
			err = build(t, other).Serve(t.Context())
			var refused *journal.OtherRunError
			require.ErrorAs(t, err, &refused)
			require.ErrorContains(t, err, want)
			_, err = build(t, other).DryRun(t.Context())
			require.ErrorAs(t, err, &refused)
			now, err := store.signals.After(t.Context(), 0, 1000)
			require.NoError(t, err)
			require.Equal(t, stored, now, "nothing was written")
		}
	})
}

func TestJournalThatCannotBeReadEndsServeInspiteOfRestarts(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store, cfg.AutoRestart = store, true
		require.NoError(t, store.journal.Append(t.Context(), time.Now(), journal.Rearmed{By: "nobody"}))
		ctx, cancel := context.WithTimeout(t.Context(), time.Hour)
		defer cancel()
		err := build(t, cfg).Serve(ctx)
		require.ErrorContains(t, err, `journal entry 1: book: rearmed by "nobody" while nothing is halted`)
		require.NoError(t, ctx.Err())
	})
}
