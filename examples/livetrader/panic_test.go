package main

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
)

// panicNow runs the command panic in this process.
func panicNow(args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(context.Background(), append([]string{"panic", "--by", "ann"}, args...),
		environment{lookup: environ(), stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String(), log.String()
}

// atVenue starts a trader at a venue, which soon holds something that orders guard.
func atVenue(t *testing.T, venue, db string) (p *process) {
	t.Helper()
	return launch(t, "--venue", venue, "--db", db, "--symbols", "BTC/USDT,ETH/USDT,SOL/USDT", "--interval", "300ms",
		"--cash", "1000000", "--take-profit", "0.05", "--stop-loss", "0.05", "--listen", "off")
}

// requireFlat wants nothing held and nothing resting at the venue.
func requireFlat(t *testing.T, venue string) {
	t.Helper()
	broker, err := client.New(venue, nil)
	require.NoError(t, err)
	defer broker.Close()
	held, err := broker.Positions(t.Context())
	require.NoError(t, err)
	require.Empty(t, held)
	open, err := broker.OpenOrders(t.Context())
	require.NoError(t, err)
	require.Empty(t, open)
}

// Whatever has become of the trader, the account ends flat, and nobody opens anything before a person says so.
func TestPanicFlattensWhateverBecameOfTheTrader(t *testing.T) {
	t.Parallel()
	for name, happens := range map[string]func(t *testing.T, p *process, db string){
		"it sleeps": func(_ *testing.T, p *process, _ string) { p.signal(syscall.SIGSTOP) },
		"it is dead": func(_ *testing.T, p *process, _ string) {
			p.signal(syscall.SIGKILL)
			p.end()
		},
		"its database is gone too": func(t *testing.T, p *process, db string) {
			p.signal(syscall.SIGKILL)
			p.end()
			files, err := filepath.Glob(db + "*")
			require.NoError(t, err)
			for _, file := range files {
				require.NoError(t, os.Remove(file))
			}
		},
		"it lives": func(*testing.T, *process, string) {},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			venue, db := paperVenue(t), tempDB(t)
			p := atVenue(t, venue, db)
			p.await(`msg=Fill `)
			p.await(`msg="Order submitted"`) // what guards it
			happens(t, p, db)

			code, out, log := panicNow("--venue", venue, "--db", db)
			require.Equal(t, exitOK, code, out+log)
			require.Contains(t, out, "halt left in "+db+haltSuffix)
			require.Contains(t, out, "close ")
			require.Regexp(t, `(?m)^flat after .*: nothing is held and nothing rests$`, out)
			requireFlat(t, venue)
			switch name {
			case "it sleeps":
				p.signal(syscall.SIGCONT)
			case "it lives":
			default:
				p = atVenue(t, venue, db)
				p.await(`level=WARN msg="TRADING IS HALTED" reason="panic ann, at `)
			}
			p.await(`msg="Trading halted" reason="panic ann, at `)
			require.Eventually(t, func() bool { return !exists(db + haltSuffix) }, longWait, shortWait, "it is in the journal now")
			require.Eventually(t, func() bool {
				_, out, _ := ctl(nil, "status", "--db", db)
				return strings.Contains(out, ": panic ann, at ")
			}, longWait, shortWait)
			p.await(`msg="Signal refused"`)
			requireFlat(t, venue)
			if name != "it sleeps" && name != "it lives" {
				return // A trader that began after it has heeded it already.
			}
			p.signal(syscall.SIGTERM)
			p.end()
			p = atVenue(t, venue, db)
			p.await(`level=WARN msg="TRADING IS HALTED"`)
		})
	}
}

func TestPanicSaysWhatItCouldNotDo(t *testing.T) {
	t.Parallel()
	gone := filepath.Join(t.TempDir(), "gone", "trader.db")
	venue := paperVenue(t)
	code, out, _ := panicNow("--venue", venue, "--db", gone)
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "NO HALT IS LEFT: open "+gone+haltSuffix)
	require.Contains(t, out, "flat after ")
	code, out, _ = panicNow("--venue", venue, "--db", "postgres://ann@127.0.0.1/x")
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "NO HALT IS LEFT: the database is on a server")

	code, out, _ = panicNow("--venue", "http://127.0.0.1:1", "--db", tempDB(t), "--timeout", "1s")
	require.Equal(t, exitFailure, code)
	require.Contains(t, out, "not done, trying again: ask for open orders: ")
	require.Contains(t, out, "NOT FLAT: what is left is not known: ")
	require.LessOrEqual(t, strings.Count(out, "\n"), 4, "what repeats is said once: %s", out)

	code, _, log := panicNow("--db", tempDB(t))
	require.Equal(t, exitUsage, code)
	require.Contains(t, log, "panic wants --venue")
}

// halfDead answers as the venue does, but for a part of it.
func halfDead(t *testing.T, venue string, dead func(*http.Request) (is, hangs bool)) (address string) {
	t.Helper()
	to, err := url.Parse(venue)
	require.NoError(t, err)
	proxy := httputil.NewSingleHostReverseProxy(to)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch is, hangs := dead(r); {
		case hangs:
			<-r.Context().Done()
		case is:
			http.Error(w, "maintenance", http.StatusServiceUnavailable)
		default:
			proxy.ServeHTTP(w, r)
		}
	}))
	t.Cleanup(server.Close)
	return server.URL
}

// What is held is closed though the venue does not say what rests, or hangs at one order of several.
func TestPanicDoesWhatAVenueThatIsHalfDeadAllows(t *testing.T) {
	t.Parallel()
	for name, dead := range map[string]func(*http.Request) (is, hangs bool){
		"no orders": func(r *http.Request) (is, hangs bool) {
			return r.Method == http.MethodGet && r.URL.Path == "/orders", false
		},
		"cancels hang": func(r *http.Request) (is, hangs bool) {
			return false, r.Method == http.MethodDelete
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			venue, db := paperVenue(t), tempDB(t)
			p := atVenue(t, venue, db)
			p.await(`msg=Fill `)
			p.await(`msg="Order submitted"`) // what guards it
			p.signal(syscall.SIGKILL)
			p.end()
			code, out, log := panicNow("--venue", halfDead(t, venue, dead), "--db", db, "--timeout", "8s")
			require.Equal(t, exitFailure, code, out+log)
			require.Contains(t, out, "close ")
			broker, err := client.New(venue, nil)
			require.NoError(t, err)
			defer broker.Close()
			held, err := broker.Positions(t.Context())
			require.NoError(t, err)
			require.Empty(t, held, out)
		})
	}
}

// The halt does not wait for a venue that can be asked.
func TestPanicLeavesItsHaltWithoutAVenue(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	code, _, log := panicNow("--venue", "binance-demo=ftp://127.0.0.1", "--db", db)
	require.Equal(t, exitUsage, code, log)
	require.FileExists(t, db+haltSuffix)
}

// A halt file that says nothing halts as well, and nothing is opened in the moment before it is heeded.
func TestHaltFileOpensNothing(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	store := haltedStore{path: db + haltSuffix}
	require.NoError(t, os.WriteFile(store.path, nil, 0o600))
	require.ErrorContains(t, store.Room(), "a halt was left in "+store.path)
	p, _ := tradingProcess(t, "--db", db)
	p.await(`level=WARN msg="TRADING IS HALTED"`)
	p.await(`msg="Trading halted" reason="a halt was left in `)
	p.await(`msg="Signal refused"`)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	require.False(t, strings.Contains(p.log.String(), "msg=Fill "), "nothing was opened")
	require.False(t, exists(store.path))
}
