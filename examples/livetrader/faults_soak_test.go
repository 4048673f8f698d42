package main

import (
	"encoding/json"
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

// TestSoakOfRestarts has a launcher trade at a venue, in processes of their own, with a signal generation that is broken all
// the time, and ends it six times, twice in a short run, by a signal and by kill -9 in turn. Its report is that of TestDayOfChaos:
// cd examples && go test ./livetrader -run SoakOfRestarts -soak 6h -timeout 7h -v.
func TestSoakOfRestarts(t *testing.T) {
	if _, err := os.Stat("/proc/self/fd"); err != nil {
		t.Skip("this system does not list descriptors")
	}
	t.Parallel()
	lives, d := 6, newDiary()
	if *soak < time.Minute {
		lives = 2
	}
	receiver := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		var m notify.Message
		if json.NewDecoder(r.Body).Decode(&m) == nil {
			_ = d.Notify(r.Context(), m)
		}
	}))
	defer receiver.Close()
	venue, db, socket := paperVenue(t), tempDB(t), filepath.Join(t.TempDir(), "figures")
	for life := range lives {
		_ = os.Remove(socket)
		p := launchFor(t, *soak+time.Minute, []string{
			figuresAt + "=" + socket, webhookVariable + "=" + receiver.URL, webhookSecretVariable + "=a secret of some length",
		}, "--venue", venue, "--symbols", "BTC/USDT,ETH/USDT", "--cash", "1000000", "--max-daily-loss", "unlimited",
			"--interval", "200ms", "--listen", "127.0.0.1:0", "--db", db, "--chaos=signals")
		api := p.address()
		p.await(`msg="LIVE TRADING ENGINE STARTED SUCCESSFULLY"`)
		go func() { // nothing below reads the log
			for range p.lines {
			}
		}()
		d.asks(t, api, *soak/time.Duration(lives))
		d.memory = append(d.memory, p.figures(socket))
		end := syscall.SIGTERM
		if life%2 == 0 {
			end = syscall.SIGKILL
		}
		p.signal(end)
		p.end()
	}
	t.Log("\n" + d.String())
	d.mu.Lock()
	defer d.mu.Unlock()
	if *soak >= time.Minute { // What is broken all the time is degraded, and what was just started too.
		require.Greater(t, d.verdicts["healthy"]+d.verdicts["degraded"], 5*d.verdicts["unhealthy"])
	}
	require.Positive(t, d.messages[notify.KindFill], "it trades")
	for _, text := range d.urgent {
		require.True(t, strings.Contains(text, "The system is"), "nobody is called for what ends by itself: %s", text)
	}
	first, last := d.memory[0], d.memory[len(d.memory)-1]
	require.LessOrEqual(t, last.Goroutines, first.Goroutines+10, "goroutines: %v", d.memory)
	require.LessOrEqual(t, last.files, first.files+10, "descriptors: %v", d.memory)
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
