package main

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"syscall"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

// probe runs the command health in this process.
func probe(args ...string) (code int, line string) {
	var out, log output
	code = run(context.Background(), append([]string{"health"}, args...),
		environment{lookup: environ(), stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String() + log.String()
}

// An end that was asked for is first of all not ready, while everything goes on.
func TestDrainIsNotReadyBeforeAnythingStops(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t, "--drain", "2s", "--log-format", "json")
	url := p.await(`"msg":"API listening","address":"([^"]+)"`)[1]
	p.await(`LIVE TRADING ENGINE STARTED`)
	require.Eventually(t, func() bool { code, _ := probe("ready", "--db", db); return code == exitOK }, longWait, shortWait)
	p.signal(syscall.SIGTERM)
	p.await(`"msg":"Not ready any more, stopping soon"`)
	for _, way := range [][]string{{"--db", db}, {"--url", "http://" + url}} {
		code, line := probe(append(way, "ready")...)
		require.Equal(t, exitFailure, code)
		require.Regexp(t, `\A.*draining: this process is about to stop.*\n\z`, line)
		code, line = probe(append(way, "live")...)
		require.Equal(t, exitOK, code)
		require.Equal(t, "ok\n", line)
	}
	code, out, _ := ctl(nil, "services", "--db", db)
	require.Equal(t, exitOK, code)
	require.Regexp(t, `(?m)^livetrader/trading +(running|starting)`, out, "nothing has stopped")
	require.Equal(t, exitOK, p.end())
	for line := range strings.Lines(strings.TrimSpace(p.log.String())) {
		require.True(t, json.Valid([]byte(line)), "each line is JSON: %s", line)
	}
	code, line := probe("--db", db)
	require.Equal(t, exitFailure, code)
	require.Contains(t, line, "nobody answers at "+db+socketSuffix)
}

func TestHealthCommandIsAProbe(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t, "--log-level", "warn", "--interval", "500ms")
	var line string
	require.Eventually(t, func() (ok bool) {
		var code int
		code, line = probe("--db", db)
		return code == exitOK
	}, longWait, shortWait)
	require.Regexp(t, `\A(healthy|degraded: .*)\n\z`, line)
	code, _, log := ctl(nil, "stop-service", "livetrader/trading", "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Eventually(t, func() bool {
		code, line = probe("--db", db)
		return strings.HasPrefix(line, "degraded: livetrader/trading: ")
	}, longWait, shortWait)
	require.Equal(t, exitOK, code, "a person wants it so")
	code, line = probe("dead", "--db", db)
	require.Equal(t, exitUsage, code)
	require.Contains(t, line, `health asks live or ready, and "dead" is neither`)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.NotContains(t, p.log.String(), "level=INFO")
}

func TestProbeSaysWhatIsWrongInOneLine(t *testing.T) {
	t.Parallel()
	for want, r := range map[string]reply{
		"unhealthy: feed: gone; store: full": {status: http.StatusServiceUnavailable, body: []byte(
			`{"status":"unhealthy","reasons":["feed: gone","store: full"],"parts":[]}`)},
		"show the token":   {status: http.StatusUnauthorized, body: []byte(`{"status":401,"detail":"show the token"}`)},
		"a: gone; b: full": {status: http.StatusServiceUnavailable, body: []byte("a: gone\nb: full\n")},
	} {
		require.Equal(t, want, r.verdict())
	}
}

// A failure of the run is a line of the log like any other where a program reads it.
func TestFailureIsJSONWhereTheLogIs(t *testing.T) {
	t.Parallel()
	p := launch(t, "--paper", "--listen", "off", "--log-format", "json", "--db", t.TempDir())
	require.Equal(t, exitFailure, p.end())
	var line struct{ Level, Msg, Error string }
	require.NoError(t, json.Unmarshal([]byte(lastLine(p.log.String())), &line))
	require.Equal(t, "ERROR", line.Level)
	require.Contains(t, line.Error, "--db")
}
