package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/pgserver"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// get asks a launcher's API.
func get(t *testing.T, url string, into any) int {
	t.Helper()
	response, err := http.Get(url) //nolint:noctx // the process behind it is killed with the test
	require.NoError(t, err)
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(response.Body)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(body, into), string(body))
	return response.StatusCode
}

func TestAPIIsTheOneThatOperatorsKnow(t *testing.T) {
	t.Parallel()
	p := launch(t, "--paper", "--listen", "127.0.0.1:0", "--interval", "1s", "--symbols", strings.Join(killSymbols, ","),
		"--cash", killCash)
	api := p.address()
	p.await(`msg="Background task is running successfully"`)
	p.await(`msg="Generated signals"`)

	var health struct {
		SignalGeneration map[string]any `json:"signal_generation"`
	}
	// A symbol is unhealthy while it has come no further for five of its bars, which a machine that stands still sees to.
	for began := time.Now(); get(t, api+"/health", &health) != http.StatusOK; <-time.After(shortWait) {
		require.Less(t, time.Since(began), longWait, "a busy machine is late with bars of a second, but not for ever")
	}
	g := health.SignalGeneration
	require.Equal(t, "running", g["status"])
	require.Equal(t, "running", g["background_task_status"])
	require.Equal(t, true, g["background_task_running"])
	require.Equal(t, true, g["service_initialized"])
	require.Equal(t, true, g["service_running"])
	require.NotContains(t, g, "background_task_error")

	var signals []struct {
		Seq       int64   `json:"seq"`
		Symbol    string  `json:"symbol"`
		Direction string  `json:"direction"`
		Sure      float64 `json:"confidence"`
	}
	require.Equal(t, http.StatusOK, get(t, api+"/api/signals/latest?limit=5", &signals))
	require.NotEmpty(t, signals)
	require.LessOrEqual(t, len(signals), 5)
	for i := 1; i < len(signals); i++ {
		require.Less(t, signals[i].Seq, signals[i-1].Seq, "newest first")
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.Contains(t, p.stdout.String(), "Summary")
}

func TestDatabaseThatIsRemovedUnderATraderTurnsItUnhealthy(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "t.db")
	p := launch(t, "--paper", "--listen", "127.0.0.1:0", "--interval", "250ms", "--db", path)
	api := p.address()
	p.await(`msg="Generated signals"`)
	files, err := filepath.Glob(path + "*")
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}
	p.await(`msg="Database lost, nothing is stored any more"`)
	var body map[string]any
	require.Equal(t, http.StatusServiceUnavailable, get(t, api+"/health", &body))
	require.Regexp(t, `t\.db(-wal|-shm)? was removed`, fmt.Sprint(body), "whichever it misses first")
	p.signal(syscall.SIGTERM)
	require.NotEqual(t, exitOK, p.end())
	require.NoFileExists(t, path)
}

func TestInterruptGivenTwiceEndsTheProcessAtOnce(t *testing.T) {
	t.Parallel()
	p := launch(t, "--paper", "--listen", "127.0.0.1:0")
	api := p.address()
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	// A connection that says nothing keeps the API from closing for two seconds: time for the second interrupt.
	connection, err := net.Dial("tcp", strings.TrimPrefix(api, "http://"))
	require.NoError(t, err)
	defer func() { _ = connection.Close() }()
	_, err = connection.Write([]byte("GET /health HTTP/1.1\r\n"))
	require.NoError(t, err)
	p.signal(syscall.SIGINT)
	p.await(`msg="Trading engine stopped"`)
	ended := make(chan struct{})
	go func() { // until one counts: those of the first second do not
		for tick := time.NewTicker(50 * time.Millisecond); ; {
			select {
			case <-ended:
				tick.Stop()
				return
			case <-tick.C:
				_ = p.cmd.Process.Signal(syscall.SIGINT)
			}
		}
	}()
	code := p.end()
	close(ended)
	require.Equal(t, exitInterrupted, code)
}

