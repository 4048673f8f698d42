package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// account is what a database says after a run.
type account struct {
	entries []journal.Entry
	signals []signal.Signal
	book    *book.Book
}

const defaultCash = "10000"

func openAccount(t *testing.T, path, cash string) account {
	t.Helper()
	db, err := openKind(context.Background(), path, sqlite.Config{})
	require.NoError(t, err)
	defer func() { require.NoError(t, db.Close()) }()
	var a account
	a.entries, err = db.Journal().Read(context.Background(), 0, 1<<20)
	require.NoError(t, err)
	a.signals, err = db.Signals().After(context.Background(), 0, 1<<20)
	require.NoError(t, err)
	a.book = book.New(decimal.RequireFromString(cash))
	for _, e := range a.entries {
		require.NoError(t, a.book.Apply(e.At, e.Event))
	}
	return a
}

func (a account) fills() (fills []trading.Fill) {
	for _, e := range a.entries {
		if f, ok := e.Event.(journal.Filled); ok {
			fills = append(fills, f.Fill)
		}
	}
	return fills
}

// perSymbol counts things by symbol.
func perSymbol[T any](list []T, symbol func(T) string) map[string]int {
	counts := make(map[string]int)
	for _, x := range list {
		counts[symbol(x)]++
	}
	return counts
}

func TestFiveMinutesOfTradingOnTheSyntheticMarket(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		began := time.Now()
		code, stdout, log := runHere(t.Context(), "--paper", "--duration", "5m", "--listen", "off", "--db", db)
		require.Equal(t, exitOK, code, log)
		require.Equal(t, 5*time.Minute, time.Since(began))
		a := openAccount(t, db, defaultCash)
		signals := perSymbol(a.signals, func(s signal.Signal) string { return s.Symbol })
		fills := perSymbol(a.fills(), func(f trading.Fill) string { return f.Symbol })
		for _, symbol := range []string{"BTC/USDT:USDT", "ETH/USDT:USDT", "SOL/USDT:USDT"} {
			require.Positive(t, signals[symbol], symbol)
			require.Positive(t, fills[symbol], symbol)
		}
		for _, message := range []string{
			"STARTING LIVE TRADING", "Health monitor started in background", "STARTING PRODUCTION TRADING LOOP",
			"STARTING LIVE TRADING ENGINE", "LIVE TRADING ENGINE STARTED SUCCESSFULLY", "Production trading loop active",
			"Processing symbols", "Processing symbol", "Background signal generation started",
			"Background task is running successfully", "Generated signals", "Background task health check passed", "Heartbeat",
		} {
			requireLogged(t, log, message)
		}
		require.Regexp(t, `msg=Account mode=paper equity=\S+ cash=\S+ `, log)
		require.GreaterOrEqual(t, strings.Count(log, "msg=Account "), 4, "each minute; the last is the end as well")
		for _, line := range regexp.MustCompile(`(?m)^.*(LIVE|PRODUCTION|Production|Background|background|Processing).*$`).FindAllString(log, -1) {
			require.Contains(t, line, " mode=paper", "nothing claims to be live")
		}
		require.Regexp(t, `msg=Fill [^\n]* at=\d`, log)
		for _, line := range []string{"uptime", "cycles", "signals", "orders", "fills", "fees", "realized profit", "unrealized profit", "restarts"} {
			require.Regexp(t, `(?m)^  `+line+` +\S`, stdout)
		}
		require.Regexp(t, `(?m)^  uptime +5m0s$`, stdout)
		require.Regexp(t, `(?m)^  cycles +6[01]$`, stdout, "one every five seconds")
		require.Regexp(t, `(?m)^  restarts +0$`, stdout)
	})
}

// requireLogged wants a line of exactly this message, as operators grep for it.
func requireLogged(t *testing.T, log, message string) {
	t.Helper()
	if !strings.Contains(log, `msg="`+message+`"`) && !strings.Contains(log, "msg="+message+" ") {
		t.Fatalf("no %q in the log, which ends with: %s", message, lastLine(log))
	}
}

func TestHeartbeatKeepsItsInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, _, log := runHere(t.Context(), "--paper", "--duration", "61s", "--listen", "off", "--db", tempDB(t), "--health-interval", "10")
		beats := regexp.MustCompile(`msg=Heartbeat uptime=(\S+) status=healthy`).FindAllStringSubmatch(log, -1)
		require.Len(t, beats, 6)
		for i, beat := range beats {
			require.Equal(t, (time.Duration(i+1) * 10 * time.Second).String(), beat[1])
		}
	})
}

func TestDiskThatIsNearlyFullOpensNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		code, _, log := runHere(t.Context(),
			"--paper", "--duration", "2m", "--listen", "off", "--db", db, "--low-water", "1073741824") // a pebibyte
		require.Equal(t, exitOK, code, log)
		requireLogged(t, log, "Disk nearly full, nothing new is opened")
		got := openAccount(t, db, defaultCash)
		require.NotEmpty(t, got.signals)
		require.Empty(t, got.fills())
	})
}

func TestRunGoesOnWithTheAccountOfTheLast(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		args := []string{"--paper", "--duration", "2m", "--listen", "off", "--db", db}
		code, _, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		first := openAccount(t, db, defaultCash)
		code, stdout, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		second := openAccount(t, db, defaultCash)
		require.Regexp(t, fmt.Sprintf(`(?s)this run.*\n  fills +%d\n.*since its database was made.*\n  all fills +%d\n`,
			len(second.fills())-len(first.fills()), len(second.fills())), stdout)
		require.Equal(t, first.entries, second.entries[:len(first.entries)], "nothing of the first run is changed")
		require.Greater(t, len(second.fills()), len(first.fills()))

		code, _, log = runHere(t.Context(), append(args, "--seed", "2", "--duration", "10s")...)
		require.Equal(t, exitOK, code, log)
		require.Regexp(t, `level=WARN msg="Settings changed" changes=[^\n]*seed[^\n]*1[^\n]*2`, log, "both are named")
	})
}

func lastLine(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return lines[len(lines)-1]
}

func TestAutoExecuteOffSendsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		code, _, log := runHere(t.Context(), "--paper", "--duration", "2m", "--listen", "off", "--db", db, "--auto-execute=false")
		require.Equal(t, exitOK, code, log)
		a := openAccount(t, db, defaultCash)
		require.NotEmpty(t, a.signals)
		require.Empty(t, a.fills())
		require.Zero(t, a.book.Counts().Orders)
		require.Positive(t, a.book.Counts().Signals[journal.OutcomeWouldHave])
	})
}

func TestInterruptEndsTheRunAtOnceAndCleanly(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(42*time.Second, cancel)
		began := time.Now()
		code, stdout, log := runHere(ctx, "--paper", "--infinite", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitOK, code, log)
		require.Equal(t, 42*time.Second, time.Since(began))
		require.Contains(t, stdout, "Summary")
	})
}

// The newcomer's minute: every way to die is seen, named and recovered from, and nothing else stops.
func TestChaosOfAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		code, stdout, log := runHere(t.Context(), "--paper", "--duration", "60s", "--chaos", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitOK, code, log)
		require.Equal(t, 4, strings.Count(log, `msg="Chaos: breaking the signal generation"`))
		for _, death := range []string{
			`msg="Background task crashed" end=error error="chaos: broken on purpose"`,
			`msg="Background task crashed" end=stalled error="stalled: silent for 10s \(limit 10s\)"`,
			`msg="Background task crashed" end=panic error="panic: chaos: broken on purpose"`,
			`msg="Background task ended" end=returned error="Serve returned without an error"`,
		} {
			require.Len(t, regexp.MustCompile(death).FindAllString(log, -1), 1, "%s\n%s", death, log)
		}
		for _, n := range []string{"1", "2", "3", "4"} {
			require.Contains(t, log, `msg="Background task stopped, attempting to restart" attempt=`+n+` max_attempts=10 in=5s`)
		}
		require.Equal(t, 5, strings.Count(log, `msg="Background signal generation started"`))
		require.Equal(t, 1, strings.Count(log, `msg="STARTING LIVE TRADING ENGINE"`), "trading went on")
		require.NotContains(t, log, "did not stop")
		require.Regexp(t, `(?m)^  restarts +4$`, stdout)
	})
}

