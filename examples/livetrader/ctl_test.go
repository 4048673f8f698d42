package main

import (
	"context"
	"encoding/json"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

// ctl runs ctl in this process, as ann.
func ctl(env []string, args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(context.Background(), append([]string{"ctl", "--by", "ann"}, args...),
		environment{lookup: environ(env...), stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String(), log.String()
}

// tradingProcess launches a trader on a database of its own, which soon holds something that is guarded by orders.
func tradingProcess(t *testing.T, more ...string) (p *process, db string) {
	t.Helper()
	db = tempDB(t)
	p = launch(t, append([]string{"--paper", "--db", db, "--interval", "250ms", "--take-profit", "0.05", "--stop-loss", "0.05",
		"--listen", "127.0.0.1:0"}, more...)...)
	return p, db
}

// Each act over the socket, with what its refusal says, on one trader after another.
func TestCtlDoesAllThatTheAPICan(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t)
	p.await(`msg=Fill `)
	status := func() (s shownStatus) {
		code, out, _ := ctl(nil, "status", "--json", "--db", db)
		require.Equal(t, exitOK, code)
		require.NoError(t, json.Unmarshal([]byte(out), &s))
		return s
	}
	halt := func() string { return strings.Trim(string(status().Halts[0].ID), `"`) }
	done := make(map[string]bool)
	do := func(code int, want string, args ...string) {
		t.Helper()
		got, out, log := ctl(nil, append(args, "--db", db)...)
		require.Equal(t, code, got, "%v: %s%s", args, out, log)
		require.Regexp(t, want, out+log)
		require.LessOrEqual(t, strings.Count(log, "\n"), 2, "what is wrong is a line")
		done[args[0]] = done[args[0]] || code == exitOK
	}
	do(exitOK, `\Adone: pause \(by ann, \S+\)\n\z`, "pause")
	do(exitUsage, `ctl pause: it takes nothing, and "now" stands behind it`, "pause", "now")
	do(exitOK, "done: resume", "resume")
	do(exitOK, "done: set-symbols", "set-symbols", "BTC/USDT:USDT,ETH/USDT:USDT")
	do(exitFailure, "ctl set-symbols: refused: .*X/Y", "set-symbols", "X/Y")
	do(exitOK, "done: set-threshold 0.1 ", "set-threshold", "0.1")
	do(exitUsage, "ctl set-threshold: refused: min_confidence: not a number from 0 to 1", "set-threshold", "7")
	do(exitUsage, `ctl set-threshold: "much" is no number`, "set-threshold", "much")
	do(exitOK, "done: set-cycle 100ms ", "set-cycle", "100ms")
	do(exitUsage, "ctl set-cycle: refused: cycle: not a time above zero", "set-cycle", "0s")
	do(exitOK, "done: reduce-only true ", "reduce-only", "on")
	require.Eventually(t, func() bool {
		_, out, _ := ctl(nil, "status", "--db", db)
		return strings.Contains(out, "needs a person: reduce_only: only what reduces a position is sent\n  "+reduceOnlyHint+"\n")
	}, longWait, shortWait, "the act that lifts it")
	do(exitOK, "done: reduce-only false ", "reduce-only", "off")
	do(exitUsage, `ctl reduce-only: "maybe" is neither on nor off`, "reduce-only", "maybe")
	do(exitFailure, `ctl cancel: refused: .*v-none`, "cancel", "v-none")
	do(exitFailure, `ctl give-up: refused: .*v-none`, "give-up", "v-none")
	do(exitFailure, `ctl approve: refused: `, "approve", "none")
	do(exitUsage, "ctl flatten: SYMBOL is missing", "flatten")
	do(exitFailure, `ctl flatten: refused: .*"X/Y": no such instrument`, "flatten", "X/Y")
	require.Eventually(t, func() bool {
		_, out, _ := ctl(nil, "status", "--db", db)
		return regexp.MustCompile(`(?m)^order v-\S+ \w+ \S+ \S+ stop at [1-9]\S*: open$`).MatchString(out)
	}, longWait, shortWait, "what guards it, and where")
	do(exitOK, "done: flatten BTC/USDT:USDT ", "flatten", "BTC/USDT:USDT")
	do(exitFailure, "ctl rearm: refused: .*that halt does not stand: nothing is halted", "rearm", "1")
	do(exitUsage, "ctl convert: SYMBOL is missing", "convert")
	do(exitUsage, `ctl convert: refused: conversion: neither "SYMBOL NEW:OLD"`, "convert", "ETH/USDT:USDT", "4")
	do(exitFailure, "ctl convert: refused: .*split 4:1 of X: nothing of X is held", "convert", "X", "4:1")
	do(exitUsage, "ctl lock: SYMBOL is missing", "lock")
	do(exitUsage, "ctl lock: --why is missing", "lock", "ETH/USDT:USDT", "--for", "1h")
	do(exitUsage, "ctl lock: one of --for and --until is needed", "lock", "ETH/USDT:USDT", "--why", "news")
	do(exitUsage, "ctl lock: one of --for and --until is needed", "lock", "X", "--why", "news", "--for", "1h", "--until", "tomorrow")
	do(exitUsage, "ctl lock: refused: until: not a time", "lock", "X", "--why", "news", "--until", "tomorrow")
	do(exitFailure, "ctl lock: refused: .*that time is over", "lock", "X", "--why", "news", "--until", "2016-03-04T12:00:00Z")
	do(exitFailure, `ctl lock: refused: .*"X/Y": no such instrument`, "lock", "X/Y", "--why", "news", "--for", "1h")
	do(exitUsage, "ctl flatten: --for, --until and --why go with lock", "flatten", "ETH/USDT:USDT", "--why", "news")
	do(exitUsage, "ctl locks: --for, --until and --why go with lock", "locks", "--for", "1h")
	do(exitFailure, "ctl unlock: refused: .*lift the lock of ETH/USDT:USDT: it is not locked", "unlock", "ETH/USDT:USDT")
	do(exitFailure, `"reason_code":"done"`, "unlock", "ETH/USDT:USDT", "--json")
	do(exitFailure, `"reason_code":"expired"`, "lock", "X", "--why", "news", "--until", "2016-03-04T12:00:00Z", "--json")
	do(exitOK, "done: lock ETH/USDT:USDT for 1h0m0s: odd news ", "lock", "ETH/USDT:USDT", "--for", "1h", "--why", "odd news")
	do(exitOK, `(?m)^KIND +OF +UNTIL +BY +WHY +WAY_OUT
lock +ETH/USDT:USDT +20\S+Z +ann +odd news +livetrader ctl unlock ETH/USDT:USDT$`, "locks")
	do(exitOK, `(?m)^lock of ETH/USDT:USDT until 20\S+Z: odd news$`, "status")
	do(exitOK, "done: unlock ETH/USDT:USDT ", "unlock", "ETH/USDT:USDT")
	do(exitOK, `\Anone\n\z`, "locks")
	require.Eventually(t, func() bool {
		_, out, _ := ctl(nil, "events", "--limit", "1000", "--db", db)
		return regexp.MustCompile(`lock of ETH\S+ was lifted by ann\n(?s).*ETH\S+ is locked until 20\S+Z by ann: odd news\n`).
			MatchString(out)
	}, longWait, shortWait, "the journal's events are followed")
	do(exitOK, `\Anone\n\z`, "strategies")
	do(exitUsage, "ctl halt: REASON is missing", "halt")
	do(exitUsage, "--by: want a name of up to 100 bytes in one line", "halt", "odd prices", "--by", "ann\nbob")
	do(exitOK, "done: halt odd prices ", "halt", "odd", "prices")
	require.Equal(t, "halted", status().Trading.Status)
	require.Contains(t, status().Halts[0].Reason, "odd prices")
	do(exitFailure, "ctl rearm: refused: .*that halt does not stand: .*"+halt(), "rearm", "999999")
	do(exitOK, "(?s)halted.*halt "+halt()+" since .*odd prices.*livetrader ctl rearm "+halt(), "status")
	require.Eventually(t, func() bool { return len(status().Trading.NeedsPerson) == 1 }, longWait, shortWait, "health has it, too")
	_, told, _ := ctl(nil, "status", "--db", db)
	require.Contains(t, told, "halt "+halt()+" since ")
	require.NotContains(t, told, "trading is halted: odd prices", "it is told once")
	do(exitOK, `(?m)^halt +all +- +- +odd prices \(by ann\) +find out why, then re-arm`, "locks")
	do(exitOK, "done: rearm "+halt(), "rearm", halt())
	require.Empty(t, status().Halts)
	for _, verb := range []string{"restart-service", "pause-service", "resume-service", "stop-service", "start-service"} {
		do(exitFailure, "ctl "+verb+": refused: .*no such child", verb, "livetrader/none")
	}
	for _, verb := range []string{"restart-service", "stop-service", "start-service", "pause-service", "resume-service"} {
		path := "livetrader/housekeeper"
		if strings.Contains(verb, "pause") || strings.Contains(verb, "resume") {
			path = "livetrader/signal_generation"
		}
		do(exitOK, "done: "+verb+" "+path, verb, path)
	}
	do(exitOK, "done: kill ", "kill")
	require.Empty(t, status().Positions)
	do(exitOK, "SYMBOL .*FEES +MAINTENANCE +LIQUIDATION +DISTANCE +FUNDING_DUE +FUNDING_AT|none", "positions")
	do(exitOK, "CLIENT_ID|none", "orders")
	do(exitOK, `(?m)^TIME .*CLIENT_ID\n\d`, "fills")
	do(exitOK, `ann asked to kill`, "events")
	do(exitOK, `(?m)^CREATED_AT .*ID\n\d`, "signals")
	do(exitOK, `(?m)^livetrader/trading/account/engine +\w+ +0 `, "services")
	do(exitOK, `(?m)^cycles \d+ .*\nSYMBOL +LAST_BAR +DATA_AGE +.*\nBTC/USDT:USDT +20\S+Z +\S+ +\d+ +\d+ `, "generator")
	do(exitOK, `(?m)^AT +EQUITY +PAID_IN\n\d\S+Z +\d`, "equity")
	do(exitOK, `(?m)^FROM +.*EQUITY\n\d{4}-\d\d-\d\d +\d{4}-\d\d-\d\d +[1-9]`, "performance")
	do(exitOK, `(?m)^FROM +.*EQUITY\n\d{4}-\d\d-01 `, "performance", "month")
	do(exitUsage, `ctl: refused: by: "year" is none of day, week and month`, "performance", "year")
	do(exitUsage, `ctl performance: it takes \[day\|week\|month\], and "b" stands behind it`, "performance", "a", "b")
	do(exitOK, `(?m)^TIME +OPEN .*\n\d\S+Z +\d`, "bars", "BTC/USDT:USDT")
	do(exitUsage, "ctl bars: SYMBOL is missing", "bars")
	do(exitOK, `(?s)\AAT +SYMBOL .*ema_cross.*there are more: --limit`, "outcomes", "--limit", "1")
	do(exitUsage, "ctl: refused: this path has no parameters", "status", "--limit", "1")
	_, fills, _ := ctl(nil, "fills", "--json", "--limit", "1", "--db", db)
	order := regexp.MustCompile(`"client_id":"([^"]+)"`).FindStringSubmatch(fills)[1]
	do(exitOK, `(?s)\A(buy|sell) \d.* market, of signal .*\nfilled\n\nAT +KIND +TEXT\n.*sending begins`, "order", order)
	_, latest, _ := ctl(nil, "outcomes", "--json", "--limit", "1", "--db", db)
	newest := regexp.MustCompile(`"signal_id":"([^"]+)"`).FindStringSubmatch(latest)[1]
	do(exitOK, `(?s)\ACREATED_AT .*\n\w+.*\nAT +KIND +TEXT\n.* signal_seen +signal to hold `, "signal", newest)
	do(exitFailure, `ctl: refused: no signal "a b\?c" is known`, "signal", "a b?c")
	do(exitUsage, "ctl has no verb \"stauts\": did you mean status?", "stauts")

	// It has what the API has: the API lists its verbs where it is asked for one that it has not.
	c, err := newCaller(db+socketSuffix, "", "", "")
	require.NoError(t, err)
	r, err := c.ask(t.Context(), http.MethodPost, "/api/control/nothing", newKey(), []byte("{}"))
	require.NoError(t, err)
	_, list, _ := strings.Cut(r.problem(), "there are ")
	require.Equal(t, slices.Sorted(maps.Keys(ctlVerbs)), strings.Split(list, ", "))
	for name := range ctlVerbs {
		// The first three are below; to convert takes a venue that has split something.
		require.True(t, done[name] || slices.Contains([]string{"cancel", "approve", "give-up", "convert"}, name), name)
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.True(t, strings.Contains(p.log.String(), `msg="Control act ended" actor=ann verb=kill`), "it stands in the log")
	require.NoFileExists(t, db+socketSuffix)
}

// A signal that waits for a person is approved, and the order that rests for it is cancelled.
func TestCtlApprovesAndCancels(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t, "--auto-execute=false", "--limit-entry", "0.02", "--interval", "2s")
	p.await(`outcome=would_have`)
	require.Eventually(t, func() bool {
		_, out, _ := ctl(nil, "status", "--db", db)
		offer := regexp.MustCompile(`livetrader ctl approve (\S+)`).FindStringSubmatch(out)
		if offer == nil {
			return false
		}
		code, out, _ := ctl(nil, "approve", offer[1], "--db", db)
		return code == exitOK && strings.HasPrefix(out, "done: approve "+offer[1])
	}, longWait, shortWait, "one that is still valid")
	var id string
	require.Eventually(t, func() bool {
		_, out, _ := ctl(nil, "status", "--db", db)
		order := regexp.MustCompile(`(?m)^order (\S+) `).FindStringSubmatch(out)
		if order != nil {
			id = order[1]
		}
		return order != nil
	}, longWait, shortWait)
	code, out, log := ctl(nil, "cancel", id, "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "done: cancel "+id)
	code, _, log = ctl(nil, "give-up", id, "--db", db)
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "ctl give-up: refused: ")
}

// What is misspelt is said by the commands as well, and keeps nobody out.
func TestCommandsWarnOfVariablesThatMeanNothing(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{{"ctl", "status"}, {"health"}, {"check"}, {"panic"}} {
		var out, log output
		code := run(t.Context(), append(args, "--db", tempDB(t)), environment{
			lookup: environ(), variables: []string{"LIVETRADER_SOKET", "LIVETRADER_TOKN_FILE", "LIVETRADER_TOKEN_FILE", "HOME"},
			stdout: &out, stderr: &log, clock: clock.New(),
		})
		require.NotEqual(t, exitOK, code, "it was done: there is just no trader")
		require.Contains(t, log.String()+out.String(), "livetrader: unknown variable LIVETRADER_SOKET: did you mean LIVETRADER_SOCKET (--socket)?; "+
			"unknown variable LIVETRADER_TOKN_FILE: did you mean LIVETRADER_TOKEN_FILE?; it is as if it were not set\n")
	}
}

// Over the network it is the token that lets in, and what is asked twice with one key is done once, at both doors.
func TestCtlOverTheNetworkNeedsTheToken(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	p := launchFor(t, longWait, []string{tokenVariable + "=" + strongToken}, "--paper", "--db", db, "--listen", "127.0.0.1:0")
	url := p.address()
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	token := []string{tokenVariable, strongToken}

	code, out, log := ctl(token, "halt", "first", "--url", url, "--key", "0123456789abcdef")
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "done: halt first (by token, ")
	code, again, _ := ctl(token, "halt", "first", "--url", url, "--key", "0123456789abcdef")
	require.Equal(t, exitOK, code)
	require.Equal(t, out, again)
	code, _, log = ctl(nil, "halt", "second", "--db", db, "--key", "0123456789abcdef")
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "Idempotency-Key: it was used for something else")

	for name, env := range map[string][]string{"none": nil, "a guess": {tokenVariable, strings.Repeat("0123456789", 4)}} {
		code, _, log = ctl(env, "halt", "x", "--url", url)
		require.Equal(t, exitFailure, code, name)
		require.Contains(t, log, "ctl halt: refused: who asks is not known", name)
		require.Contains(t, log, tokenVariable, name)
	}
	code, _, log = ctl(nil, "status", "--url", "http://"+strongToken+"@127.0.0.1/")
	require.Equal(t, exitUsage, code)
	require.NotContains(t, log, strongToken)
}

