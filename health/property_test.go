package health_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/health"
)

// handClock stands still unless it is moved.
type handClock struct{ now time.Time }

func (c *handClock) Now() time.Time                       { return c.now }
func (c *handClock) After(time.Duration) <-chan time.Time { panic("nothing here waits") }

// model is a part as a child would explain it: one flat set of facts, judged from scratch each time.
type model struct {
	state         health.State
	limits        health.Limits
	errors        int
	excused       time.Time // silence counts from here
	waiting       bool      // until the next beat
	waitsUntil    time.Time
	owner         *model // nil for a part
	children      map[string]*model
	run           *health.Run // nil for a child, which no supervisor runs
	handle        context.Context
	runs          int // of a part: its runs; of a child: the run of its part that asked for it last
	beat, removed bool
}

func (m *model) verdict(now time.Time, expectsSilence bool) health.Verdict {
	expectsSilence = expectsSilence || m.expectsSilence()
	worst := m.ownVerdict(now, expectsSilence)
	ill, total := 0, 0
	for _, c := range m.children {
		if c.removed {
			continue
		}
		total++
		switch c.verdict(now, expectsSilence) {
		case health.Unhealthy:
			ill++
			worst = max(worst, health.Degraded)
		case health.Degraded:
			worst = max(worst, health.Degraded)
		}
	}
	if total > 0 && ill == total {
		worst = health.Unhealthy
	}
	return worst
}

func (m *model) ownVerdict(now time.Time, expectsSilence bool) health.Verdict {
	switch m.state {
	case health.StateBackoff, health.StateStalled, health.StateCrashed:
		return health.Unhealthy
	}
	if !expectsSilence && m.silent(now) || !expectsSilence && m.errors >= max(m.limits.MaxErrors, 1) {
		return health.Unhealthy
	}
	if m.state != health.StateRunning || !expectsSilence && m.errors > 0 {
		return health.Degraded
	}
	return health.Healthy
}

func (m *model) silent(now time.Time) bool {
	if m.limits.MaxSilence == 0 || m.waiting || m.waitsUntil.After(now) {
		return false
	}
	from := m.excused
	if m.waitsUntil.After(from) {
		from = m.waitsUntil
	}
	return now.Sub(from) > m.limits.MaxSilence
}

func (m *model) expectsSilence() bool {
	return m.state == health.StateNotStarted || m.state == health.StatePaused || m.state == health.StateStopped
}

// carry hands over to a new run: the silence goes on, and the run of errors has ended.
func (m *model) carry(now time.Time) {
	if m.excused.IsZero() || m.waiting {
		m.excused = now
	}
	if end := m.waitsUntil; end.After(m.excused) {
		m.excused = end
		if end.After(now) {
			m.excused = now
		}
	}
	m.waiting, m.waitsUntil, m.errors, m.beat = false, time.Time{}, 0, false
}

// excuse starts silence anew for the part and those below it.
func (m *model) excuse(now time.Time) {
	m.excused = now
	for _, c := range m.children {
		c.excuse(now)
	}
}

var allStates = []health.State{
	health.StateNotStarted, health.StateStarting, health.StateRunning, health.StatePaused, health.StateStalled,
	health.StateBackoff, health.StateStopping, health.StateStopped, health.StateCrashed,
}

// machine drives a registry and the model with the same steps.
type machine struct {
	clock   *handClock
	r       *health.Registry
	parts   map[string]*model
	zombies []context.Context
}

