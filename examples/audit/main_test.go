package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/pgserver"
	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

func TestMain(m *testing.M) {
	ramdisk.Use()
	goleak.VerifyTestMain(m)
}

// database is one on which a program is still trading.
func database(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	trade(t, db)
	return path
}

// trade trades once, and keeps the database open.
func trade(t *testing.T, db readable) {
	t.Helper()
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one := decimal.NewFromInt(1)
	require.NoError(t, db.Journal().Append(t.Context(), at,
		journal.SignalSeen{Store: "s", Seq: 7, SignalID: "sig", Strategy: "cross", Symbol: "BTC/USDT", Direction: signal.Long,
			BarTime: at, Outcome: journal.OutcomeActed, Target: one, ValidUntil: at},
		journal.IntentMade{Order: trading.Order{ClientID: "v-1", Symbol: "BTC/USDT", Side: trading.Buy, Type: trading.Market,
			Quantity: one, DecisionPrice: decimal.NewFromInt(100), SignalID: "sig", CreatedAt: at}},
		journal.Submitting{ClientID: "v-1"}, journal.Unknown{ClientID: "v-1", Reason: "connection reset"},
		journal.Filled{Fill: trading.Fill{ID: "f-1", ClientID: "v-1", Symbol: "BTC/USDT", Side: trading.Buy, Quantity: one,
			Price: decimal.NewFromInt(101), Time: at}},
	))
	t.Cleanup(func() { require.NoError(t, db.Close()) })
}

func TestTrailIsToldLineByLine(t *testing.T) {
	t.Parallel()
	path := database(t)
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{path, "v-1"}, &out))
	require.Equal(t, `     1  2026-01-02T03:04:05.000Z  signal_seen   signal sig: cross says long BTC/USDT on the bar of 2026-01-02T03:04:05.000Z: acted, target 1
     2  2026-01-02T03:04:05.000Z  intent_made   v-1: market buy 1 BTC/USDT, decided at 100
     3  2026-01-02T03:04:05.000Z  submitting
     4  2026-01-02T03:04:05.000Z  unknown       connection reset
     5  2026-01-02T03:04:05.000Z  filled        buy 1 BTC/USDT at 101, fee 0, fill f-1 at 2026-01-02T03:04:05.000Z
=> v-1: filled, 1 of 1 filled, sent 1 times
`, out.String())
	out.Reset()
	require.NoError(t, run(t.Context(), []string{path}, &out))
	require.Equal(t, "2026-01-02T03:04:05.000Z v-1: market buy 1 BTC/USDT, decided at 100\n", out.String())
}

func TestDatabaseOnAServer(t *testing.T) {
	t.Parallel()
	url := pgserver.Start(t).URL("public")
	db, err := postgres.Open(t.Context(), url, postgres.Config{})
	require.NoError(t, err)
	trade(t, db)
	var out strings.Builder
	require.NoError(t, run(t.Context(), []string{url}, &out))
	require.Equal(t, "2026-01-02T03:04:05.000Z v-1: market buy 1 BTC/USDT, decided at 100\n", out.String())
}

func TestTrailHoldsAPersonsWord(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite.Open(t.Context(), path, sqlite.Config{})
	require.NoError(t, err)
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)
	one := decimal.NewFromInt(1)
	order := trading.Order{ClientID: "v-1", Symbol: "BTC/USDT", Side: trading.Buy, Quantity: one, SignalID: "sig", CreatedAt: at}
	closing := order
	closing.ClientID, closing.Side, closing.SignalID = "v-2", trading.Sell, "close BTC/USDT 1"
	require.NoError(t, db.Journal().Append(t.Context(), at,
		journal.SignalSeen{Store: "s", Seq: 7, SignalID: "sig", Strategy: "cross", Symbol: "BTC/USDT", BarTime: at,
			Outcome: journal.OutcomeWouldHave, Target: one},
		journal.SignalApproved{SignalID: "sig", By: "alice"},
		journal.IntentMade{Order: order}, journal.Submitting{ClientID: "v-1"}, journal.Acknowledged{ClientID: "v-1"},
		journal.CancelAsked{ClientID: "v-1", Reason: "its signal has expired"}, journal.Expired{ClientID: "v-1", Reason: "its day is over"},
		journal.CloseAsked{ID: "close BTC/USDT 1", Symbol: "BTC/USDT", By: "bob"}, journal.IntentMade{Order: closing},
	))
	require.NoError(t, db.Close())
	for id, wants := range map[string][]string{
		"v-1": {"would_have", "signal sig approved by alice", "its signal has expired", "its day is over"},
		"v-2": {"close BTC/USDT 1: no more than 0 is to be held of BTC/USDT, says bob"},
	} {
		var out strings.Builder
		require.NoError(t, run(t.Context(), []string{path, id}, &out))
		for _, want := range wants {
			require.Contains(t, out.String(), want)
		}
	}
}

func TestTrailThatIsNotThereIsNamed(t *testing.T) {
	t.Parallel()
	path := database(t)
	for name, c := range map[string]struct {
		args []string
		want string
	}{
		"a database that is not there": {[]string{path + ".none"}, "x.db.none"},
		"an order that is not there":   {[]string{path, "v-2"}, "v-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.ErrorContains(t, run(t.Context(), c.args, t.Output()), c.want)
		})
	}
}

func TestCommandSaysHowItIsUsed(t *testing.T) {
	t.Parallel()
	path := database(t)
	for name, c := range map[string]struct {
		args     []string
		code     int
		out, say string
	}{
		"a database":           {[]string{path}, 0, "v-1", ""},
		"--help":               {[]string{"--help"}, 0, "usage: audit DB [ORDER]", ""},
		"-h before a database": {[]string{"-h", path}, 0, "usage: audit DB [ORDER]", ""},
		"nothing":              {nil, 2, "", "one or two arguments are wanted, and there are 0\nusage"},
		"too much":             {[]string{path, "v-1", "v-2"}, 2, "", "there are 3"},
		"an unknown flag":      {[]string{"--verbose", path}, 2, "", "-verbose\nusage"},
		"no name":              {[]string{""}, 2, "", "an argument is empty"},
		"no such database":     {[]string{path + ".none"}, 1, "", "x.db.none"},
		"no such order":        {[]string{path, "v-2"}, 1, "", "v-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var out, complaints strings.Builder
			require.Equal(t, c.code, command(t.Context(), c.args, &out, &complaints))
			require.Contains(t, out.String(), c.out)
			require.Contains(t, complaints.String(), c.say)
			require.NotContains(t, complaints.String(), "goroutine")
			require.Equal(t, c.say == "", complaints.String() == "")
		})
	}
}
