package health_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

// transcript is a log whose times count from its making.
type transcript struct {
	mu    sync.Mutex // guards buf
	buf   bytes.Buffer
	start time.Time
}

func newTranscript() *transcript { return &transcript{start: time.Now()} }

func (l *transcript) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(p)
}

func (l *transcript) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.String()
}

func (l *transcript) logger() *slog.Logger {
	return slog.New(slog.NewTextHandler(l, &slog.HandlerOptions{ReplaceAttr: func(_ []string, a slog.Attr) slog.Attr {
		if a.Key == slog.TimeKey {
			a.Value = slog.DurationValue(a.Value.Time().Sub(l.start))
		}
		return a
	}}))
}

func monitor(t *testing.T, cfg health.MonitorConfig) *health.Monitor {
	t.Helper()
	if cfg.Registry == nil {
		cfg.Registry = health.NewRegistry(health.Config{})
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.New(slog.DiscardHandler)
	}
	m, err := health.NewMonitor(cfg)
	require.NoError(t, err)
	return m
}

func TestHeartbeatAtEachInterval(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := newTranscript()
		r := health.NewRegistry(health.Config{})
		ctx, _ := begin(t, r, "gen")
		m := monitor(t, health.MonitorConfig{Registry: r, Logger: log.logger()})
		m.Start(t.Context())
		time.Sleep(10*time.Minute + time.Millisecond)
		health.Observe(ctx, errDown)
		time.Sleep(5 * time.Minute)
		require.NoError(t, m.Stop(t.Context()))
		time.Sleep(time.Hour)
		require.Equal(t, strings.TrimLeft(`
time=0s level=INFO msg="Health monitor started" interval=5m0s
time=5m0s level=INFO msg=Heartbeat uptime=5m0s status=healthy
time=10m0s level=INFO msg=Heartbeat uptime=10m0s status=healthy
time=15m0s level=WARN msg=Heartbeat uptime=15m0s status=degraded reasons="[gen: 1 error, last: source is down]"
`, "\n"), log.String())
	})
}

func TestIntervalIsTheCallers(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		interval, err := health.IntervalFromEnv(func(string) (string, bool) { return "10", true })
		require.NoError(t, err)
		m := monitor(t, health.MonitorConfig{Interval: interval, OnBeat: func(health.Report) {
			at = append(at, time.Since(start))
		}})
		m.Start(t.Context())
		time.Sleep(35 * time.Second)
		require.NoError(t, m.Stop(t.Context()))
		require.Equal(t, []time.Duration{10 * time.Second, 20 * time.Second, 30 * time.Second}, at)

		at = nil
		m = monitor(t, health.MonitorConfig{Interval: 17 * time.Second, OnBeat: func(health.Report) {
			at = append(at, time.Since(start))
		}})
		m.Start(t.Context())
		time.Sleep(18 * time.Second)
		require.NoError(t, m.Stop(t.Context()))
		require.Equal(t, []time.Duration{52 * time.Second}, at, "what the caller sets comes first")
	})
}

func TestBadIntervalsAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		set  bool
		want time.Duration
		err  string
	}{
		"not set is the default":     {"", false, 300 * time.Second, ""},
		"empty is the default":       {"", true, 300 * time.Second, ""},
		"whole seconds":              {"10", true, 10 * time.Second, ""},
		"zero is refused":            {"0", true, 0, `HEALTH_CHECK_INTERVAL="0"`},
		"less than zero is refused":  {"-5", true, 0, `HEALTH_CHECK_INTERVAL="-5"`},
		"fractions are refused":      {"1.5", true, 0, `HEALTH_CHECK_INTERVAL="1.5"`},
		"a unit is refused":          {"10s", true, 0, `HEALTH_CHECK_INTERVAL="10s"`},
		"what overflows is refused":  {"99999999999", true, 0, `HEALTH_CHECK_INTERVAL="99999999999"`},
		"a blank around is refused":  {" 10", true, 0, `HEALTH_CHECK_INTERVAL=" 10"`},
		"what is no number, refused": {"often", true, 0, `HEALTH_CHECK_INTERVAL="often"`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, err := health.IntervalFromEnv(func(key string) (string, bool) {
				require.Equal(t, "HEALTH_CHECK_INTERVAL", key)
				return c.text, c.set
			})
			require.Equal(t, c.want, got)
			if c.err == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.err)
			}
		})
	}
}

func TestBadConfigIsRefusedByName(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	_, err := health.NewMonitor(health.MonitorConfig{})
	require.ErrorContains(t, err, "MonitorConfig.Registry")
	_, err = health.NewMonitor(health.MonitorConfig{Registry: r, Interval: -1})
	require.ErrorContains(t, err, "MonitorConfig.Interval")
}