// Without a token nobody acts over the network, and the socket is its user's alone.
func TestSocketIsTheOnlyWayInWithoutAToken(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t)
	url := p.address()
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	code, _, log := ctl(nil, "halt", "x", "--url", url)
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "refused: there is no control")
	file, err := os.Lstat(db + socketSuffix)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), file.Mode().Perm())

	p.signal(syscall.SIGKILL)
	p.end()
	code, _, log = ctl(nil, "status", "--db", db)
	require.Equal(t, exitUnknown, code)
	require.Contains(t, log, "nobody answers at "+db+socketSuffix)
	p = launch(t, "--paper", "--db", db, "--listen", "off")
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	code, _, log = ctl(nil, "status", "--db", db)
	require.Equal(t, exitOK, code, "what the dead one has left is replaced: %s", log)
}

func TestSocketCanBeElsewhereOrNowhere(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	text := filepath.Join(folder, "notes.txt")
	require.NoError(t, os.WriteFile(text, []byte("mine"), 0o600))
	p := launch(t, "--paper", "--listen", "off", "--socket", text)
	require.Equal(t, exitFailure, p.end())
	require.Contains(t, lastLine(p.log.String()), "--socket "+text)

	elsewhere := filepath.Join(folder, "s")
	p = launch(t, "--paper", "--listen", "off", "--socket", elsewhere)
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	code, _, log := ctl([]string{"LIVETRADER_SOCKET", elsewhere}, "status")
	require.Equal(t, exitOK, code, log)

	db := filepath.Join(folder, strings.Repeat("x", 100)+".db")
	p = launch(t, "--paper", "--listen", "off", "--db", db)
	p.await(`msg="Nothing can be asked over a socket"`)
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	code, _, log = ctl([]string{"LIVETRADER_SOCKET", off}, "status")
	require.Equal(t, exitUsage, code)
	require.Contains(t, log, "there is no socket")
}

