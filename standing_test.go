package vigil_test

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// logTo has a Trader log into a buffer.
func logTo(cfg *vigil.Config) *bytes.Buffer {
	var text bytes.Buffer
	cfg.Logger = slog.New(slog.NewTextHandler(&text, nil))
	return &text
}

func TestStandingIsToldOnceAndIsNoneOfTheRuns(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store = store
		log := logTo(&cfg)
		first := build(t, cfg)
		serve(t, first, 10*time.Minute, func() {
			require.Equal(t, first.Status().Trading.Counts.Fills, first.Status().Run().Fills)
			require.NoError(t, first.Halt(t.Context(), "the weekend"))
		})
		require.NotContains(t, log.String(), "stands from before")
		require.Equal(t, 10, strings.Count(log.String(), "msg=Account mode=paper equity="), log.String())
		before, err := vigil.ReadStanding(t.Context(), store, number("10000"))
		require.NoError(t, err)
		require.Equal(t, "the weekend", before.Halt.Reason)
		require.Equal(t, []string{bitcoin, ether}, before.Held)
		require.Equal(t, first.Status().Trading.Counts, before.Counts)

		log.Reset()
		cfg.Symbols = []string{ether}
		second := build(t, cfg)
		serve(t, second, 10*time.Minute, func() {
			s := second.Status()
			require.Equal(t, before, s.Standing)
			require.Equal(t, s.Trading.Counts.Fills-before.Counts.Fills, s.Run().Fills)
			require.Equal(t, s.Trading.Counts.Fees.Sub(before.Counts.Fees), s.Run().Fees)
		})
		serve(t, second, time.Second, func() {
			require.Equal(t, second.Status().Trading.Counts, second.Status().Standing.Counts)
			require.Zero(t, second.Status().Run().Fills, "each Serve is a run")
		})
		warnings := strings.Count(log.String(), `msg="Trading goes on with what stands from before"`)
		require.Equal(t, 2, warnings, "one in each Serve")
		require.Regexp(t, `level=WARN msg="Trading goes on[^\n]* held_and_not_traded=\[BTC/USDT\] halted="the weekend" since=20`, log)
	})
}

// What is held of a symbol that is not traded any more stays guarded and can be closed, and nothing of it is opened, though
// a signal says so.
func TestSymbolThatIsHeldAndNotTradedIsLookedAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		cfg.Store, cfg.Ticket = store, trading.FixedTicket{StopLoss: number("0.2")}
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			require.Len(t, trader.Status().Trading.Positions, 2)
			require.NoError(t, trader.SetSymbols(t.Context(), []string{ether}, "ann"))
			time.Sleep(20 * time.Second)
			s := trader.Status()
			require.Equal(t, health.Degraded, s.Verdict)
			require.Contains(t, s.Reasons[0], "of BTC/USDT is held and not traded any more")

			held := s.Trading.Positions[0]
			now := time.Now()
			stranger := signal.Stream{Strategy: cfg.Strategies[0].Name, Symbol: bitcoin, Interval: time.Second}
			require.NoError(t, store.signals.Append(t.Context(), signal.Signal{
				ID: stranger.ID(now), Strategy: stranger.Strategy, Symbol: bitcoin, Interval: time.Second, Confidence: 1,
				Direction: -signal.Direction(held.Quantity.Sign()), Price: held.AveragePrice().InexactFloat64(),
				BarTime: now, CreatedAt: now, ValidUntil: now.Add(time.Minute),
			}))
			time.Sleep(5 * time.Second)
			s = trader.Status()
			require.Equal(t, ether, s.Trading.Positions[0].Symbol, "the other direction closes, and opens nothing")

			require.NoError(t, trader.SetSymbols(t.Context(), []string{ether, bitcoin}, "ann"))
			time.Sleep(20 * time.Second)
			require.Equal(t, health.Healthy, trader.Status().Verdict, trader.Status().Reasons)
		})
	})
}

func TestDryRunSaysWhatWouldBeDoneAndDoesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, store := onPaper(t), newDisk()
		trader := build(t, cfg)
		report, err := trader.DryRun(t.Context())
		require.NoError(t, err)
		require.Equal(t, "nothing to do\n", report.String())

		cfg.Store, cfg.Manual = store, true
		trader = build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {})
		claimed, err := store.journal.Claim(t.Context())
		require.NoError(t, err)
		require.NoError(t, claimed.Append(t.Context(), time.Now(), journal.CloseAsked{ID: "c", Symbol: bitcoin, By: "ann"},
			journal.Filled{Fill: trading.Fill{ID: "f", ClientID: "by hand", Symbol: bitcoin, Side: trading.Buy,
				Price: number("60000"), Quantity: number("0.01"), Time: time.Now()}}))
		claims, before := store.claims.Load(), entries(t, store)
		report, err = build(t, cfg).DryRun(t.Context())
		require.NoError(t, err)
		require.Len(t, report.Send, 1, report.String())
		require.Equal(t, claims, store.claims.Load())
		require.Equal(t, before, entries(t, store))

		cfg.Paper = nil
		_, err = build(t, cfg).DryRun(t.Context())
		require.ErrorContains(t, err, "signals only")
	})
}

func entries(t *testing.T, store *disk) (all []journal.Entry) {
	t.Helper()
	for entry, err := range journal.Entries(t.Context(), store.journal, 0) {
		require.NoError(t, err)
		all = append(all, entry)
	}
	return all
}

func TestCancelTakesBackWhatRests(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Ticket = trading.FixedTicket{Limit: number("0.05")}
		trader := build(t, cfg)
		serve(t, trader, 10*time.Minute, func() {
			s := trader.Status()
			for ; len(s.Trading.Orders) == 0; s = trader.Status() {
				time.Sleep(time.Second)
			}
			order := s.Trading.Orders[0]
			require.NoError(t, trader.Cancel(t.Context(), order.ClientID, "ann"))
			time.Sleep(2 * time.Second)
			for _, o := range trader.Status().Trading.Orders {
				require.NotEqual(t, order.SignalID, o.SignalID)
			}
		})
	})
}
