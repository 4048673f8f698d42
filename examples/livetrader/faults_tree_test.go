package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// crasher is a service that works, or fails after a while.
type crasher struct {
	after atomic.Int64 // how long a run works; 0 for ever
	hang  func()       // nil where it ends with its context
	hangs atomic.Bool
}

func (c *crasher) Serve(ctx context.Context) error {
	began := time.Now()
	for ctx.Err() == nil {
		if c.hangs.Load() {
			c.hang()
		}
		if after := time.Duration(c.after.Load()); after > 0 && time.Since(began) >= after {
			return errors.New("segment not found")
		}
		health.Beat(ctx)
		health.Observe(ctx, nil)
		_ = sleepOr(ctx, time.Second)
	}
	return ctx.Err()
}

// with adds a service of the host's.
func with(name string, s supervisor.Service, policy supervisor.Policy) func(*plant) {
	return func(p *plant) {
		p.cfg.Services = append(p.cfg.Services, vigil.Child{Name: name, Service: s, Policy: policy})
	}
}

func TestFaultServiceCrashLoop(t *testing.T) {
	t.Parallel()
	c := &crasher{}
	inBubble(t, false, with("host", c, supervisor.Policy{
		MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: time.Second, Max: time.Second},
	}), func(p *plant) {
		c.after.Store(int64(5 * time.Second))
		p.awaits(10*time.Second, "unhealthy", "trader/host: backoff: segment not found", "begun again by itself")
		p.awaits(30*time.Second, "degraded", "3 runs ended within 10m0s", "look at what ends it")
		p.awaits(2*time.Minute, "unhealthy", "10 runs ended within 10m0s", "look at what ends it")
		c.after.Store(0)
		p.awaits(11*time.Minute, "healthy")
	})
}

func TestFaultServiceDeadlockedAndItsZombie(t *testing.T) {
	t.Parallel()
	c := &crasher{}
	inBubble(t, false, func(p *plant) {
		hang, release := p.hangs()
		c.hang, p.probeBack = hang, release
		with("host", c, supervisor.Policy{
			Stall: 10 * time.Second, Zombie: supervisor.Replace, Backoff: supervisor.Backoff{Initial: time.Second},
		})(p)
	}, func(p *plant) {
		c.hangs.Store(true)
		p.awaits(15*time.Second, "unhealthy", "trader/host: stalled", "a new process is needed")
		c.hangs.Store(false)
		p.awaits(time.Minute, "degraded", "1 abandoned run is still running", "have the run's code end with its context")
		p.holds(10*time.Minute, "degraded")
		p.probeBack()
		p.awaits(11*time.Minute, "healthy")
	})
}

func TestFaultServiceParked(t *testing.T) {
	t.Parallel()
	c := &crasher{}
	inBubble(t, false, with("host", c, supervisor.Policy{
		MaxRestarts: 2, Backoff: supervisor.Backoff{Initial: time.Second}, CoolDown: 3 * time.Minute,
	}), func(p *plant) {
		c.after.Store(int64(time.Millisecond))
		p.awaits(30*time.Second, "unhealthy", "crashed: segment not found, parked until", "may be restarted at once")
		c.after.Store(0)
		p.awaits(3*time.Minute+5*time.Second, "degraded", `"restarts":3`)
		p.awaits(11*time.Minute, "healthy")
	})
}

func TestFaultRestartStorm(t *testing.T) {
	t.Parallel()
	services := make([]*crasher, 20)
	inBubble(t, false, func(p *plant) {
		for i := range services {
			services[i] = &crasher{}
			with(fmt.Sprintf("host%02d", i), services[i], supervisor.Policy{Backoff: supervisor.Backoff{Initial: time.Second}})(p)
		}
	}, func(p *plant) {
		for _, c := range services {
			c.after.Store(int64(time.Millisecond))
		}
		p.awaits(5*time.Second, "unhealthy", "trader/host19: backoff: segment not found", "begun again by itself")
		for _, c := range services {
			c.after.Store(0)
		}
		p.awaits(30*time.Second, "degraded", `"signal_generation":{"status":"running"`)
		p.awaits(11*time.Minute, "healthy")
	})
}

