package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"flag"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
)

// soakIn keeps what a long soak has, so that it goes on where it was when it was ended, even by the machine's own end.
var soakIn = flag.String("soak-in", "", "a folder in which TestSoakOfRestarts keeps its venue, journal and report")

// TestSoakOfRestarts has a launcher trade at a venue, in processes of their own, with a signal generation that is broken all
// the time, and ends it six times, twice in a short run, by a signal and by kill -9 in turn. Its report is that of TestDayOfChaos:
// cd examples && go test ./livetrader -run SoakOfRestarts -soak 6h -soak-in FOLDER -timeout 7h -v.
func TestSoakOfRestarts(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this system does not list descriptors")
	}
	t.Parallel()
	lives, folder := 6, *soakIn
	if *soak < time.Minute {
		lives = 2
	}
	if folder == "" {
		folder = t.TempDir()
	}
	require.NoError(t, os.MkdirAll(folder, 0o700))
	d := diaryIn(t, folder)
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if json.NewDecoder(r.Body).Decode(&m) == nil {
			_ = d.Notify(r.Context(), m)
		}
	}))
	defer receiver.Close()
	venue, socket := paperVenueIn(t, folder, cmp.Or(d.Venue, "127.0.0.1:0")), filepath.Join(t.TempDir(), "figures")
	d.Venue = strings.TrimPrefix(venue, "http://")
	for each := *soak / time.Duration(lives); d.watched() < *soak; {
		_ = os.Remove(socket)
		p := launchFor(t, *soak+time.Minute, []string{
			figuresAt + "=" + socket, webhookVariable + "=" + receiver.URL, webhookSecretVariable + "=a secret of some length",
		}, "--venue", venue, "--symbols", "BTC/USDT,ETH/USDT", "--cash", "1000000", "--max-daily-loss", "unlimited",
			"--interval", "200ms", "--listen", "127.0.0.1:0", "--db", filepath.Join(folder, "trader.db"), "--chaos=signals")
		api := p.address()
		p.await(`msg="LIVE TRADING ENGINE STARTED SUCCESSFULLY"`)
		go func() { // nothing below reads the log
			for range p.lines {
			}
		}()
		d.Starts++
		life := d.watched() / each
		for until := min((life+1)*each, *soak); d.watched() < until; {
			d.asks(t, api, min(until-d.watched(), time.Minute))
			d.keep(t, folder)
		}
		d.Memory = append(d.Memory, p.figures(socket))
		end := syscall.SIGTERM
		if life%2 == 0 {
			end = syscall.SIGKILL
		}
		p.signal(end)
		p.end()
		d.keep(t, folder)
	}
	t.Log("\n" + d.String())
	d.mu.Lock()
	defer d.mu.Unlock()
	if *soak >= time.Minute { // What is broken all the time is degraded, and what was just started too.
		require.Greater(t, d.Verdicts["healthy"]+d.Verdicts["degraded"], 5*d.Verdicts["unhealthy"])
	}
	require.Positive(t, d.Messages[notify.KindFill], "it trades")
	for _, text := range d.Urgent {
		require.True(t, strings.Contains(text, "The system is"), "nobody is called for what ends by itself: %s", text)
	}
	first, last := d.Memory[0], d.Memory[len(d.Memory)-1]
	require.LessOrEqual(t, last.Goroutines, first.Goroutines+10, "goroutines: %v", d.Memory)
	require.LessOrEqual(t, last.Files, first.Files+10, "descriptors: %v", d.Memory)
}

// asks has a launcher say how it stands twice a second.
func (d *diary) asks(t *testing.T, api string, during time.Duration) {
	t.Helper()
	for began := time.Now(); time.Since(began) < during; {
		before := time.Now()
		var report struct {
			Status string `json:"status"`
		}
		get(t, api+"/health", &report)
		pause := time.NewTimer(500 * time.Millisecond)
		<-pause.C
		d.sees(report.Status, time.Since(before))
	}
}

// diaryIn takes up the report that a soak in this folder has so far.
func diaryIn(t *testing.T, folder string) *diary {
	t.Helper()
	d := newDiary()
	data, err := os.ReadFile(filepath.Join(folder, "report.json"))
	if errors.Is(err, os.ErrNotExist) {
		return d
	}
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, d))
	return d
}

// keep writes the report, so that at most a minute of it is lost.
func (d *diary) keep(t *testing.T, folder string) {
	t.Helper()
	d.mu.Lock()
	data, err := json.Marshal(d)
	d.mu.Unlock()
	require.NoError(t, err)
	next := filepath.Join(folder, "report.json.next")
	require.NoError(t, os.WriteFile(next, data, 0o600))
	require.NoError(t, os.Rename(next, filepath.Join(folder, "report.json")))
}

// watched is for how long somebody has watched.
func (d *diary) watched() (sum time.Duration) {
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, during := range d.Verdicts {
		sum += during
	}
	return sum
}
