package main

import (
	"regexp"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func demoArgs(db string, more ...string) []string {
	return append([]string{
		"--venue", "binance-demo=http://venue", "--symbols", perpetual, "--interval", "1m", "--cash", "5000", "--listen", "off",
		"--db", db, "--duration", "2m",
	}, more...)
}

// What is at the account when a database begins is adopted once a person has confirmed exactly that list, and before that
// nothing is sent.
func TestFirstStartAdoptsTheListThatAPersonConfirms(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{})
		require.NoError(t, venue.Foreign("BTCUSDT", "BUY", "by-hand", exact("0.01"), decimal.Zero))
		require.NoError(t, venue.Foreign("BTCUSDT", "BUY", "rests", exact("0.01"), exact("40000")))
		db, before := tempDB(t), len(venue.Ledger().Orders)

		code, stdout, log := runAt(t.Context(), venue.Dial, demoArgs(db)...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, stdout, "position 0.01 "+perpetual)
		require.Contains(t, stdout, "order rests limit "+perpetual)
		require.Contains(t, stdout, "--foreign-orders keep")
		require.Contains(t, lastLine(log), "binance-demo is not empty, and this database is: nothing was sent")
		word := regexp.MustCompile(`--adopt (\S+)`).FindStringSubmatch(stdout)[1]

		_, checked, _ := runAt(t.Context(), venue.Dial, "check", "--venue", "binance-demo=http://venue", "--symbols", perpetual)
		require.Contains(t, checked, "--adopt "+word, "check prints the same list")
		_, checked, _ = runAt(t.Context(), venue.Dial, "check", "--venue", "binance-demo=http://venue", "--symbols", perpetual, "--account", "b")
		require.NotContains(t, checked, "--adopt "+word, "that of another account has another word")

		require.NoError(t, venue.Foreign("BTCUSDT", "BUY", "by-hand-2", exact("0.01"), decimal.Zero))
		code, stdout, log = runAt(t.Context(), venue.Dial, demoArgs(db, "--adopt", word)...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, stdout, "position 0.02 "+perpetual)
		require.Contains(t, lastLine(log), "--adopt "+word+" is of another list than what is at binance-demo now")
		require.Len(t, venue.Ledger().Orders, before+1, "nothing was sent")
		for _, r := range venue.Requests() {
			require.Equal(t, "GET", r.Method, r.Path)
		}

		time.Sleep(time.Minute) // What the account did before the journal began is not ours.
		word = regexp.MustCompile(`by --adopt (\S+)`).FindStringSubmatch(stdout)[1]
		code, stdout, log = runAt(t.Context(), venue.Dial, demoArgs(db, "--adopt", word)...)
		require.Equal(t, exitOK, code, log)
		require.Contains(t, log, `msg="Position adopted" difference="BTC/USDT:USDT is 0.02 at the broker and 0 in the journal"`)
		require.NotContains(t, log, "Trading halted")
		require.Regexp(t, `(?m)^  position +0.02 BTC`, stdout)
		var adopted []journal.Adopted
		for _, e := range openAccount(t, db, "5000").entries {
			if one, ok := e.Event.(journal.Adopted); ok {
				adopted = append(adopted, one)
			}
		}
		require.Len(t, adopted, 1)
		require.Equal(t, "0.02", adopted[0].Quantity.String())

		time.Sleep(time.Minute)
		code, _, log = runAt(t.Context(), venue.Dial, demoArgs(db, "--adopt", word)...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, log, "adopted", "a later start goes on")
		require.NotContains(t, log, "Trading halted")
	})
}

func TestFirstStartAtAnEmptyAccountAsksNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue := binanceInMemory(t, binancetest.Config{})
		code, stdout, log := runAt(t.Context(), venue.Dial, demoArgs(tempDB(t))...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, stdout, "adopt")
		code, _, log = runAt(t.Context(), venue.Dial, demoArgs(tempDB(t), "--adopt", "abc")...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, lastLine(log), "--adopt abc confirms a list, and nothing is at binance-demo now")
	})
}