func newMachine() *machine {
	c := &handClock{now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	return &machine{clock: c, r: health.NewRegistry(health.Config{Clock: c}), parts: make(map[string]*model)}
}

// limited sets limits on a new run, so that each part has some.
func (m *machine) limited(t *rapid.T, p *model) {
	p.limits = health.Limits{
		MaxSilence: time.Duration(rapid.IntRange(0, 5).Draw(t, "silence")) * time.Second,
		MaxErrors:  rapid.IntRange(1, 3).Draw(t, "errors"),
	}
	health.Expect(p.handle, p.limits)
}

// pick draws a part that has begun, or one of its children.
func (m *machine) pick(t *rapid.T) *model {
	p := m.parts[rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")]
	if p == nil {
		t.Skip("not begun")
	}
	if name := rapid.SampledFrom([]string{"", "x", "y"}).Draw(t, "child"); name != "" {
		if c := p.children[name]; c != nil && !c.removed {
			return c
		}
	}
	return p
}

func (m *machine) actions() map[string]func(*rapid.T) {
	return map[string]func(*rapid.T){
		"begin": m.begin, "child": m.child, "state": m.setState, "idle": m.idle, "zombie": m.zombie, "": m.check,
		"time": func(t *rapid.T) {
			m.clock.now = m.clock.now.Add(time.Duration(rapid.IntRange(0, 4000).Draw(t, "ms")) * time.Millisecond)
		},
		"progress": func(t *rapid.T) {
			p := m.pick(t)
			health.Observe(p.handle, nil)
			p.errors, p.excused = 0, m.clock.now
		},
		"error": func(t *rapid.T) {
			p := m.pick(t)
			health.Observe(p.handle, errors.New("no"))
			p.errors++
		},
		"beat": func(t *rapid.T) {
			p := m.pick(t)
			health.Beat(p.handle)
			for fed := p; fed != nil; fed = fed.owner {
				fed.beat = true
			}
			if p.waiting {
				p.waiting, p.waitsUntil = false, m.clock.now
			}
		},
		"watch": func(t *rapid.T) {
			p := m.pick(t)
			if p.run == nil {
				t.Skip("not watched")
			}
			require.Equal(t, p.beat, p.run.TakeBeat())
			p.beat = false
		},
		"forget": func(t *rapid.T) {
			path := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")
			m.retire(m.parts[path])
			m.r.Forget(path)
			delete(m.parts, path)
		},
	}
}

// begin starts a new run of a part; what the old one says from now on counts for nothing.
func (m *machine) begin(t *rapid.T) {
	path := rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")
	p := m.parts[path]
	if p == nil {
		p = &model{children: make(map[string]*model)}
		m.parts[path] = p
	}
	m.retire(p)
	p.run = m.r.Begin(path)
	p.handle = health.NewContext(context.Background(), p.run.Part())
	p.carry(m.clock.now)
	p.runs++
	m.limited(t, p)
	if p.state == "" {
		p.state = health.StateRunning
		live(p.run, health.Lifecycle{State: p.state})
	}
}

func (m *machine) retire(p *model) {
	if p == nil || p.handle == nil {
		return
	}
	m.zombies = append(m.zombies, p.handle)
	for _, c := range p.children {
		m.zombies = append(m.zombies, c.handle)
		c.removed = true
	}
}

// child asks for a child, which comes into being or goes on.
func (m *machine) child(t *rapid.T) {
	p := m.parts[rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")]
	if p == nil {
		t.Skip("not begun")
	}
	name := rapid.SampledFrom([]string{"x", "y"}).Draw(t, "name")
	handle := health.Child(p.handle, name)
	c := p.children[name]
	if c == nil {
		c = &model{owner: p, state: health.StateRunning, removed: true}
		p.children[name] = c
	}
	if c.removed {
		if c.runs < p.runs-1 { // nobody remembers it
			c.excused, c.waiting, c.waitsUntil = m.clock.now, false, time.Time{}
		}
		c.carry(m.clock.now)
	}
	c.removed, c.handle, c.runs = false, handle, p.runs
	m.limited(t, c)
}

func (m *machine) setState(t *rapid.T) {
	p := m.parts[rapid.SampledFrom([]string{"a", "b"}).Draw(t, "part")]
	if p == nil {
		t.Skip("not begun")
	}
	paused := p.state == health.StatePaused // the rests that are planned; any other stop excuses nothing
	p.state = rapid.SampledFrom(allStates).Draw(t, "state")
	live(p.run, health.Lifecycle{State: p.state})
	if paused && p.state != health.StatePaused {
		p.excuse(m.clock.now)
	}
}

func (m *machine) idle(t *rapid.T) {
	p := m.pick(t)
	if rapid.Bool().Draw(t, "until the next beat") {
		health.Idle(p.handle, time.Time{})
		p.waiting = true
		return
	}
	until := m.clock.now.Add(time.Duration(rapid.IntRange(0, 6000).Draw(t, "ms")) * time.Millisecond)
	health.Idle(p.handle, until)
	p.waiting, p.waitsUntil = false, until
}

func (m *machine) zombie(t *rapid.T) {
	if len(m.zombies) == 0 {
		t.Skip("none yet")
	}
	ctx := rapid.SampledFrom(m.zombies).Draw(t, "zombie")
	health.Beat(ctx)
	health.Idle(ctx, time.Time{})
	health.Expect(ctx, health.Limits{MaxErrors: 1, MaxSilence: 1})
	health.Observe(ctx, errors.New("from the grave"))
	health.Observe(health.Child(ctx, "x"), errors.New("from the grave"))
	health.Observe(ctx, nil)
}

// check compares the report with the model.
func (m *machine) check(t *rapid.T) {
	report := m.r.Report()
	want, count := health.Healthy, 0
	for path, p := range m.parts {
		got, ok := report.Part(path)
		require.True(t, ok, path)
		require.Equal(t, p.verdict(m.clock.now, false), got.Verdict, "%s: %s", path, got.Reason)
		require.Equal(t, got.Verdict == health.Healthy, got.Reason == "", path)
		want = max(want, got.Verdict)
		count++
		for name, c := range p.children {
			got, ok := report.Part(path + "/" + name)
			require.Equal(t, !c.removed, ok)
			if ok {
				require.Equal(t, c.verdict(m.clock.now, p.expectsSilence()), got.Verdict, "%s/%s: %s", path, name, got.Reason)
				require.Equal(t, c.errors, got.ErrorRun)
				count++
			}
		}
	}
	require.Equal(t, want, report.Verdict)
	require.Len(t, report.Parts, count)
}

func TestVerdictIsThatOfANaiveModel(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) { t.Repeat(newMachine().actions()) })
}
