package main

import (
	"context"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// alpacaInMemory is a fake of the venue in a bubble, on a Monday at 9:00 in New York.
func alpacaInMemory(t *testing.T, cfg alpacatest.Config) *alpacatest.Venue {
	t.Helper()
	newYork, err := time.LoadLocation("America/New_York")
	require.NoError(t, err)
	time.Sleep(time.Until(time.Date(2026, 11, 30, 9, 0, 0, 0, newYork)))
	cfg.Logger, cfg.Now = quiet, time.Now
	venue := alpacatest.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	done := make(chan error)
	go func() { done <- venue.Listen(ctx) }()
	t.Cleanup(func() {
		cancel()
		assert.ErrorIs(t, <-done, context.Canceled)
	})
	return venue
}

// sways has the price of a share go up and down, so that there are signals.
func sways(ctx context.Context, venue *alpacatest.Venue) {
	for n := 0; ; n++ {
		select {
		case <-ctx.Done():
			return
		case <-time.After(20 * time.Second):
			at := n % 90
			venue.Move("AAPL", decimal.NewFromInt(int64(20000+20*min(at, 90-at))).Shift(-2))
		}
	}
}

func runAtAlpaca(ctx context.Context, venue *alpacatest.Venue, args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(ctx, args, environment{
		lookup: environ("LIVETRADER_SOCKET", off, venueKeyVariable, alpacatest.Key, venueSecretVariable, alpacatest.Secret),
		stdout: &out, stderr: &log, clock: clock.New(), dial: venue.Dial,
	})
	return code, out.String(), log.String()
}

// A day at the fake of Alpaca: it is checked, traded at in the exchange's hours, gone on with, and cleared by panic.
func TestAlpacaIsTradedAtInItsHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := alpacaInMemory(t, alpacatest.Config{})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		at := []string{"--venue", "alpaca-paper=http://venue"}
		code, out, log := runAtAlpaca(ctx, venue, append([]string{"check", "--symbols", "AAPL"}, at...)...)
		require.Equal(t, exitOK, code, log)
		require.Contains(t, out, "in USD: cash 100000, may sell short: yes")
		require.Contains(t, out, "AAPL: tick 0.01, step 1, smallest order 1")
		require.Contains(t, out, "nothing to adopt")
		require.Zero(t, venue.Orders())

		go sways(ctx, venue)
		db := tempDB(t)
		args := append([]string{
			"--symbols", "AAPL", "--interval", "1m", "--cash", "100000", "--listen", "off", "--db", db, "--stop-loss", "0.05",
		}, at...)
		code, out, log = runAtAlpaca(ctx, venue, append(args, "--duration", "2h")...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, log, "Trading halted")

		require.Regexp(t, `(?m)^  fills +[1-9]`, out)
		opens := time.Date(2026, 11, 30, 14, 30, 0, 0, time.UTC)
		account := openAccount(t, db, "100000")
		for _, f := range account.fills() {
			require.False(t, f.Time.Before(opens), "nothing is traded before the exchange opens")
		}
		require.True(t, venue.Held("AAPL").Equal(account.book.Position("AAPL").Quantity), "book and venue agree")
		require.False(t, venue.Held("AAPL").IsZero())

		code, _, log = runAtAlpaca(ctx, venue, append(args, "--duration", "10m")...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, log, "Trading halted", "it goes on with what stands")

		code, out, log = runAtAlpaca(ctx, venue, append([]string{"panic", "--by", "ann", "--db", db}, at...)...)
		require.Equal(t, exitOK, code, out+log)
		require.Contains(t, out, "flat after")
		require.True(t, venue.Held("AAPL").IsZero())
		for _, o := range venue.Ledger().Orders {
			require.False(t, o.Open, o.ClientID)
		}
	})
}

func TestShadowOfAnAccountAtAlpacaSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := alpacaInMemory(t, alpacatest.Config{Cash: exact("100")})
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go sways(ctx, venue)
		code, stdout, log := runAtAlpaca(ctx, venue, "--venue", "alpaca=http://venue", "--shadow", "--symbols", "AAPL", "--interval", "1m",
			"--cash", "100000", "--listen", "off", "--db", tempDB(t), "--duration", "2h")
		require.Equal(t, exitOK, code, log)
		require.Contains(t, log, "and 100 is available beside what is held on paper")
		require.Regexp(t, `(?m)^  would be refused   [1-9]`, stdout)
		for _, r := range venue.Requests() {
			require.Equal(t, http.MethodGet, r.Method, r.Path)
		}
		require.Zero(t, venue.Orders())
	})
}

func TestAlpacaWantsItsOwnWords(t *testing.T) {
	t.Parallel()
	keys := environ(venueKeyVariable, "k", venueSecretVariable, "s")
	for args, want := range map[string]string{
		"--venue alpaca": "--venue alpaca trades with real money: that wants --live, --account and --confirm",
		"--venue alpaca --live --account main --confirm=binance-main": "--live trades with real money: say so with --confirm 'alpaca main', which names the venue and the account",
		"--venue alpaca-paper --cash 1":                               "--venue alpaca-paper wants --interval, that of its candles",
		"--venue alpaca-paper --cash 5000 --interval 1m":              "--venue alpaca-paper wants --symbols, such as AAPL",
		"--paper --symbols AAPL":                                      "--symbols AAPL is not of the form BASE/QUOTE: shares are traded at --venue alpaca alone",
	} {
		_, err := parseConfig(strings.Fields(args), keys)
		require.EqualError(t, err, want)
	}
	c, err := parseConfig(strings.Fields("--venue alpaca-paper --symbols AAPL,BRK.B --cash 5000 --interval 1m"), keys)
	require.NoError(t, err)
	broker, err := c.broker(clock.New(), nil)
	require.NoError(t, err)
	defer broker.Close()
	require.Equal(t, "simulated", c.moneyOf(broker))
	paper := c.alpaca(clock.New(), nil, nil)
	require.Equal(t, "https://paper-api.alpaca.markets", paper.URL)
	require.True(t, paper.IsOpen(time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC)))
	require.False(t, paper.IsOpen(time.Date(2026, 11, 30, 14, 0, 0, 0, time.UTC)))
}

// On Christmas Day nothing is sent, as the venue's calendar says; hours that know no holidays send orders that wait.
func TestAlpacasHolidaysAreHoursOfTheSession(t *testing.T) {
	t.Parallel()
	for hours, orders := range map[string]bool{"": false, "America/New_York 09:30-16:00": true} {
		t.Run(hours, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				venue := alpacaInMemory(t, alpacatest.Config{})
				time.Sleep(time.Until(time.Date(2026, 12, 25, 15, 0, 0, 0, time.UTC)))
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				args := []string{"--venue", "alpaca-paper=http://venue", "--symbols", "AAPL"}
				if hours != "" {
					args = append(args, "--hours", hours)
				}
				code, out, log := runAtAlpaca(ctx, venue, append([]string{"check"}, args...)...)
				require.Equal(t, exitOK, code, log)
				if hours == "" {
					require.Contains(t, out, "by the venue's calendar: open: no, until 2026-12-28T14:30:00Z")
					require.Contains(t, out, "the next holiday is Friday, 2026-12-25")
					require.Contains(t, out, "the next early close is Friday, 2027-11-26 13:00 EST")
				} else {
					require.Contains(t, out, "WARNING: the venue's clock and calendar are others: at 2026-12-25T14:30:00Z")
				}
				go sways(ctx, venue)
				code, _, log = runAtAlpaca(ctx, venue, append(args, "--interval", "1m", "--cash", "100000", "--listen", "off",
					"--db", tempDB(t), "--duration", "90m")...)
				require.Equal(t, exitOK, code, log)
				require.Equal(t, orders, venue.Orders() > 0)
			})
		})
	}
}