func TestEnvironmentIsNotTheLibrarys(t *testing.T) {
	t.Setenv("HEALTH_CHECK_INTERVAL", "soon")
	synctest.Test(t, func(t *testing.T) {
		var at []time.Duration
		start := time.Now()
		m := monitor(t, health.MonitorConfig{OnBeat: func(health.Report) { at = append(at, time.Since(start)) }})
		m.Start(t.Context())
		time.Sleep(5*time.Minute + time.Second)
		require.NoError(t, m.Stop(t.Context()))
		require.Equal(t, []time.Duration{5 * time.Minute}, at)
	})
}

func TestStartIsIdempotentAndStopIsPrompt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		m := monitor(t, health.MonitorConfig{})
		require.NoError(t, m.Stop(t.Context()), "before it ever started")

		start := time.Now()
		run := m.Start(t.Context())
		require.Same(t, run, m.Start(t.Context()))
		time.Sleep(time.Minute)
		require.Same(t, run, m.Start(t.Context()))
		require.NoError(t, m.Stop(t.Context()))
		require.Equal(t, time.Minute, time.Since(start), "neither of them takes any time")
		select {
		case <-run.Done():
		default:
			t.Fatal("Stop came back before the monitoring had ended")
		}
		require.NoError(t, m.Stop(t.Context()))

		again := m.Start(t.Context())
		require.NotSame(t, run, again)
		require.NoError(t, m.Stop(t.Context()))
	})
}

func TestMonitorEndsWithItsContext(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		var beats atomic.Int32
		m := monitor(t, health.MonitorConfig{Interval: time.Second, OnBeat: func(health.Report) { beats.Add(1) }})
		ctx, cancel := context.WithCancel(t.Context())
		run := m.Start(ctx)
		time.Sleep(1500 * time.Millisecond)
		cancel()
		require.NotSame(t, run, m.Start(t.Context()), "its end was asked for: a start begins anew")
		<-run.Done()
		time.Sleep(1100 * time.Millisecond)
		require.NoError(t, m.Stop(t.Context()))
		require.EqualValues(t, 2, beats.Load())
	})
}

func TestBeatThatHangsDelaysNobody(t *testing.T) {
	t.Parallel()
	hang := func(release <-chan struct{}) (onBeat func(health.Report), handler slog.Handler) {
		return func(health.Report) { <-release }, &hangingHandler{release: release}
	}
	for name, configure := range map[string]func(cfg *health.MonitorConfig, release <-chan struct{}){
		"a hook that hangs": func(cfg *health.MonitorConfig, release <-chan struct{}) {
			cfg.OnBeat, _ = hang(release)
		},
		"a log that hangs from the first line on": func(cfg *health.MonitorConfig, release <-chan struct{}) {
			_, handler := hang(release)
			cfg.Logger = slog.New(handler)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				release := make(chan struct{})
				r := health.NewRegistry(health.Config{})
				cfg := health.MonitorConfig{Registry: r, Interval: 10 * time.Second}
				configure(&cfg, release)
				m := monitor(t, cfg)
				start := time.Now()
				run := m.Start(t.Context())
				require.Zero(t, time.Since(start))

				ctx, _ := begin(t, r, "trading")
				for range 60 { // the loop beside it goes on, exact to the nanosecond
					time.Sleep(time.Second)
					health.Beat(ctx)
					health.Observe(health.Child(ctx, "BTC"), nil)
					require.Equal(t, health.Healthy, r.Report().Verdict)
				}
				require.Equal(t, time.Minute, time.Since(start))

				bounded, cancel := context.WithTimeout(t.Context(), 2*time.Second)
				defer cancel()
				require.ErrorIs(t, m.Stop(bounded), context.DeadlineExceeded)
				require.Equal(t, 62*time.Second, time.Since(start))
				require.NotSame(t, run, m.Start(t.Context()), "one that hangs does not keep a new one from starting")
				close(release)
				<-run.Done()
				require.NoError(t, m.Stop(t.Context()))
			})
		})
	}
}

type hangingHandler struct {
	slog.Handler
	release <-chan struct{}
}

func (*hangingHandler) Enabled(context.Context, slog.Level) bool { return true }
func (h *hangingHandler) Handle(context.Context, slog.Record) error {
	<-h.release
	return nil
}

