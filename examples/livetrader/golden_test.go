package main

import (
	"crypto/sha256"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// goldenSetup is one configuration of a replay: what the launcher is told, and a fill policy, which it cannot be told.
type goldenSetup struct {
	args string
	fill paper.FillPolicy
}

const (
	noBound = "--max-daily-loss 1000000 "
	guarded = noBound + "--limit-entry 0.001 --take-profit 0.02 --stop-loss 0.01 "
	tightly = noBound + "--limit-entry 0.001 --take-profit 0.004 --stop-loss 0.003 " // both often within one bar
)

var goldenSetups = []goldenSetup{
	{"--strategy ema_cross --max-daily-loss 30", ""},
	{noBound + "--strategy ema_cross", ""},
	{noBound + "--strategy rsi_reversion", ""},
	{noBound + "--strategy donchian", ""},
	{noBound + "--strategy macd", ""},
	{noBound + "--strategy bollinger_breakout", ""},
	{noBound + "--strategy donchian --take-profit 0.02 --stop-loss 0.01", ""},
	{guarded + "--strategy ema_cross", ""},
	{tightly + "--strategy rsi_reversion", paper.NextOpen},
	{tightly + "--strategy rsi_reversion", paper.NextWorst},
	{tightly + "--strategy rsi_reversion", paper.NextClose},
	{tightly + "--strategy rsi_reversion", paper.LimitCross},
	{tightly + "--strategy rsi_reversion", paper.OpenGap},
	{tightly + "--strategy rsi_reversion", paper.BarTicks},
	{tightly + "--strategy rsi_reversion", paper.BarTicksNearest},
}

const hourly = " --columns timestamp,open,close,low,high,volume,trades --bad-bars skip"

// goldenFiles are the files of real data, and what the launcher has to be told of them.
var goldenFiles = []struct{ name, args string }{
	{"btc-perp_1m_2022-01.csv.gz", "--symbols BTC/USDT:USDT"},
	{"btcusdt_1h_gaps.csv", "--symbols BTC/USDT:USDT" + hourly},
	{"ethusdt_1h_gaps.csv", "--symbols ETH/USDT:USDT" + hourly},
}

// What replays of real data come to, to the last digit: whatever changes a fill changes a line of the file. The race
// detector makes a replay five times as slow, so that it sees a seventh of them; the launcher, with its database, does
// one of them. The long form replays the whole month, and all that the launcher can be told through the launcher too.
func TestReplaysComeToWhatTheyDid(t *testing.T) {
	t.Parallel()
	path := "testdata/replays.txt"
	if *long {
		path = "testdata/replays-long.txt"
	}
	candles := []string{realCandles(t)}
	for _, file := range goldenFiles[1:] {
		candles = append(candles, filepath.Join(filepath.Dir(realData), file.name))
	}
	before, _ := os.ReadFile(path) // for the lines of what is left out
	lines := make([]string, len(goldenFiles)*len(goldenSetups))
	copy(lines, strings.SplitAfter(string(before), "\n"))
	t.Run("each", func(t *testing.T) { // it ends when all of them have
		for n := range lines {
			file, setup := n/len(goldenSetups), goldenSetups[n%len(goldenSetups)]
			head := fmt.Sprintf("%-26s %-105s %-17s ", goldenFiles[file].name, setup.args, setup.fill)
			t.Run(strings.Join(strings.Fields(head), " "), func(t *testing.T) {
				t.Parallel()
				if raced() && !*long && n%7 != 0 {
					t.Skip("left to a run without the race detector")
				}
				args := strings.Fields(goldenFiles[file].args + " " + setup.args)
				args = append(args, "--paper", "--replay", candles[file])
				digest := replayedInMemory(t, args, setup.fill)
				lines[n] = head + digest + "\n"
				if *long && setup.fill == "" || n == len(goldenSetups) && !raced() {
					require.Equal(t, digest, replayedByLauncher(t, args), "the launcher does the same")
				}
			})
		}
	})
	golden.Check(t, strings.Join(lines, ""), path)
}

// raced reports whether this is a build with the race detector.
func raced() bool {
	info, _ := debug.ReadBuildInfo()
	return slices.Contains(info.Settings, debug.BuildSetting{Key: "-race", Value: "true"})
}

// replayedInMemory replays on parts that are put together here, as the launcher puts them together.
func replayedInMemory(t *testing.T, args []string, fill paper.FillPolicy) string {
	cfg, err := parseConfig(args, environ())
	require.NoError(t, err)
	candles, err := candle.Open(cfg.replay, cfg.candles())
	require.NoError(t, err)
	prices, err := candle.Scan(t.Context(), cfg.replay, cfg.candles())
	require.NoError(t, err)
	defer func() { require.NoError(t, candles.Close()) }()
	specs, shares, err := cfg.strategies.specs()
	require.NoError(t, err)
	interval, journal := candles.Report().Interval, journal.NewMemory()
	replay, err := backtest.New(backtest.Config{
		Bars: candles, Instruments: []trading.Instrument{cfg.instrument(prices)}, Journal: journal,
		Generator: generator.Config{
			Specs: specs, Interval: interval, Cycle: cfg.interval, Validity: 3 * interval,
		},
		Paper: paper.Config{Cash: cfg.cash, FeeRate: cfg.fee, Slippage: cfg.slippage, Fill: fill},
		Engine: engine.Config{
			Size:        size.FixedNotional{Amount: cfg.notional},
			Ticket:      trading.FixedTicket{Limit: cfg.limitEntry, TakeProfit: cfg.takeProfit, StopLoss: cfg.stopLoss},
			Risk:        risk.Limits{MaxPosition: cfg.maxPosition, MaxOrder: cfg.maxOrder, MaxDailyLoss: cfg.maxDailyLoss},
			AutoExecute: true, Shares: shares,
		},
	})
	require.NoError(t, err)
	require.NoError(t, replay.Run(t.Context()))
	entries, err := journal.Read(t.Context(), 0, 1<<20)
	require.NoError(t, err)
	end := replay.Status().Engine
	return digestOf(account{entries: entries}.fills(), candles.Report().Bars, replay.Generator.Status().Signals,
		end.Counts.Orders, end.Counts.Fills, end.Equity, end.Counts.Realized)
}

// replayedByLauncher reads the same from the launcher's summary and from its database.
func replayedByLauncher(t *testing.T, args []string) string {
	db := tempDB(t)
	code, stdout, log := runHere(t.Context(), append(args, "--speed", "0", "--listen", "off", "--db", db)...)
	require.Equal(t, exitOK, code, lastLine(log))
	line := func(name string) string {
		return regexp.MustCompile(`(?m)^  ` + name + ` +(\S+)$`).FindStringSubmatch(stdout)[1]
	}
	return digestOf(openAccount(t, db, defaultCash).fills(), line("bars"), line("signals"), line("orders"), line("fills"),
		decimal.RequireFromString(line("equity")), decimal.RequireFromString(line("realized profit")))
}

// digestOf names what must not change. The fills are without their client IDs, which say nothing about the account.
func digestOf(list []trading.Fill, bars, signals, orders, fills any, equity, realized decimal.Decimal) string {
	sum := sha256.New()
	for _, f := range list {
		fmt.Fprintln(sum, f.Time.UTC().Format(time.RFC3339Nano), f.Symbol, f.Side, f.Quantity, f.Price, f.Fee)
	}
	return fmt.Sprintf("bars=%v signals=%v orders=%v fills=%v equity=%s realized=%s sha256=%x",
		bars, signals, orders, fills, equity, realized, sum.Sum(nil))
}
