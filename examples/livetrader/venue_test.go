package main

import (
	"context"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

const perpetual = "BTC/USDT:USDT"

// fakeBinance serves a fake of the venue, and returns the environment whose keys it takes.
func fakeBinance(t *testing.T, cfg binancetest.Config) (venue *binancetest.Venue, url string, lookup func(string) (string, bool)) {
	t.Helper()
	venue = binancetest.New(cfg)
	server := httptest.NewServer(venue)
	t.Cleanup(server.Close)
	return venue, server.URL, environ(venueKeyVariable, binancetest.Key, venueSecretVariable, binancetest.Secret)
}

func runWith(lookup func(string) (string, bool), args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(context.Background(), args, environment{lookup: lookup, stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String(), log.String()
}

// binanceInMemory is a fake of the venue in a bubble, which no network is needed for.
func binanceInMemory(t *testing.T, cfg binancetest.Config) *binancetest.Venue {
	t.Helper()
	cfg.Logger = quiet
	venue := binancetest.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- venue.Listen(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
	return venue
}

// swings has the price of BTC go up and down, so that there are signals.
func swings(ctx context.Context, venue *binancetest.Venue) {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(10 * time.Second):
			up := n / 90 % 2 * 2 // 15 minutes up, 15 down
			venue.Move("BTCUSDT", decimal.NewFromInt(int64(60000+(n%90)*20*(1-up)+up*900)))
		}
	}
}

// runAt is runHere with the venue at the other end of dial.
func runAt(ctx context.Context, dial dialer, args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(ctx, args, environment{
		lookup: environ("LIVETRADER_SOCKET", off, venueKeyVariable, binancetest.Key, venueSecretVariable, binancetest.Secret),
		stdout: &out, stderr: &log, clock: clock.New(), dial: dial,
	})
	return code, out.String(), log.String()
}

func TestRealMoneyWantsWordsThatNameVenueAndAccount(t *testing.T) {
	t.Parallel()
	keys := environ(venueKeyVariable, "k", venueSecretVariable, "s")
	for args, want := range map[string]string{
		"":                                   "--paper is required, or the --venue where orders go",
		"--venue bnance":                     "--venue bnance is none of binance, binance-demo, alpaca, alpaca-paper, and no http address of a papervenue",
		"--venue binance":                    "--venue binance trades with real money: that wants --live, --account and --confirm",
		"--venue binance=http://127.0.0.1:1": "--venue binance trades with real money: that wants --live, --account and --confirm",
		"--venue binance-demo=localhost":     `--venue binance-demo=localhost: "localhost" is no http address`,
		"--venue binance-demo=https://FAPI.binance.com/":      "--venue binance-demo=https://FAPI.binance.com/: money is real at that address, and binance-demo says that it is not",
		"--venue alpaca-paper=https://api.alpaca.markets:443": "--venue alpaca-paper=https://api.alpaca.markets:443: money is real at that address, and alpaca-paper says that it is not",
		"--paper --live":              "--live goes with --venue binance or alpaca: nowhere else is real money traded",
		"--venue binance-demo --live": "--live goes with --venue binance or alpaca: nowhere else is real money traded",
		"--venue binance --live":      "--live wants --account, a name of yours for the account: the database belongs to it",
		"--venue binance --live --account main": "--live trades with real money: say so with --confirm 'binance main', " +
			"which names the venue and the account",
		"--venue binance --live --account main --confirm=binance": "--live trades with real money: say so with " +
			"--confirm 'binance main', which names the venue and the account",
		"--paper --confirm=yes":            "--confirm goes with --live",
		"--paper --account main":           "--account goes with a --venue that has a name",
		"--venue binance-demo":             "--venue binance-demo wants --cash, what the account is worth when its database begins: losses are counted from it",
		"--venue binance-demo --cash 5000": "--venue binance-demo wants --interval, that of its candles",
	} {
		t.Run(args, func(t *testing.T) {
			t.Parallel()
			_, err := parseConfig(strings.Fields(args), keys)
			require.EqualError(t, err, want)
		})
	}
	full := []string{"--venue", "binance", "--live", "--account", "main", "--confirm", "binance main", "--cash", "5000", "--interval", "1m"}
	_, err := parseConfig(full, environ())
	require.EqualError(t, err, "--venue binance wants the key of the account in LIVETRADER_VENUE_KEY or LIVETRADER_VENUE_KEY_FILE, "+
		"and its secret in LIVETRADER_VENUE_SECRET or LIVETRADER_VENUE_SECRET_FILE")
	_, err = parseConfig(append(full, "--chaos"), keys)
	require.EqualError(t, err, "--chaos and --live contradict each other: nothing is broken on purpose with real money")
	c, err := parseConfig(full, keys)
	require.NoError(t, err)
	require.Equal(t, "https://fapi.binance.com", c.binance(clock.New(), nil).URL)
	broker, err := c.broker(clock.New(), nil)
	require.NoError(t, err)
	require.Equal(t, "live", c.moneyOf(broker))
	require.Equal(t, "binance, account main", c.shownVenue())
	c, err = parseConfig([]string{"--venue", "binance-demo", "--cash", "5000", "--interval", "1m"}, keys)
	require.NoError(t, err)
	broker, err = c.broker(clock.New(), nil)
	require.NoError(t, err)
	require.Equal(t, "simulated", c.moneyOf(broker))
	require.Equal(t, "binance-demo", c.shownVenue())
}

func TestCommandsAtAVenueSayWhereTheKeyGoes(t *testing.T) {
	t.Parallel()
	none := environ("LIVETRADER_SOCKET", off)
	folder := t.TempDir()
	for command, args := range map[string][]string{
		"check":       {"check", "--venue", "binance-demo"},
		"panic":       {"panic", "--venue", "alpaca-paper"},
		"first-order": {"first-order", "--venue", "binance-demo", "--symbols", perpetual, "--db", folder + "/x.db"},
	} {
		code, _, log := runWith(none, args...)
		require.Equal(t, exitUsage, code, command)
		require.Contains(t, log, args[2]+wantsKey, command)
	}
	code, _, log := runWith(none, "check", "--venue", "binanse")
	require.Equal(t, exitUsage, code)
	require.Contains(t, log, "binanse is none of binance, binance-demo, alpaca, alpaca-paper, and no http address of a papervenue")
	code, _, log = runWith(none, "check", "--venue", "http://127.0.0.1:1")
	require.Equal(t, exitUsage, code)
	require.Contains(t, log, "a papervenue has nothing to check")
}

func TestVenueIsCheckedAndNothingIsSent(t *testing.T) {
	t.Parallel()
	venue, url, keys := fakeBinance(t, binancetest.Config{})
	code, out, log := runWith(keys, "check", "--venue", "binance-demo="+url, "--symbols", perpetual+",NO/USDT:USDT")
	require.Equal(t, exitFailure, code, log)
	require.Contains(t, out, "account: may trade: yes, one-way mode: yes")
	require.Contains(t, out, perpetual+": tick 0.1, step 0.001, smallest order 0.001 and worth 50; leverage 20, margin CROSSED")
	require.Contains(t, out, "NO/USDT:USDT: not traded there")
	require.Contains(t, log, "Config.Symbols: NO/USDT:USDT")

	code, out, log = runWith(keys, "check", "--venue", "binance-demo="+url, "--symbols", perpetual)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "nothing stands against trading there, and nothing was sent")
	require.Empty(t, venue.Ledger().Orders)
	require.NotContains(t, out, "WARNING: have this machine's set by NTP")
	venue.ShiftClock(-20 * time.Second)
	_, out, _ = runWith(keys, "check", "--venue", "binance-demo="+url, "--symbols", perpetual)
	require.Regexp(t, "clock: the venue is (20|19.9)[0-9.]*s behind this machine: WARNING: have this machine's set by NTP", out)

	code, _, log = runWith(environ(venueKeyVariable, binancetest.Key, venueSecretVariable, "wrong"), "check", "--venue", "binance-demo="+url)
	require.Equal(t, exitFailure, code)
	require.NotContains(t, log, "wrong", "a secret is in no error")
}

func TestVenueCheckRefusesAKeyThatCanWithdraw(t *testing.T) {
	t.Parallel()
	_, url, keys := fakeBinance(t, binancetest.Config{
		Rights: map[string]bool{"enableWithdrawals": true, "enableFutures": true, "ipRestrict": false},
	})
	code, out, log := runWith(keys, "check", "--venue", "binance="+url, "--symbols", perpetual)
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "key: may trade futures: yes, may withdraw: yes")
	require.Contains(t, out, "WARNING: it is good from any address")
	require.Contains(t, log, "the key may withdraw")
}

func TestPanicFlattensAnAccountAtBinance(t *testing.T) {
	t.Parallel()
	venue, url, keys := fakeBinance(t, binancetest.Config{})
	require.NoError(t, venue.Foreign("BTCUSDT", "BUY", "by-hand", decimal.RequireFromString("0.01"), decimal.Zero))
	require.NoError(t, venue.Foreign("ETHUSDT", "SELL", "by-hand-2", decimal.RequireFromString("0.5"), decimal.Zero))
	require.NoError(t, venue.Foreign("BTCUSDT", "BUY", "rests", decimal.RequireFromString("0.01"), decimal.RequireFromString("40000")))
	code, out, log := runWith(keys, "panic", "--by", "ann", "--venue", "binance-demo="+url, "--db", t.TempDir()+"/a.db")
	require.Equal(t, exitOK, code, out+log)
	require.Contains(t, out, "cancel order rests of "+perpetual)
	require.Contains(t, out, "close 0.01 "+perpetual)
	require.Contains(t, out, "close -0.5 ETH/USDT:USDT")
	require.Contains(t, out, "flat after")
	ledger := venue.Ledger()
	require.Empty(t, ledger.Positions)
}