func TestFaultGeneratorNeverStarted(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		p := newPlant(t, false)
		p.cfg.Services = append(p.cfg.Services, vigil.Child{
			Name: "first", Policy: supervisor.Policy{Ready: time.Hour},
			Service: service(func(ctx context.Context) error { // what is to come first never does
				<-ctx.Done()
				return ctx.Err()
			}),
		})
		p.make()
		end := p.begin()
		defer end()
		p.awaits(time.Second, "degraded", `"background_task_status":"not_started"`)
		p.holds(30*time.Minute, "degraded")
		require.Equal(t, http.StatusServiceUnavailable, p.ready())
		time.Sleep(time.Hour)
		p.awaits(time.Minute, "degraded", `"background_task_status":"running"`, "first: not ready for")
	})
}

// jumping is a clock that can be set.
type jumping struct{ by atomic.Int64 }

func (c *jumping) Now() time.Time { return time.Now().Add(time.Duration(c.by.Load())) }

func (*jumping) After(d time.Duration) <-chan time.Time { return time.After(d) }

func TestFaultClockJump(t *testing.T) {
	t.Parallel()
	c := &jumping{}
	inBubble(t, false, func(p *plant) { p.cfg.Clock = c }, func(p *plant) {
		c.by.Store(int64(time.Hour))
		p.awaits(30*time.Second, "unhealthy", "no progress for", seesTheSource)
		c.by.Store(0)
		p.awaits(2*time.Minute, "healthy")
	})
}

// The peers answer 200 an hour later, or hang.
func TestFaultEverythingHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, false, func(p *plant) {
		hang, release := p.hangs()
		stuck := func() bool { return p.trader.Registry().Report().Uptime > 90*time.Second }
		for i := range 20 {
			c := &crasher{hang: hang}
			go func() { // every service deadlocks at the same time
				time.Sleep(90 * time.Second)
				c.hangs.Store(true)
			}()
			with(fmt.Sprintf("host%02d", i), c, supervisor.Policy{Stall: 10 * time.Second})(p)
			probe, err := health.NewProbe(health.ProbeConfig{Every: 5 * time.Second, Clock: machine{}, Timeout: 2 * time.Second,
				Check: func(context.Context) error {
					if stuck() {
						hang()
					}
					return nil
				}})
			require.NoError(p.t, err)
			with(fmt.Sprintf("probe%02d", i), probe, supervisor.Policy{})(p)
		}
		p.probeBack = release
		p.wrapped["signal_generation"] = func(s supervisor.Service) supervisor.Service { return deadlocked{s, stuck, hang} }
		p.wrapped["engine"] = p.wrapped["signal_generation"]
	}, func(p *plant) {
		p.awaits(3*time.Minute, "unhealthy", "trader/host19: stalled", "check: the check has not returned within 2s",
			`"background_task_status":"crashed"`, "trader/trading/account/engine: stalled", "a new process is needed")
		for range 300 { // each of which must take no time at all
			verdict, _ := p.ask()
			require.Equal(p.t, "unhealthy", verdict)
			time.Sleep(10 * time.Second)
		}
	})
}

// deadlocked is a service that hangs as soon as it is stuck, whatever its context says.
type deadlocked struct {
	supervisor.Service

	stuck func() bool
	hang  func()
}

func (d deadlocked) Serve(ctx context.Context) error {
	inner, cancel := context.WithCancel(ctx)
	defer cancel()
	go func() {
		for inner.Err() == nil && !d.stuck() {
			_ = sleepOr(inner, time.Second)
		}
		cancel()
	}()
	err := d.Service.Serve(inner)
	if ctx.Err() == nil && d.stuck() {
		d.hang()
	}
	return err
}