func TestOverrunBeatsAreLeftOut(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		takes time.Duration // the first beat
		at    []time.Duration
	}{
		"in time":                       {0, []time.Duration{10, 20, 30, 40, 50}},
		"slow, and ready for the next":  {9, []time.Duration{10, 20, 30, 40, 50}},
		"ready just when the next came": {10, []time.Duration{10, 30, 40, 50}},
		"two were overrun":              {25, []time.Duration{10, 40, 50}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				start := time.Now()
				var at []time.Duration
				m := monitor(t, health.MonitorConfig{Interval: 10 * time.Second, OnBeat: func(health.Report) {
					at = append(at, time.Since(start)/time.Second)
					if len(at) == 1 {
						time.Sleep(c.takes * time.Second)
					}
				}})
				m.Start(t.Context())
				time.Sleep(55 * time.Second)
				require.NoError(t, m.Stop(t.Context()))
				require.Equal(t, c.at, at)
			})
		})
	}
}

func TestHookThatPanicsEndsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := newTranscript()
		beats := 0
		m := monitor(t, health.MonitorConfig{Interval: time.Second, Logger: log.logger(), OnBeat: func(health.Report) {
			beats++
			panic("no pager today")
		}})
		m.Start(t.Context())
		time.Sleep(2500 * time.Millisecond)
		require.NoError(t, m.Stop(t.Context()))
		require.Equal(t, 2, beats)
		require.Contains(t, log.String(), "no pager today")
		require.Contains(t, log.String(), "monitor_test.go", "with the stack")
	})
}

func TestMonitorIsAService(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := health.NewRegistry(health.Config{})
		monitored, part := begin(t, r, "monitor")
		var fail atomic.Bool
		m := monitor(t, health.MonitorConfig{Registry: r, Interval: 10 * time.Second, OnBeat: func(health.Report) {
			if fail.Load() {
				panic("no pager today")
			}
		}})
		ctx, cancel := context.WithCancelCause(monitored)
		ended := make(chan error)
		go func() { ended <- m.Serve(ctx) }()

		time.Sleep(9 * time.Second)
		require.True(t, part.IdleAt(time.Now()), "silent as planned")
		require.False(t, part.TakeBeat())
		time.Sleep(2 * time.Second)
		require.True(t, part.TakeBeat())
		require.Equal(t, time.Now().Add(-time.Second), judged(t, r, "monitor").LastProgress)
		fail.Store(true)
		time.Sleep(10 * time.Second)
		require.Equal(t, 1, judged(t, r, "monitor").ErrorRun)

		cancel(errors.New("enough"))
		require.Equal(t, context.Canceled, <-ended)
	})
}

// badHandler does something else for as long as it is bad.
type badHandler struct {
	slog.Handler
	bad  *atomic.Bool
	does func()
}

func (h badHandler) Handle(ctx context.Context, r slog.Record) error {
	if h.bad.Load() {
		h.does()
	}
	return h.Handler.Handle(ctx, r)
}

func TestMonitorSurvivesItsListenersAndSaysSo(t *testing.T) {
	t.Parallel()
	for how, does := range map[string]func(){
		"panic: no disk":            func() { panic("no disk") },
		"runtime.Goexit was called": runtime.Goexit,
	} {
		t.Run(how, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var bad atomic.Bool
				bad.Store(true)
				log := newTranscript()
				r := health.NewRegistry(health.Config{})
				monitored, _ := begin(t, r, "monitor")
				ctx, cancel := context.WithCancel(monitored)
				var beats atomic.Int32
				m := monitor(t, health.MonitorConfig{
					Registry: r, Interval: time.Second, Logger: slog.New(badHandler{log.logger().Handler(), &bad, does}),
					OnBeat: func(health.Report) {
						beats.Add(1)
						if bad.Load() {
							does()
						}
					},
				})
				ended := make(chan error, 1)
				go func() { ended <- m.Serve(ctx) }()
				time.Sleep(2500 * time.Millisecond)
				require.EqualValues(t, 2, beats.Load(), "it goes on")
				require.Contains(t, judged(t, r, "monitor").Reason, how)
				bad.Store(false)
				time.Sleep(time.Second)
				require.Contains(t, log.String(), `lost_to="`+how+`"`)
				require.Equal(t, health.Healthy, judged(t, r, "monitor").Verdict)
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
			})
		})
	}
}

func TestHeartbeatIsOneLineHoweverManyPartsAreIll(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		log := newTranscript()
		r := health.NewRegistry(health.Config{})
		for i := range 1000 {
			r.Begin(strconv.Itoa(i)).Part().Observe(errDown)
		}
		m := monitor(t, health.MonitorConfig{Registry: r, Interval: time.Second, Logger: log.logger()})
		m.Start(t.Context())
		time.Sleep(1500 * time.Millisecond)
		require.NoError(t, m.Stop(t.Context()))
		require.Less(t, len(log.String()), 2000)
		require.Contains(t, log.String(), "and 980 more")
	})
}