// What takes longer than an answer is waited for; what was not heard of is not taken for done.
func TestCtlWaitsForWhatIsUnderWay(t *testing.T) {
	t.Parallel()
	answers := []int{http.StatusAccepted, http.StatusConflict, http.StatusOK}
	keys := make(map[string]bool)
	trader := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		keys[r.Header.Get("Idempotency-Key")] = true
		if r.URL.Path != "/api/control/kill" {
			panic(http.ErrAbortHandler)
		}
		w.Header().Set("Retry-After", "1")
		w.WriteHeader(answers[0])
		answers = answers[1:]
		_, _ = io.WriteString(w, `{"object":""}`)
	}))
	t.Cleanup(trader.Close)
	code, out, log := ctl(nil, "kill", "--url", trader.URL)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "done: kill")
	require.Equal(t, "livetrader: kill is under way\n", log)
	require.Len(t, keys, 1, "it is one act")

	code, _, log = ctl(nil, "pause", "--url", trader.URL, "--key", "0123456789abcdef")
	require.Equal(t, exitUnknown, code)
	require.Contains(t, log, "it may have been done: see livetrader ctl status. To hear what became of it: --key 0123456789abcdef")
}

func TestCtlOfATraderThatDiesMeanwhileDoesNotKnow(t *testing.T) {
	t.Parallel()
	var trader *httptest.Server
	trader = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Connection", "close")
		w.WriteHeader(http.StatusAccepted)
		_ = trader.Listener.Close()
	}))
	t.Cleanup(trader.Close)
	code, _, log := ctl(nil, "kill", "--url", trader.URL)
	require.Equal(t, exitUnknown, code)
	require.Contains(t, log, "it may have been done")

	code, _, log = ctl(nil, "kill", "--url", trader.URL)
	require.Equal(t, exitFailure, code, "it never was asked")
	require.Contains(t, log, "nothing was asked of it")

	code, _, _ = ctl(nil, "kill", "--url", trader.URL, "--key", "0123456789abcdef")
	require.Equal(t, exitUnknown, code, "it was asked before, under that key")
}

func TestCtlHelpNamesEveryVerb(t *testing.T) {
	t.Parallel()
	code, out, _ := ctl(nil, "--help")
	require.Equal(t, exitOK, code)
	for name := range ctlVerbs {
		require.Contains(t, out, "  "+name)
	}
	code, _, log := ctl(nil)
	require.Equal(t, exitUsage, code)
	require.Contains(t, log, "livetrader ctl --help")
}