func TestOpenThatFailsIsOneLineAndLeavesNothing(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	t.Cleanup(func() { _ = taken.Close() }) // after the parallel cases
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte(strings.Repeat("not a database\n", 100)), 0o600))
	broken := filepath.Join(folder, "broken.csv")
	require.NoError(t, os.WriteFile(broken, []byte("timestamp,open,high,low,close,volume\n"+
		"2022-01-01T00:00:00Z,1,2,0.5,1,1\n2022-01-01T00:01:00Z,1,2,0.5,1,1\n2022-01-01T00:02:00Z,1,0.1,0.5,1,1\n"), 0o600))
	cases := map[string]struct {
		args []string
		want []string
	}{
		"a port in use": {[]string{"--listen", taken.Addr().String()}, []string{"--listen", taken.Addr().String(), "in use"}},
		"a folder that is not there": {[]string{"--listen", "off", "--db", filepath.Join(folder, "none", "x.db")},
			[]string{"--db", "none/x.db"}},
		"a folder as database":  {[]string{"--listen", "off", "--db", folder}, []string{"--db", folder}},
		"a file that is no db":  {[]string{"--listen", "off", "--db", text}, []string{"--db", "notes.txt"}},
		"a replay that is gone": {[]string{"--listen", "off", "--replay", filepath.Join(folder, "gone.csv")}, []string{"--replay", "gone.csv"}},
		"columns that are no columns": {[]string{"--listen", "off", "--db", "new.db", "--replay", broken, "--columns", "timestamp,what"},
			[]string{"--replay", "Columns"}},
		"a replay without a header": {[]string{"--listen", "off", "--db", "new.db", "--replay", text}, []string{"--replay", "notes.txt"}},
		"a replay that breaks at line 4": {[]string{"--listen", "off", "--speed", "0", "--replay", broken},
			[]string{"livetrader: candle: " + broken + ":4: ", "high"}},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			p := launch(t, append([]string{"--paper"}, c.args...)...)
			require.Equal(t, exitFailure, p.end(), p.log.String())
			for _, part := range c.want {
				require.Contains(t, lastLine(p.log.String()), part)
			}
			left, err := os.ReadDir(p.cmd.Dir)
			require.NoError(t, err)
			require.Empty(t, left, "nothing is left behind")
		})
	}
	t.Cleanup(func() {
		left, err := os.ReadDir(folder)
		require.NoError(t, err)
		require.Len(t, left, 2, "what was there, and nothing more")
	})
}

func TestDatabaseThatIsInUseIsRefused(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	first := launch(t, "--paper", "--listen", "off", "--db", db)
	first.await(`msg="LIVE TRADING ENGINE STARTED`)
	second := launch(t, "--paper", "--listen", "off", "--db", db)
	require.Equal(t, exitFailure, second.end())
	require.Contains(t, lastLine(second.log.String()), db)
}

const killCash = "100000" // enough to hold all of killSymbols at once

// kills is how often the campaign kills the launcher on one database.
func kills() int {
	if *long {
		return 1000
	}
	return 8
}

// killSymbols are many, so that something is always being signalled, sent or filled when the process dies.
var killSymbols = []string{
	"BTC/USDT", "ETH/USDT", "SOL/USDT", "ADA/USDT", "DOT/USDT", "XRP/USDT", "LTC/USDT", "BNB/USDT", "UNI/USDT",
	"TRX/USDT", "ETC/USDT", "XLM/USDT", "BCH/USDT", "FIL/USDT", "ICP/USDT", "VET/USDT", "ZEC/USDT", "EOS/USDT",
}

// kill -9 at random moments of trading, and a new start on the same database, again and again: what was said to be there
// is there, nothing is changed afterwards, and no order is placed twice.
func TestKillsLoseAndDoubleNothing(t *testing.T) {
	t.Parallel()
	for name, place := range map[string]func(t *testing.T) string{
		"SQLite":     tempDB,
		"PostgreSQL": func(t *testing.T) string { return pgserver.Start(t).URL("public") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			killAgainAndAgain(t, place(t))
		})
	}
}

func killAgainAndAgain(t *testing.T, db string) {
	t.Helper()
	random := rand.New(rand.NewPCG(uint64(time.Now().UnixNano()), 0))
	var before account
	for range kills() {
		// All symbols have a bar at the same moment, and then a second to be done: a cycle that is never done trades nothing.
		p := launchFor(t, 3*longWait, nil, "--paper", "--infinite", "--listen", "off", "--db", db, "--interval", "1s",
			"--symbols", strings.Join(killSymbols, ","), "--cash", killCash)
		p.await(`msg="LIVE TRADING ENGINE STARTED`)
		told := make(map[string]bool) // fills that the log told of
		for left := random.IntN(20); left > 0; {
			line, ok := p.next()
			require.True(t, ok, p.log.String())
			if strings.Contains(line, "outcome=acted") || strings.Contains(line, "Order submitted") || strings.Contains(line, "msg=Fill ") {
				left--
			}
			if _, id, fill := strings.Cut(line, " msg=Fill "); fill {
				_, id, _ = strings.Cut(id, " id=")
				id, _, _ = strings.Cut(id, " ")
				told[id] = true
			}
		}
		p.signal(syscall.SIGKILL)
		require.Equal(t, -1, p.end())
		after := openAccount(t, db, killCash)
		requireNothingLost(t, before, after, told)
		requireNothingDoubled(t, after)
		requireSamePositions(t, db, after)
		before = after
	}
	require.NotEmpty(t, before.fills(), "it did trade")
	t.Logf("%d kills: %d signals, %d journal entries, %d fills", kills(), len(before.signals), len(before.entries), len(before.fills()))
}

