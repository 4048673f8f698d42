package main

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestSmallestOrderIsTheLeastThatPasses(t *testing.T) {
	t.Parallel()
	for want, i := range map[string]trading.Instrument{
		"0.001": {Step: exact("0.001"), MinQuantity: exact("0.001")},
		"0.002": {Step: exact("0.001"), MinQuantity: exact("0.001"), MinNotional: exact("100")},
		"0.003": {Step: exact("0.001"), MinNotional: exact("120")}, // a hundredth of room
		"1":     {Step: exact("1")},
	} {
		require.Equal(t, want, smallestOrder(i, exact("60000")).String())
	}
}

func firstOrderAt(more ...string) []string {
	return append([]string{"first-order", "--venue", "binance-demo=http://venue", "--symbols", perpetual}, more...)
}

// pastOf gives the venue prices, so that there is one to reckon with.
func pastOf(venue *binancetest.Venue) {
	venue.History("BTCUSDT", []decimal.Decimal{exact("60000"), exact("60000"), exact("60000")})
	time.Sleep(2 * time.Minute)
}

func TestFirstOrderIsBoughtToldAndSold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{})
		pastOf(venue)
		code, out, log := runAt(t.Context(), venue.Dial, firstOrderAt("--db", tempDB(t))...)
		require.Equal(t, exitOK, code, out+log)
		for _, step := range []string{
			"buying 0.001 of " + perpetual, "taken", "told as filled, 0.001 filled", "fee 0.03", "position: 0.001", "selling it again",
			"fees: ", "all came as it should, and nothing is left",
		} {
			require.Contains(t, out, step)
		}
		ledger := venue.Ledger()
		require.Len(t, ledger.Orders, 2)
		require.True(t, ledger.Orders[1].ReduceOnly)
		require.Empty(t, ledger.Positions)
	})
}

// An answer that says nothing is no reason to send again, and what cannot be closed is told.
func TestFirstOrderIsSentOnceAndSaysWhatIsLeft(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{})
		pastOf(venue)
		venue.Inject(binancetest.LoseReply{})
		code, out, log := runAt(t.Context(), venue.Dial, firstOrderAt("--db", tempDB(t))...)
		require.Equal(t, exitOK, code, out+log)
		require.Contains(t, out, "the answer says nothing of the order, which is asked for")
		require.Len(t, venue.Ledger().Orders, 2, "each was sent once")

		venue.Inject(binancetest.LoseRequest{On: binancetest.On{Method: "POST", Path: "/fapi/v1/order", Skip: 1, Times: 1}})
		code, out, log = runAt(t.Context(), venue.Dial, firstOrderAt("--db", tempDB(t), "--timeout", "20s")...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, out, "LEFT: position 0.001 "+perpetual)
		require.Contains(t, lastLine(log), "livetrader panic")
	})
}

func TestFirstOrderIsRefusedBeforeAnythingIsSent(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{})
		pastOf(venue)
		refused := func(want string, args ...string) {
			t.Helper()
			code, out, log := runAt(t.Context(), venue.Dial, args...)
			require.NotEqual(t, exitOK, code, out)
			require.Contains(t, lastLine(log), want)
			require.Empty(t, venue.Ledger().Orders)
		}
		realMoney := []string{"first-order", "--venue", "binance=http://venue", "--symbols", perpetual}
		refused("that wants --live, --account NAME and --confirm 'binance NAME'", realMoney...)
		refused("that wants --live", append(realMoney, "--live", "--account", "main", "--confirm", "yes")...)
		refused("wants one symbol", "first-order", "--venue", "binance-demo=http://venue")
		refused("wants --venue", "first-order", "--symbols", perpetual)
		refused("the venue does not list it: nothing was sent", "first-order", "--venue", "binance-demo=http://venue", "--symbols", "NO/USDT:USDT", "--db", tempDB(t))

		path := tempDB(t)
		db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
		require.NoError(t, err)
		refused("stop the trader there first: nothing was sent", firstOrderAt("--db", path)...)
		require.NoError(t, db.Close())

		require.NoError(t, venue.Foreign("ETHUSDT", "BUY", "by-hand", exact("0.5"), decimal.Zero))
		code, _, log := runAt(t.Context(), venue.Dial, firstOrderAt("--db", path)...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, lastLine(log), "the account is not empty (position 0.5 ETH/USDT:USDT)")
		require.Len(t, venue.Ledger().Orders, 1)
	})
}

func TestFirstOrderAtAlpacaWaitsForItsHours(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := alpacaInMemory(t, alpacatest.Config{})
		args := []string{"first-order", "--venue", "alpaca-paper=http://venue", "--symbols", "AAPL", "--db", tempDB(t)}
		code, _, log := runAtAlpaca(t.Context(), venue, args...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, log, "the market is closed by the venue's calendar")
		require.Zero(t, venue.Orders())
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(errors.New("over"))
		go sways(ctx, venue)
		time.Sleep(time.Hour)
		code, out, log := runAtAlpaca(t.Context(), venue, args...)
		require.Equal(t, exitOK, code, out+log)
		require.Contains(t, out, "buying 1 of AAPL")
		require.Equal(t, 2, venue.Orders())
		require.True(t, venue.Held("AAPL").IsZero())
	})
}