// Bars that come twice, cannot be, never come or come late are told, and the system trades on afterwards.
func TestChaosOfTheFeedIsToldAndTradedOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		code, stdout, log := runHere(t.Context(), "--paper", "--duration", "8m", "--chaos=feed", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitOK, code, log)
		for _, told := range []string{
			`msg="Market data has faults" symbol=BTC/USDT:USDT gaps=0 missing=0 duplicates=3`,
			`msg="Error in background generation cycle" symbol=BTC/USDT:USDT kind=data`,
			`msg="Market data has faults" symbol=BTC/USDT:USDT gaps=1 missing=5`,
		} {
			require.Contains(t, log, told)
		}
		last := regexp.MustCompile(`time=(\S+) level=INFO msg=Fill `).FindAllStringSubmatch(log, -1)
		require.NotEmpty(t, last)
		at, err := time.Parse(time.RFC3339, last[len(last)-1][1])
		require.NoError(t, err)
		require.Less(t, time.Since(at), 3*time.Minute, "the last fault was over three minutes before the end")
		require.Regexp(t, `(?m)^  restarts +0$`, stdout)
	})
}

// With chaos of the signals /health shows it: each death while it lasts, and what came before once it is over.
func TestHealthShowsEachDeathAndItsRestart(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, err := parseConfig([]string{"--paper", "--duration", "60s", "--chaos", "--listen", "off", "--socket", "off", "--db", tempDB(t)}, environ())
		require.NoError(t, err)
		a := &app{cfg: cfg, clock: clock.New(), log: quiet, stdout: io.Discard}
		ended := make(chan error)
		go func() { ended <- a.run(t.Context()) }()
		var seen []string
		for range 59 {
			time.Sleep(time.Second)
			synctest.Wait()
			w := httptest.NewRecorder()
			a.api.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost/health", nil))
			var answer struct {
				Generation struct {
					Task    string `json:"background_task_status"`
					Error   string `json:"background_task_error"`
					End     string `json:"last_end"`
					Attempt int    `json:"attempt"`
					Max     int    `json:"max_attempts"`
				} `json:"signal_generation"`
			}
			require.NoError(t, json.Unmarshal(w.Body.Bytes(), &answer))
			g := answer.Generation
			shown := fmt.Sprintf("%s %s %d/%d %s", g.Task, g.End, g.Attempt, g.Max, g.Error)
			if len(seen) == 0 || seen[len(seen)-1] != shown {
				seen = append(seen, shown)
			}
		}
		require.NoError(t, <-ended)
		require.Equal(t, []string{
			"running  0/0 ",
			"crashed error 1/10 chaos: broken on purpose",
			"running error 1/10 ",
			"crashed stalled 2/10 stalled: silent for 10s (limit 10s)",
			"running stalled 2/10 ",
			"crashed panic 3/10 panic: chaos: broken on purpose",
			"running panic 3/10 ",
			"stopped returned 4/10 ",
		}, seen)
	})
}

func TestEscalationEndsTheProcess(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		code, stdout, log := runHere(t.Context(), "--paper", "--infinite", "--chaos=trading", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitFailure, code)
		require.Equal(t, 6*time.Second+31*time.Second, time.Since(began), "six runs of a second, and 1+2+4+8+16 s between them")
		require.Equal(t, "livetrader: supervisor: livetrader/trading spent its restarts: "+
			"supervisor: livetrader/trading/account/engine spent its restarts: chaos: broken on purpose", lastLine(log))
		require.Contains(t, stdout, "Summary")
	})
}

func TestAutoRestartBringsTradingBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		code, stdout, log := runHere(t.Context(), "--paper", "--duration", "2m", "--chaos=trading", "--auto-restart", "--listen", "off", "--db", tempDB(t))
		require.Equal(t, exitOK, code, log)
		require.Equal(t, 3, strings.Count(log, `msg="Trading failed, starting it again"`), "after 37 s, 75 s and 114 s, 1, 2 and 4 s later")
		require.Regexp(t, `(?m)^  auto-restarts +3$`, stdout)
		_, after, _ := strings.Cut(log, "starting it again")
		require.Contains(t, after, `msg="LIVE TRADING ENGINE STARTED SUCCESSFULLY"`)
		for _, once := range []string{"STARTING PRODUCTION TRADING LOOP", "Background signal generation started", "Health monitor started in background"} {
			require.Equal(t, 1, strings.Count(log, once), "%s: what did not fail goes on", once)
		}
		require.Regexp(t, `(?m)^  cycles +2[45]$`, stdout, "one every five seconds")
	})
}

