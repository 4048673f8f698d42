package health

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// Defaults of ProbeConfig.
const (
	defaultProbeEvery   = 30 * time.Second
	defaultProbeTimeout = 10 * time.Second
)

// ProbeConfig configures a Probe.
type ProbeConfig struct {
	// Check looks at something, such as whether a database answers, and says what is wrong with it; nil is nothing. It
	// should end with its context, which has Timeout.
	Check    func(ctx context.Context) error
	Every    time.Duration // between two checks; 0 means 30 s
	Timeout  time.Duration // how long a check may take; 0 means 10 s
	Failures int           // how many have to fail in a row before the part is no longer healthy; 0 means 1
	Verdict  Verdict       // what the part is then; Healthy, the zero value, means Unhealthy
	Remedy   string        // what ends it, in one sentence for who reads of it; may be empty
	Clock    Clock         // nil means the machine's clock
}

// Probe makes a part of a report out of a function of the host's. It is a service: add it to a tree, where its name is
// that of the check. A report does not wait for it: it tells what the last check said.
//
// A check that panics, or ends its goroutine, has failed. One that does not return has failed once its Timeout is over, and
// the part stays so until the check is back: there is never a second one beside it.
type Probe struct{ cfg ProbeConfig }

// NewProbe returns a Probe. It begins with Serve.
func NewProbe(cfg ProbeConfig) (*Probe, error) {
	switch {
	case cfg.Check == nil:
		return nil, errors.New("health: ProbeConfig.Check is nil")
	case cfg.Every < 0 || cfg.Timeout < 0 || cfg.Failures < 0:
		return nil, errors.New("health: ProbeConfig.Every, Timeout or Failures is negative")
	case cfg.Verdict < Healthy || cfg.Verdict > Unhealthy:
		return nil, fmt.Errorf("health: ProbeConfig.Verdict is %s", cfg.Verdict)
	}
	cfg.Every, cfg.Timeout = cmp.Or(cfg.Every, defaultProbeEvery), cmp.Or(cfg.Timeout, defaultProbeTimeout)
	cfg.Failures, cfg.Verdict = cmp.Or(cfg.Failures, 1), cmp.Or(cfg.Verdict, Unhealthy)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	return &Probe{cfg: cfg}, nil
}

// Serve checks at once and then at each interval, until ctx ends.
func (p *Probe) Serve(ctx context.Context) error {
	for failures := 0; ; {
		began := p.cfg.Clock.Now()
		err := p.check(ctx)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err == nil {
			failures = 0
			Clear(ctx, probeFails)
			Observe(ctx, nil)
			Ready(ctx)
		} else if failures++; failures >= p.cfg.Failures {
			p.fails(ctx, foreign.Text(err, p.cfg.Clock))
		}
		next := began.Add(p.cfg.Every)
		Idle(ctx, next)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-p.cfg.Clock.After(next.Sub(p.cfg.Clock.Now())):
		}
	}
}

// probeFails is the key of the condition that a Probe raises.
const probeFails = "check"

func (p *Probe) fails(ctx context.Context, text string) {
	Raise(ctx, Condition{Key: probeFails, Verdict: p.cfg.Verdict, Text: text, Remedy: p.cfg.Remedy})
}

// check calls the check, and comes back with it. Meanwhile the part says that it takes too long.
func (p *Probe) check(ctx context.Context) error {
	limited, cancel := clockctx.WithTimeout(ctx, p.cfg.Clock, p.cfg.Timeout)
	defer cancel()
	call := foreign.Go(func() (struct{}, error) { return struct{}{}, p.cfg.Check(limited) })
	if _, err := call.Wait(limited); call.Ended() || ctx.Err() != nil {
		return err
	}
	p.fails(ctx, fmt.Sprintf("the check has not returned within %s", p.cfg.Timeout))
	Idle(ctx, time.Time{}) // What there is to say stands in the condition.
	_, err := call.Wait(ctx)
	return err
}
