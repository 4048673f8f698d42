package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"strconv"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// intervalVariable is the environment variable in which a program finds a Monitor's interval, in whole seconds. A
// Monitor does not look at it; see IntervalFromEnv.
const intervalVariable = "HEALTH_CHECK_INTERVAL"

// defaultInterval is the time between two heartbeats when nothing else is set.
const defaultInterval = 300 * time.Second

// MonitorConfig configures a Monitor.
type MonitorConfig struct {
	Registry *Registry     // required: whose report each heartbeat logs
	Interval time.Duration // between two heartbeats; 0 means 300 s
	Clock    Clock         // nil means the machine's clock
	Logger   *slog.Logger  // nil means slog.Default()
	OnBeat   func(Report)  // called with each heartbeat's report after it was logged; may be nil
}

// Monitor logs a heartbeat with uptime and status at each interval. It runs beside what it watches and shares no lock
// with it: however slow a heartbeat is, no part waits for it. Use NewMonitor.
//
// A log handler or an OnBeat that panics or ends its goroutine costs that heartbeat and nothing else. The next line that
// arrives says how many were lost, and the Monitor's own part, where it has one, that the heartbeat failed.
//
// A Monitor either runs by itself, with Start and Stop, or as a service in a tree, by Serve.
type Monitor struct {
	cfg MonitorConfig
	log *foreign.Log

	mu  sync.Mutex // guards run
	run *Monitoring
}

// Monitoring is the handle on a started Monitor.
type Monitoring struct {
	cancel context.CancelFunc
	ending <-chan struct{} // closed when the end was asked for, by Stop or by the context given to Start
	done   chan struct{}
}

// Done is closed when the monitoring has ended.
func (m *Monitoring) Done() <-chan struct{} { return m.done }

// NewMonitor returns a Monitor that is not yet running.
func NewMonitor(cfg MonitorConfig) (*Monitor, error) {
	if cfg.Registry == nil {
		return nil, fmt.Errorf("health: MonitorConfig.Registry is nil")
	}
	if cfg.Interval < 0 {
		return nil, fmt.Errorf("health: MonitorConfig.Interval %s is negative", cfg.Interval)
	}
	cfg.Interval = cmp.Or(cfg.Interval, defaultInterval)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Monitor{cfg: cfg, log: foreign.NewLog(cfg.Logger)}, nil
}

// IntervalFromEnv is for programs: it reads HEALTH_CHECK_INTERVAL through lookup, such as os.LookupEnv, and returns
// 300 s where it is not set.
func IntervalFromEnv(lookup func(string) (string, bool)) (time.Duration, error) {
	text, ok := lookup(intervalVariable)
	if !ok || text == "" {
		return defaultInterval, nil
	}
	seconds, err := strconv.ParseInt(text, 10, 32)
	if err != nil || seconds <= 0 {
		return 0, fmt.Errorf("health: %s=%q is not a whole number of seconds above zero", intervalVariable, text)
	}
	return time.Duration(seconds) * time.Second, nil
}

// Start starts the monitoring in a goroutine of its own and returns at once, however slow the logger is. While it runs,
// Start does nothing more and returns the same handle. It ends with ctx or by Stop; from then on Start begins anew, even
// where a heartbeat of the old run still hangs.
func (m *Monitor) Start(ctx context.Context) *Monitoring {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.run != nil && !closed(m.run.ending) {
		return m.run
	}
	ctx, cancel := context.WithCancel(ctx)
	run := &Monitoring{cancel: cancel, ending: ctx.Done(), done: make(chan struct{})}
	m.run = run
	go func() {
		defer close(run.done)
		defer cancel()
		_ = m.Serve(ctx) // it only ever ends with ctx
	}()
	return run
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}

// Stop ends what Start began and waits for it. It does nothing where nothing runs. Where a heartbeat hangs, in a log
// handler or in OnBeat, Stop waits until ctx ends and returns an error that wraps its cause.
func (m *Monitor) Stop(ctx context.Context) error {
	m.mu.Lock()
	run := m.run
	m.mu.Unlock()
	if run == nil {
		return nil
	}
	run.cancel()
	select {
	case <-run.done:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("health: the monitor did not stop: %w", context.Cause(ctx))
	}
}

// Serve beats until ctx ends and returns its error. The beats that a slow one overran are left out; the next one comes
// when it would have come anyway.
func (m *Monitor) Serve(ctx context.Context) error {
	next := m.cfg.Clock.Now().Add(m.cfg.Interval)
	m.log.Info("Health monitor started", "interval", m.cfg.Interval)
	for {
		Idle(ctx, next)
		if err := m.await(ctx, next); err != nil {
			return err
		}
		Beat(ctx)
		Observe(ctx, m.beat())
		next = m.after(next)
	}
}

func (m *Monitor) await(ctx context.Context, at time.Time) error {
	// The first look is for a clock without mercy on After(d <= 0), the last one for a beat and an end at one instant.
	if wait := at.Sub(m.cfg.Clock.Now()); wait > 0 {
		select {
		case <-ctx.Done():
		case <-m.cfg.Clock.After(wait):
		}
	}
	return ctx.Err()
}

// after returns the first beat after last that is still to come.
func (m *Monitor) after(last time.Time) time.Time {
	next := last.Add(m.cfg.Interval)
	if delay := m.cfg.Clock.Now().Sub(next); delay >= 0 {
		next = next.Add(delay.Truncate(m.cfg.Interval) + m.cfg.Interval)
	}
	return next
}

// maxLogged is how many reasons a heartbeat logs.
const maxLogged = 20

// beat logs one heartbeat. What fails of it is an error of this beat: the process that it watches must not end by it.
func (m *Monitor) beat() error {
	report := m.cfg.Registry.Report()
	level := slog.LevelInfo
	if report.Verdict != Healthy {
		level = slog.LevelWarn
	}
	attrs := []slog.Attr{slog.Duration("uptime", report.Uptime), slog.String("status", report.Verdict.String())}
	if reasons := report.Reasons; len(reasons) > 0 {
		if more := len(reasons) - maxLogged; more > 0 {
			reasons = append(reasons[:maxLogged:maxLogged], fmt.Sprintf("and %d more", more))
		}
		attrs = append(attrs, slog.Any("reasons", reasons))
	}
	m.log.LogAttrs(context.Background(), level, "Heartbeat", attrs...)
	var failed error
	if m.cfg.OnBeat != nil {
		failed = m.hook(report)
	}
	return errors.Join(m.log.Loss(), failed)
}

// hook calls OnBeat.
func (m *Monitor) hook(report Report) error {
	_, err := foreign.Go(func() (struct{}, error) {
		m.cfg.OnBeat(report)
		return struct{}{}, nil
	}).Result()
	if err == nil {
		return nil
	}
	err = fmt.Errorf("health: OnBeat: %w", err)
	m.log.Error("Heartbeat hook failed", "error", foreign.Text(err, m.cfg.Clock), "stack", foreign.Stack(err))
	return err
}
