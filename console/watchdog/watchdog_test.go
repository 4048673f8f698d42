package watchdog_test

import (
	"context"
	"errors"
	"io"
	"log/slog"
	"net"
	"net/http"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/watchdog"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

var quiet = slog.New(slog.DiscardHandler)

// running returns a part that runs.
func running(r *health.Registry, path string) (run *health.Run, set func(health.State)) {
	run = r.Begin(path)
	set = func(state health.State) { run.SetState(health.Stage{State: state, Since: time.Now()}) }
	set(health.StateRunning)
	return run, set
}

// manager is systemd's side of its socket.
type manager struct {
	path string
	conn *net.UnixConn
}

func listen(t *testing.T) *manager {
	t.Helper()
	path := filepath.Join(t.TempDir(), "notify")
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: path, Net: "unixgram"})
	require.NoError(t, err)
	t.Cleanup(func() { _ = conn.Close() })
	return &manager{path, conn}
}

// hears returns the next datagram.
func (m *manager) hears(t *testing.T) []string {
	t.Helper()
	buf := make([]byte, 4096)
	n, err := m.conn.Read(buf)
	require.NoError(t, err)
	return strings.Split(string(buf[:n]), "\n")
}

func TestSystemdIsTold(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	r := health.NewRegistry(health.Config{Clock: clk})
	part := r.Begin("trader/engine")
	stage := func(state health.State) { part.SetState(health.Stage{State: state, Since: clk.Now()}) }
	stage(health.StateNotStarted)
	m := listen(t)
	s, err := watchdog.NewSystemd(watchdog.SystemdConfig{
		Registry: r, Socket: m.path, Watchdog: 4 * time.Second, Stuck: 5 * time.Second, Clock: clk, Logger: quiet,
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	tick := func() {
		clk.AwaitArmed(clk.Now().Add(2 * time.Second))
		clk.Add(2 * time.Second)
	}

	first := m.hears(t)
	require.Contains(t, first, "WATCHDOG=1")
	require.NotContains(t, first, "READY=1")
	require.Contains(t, first, "EXTEND_TIMEOUT_USEC=30000000", "a start that takes long is not a start that failed")

	stage(health.StateRunning)
	tick()
	require.ElementsMatch(t, []string{"WATCHDOG=1", "READY=1", "STATUS=healthy"}, m.hears(t))
	tick()
	require.Equal(t, []string{"WATCHDOG=1"}, m.hears(t), "what is known is not said again")

	stage(health.StateCrashed)
	tick()
	require.Contains(t, strings.Join(m.hears(t), "\n"), "STATUS=unhealthy: trader/engine: crashed")
	tick()
	require.Contains(t, m.hears(t), "WATCHDOG=1", "it may be mended yet")
	tick() // for more than five seconds: it is silent from here on
	stage(health.StateRunning)
	tick()
	require.ElementsMatch(t, []string{"WATCHDOG=1", "STATUS=healthy"}, m.hears(t))

	stage(health.StateStopping)
	tick()
	require.Subset(t, m.hears(t), []string{"WATCHDOG=1", "STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000"})
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Equal(t, []string{"STOPPING=1", "EXTEND_TIMEOUT_USEC=30000000", "STATUS=stopping"}, m.hears(t))
}

// Systemd stands first in a tree, and so it asks before the others have begun.
func TestSystemdIsNotToldOfAStartBeforeAllHaveBegun(t *testing.T) {
	t.Parallel()
	for range 20 {
		r, m := health.NewRegistry(health.Config{}), listen(t)
		s, err := watchdog.NewSystemd(watchdog.SystemdConfig{Registry: r, Socket: m.path, Watchdog: time.Millisecond, Logger: quiet})
		require.NoError(t, err)
		tree, err := supervisor.New(supervisor.Config{Name: "trader", Registry: r, Logger: quiet})
		require.NoError(t, err)
		require.NoError(t, tree.Add("systemd", s, supervisor.Policy{}))
		for i := range 10 {
			require.NoError(t, tree.Add(strconv.Itoa(i), waits{}, supervisor.Policy{}))
		}
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- tree.Serve(ctx) }()
		heard := m.hears(t)
		for ; !slices.Contains(heard, "READY=1"); heard = m.hears(t) {
			require.Contains(t, heard, "EXTEND_TIMEOUT_USEC=30000000")
		}
		for _, said := range heard {
			require.NotContains(t, said, "not_started")
		}
		cancel()
		require.NoError(t, <-ended)
	}
}

// waits is a service with nothing to do.
type waits struct{}

func (waits) Serve(ctx context.Context) error {
	<-ctx.Done()
	return ctx.Err()
}

// A venue that is down when a trader starts is no reason for systemd to end it: started is not the same as healthy.
func TestSystemdIsToldOfAStartThatIsNotHealthy(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	r := health.NewRegistry(health.Config{Clock: clk})
	feed := r.Begin("trader/feed")
	feed.SetState(health.Stage{State: health.StateRunning, Since: clk.Now()})
	feed.Part().Expect(health.Limits{MaxErrors: 1})
	feed.Part().Observe(errors.New("no route to host"))
	feed.Part().Raise(health.Condition{Key: "halted", Verdict: health.Degraded, Closed: true})
	m := listen(t)
	s, err := watchdog.NewSystemd(watchdog.SystemdConfig{Registry: r, Socket: m.path, Clock: clk, Logger: quiet})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	require.Contains(t, m.hears(t), "READY=1")
	require.NotEmpty(t, r.Report().NotReady(), "and yet no work is sent this way")
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
}

func TestSystemdThatIsNotThereIsAnErrorOfHealth(t *testing.T) {
	t.Parallel()
	clk := supervisortest.NewClock()
	r := health.NewRegistry(health.Config{Clock: clk})
	own, _ := running(r, "trader/systemd")
	var log strings.Builder // read when Serve has ended
	s, err := watchdog.NewSystemd(watchdog.SystemdConfig{
		Registry: r, Socket: filepath.Join(t.TempDir(), "nobody"), Clock: clk, Logger: slog.New(slog.NewTextHandler(&log, nil)),
	})
	require.NoError(t, err)
	ctx, cancel := context.WithCancel(health.NewContext(t.Context(), own.Part()))
	ended := make(chan error, 1)
	go func() { ended <- s.Serve(ctx) }()
	clk.AwaitArmed(clk.Now().Add(5 * time.Second))
	part, _ := r.Report().Part("trader/systemd")
	require.Equal(t, 1, part.ErrorRun)
	clk.Add(5 * time.Second)
	clk.AwaitArmed(clk.Now().Add(5 * time.Second))
	cancel()
	require.ErrorIs(t, <-ended, context.Canceled)
	require.Equal(t, 1, strings.Count(log.String(), "Not told how the process is"), "not at each look")
}

func TestSystemdFromEnv(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		env      map[string]string
		socket   string
		watchdog time.Duration
		fails    bool
	}{
		"nothing":         {},
		"a socket":        {env: map[string]string{"NOTIFY_SOCKET": "@x"}, socket: "@x"},
		"a watchdog":      {env: map[string]string{"WATCHDOG_USEC": "20000000"}, watchdog: 20 * time.Second},
		"its own":         {env: map[string]string{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "7"}, watchdog: time.Millisecond},
		"another process": {env: map[string]string{"WATCHDOG_USEC": "1000", "WATCHDOG_PID": "8"}},
		"nonsense":        {env: map[string]string{"WATCHDOG_USEC": "20s"}, fails: true},
		"zero":            {env: map[string]string{"WATCHDOG_USEC": "0"}, fails: true},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			lookup := func(key string) (string, bool) { v, ok := c.env[key]; return v, ok }
			socket, interval, err := watchdog.SystemdFromEnv(lookup, 7)
			require.Equal(t, c.fails, err != nil, "%v", err)
			require.Equal(t, c.socket, socket)
			require.Equal(t, c.watchdog, interval)
		})
	}
}