func requireNothingLost(t *testing.T, before, after account, told map[string]bool) {
	t.Helper()
	for i, e := range before.entries {
		require.Equal(t, e, after.entries[i])
	}
	for i, s := range before.signals {
		require.Equal(t, s, after.signals[i])
	}
	for _, f := range after.fills() {
		delete(told, f.ID)
	}
	require.Empty(t, told, "fills that were told of and are not there")
}

// requireNothingDoubled goes through the journal: no client ID is made twice and no fill counts twice, each fill is of an
// order that was decided on, and it brings the position nearer to what its signal said to hold. An order that was placed
// twice would go beyond it. A signal has a second fill only where the one before it was the closing half of a change of
// sides that could not be made at once.
func requireNothingDoubled(t *testing.T, a account) {
	t.Helper()
	orders := make(map[string]trading.Order)
	targets := make(map[string]decimal.Decimal) // by signal
	fills := make(map[string]bool)
	held := make(map[string]decimal.Decimal)
	served := make(map[string]trading.Order) // by signal: the last order that filled
	for _, e := range a.entries {
		switch event := e.Event.(type) {
		case journal.SignalSeen:
			targets[event.SignalID] = event.Target
		case journal.IntentMade:
			require.NotContains(t, orders, event.Order.ClientID, "one intent, one client ID")
			orders[event.Order.ClientID] = event.Order
		case journal.Filled:
			f := event.Fill
			require.False(t, fills[f.ID], "one fill, once")
			fills[f.ID] = true
			order, ours := orders[f.ClientID]
			require.True(t, ours, "a fill of an order that was not made: %s", f.ClientID)
			require.True(t, order.Quantity.Equal(f.Quantity), "a market order on paper fills once, in full")

			if earlier, again := served[order.SignalID]; again {
				require.True(t, earlier.ReduceOnly, "signal %s was filled twice\n%s", order.SignalID, chain(a, order.SignalID))
			}
			served[order.SignalID] = order

			before, target := held[f.Symbol], targets[order.SignalID]
			after := before.Add(f.Side.Signed(f.Quantity))
			held[f.Symbol] = after
			require.True(t, between(before, after, target), "%s of %s: %s held, %s after it, and %s was to be held\n%s",
				f.ClientID, order.SignalID, before, after, target, chain(a, order.SignalID))
		default: // The others change no position.
		}
	}
}

// between reports whether x lies between two ends.
func between(a, x, b decimal.Decimal) bool {
	return x.Cmp(decimal.Min(a, b)) >= 0 && x.Cmp(decimal.Max(a, b)) <= 0
}

// chain is what the journal has of a signal's symbol around it, to be read when something is wrong.
func chain(a account, signalID string) string {
	var text strings.Builder
	for _, e := range a.entries {
		kind, data, err := journal.Encode(e.Event)
		if err == nil {
			fmt.Fprintf(&text, "%d %s %s %s\n", e.Seq, e.At.Format("15:04:05.000"), kind, data)
		}
	}
	return "of signal " + signalID + ", the last of:\n" + text.String()[max(0, text.Len()-6000):]
}

// requireSamePositions compares what the journal adds up to with what a paper broker makes of it.
func requireSamePositions(t *testing.T, path string, a account) {
	t.Helper()
	db, err := openKind(context.Background(), path, sqlite.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var instruments []trading.Instrument
	for _, symbol := range killSymbols {
		instruments = append(instruments, instrument(symbol, nil))
	}
	broker, err := paper.New(paper.Config{Instruments: instruments, Cash: decimal.RequireFromString(killCash)})
	require.NoError(t, err)
	require.NoError(t, broker.Resume(context.Background(), db.Journal()))
	held, err := broker.Positions(context.Background())
	require.NoError(t, err)
	for _, p := range a.book.Positions() {
		require.True(t, p.Quantity.Equal(held[p.Symbol]), "%s: the book has %s, the broker %s", p.Symbol, p.Quantity, held[p.Symbol])
	}
	require.True(t, a.book.Cash().Equal(broker.Cash()), "the book has %s, the broker %s", a.book.Cash(), broker.Cash())
}
