package main

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/trading"

	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// candleServer answers with the candles of a synthetic market, by the name that it has for BTC/USDT.
func candleServer(t *testing.T, interval time.Duration) (address string, end func()) {
	t.Helper()
	market, err := feed.NewSynthetic(feed.SyntheticConfig{Seed: 7, Symbols: []string{"BTC/USDT"}, Interval: interval})
	require.NoError(t, err)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since, bad := strconv.ParseInt(r.FormValue("since"), 10, 64)
		limit, worse := strconv.Atoi(r.FormValue("limit"))
		if bad != nil || worse != nil || r.FormValue("symbol") != "BTCUSDT" {
			http.Error(w, "what?", http.StatusBadRequest)
			return
		}
		since = max(since, time.Now().Add(-time.Hour).UnixMilli())
		batch, err := market.Bars(r.Context(), "BTC/USDT", time.UnixMilli(since-1), limit)
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		var rows []string
		for _, b := range batch.Bars {
			rows = append(rows, fmt.Sprintf(`{"t":%d,"o":"%v","h":"%v","l":"%v","c":"%v","v":"%v"}`,
				b.Time.UnixMilli(), b.Open, b.High, b.Low, b.Close, b.Volume))
		}
		_, _ = io.WriteString(w, `{"data":[`+strings.Join(rows, ",")+`]}`)
	}))
	t.Cleanup(server.Close)
	return server.URL + "/klines?symbol={symbol}&since={after_ms}&limit={limit}", server.Close
}

// Candles from the web are traded on, from the second address where the first one fails, and gone on with after a kill.
func TestFeedIsTradedOnOnPaper(t *testing.T) {
	t.Parallel()
	preferred, end := candleServer(t, time.Second)
	spare, _ := candleServer(t, time.Second)
	db := tempDB(t)
	args := []string{
		"--paper", "--feed", preferred + " " + spare, "--feed-rows", "data",
		"--feed-fields", "t,o,h,l,c,v", "--feed-symbols", "BTC/USDT=BTCUSDT", "--symbols", "BTC/USDT",
		"--interval", "1s", "--listen", "off", "--db", db,
	}
	first := launch(t, args...)
	first.await(`msg=Fill symbol=BTC/USDT`)
	end()
	first.await(`msg="Candles come from another address" symbol=BTC/USDT from="address 1" to="address 2"`)
	first.await(`msg=Fill symbol=BTC/USDT`)
	first.signal(syscall.SIGKILL)
	first.end()
	second := launch(t, args...)
	second.await(`msg=Fill symbol=BTC/USDT`)
	second.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, second.end())
	require.Regexp(t, `(?m)^  fills +[1-9]`, second.stdout.String())
	require.NotContains(t, second.log.String(), "HALTED")

	other := launch(t, append(args, "--feed", spare)...)
	other.await(`msg="Settings changed" changes=.*feed`)
	other.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, other.end())
}

func TestFeedThatIsNoAddressIsRefused(t *testing.T) {
	t.Parallel()
	for want, address := range map[string]string{
		`--feed: httpfeed: URL "x" is no address`:           "x",
		`--feed: httpfeed: URL "http://x/{sym}": there are`: "http://x/{sym}",
	} {
		code, _, log := runHere(t.Context(), "--paper", "--listen", "off", "--db", tempDB(t), "--interval", "1m", "--feed", address)
		require.Equal(t, exitFailure, code)
		require.Contains(t, lastLine(log), want)
	}
}

func TestHoursAreThoseOfThePlace(t *testing.T) {
	t.Parallel()
	hours, err := readHours("America/New_York 09:30-16:00")
	require.NoError(t, err)
	for at, want := range map[string]bool{
		"2024-06-03T13:29:00Z": false, "2024-06-03T13:30:00Z": true, "2024-06-03T19:59:00Z": true, // a Monday, in summer
		"2024-06-03T20:00:00Z": false, "2024-06-02T15:00:00Z": false, "2024-12-02T13:30:00Z": false, // and in winter
	} {
		moment, err := time.Parse(time.RFC3339, at)
		require.NoError(t, err)
		open, _ := hours.Open("SPY", moment)
		require.Equal(t, want, open, at)
	}
}

// builtVenue builds a papervenue, once for all tests, in a folder that goes with the last of them.
var builtVenue = sync.OnceValues(func() (program string, err error) {
	program = filepath.Join(programs, "papervenue")
	out, err := exec.CommandContext(context.Background(), "go", "build", "-o", program, "../papervenue").CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("%w: %s", err, out)
	}
	return program, nil
})

// paperVenue starts a papervenue in a process of its own.
func paperVenue(t *testing.T) (address string) {
	t.Helper()
	return paperVenueIn(t, t.TempDir(), "127.0.0.1:0")
}

// paperVenueIn starts a venue whose book is in a folder.
func paperVenueIn(t *testing.T, folder, listen string) (address string) {
	t.Helper()
	program, err := builtVenue()
	require.NoError(t, err)
	cmd := exec.CommandContext(t.Context(), program, "--db", filepath.Join(folder, "venue.db"), "--listen", listen)
	stdout, err := cmd.StdoutPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	line, err := bufio.NewReader(stdout).ReadString('\n')
	require.NoError(t, err)
	_, address, _ = strings.Cut(strings.TrimSpace(line), "listens on ")
	return address
}

// realVenue is a Broker that says nothing of its money.
type realVenue struct{ trading.Broker }

func (realVenue) Traits() trading.Traits { return trading.Traits{} }

func TestMoneyIsRealUnlessTheVenueSaysItIsNot(t *testing.T) {
	t.Parallel()
	venue := &config{venue: "http://127.0.0.1"}
	require.Equal(t, "live", venue.moneyOf(realVenue{}))
	require.Equal(t, "live", venue.moneyOf(nil))
	require.Equal(t, "simulated", venue.moneyOf(&client.Client{}))
	require.Equal(t, "paper", (&config{}).moneyOf(nil))
}

func TestVenueIsTradedAt(t *testing.T) {
	t.Parallel()
	venue, db := paperVenue(t), tempDB(t)
	args := []string{"--venue", venue, "--listen", "127.0.0.1:0", "--interval", "200ms", "--db", db, "--cash", "1000000"}
	elsewhere := launch(t, args...)
	require.Equal(t, exitFailure, elsewhere.end())
	require.Contains(t, lastLine(elsewhere.log.String()),
		"--symbols: BTC/USDT:USDT is not traded at --venue "+venue+", which has all of --symbols BTC/USDT,ETH/USDT,SOL/USDT")

	args = append(args, "--symbols", "BTC/USDT,ETH/USDT")
	first := launch(t, args...)
	first.await(`msg="LIVE TRADING ENGINE STARTED SUCCESSFULLY" .* mode=venue`)
	first.await(`msg=Fill `)
	first.signal(syscall.SIGKILL)
	first.end()
	second := launch(t, append(args, "--on-stop", "flatten")...)
	api := second.address()
	second.await(`msg=Fill `)
	var health map[string]any
	require.Equal(t, http.StatusOK, get(t, api+"/health", &health))
	var host map[string]any
	require.Equal(t, http.StatusOK, get(t, api+"/api/host", &host))
	require.Equal(t, "simulated", host["mode"], "its money is not real, and it says so")
	second.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, second.end(), second.log.String())
	require.Contains(t, second.log.String(), `msg="Trading stopped" policy=flatten done=true open_orders=0 positions=0`)
	require.NotContains(t, second.log.String(), "HALTED")
}