// wire is a switch without a network, so that it works in a bubble.
type wire struct {
	mu     sync.Mutex
	heard  []string
	answer func() (int, string, error)
}

func (w *wire) RoundTrip(r *http.Request) (*http.Response, error) {
	var body []byte
	if r.Body != nil {
		body, _ = io.ReadAll(r.Body)
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.heard = append(w.heard, strings.TrimPrefix(r.URL.Path, "/T0KEN")+" "+string(body))
	status, said := 200, "OK"
	if w.answer != nil {
		var err error
		if status, said, err = w.answer(); err != nil {
			return nil, err
		}
	}
	header := http.Header{}
	if status == http.StatusFound {
		header.Set("Location", "https://example.net/login")
	}
	if r.URL.Path == "/login" {
		status, said = 200, "please log in"
	}
	return &http.Response{StatusCode: status, Header: header, Body: io.NopCloser(strings.NewReader(said))}, nil
}

// take returns what was heard since the last time.
func (w *wire) take() []string {
	w.mu.Lock()
	defer w.mu.Unlock()
	heard := w.heard
	w.heard = nil
	return heard
}

// pinging serves a Ping in a bubble for the length of a test.
func pinging(t *testing.T, test func(t *testing.T, r *health.Registry, w *wire)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r, w := health.NewRegistry(health.Config{}), &wire{}
		own, _ := running(r, "trader/ping")
		p, err := watchdog.NewPing(watchdog.PingConfig{
			Registry: r, URL: "https://example.net/T0KEN/", Client: &http.Client{Transport: w}, Logger: quiet,
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(health.NewContext(t.Context(), own.Part()))
		ended := make(chan error, 1)
		go func() { ended <- p.Serve(ctx) }()
		synctest.Wait()
		test(t, r, w)
		w.take()
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.Equal(t, []string{"/log stopped by its own process: no more pings follow"}, w.take())
	})
}

func minute() {
	time.Sleep(time.Minute)
	synctest.Wait()
}

func TestPingSaysHowItStands(t *testing.T) {
	t.Parallel()
	pinging(t, func(t *testing.T, r *health.Registry, w *wire) {
		require.Equal(t, []string{"/start started", " healthy"}, w.take())
		minute()
		require.Equal(t, []string{" healthy"}, w.take())

		engine, set := running(r, "trader/engine")
		engine.Part().Raise(health.Condition{Key: "halted", Verdict: health.Unhealthy, Text: "halted", Person: true})
		minute()
		require.Equal(t, []string{"/log unhealthy: trader/engine: halted: halted", " unhealthy: trader/engine: halted: halted"}, w.take(),
			"it is alive: the switch stays quiet")
		minute()
		require.Equal(t, []string{" unhealthy: trader/engine: halted: halted"}, w.take())
		engine.Part().Clear("halted")
		minute()
		require.Equal(t, []string{"/log healthy", " healthy"}, w.take())

		set(health.StateCrashed)
		time.Sleep(4 * time.Minute)
		synctest.Wait()
		require.NotContains(t, strings.Join(w.take(), "\n"), "/fail")
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		require.Contains(t, strings.Join(w.take(), "\n"), "/fail a new process is needed: trader/engine: crashed for")
	})
}

func TestPingComesThoughTheSwitchTakesNoLog(t *testing.T) {
	t.Parallel()
	pinging(t, func(t *testing.T, r *health.Registry, w *wire) {
		w.mu.Lock()
		w.answer = func() (int, string, error) {
			if strings.HasPrefix(w.heard[len(w.heard)-1], "/log") {
				return 404, "no such page", nil
			}
			return 200, "OK", nil
		}
		w.mu.Unlock()
		engine, _ := running(r, "trader/engine")
		engine.Part().Raise(health.Condition{Key: "slow", Verdict: health.Degraded, Text: "slow"})
		w.take()
		minute()
		require.Equal(t, []string{"/log degraded: trader/engine: slow: slow", " degraded: trader/engine: slow: slow"}, w.take())
		part, _ := r.Report().Part("trader/ping")
		require.Len(t, part.Conditions, 1, "it is said that the log is not taken")
	})
}

func TestPingThatDoesNotCountIsSaidAndTriedAgain(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]func() (int, string, error){
		"not found":    func() (int, string, error) { return 200, "OK (not found)", nil },
		"rate limited": func() (int, string, error) { return 200, "OK (rate limited)", nil },
		"an error":     func() (int, string, error) { return 500, "https://example.net/T0KEN is broken", nil },
		"not there":    func() (int, string, error) { return 404, "there is no check T0KEN", nil },
		"moved":        func() (int, string, error) { return 302, "", nil }, // to a page for people, which says 200 to all
		"no network":   func() (int, string, error) { return 0, "", errors.New("no route") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			pinging(t, func(t *testing.T, r *health.Registry, w *wire) {
				w.mu.Lock()
				w.answer = answer
				w.mu.Unlock()
				minute()
				part, _ := r.Report().Part("trader/ping")
				require.Len(t, part.Conditions, 1)
				require.Contains(t, part.Conditions[0].Text, "the switch at example.net")
				require.NotContains(t, part.Conditions[0].Text, "T0KEN")
				w.mu.Lock()
				w.answer = nil
				w.mu.Unlock()
				w.take()
				time.Sleep(10 * time.Second)
				synctest.Wait()
				require.NotEmpty(t, w.take(), "it does not wait for a minute")
				part, _ = r.Report().Part("trader/ping")
				require.Empty(t, part.Conditions)
			})
		})
	}
}

func TestConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	for says, cfg := range map[string]watchdog.PingConfig{
		"Registry":   {URL: "https://example.net"},
		"no http":    {Registry: r, URL: "example.net/T0KEN"},
		"a query":    {Registry: r, URL: "https://example.net/T0KEN?create=1"},
		"Every or":   {Registry: r, URL: "https://example.net/T0KEN", Every: -1},
		"Stuck -1ns": {Registry: r, URL: "https://example.net/T0KEN", Stuck: -1},
	} {
		_, err := watchdog.NewPing(cfg)
		require.ErrorContains(t, err, says)
		require.NotContains(t, err.Error(), "T0KEN")
	}
	_, err := watchdog.NewSystemd(watchdog.SystemdConfig{Registry: r, Watchdog: -1})
	require.ErrorContains(t, err, "Watchdog")
}