// A halt outlives the process until a person lifts it, and is then in nobody's way.
func TestHaltStandsUntilItIsLifted(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t, "--max-daily-loss", "2") // fees alone are more
	p.await(`msg="Trading halted"`)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.Contains(t, p.stdout.String(), "livetrader ctl rearm")

	p = launch(t, "--paper", "--listen", "off", "--db", db, "--interval", "250ms")
	p.await(`level=WARN msg="TRADING IS HALTED"`)
	p.await(`msg="Trading engine started, but trading is halted"`)
	_, out, _ := ctl(nil, "status", "--db", db)
	halt := regexp.MustCompile(`livetrader ctl rearm (\S+)`).FindStringSubmatch(out)
	require.NotNil(t, halt, out)
	code, _, log := ctl(nil, "rearm", halt[1], "--db", db)
	require.Equal(t, exitOK, code, log)
	p.await(`msg=Fill `)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.NotContains(t, p.stdout.String(), "halted")
}

// Whoever starts a halted trader hears of the halt before all else, and is not told of a success.
func TestHaltIsSaidFirst(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		args := []string{"--paper", "--duration", "5m", "--listen", "off", "--db", tempDB(t)}
		code, _, log := runHere(t.Context(), append(args, "--max-daily-loss", "2")...)
		require.Equal(t, exitOK, code, lastLine(log))

		code, stdout, log := runHere(t.Context(), append(args, "--dry-start")...)
		require.Equal(t, exitOK, code, lastLine(log))
		require.Regexp(t, `\Atrading is halted since \S+: daily loss`, stdout)

		code, _, log = runHere(t.Context(), append(args, "--health-interval", "10", "--duration", "1m")...)
		require.Equal(t, exitOK, code, lastLine(log))
		require.Regexp(t, `\Atime=\S+ level=WARN msg="TRADING IS HALTED" reason="daily loss`, log)
		require.NotContains(t, log, "SUCCESSFULLY")
		require.Contains(t, log, `level=WARN msg="Trading engine started, but trading is halted"`)
		require.Contains(t, log, "msg=Heartbeat")
		require.NotContains(t, log, "status=healthy")
	})
}

// What is held of a symbol that is not traded any more is said, priced and closed.
func TestSymbolThatIsTakenOutWhileItIsHeldIsLookedAfter(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		args := []string{"--paper", "--duration", "2m", "--listen", "off", "--db", db}
		code, stdout, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		require.Regexp(t, `(?m)^  position .* SOL/USDT:USDT$`, stdout)

		args = append(args, "--symbols", "BTC/USDT:USDT", "--health-interval", "10")
		code, stdout, log = runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		require.Regexp(t, `level=WARN msg="Held, and not in --symbols any more[^\n]* symbols="\[ETH/USDT:USDT SOL/USDT:USDT\]"`, log)
		require.Regexp(t, `(?m)^  position .* SOL/USDT:USDT$`, stdout, "it stays")
		require.Regexp(t, "msg=Heartbeat [^\n]*status=degraded", log)
		require.NotContains(t, log, `Processing symbol" symbol=SOL`)

		code, stdout, log = runHere(t.Context(), append(args, "--on-stop", "flatten")...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, stdout, "  position ")
	})
}

func TestStrategiesAllTrade(t *testing.T) {
	t.Parallel()
	for _, name := range strategyNames() {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				db := tempDB(t)
				code, log := runUntil(t, "msg=Fill ", "--paper", "--duration", "30m", "--listen", "off", "--db", db, "--strategy", name)
				require.Equal(t, exitOK, code, lastLine(log))
				a := openAccount(t, db, defaultCash)
				require.NotEmpty(t, a.fills())
				require.Equal(t, name, a.signals[0].Strategy)
			})
		})
	}
}

func TestBracketedRunEndsFlat(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		args := []string{"--paper", "--duration", "2m", "--listen", "off", "--db", db, "--take-profit", "0.002", "--stop-loss", "0.002"}
		code, stdout, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		open := strings.Count(stdout, "  open order ")
		require.Positive(t, open, "positions are guarded beyond the end")
		require.Positive(t, strings.Count(stdout, "  position "))
		before := openAccount(t, db, defaultCash)

		code, stdout, log = runHere(t.Context(), append(args, "--on-stop", "flatten")...)
		require.Equal(t, exitOK, code, log)
		require.Contains(t, log, "Trading stopped\" policy=flatten done=true open_orders=0 positions=0")
		require.NotContains(t, stdout, "open order")
		require.NotContains(t, stdout, "  position ")
		after := openAccount(t, db, defaultCash)
		require.Greater(t, len(after.entries), len(before.entries))
		require.Empty(t, after.book.Pending())
		for _, o := range after.book.Orders() {
			require.NotEmpty(t, o.Config)
		}
	})
}
