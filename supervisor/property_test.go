package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"pgregory.net/rapid"
)

// A random tree goes through random ends, calls of administration, several at once, and steps of the clock; after each
// step what the tree says is held against what its services have seen. The long form:
//
//	go test -run TestRandomTreeKeepsItsWord ./supervisor -rapid.checks=10000
func TestRandomTreeKeepsItsWord(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		script := drawScript(rt) // all of it: rapid's own goroutine is outside of the bubble
		var fault string
		synctest.Test(t, func(*testing.T) { fault = script.play() })
		if fault != "" {
			rt.Fatal(fault)
		}
	})
}

// script is what happens to a tree.
type script struct {
	strategies [2]supervisor.Strategy // of the root and of the supervisor below it
	children   []part
	steps      []step
	recovers   bool // in the end all faults end, and it has to be well again
	busy       bool // the receiver of events has no time until a step is over
}

// part is the role of one child.
type part struct {
	name   string
	sub    bool // a child of the supervisor below
	late   bool // added while the tree runs, by a step
	policy supervisor.Policy
	acts   []act // its runs, one after the other; the last is repeated
}

// act is one run: it lasts for a while and ends by itself, or it works until it is asked to stop.
type act struct {
	lasts time.Duration // 0 for until it is asked
	end   string
	slow  time.Duration // how long it takes to stop when it is asked; forever is deaf
	beats bool
}

type step struct {
	calls   []call
	advance time.Duration
}

type call struct {
	do    string
	child int
}

const deafFor = 1000 * time.Hour

func drawScript(t *rapid.T) *script {
	s := &script{}
	for i := range s.strategies {
		s.strategies[i] = supervisor.Strategy(rapid.IntRange(0, 2).Draw(t, "strategy"))
	}
	s.recovers, s.busy = rapid.Bool().Draw(t, "recovers"), rapid.Bool().Draw(t, "busy")
	for i := range rapid.IntRange(1, 6).Draw(t, "children") {
		s.children = append(s.children, drawPart(t, i, s.busy))
	}
	calls := []string{"restart", "start", "stop", "pause", "resume", "remove", "add", "status", "restart tree", "restart sub",
		"stop sub", "pause sub", "start sub"}
	for range rapid.IntRange(1, 12).Draw(t, "steps") {
		st := step{advance: time.Duration(rapid.IntRange(0, 40).Draw(t, "advance")) * 500 * time.Millisecond}
		for range rapid.IntRange(0, 3).Draw(t, "calls") {
			st.calls = append(st.calls, call{rapid.SampledFrom(calls).Draw(t, "do"), rapid.IntRange(0, len(s.children)-1).Draw(t, "child")})
		}
		s.steps = append(s.steps, st)
	}
	return s
}

func drawPart(t *rapid.T, i int, busy bool) part {
	p := part{name: fmt.Sprintf("c%d", i), sub: rapid.Bool().Draw(t, "sub"), late: rapid.IntRange(0, 3).Draw(t, "late") == 0}
	p.policy = supervisor.Policy{
		Restart:     supervisor.Restart(rapid.SampledFrom([]int{0, 0, 0, 1, 2}).Draw(t, "kind")),
		Backoff:     supervisor.Backoff{Initial: rapid.SampledFrom([]time.Duration{supervisor.NoDelay, time.Second, 0}).Draw(t, "delay")},
		StopTimeout: rapid.SampledFrom([]time.Duration{time.Second, 3 * time.Second}).Draw(t, "stop timeout"),
		Stall:       rapid.SampledFrom([]time.Duration{0, 0, 4 * time.Second}).Draw(t, "stall"),
		Ready:       rapid.SampledFrom([]time.Duration{0, 0, 2 * time.Second}).Draw(t, "ready"),
		Zombie:      supervisor.Zombie(rapid.IntRange(0, 1).Draw(t, "zombie")),
		Exhausted:   supervisor.Exhausted(rapid.SampledFrom([]int{0, 0, 1, 2}).Draw(t, "exhausted")),
		CoolDown:    rapid.SampledFrom([]time.Duration{0, 0, supervisor.Forever}).Draw(t, "cool down"),
	}
	if busy && rapid.IntRange(0, 29).Draw(t, "noisy") == 0 { // more events than wait for a receiver
		p.policy.MaxRestarts, p.policy.Backoff.Initial, p.policy.Restart = 1_000_000, supervisor.NoDelay, supervisor.Permanent
		p.acts = []act{{lasts: 20 * time.Millisecond, end: "error"}}
		return p
	}
	if p.policy.Restart != supervisor.Temporary {
		p.policy.MaxRestarts = rapid.SampledFrom([]int{supervisor.NoRestarts, 1, 3}).Draw(t, "max restarts")
	}
	ends := []string{"nil", "error", "error", "panic", "goexit"}
	for range rapid.IntRange(1, 4).Draw(t, "acts") {
		p.acts = append(p.acts, act{
			lasts: time.Duration(rapid.SampledFrom([]int{0, 0, 1, 500, 4000, 90_000}).Draw(t, "lasts")) * time.Millisecond,
			end:   rapid.SampledFrom(ends).Draw(t, "end"),
			slow:  rapid.SampledFrom([]time.Duration{0, 0, 0, 500 * time.Millisecond, 5 * time.Second, deafFor}).Draw(t, "slow"),
			beats: rapid.Bool().Draw(t, "beats"),
		})
	}
	return p
}

// actor is the service of one child. It knows what really happens.
type actor struct {
	part    part
	release <-chan struct{} // the end of the play: even the deaf go home

	mu      sync.Mutex // guards all below
	entered int
	live    map[int]context.Context // of the runs that have not returned, by their number
	started map[int]time.Time       // when each run began
	ends    []time.Time             // when runs ended by themselves
	well    bool                    // from the next run on it works
	fault   string
}

func (a *actor) Serve(ctx context.Context) error {
	a.mu.Lock()
	a.entered++
	number := a.entered
	for _, other := range a.live {
		if other.Err() == nil {
			a.fault = "a second run beside one that was not asked to end"
		}
	}
	if len(a.live) > 0 && a.part.policy.Zombie == supervisor.Wait {
		a.fault = "a second run beside a zombie, where the policy is to wait"
	}
	a.live[number], a.started[number] = ctx, time.Now()
	present := a.actOf(number)
	if a.well {
		present = wellAct
	}
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.live, number)
		if ctx.Err() == nil {
			a.ends = append(a.ends, time.Now())
		}
		a.mu.Unlock()
	}()
	return present.perform(ctx, a.release)
}

var wellAct = act{beats: true}

// actOf is what the run of that number does, before the faults end.
func (a *actor) actOf(number int) act { return a.part.acts[max(0, min(number, len(a.part.acts))-1)] }

func (a act) perform(ctx context.Context, release <-chan struct{}) error {
	health.Ready(ctx)
	var over <-chan time.Time
	if a.lasts > 0 {
		over = time.After(a.lasts)
	}
	for {
		if a.beats {
			health.Beat(ctx)
		}
		select {
		case <-over:
			return a.finish()
		case <-time.After(time.Second):
		case <-ctx.Done():
			select {
			case <-time.After(a.slow):
			case <-release:
			}
			return ctx.Err()
		}
	}
}

func (a act) finish() error {
	switch a.end {
	case "nil":
		return nil
	case "panic":
		panic("at the disco")
	case "goexit":
		runtime.Goexit()
	}
	return errBoom
}

// runs counts the runs that live: those that are wanted, and all.
func (a *actor) runs() (wanted, all, entered int, fault string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	for _, ctx := range a.live {
		if ctx.Err() == nil {
			wanted++
		}
	}
	return wanted, len(a.live), a.entered, a.fault
}

// stage is a play that goes on.
type stage struct {
	*script
	root, sub *supervisor.Supervisor
	actors    []*actor
	rec       *recorder
	registry  *health.Registry
	model     *model
	letters   *letterbox
	release   chan struct{} // closed once: the end of the play
	once      sync.Once

	mu      sync.Mutex // guards removed and fault
	added   []bool
	removed []bool
	fault   string
}

func (s *script) play() (fault string) {
	release := make(chan struct{})
	rec := newRecorder()
	st := &stage{script: s, rec: rec, letters: &letterbox{receive: rec.Record}, release: release,
		registry: health.NewRegistry(health.Config{}), model: &model{wish: make(map[string]supervisor.Wish)}, added: make([]bool, len(s.children)), removed: make([]bool, len(s.children))}
	st.root, _ = supervisor.New(supervisor.Config{
		Name: "root", Strategy: s.strategies[0], OnEvent: st.letters.take, Logger: quiet(), Registry: st.registry,
	})
	st.sub, _ = supervisor.New(supervisor.Config{Name: "sub", Strategy: s.strategies[1]})
	for i, p := range s.children {
		st.actors = append(st.actors, &actor{part: p, release: release, live: make(map[int]context.Context),
			started: make(map[int]time.Time)})
		if !p.late {
			st.add(i)
		}
	}
	if err := st.root.Add("sub", st.sub, supervisor.Policy{MaxRestarts: 1}); err != nil {
		return err.Error()
	}
	if fault = st.checkHealth(); fault != "" {
		return "before the start: " + fault
	}
	_ = st.root.Start(context.Background())
	for i, step := range s.steps {
		st.letters.leave(s.busy)
		var calls sync.WaitGroup
		for _, c := range step.calls {
			calls.Go(func() { st.call(c) })
		}
		calls.Wait()
		st.learn()
		time.Sleep(step.advance)
		st.letters.back()
		synctest.Wait()
		if fault = st.check(); fault != "" {
			fault = fmt.Sprintf("after step %d: %s", i, fault)
			break
		}
	}
	if s.recovers && fault == "" {
		fault = st.recover()
	}
	if f := st.finish(); fault == "" {
		fault = f
	}
	st.letGo()
	return fault
}

func (st *stage) owner(i int) (s *supervisor.Supervisor, path string) {
	if st.children[i].sub {
		return st.sub, "sub/" + st.children[i].name
	}
	return st.root, st.children[i].name
}

func (st *stage) add(i int) {
	owner, _ := st.owner(i)
	if owner.Add(st.children[i].name, st.actors[i], st.children[i].policy) == nil {
		st.mu.Lock()
		st.added[i] = true
		st.mu.Unlock()
	}
}

// call makes one call of administration. It may fail, with an error that says why, and never waits longer than it says.
func (st *stage) call(c call) {
	began := time.Now()
	_, path := st.owner(c.child)
	var err error
	limit := time.Duration(0)
	switch c.do {
	case "restart":
		err = st.root.Restart(context.Background(), path)
	case "start":
		err = st.root.StartChild(context.Background(), path)
	case "stop":
		limit = time.Minute // a tree that stops at the same moment comes to each child in its turn
		err = st.root.StopChild(context.Background(), path)
	case "pause":
		err = st.root.Pause(context.Background(), path)
	case "resume":
		err = st.root.Resume(context.Background(), path)
	case "remove":
		if err = st.root.Remove(context.Background(), path); err == nil {
			st.mu.Lock()
			st.removed[c.child] = true
			st.mu.Unlock()
		}
	case "add":
		if st.children[c.child].late && !st.isAdded(c.child) {
			st.add(c.child)
		}
	case "status":
		st.root.Status()
	case "restart sub":
		err = st.root.Restart(context.Background(), "sub")
	case "stop sub":
		limit = 2 * time.Minute
		err = st.root.StopChild(context.Background(), "sub")
	case "pause sub":
		err = st.root.Pause(context.Background(), "sub")
	case "start sub":
		if err = st.root.StartChild(context.Background(), "sub"); err == nil || errors.Is(err, supervisor.ErrStarted) {
			_ = st.root.Resume(context.Background(), "sub")
		}
	case "restart tree":
		_ = st.root.Start(context.Background()) // it may have escalated
	}
	st.model.note(c, err)
	st.judge(c, err, time.Since(began), limit)
}

func (st *stage) isAdded(i int) bool {
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.added[i]
}

func (st *stage) judge(c call, err error, took, limit time.Duration) {
	var unstopped *supervisor.UnstoppedError
	known := err == nil || errors.As(err, &unstopped)
	for _, e := range []error{
		supervisor.ErrNotFound, supervisor.ErrNotRunning, supervisor.ErrStarted, supervisor.ErrNotStopped, supervisor.ErrZombie,
	} {
		known = known || errors.Is(err, e)
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if !known {
		st.fault = fmt.Sprintf("%v: an error that is not documented: %v", c, err)
	}
	if took > limit {
		st.fault = fmt.Sprintf("%v took %s, at most %s was promised", c, took, limit)
	}
}

// check holds what the tree says against what the services have seen.
func (st *stage) check() string {
	st.mu.Lock()
	fault := st.fault
	st.mu.Unlock()
	if fault != "" {
		return fault
	}
	for i, a := range st.actors {
		owner, path := st.owner(i)
		status, err := st.root.StatusOf(path)
		wanted, all, _, fault := a.runs()
		switch {
		case fault != "":
			return path + ": " + fault
		case err != nil:
			if why := st.mayBeGone(i, owner); why != "" {
				return path + " is not listed: " + why
			}
			if wanted > 0 {
				return path + " is not listed, and runs"
			}
			continue
		}
		if why := isTrue(status, wanted, all, owner.Status().State); why != "" {
			return fmt.Sprintf("%s: %s (%d wanted of %d runs): %+v", path, why, wanted, all, status)
		}
	}
	for _, check := range []func() string{st.checkEvents, st.checkWishes, st.checkHealth} {
		if fault := check(); fault != "" {
			return fault
		}
	}
	return ""
}

// mayBeGone tells why a child ought to be listed, "" if it need not be.
func (st *stage) mayBeGone(i int, owner *supervisor.Supervisor) string {
	p := st.children[i]
	st.mu.Lock()
	defer st.mu.Unlock()
	switch {
	case !st.added[i], st.removed[i], p.late, p.policy.Restart == supervisor.Temporary:
		return ""
	}
	return "nobody removed it from " + owner.String()
}

// isTrue holds a status against the number of live runs.
func isTrue(s supervisor.Status, wanted, all int, tree health.State) string {
	switch s.State {
	case health.StateStarting, health.StateRunning:
		if wanted != 1 {
			return "it says that it runs"
		}
	case health.StateStopped, health.StateCrashed, health.StateNotStarted, health.StateBackoff, health.StatePaused:
		if wanted != 0 || all != s.Zombies {
			return "it says that it is down"
		}
	case health.StateStopping, health.StateStalled:
		if wanted != 0 {
			return "it says that its run was asked to end"
		}
		if all < s.Zombies || all > s.Zombies+1 {
			return "its zombies are counted wrongly"
		}
	default:
		return "it has no state"
	}
	if s.State == health.StateBackoff && s.NextRestart.IsZero() {
		return "nothing will ever restart it"
	}
	if s.State == health.StateNotStarted && tree == health.StateRunning && s.Starts > 0 {
		return "it has been started"
	}
	return ""
}

// checkEvents finds budgets that were overdrawn and events out of order.
func (st *stage) checkEvents() string {
	var last time.Time
	for _, e := range st.rec.all() {
		at := e.Stamped()
		if at.Time.Before(last) && !st.busy { // a session that ended while nobody took its events has a receiver of its own
			return fmt.Sprintf("%T of %s is out of order", e, at.Path)
		}
		last = at.Time
		if e, ok := e.(supervisor.Restarting); ok && (e.Attempt.Max == 0 || e.Attempt.N > e.Attempt.Max) {
			return fmt.Sprintf("%s: restart %s", at.Path, e.Attempt)
		}
	}
	return ""
}

// finish stops the tree, and looks at the order and at what is left.
func (st *stage) finish() string {
	from := len(st.rec.all())
	settled := st.settled()
	began := time.Now()
	err := st.root.Stop(context.Background())
	if took := time.Since(began); took > time.Minute+time.Second {
		return fmt.Sprintf("the stop took %s", took)
	}
	var unstopped *supervisor.UnstoppedError
	errors.As(err, &unstopped)
	entered := make([]int, len(st.actors))
	living := 0
	for i, a := range st.actors {
		wanted, all, n, fault := a.runs()
		if fault != "" {
			return fault
		}
		if wanted > 0 {
			return st.children[i].name + " still runs after the stop"
		}
		living, entered[i] = living+all, n
	}
	if living > 0 && unstopped == nil && len(st.rec.all()) > from {
		return fmt.Sprintf("%d runs have not ended, and nobody says so: %v", living, err)
	}
	time.Sleep(10 * time.Minute)
	for i, a := range st.actors {
		if _, _, n, _ := a.runs(); n != entered[i] {
			return st.children[i].name + " was started after the stop"
		}
	}
	return reverseOrder(st.rec.all()[from:], settled)
}

// settled returns the paths of those whose runs end only when they are asked, which nobody has done yet, where no failure
// of a sibling may do it either.
func (st *stage) settled() map[string]bool {
	settled := map[string]bool{}
	restless := map[string]bool{} // supervisors with a child that may fail
	for i, a := range st.actors {
		owner, path, strategy := st.root, "root/"+a.part.name, st.strategies[0]
		if a.part.sub {
			owner, path, strategy = st.sub, "root/sub/"+a.part.name, st.strategies[1]
		}
		c, err := owner.StatusOf(a.part.name)
		if err != nil || c.Starts == 0 {
			continue
		}
		stays := a.present().lasts == 0 && (a.part.policy.Stall == 0 || a.present().beats)
		if !stays && strategy != supervisor.OneForOne {
			restless[path[:strings.LastIndexByte(path, '/')]] = true
		}
		settled[path] = stays && !st.children[i].late && (c.State == health.StateRunning || c.State == health.StateStarting)
	}
	maps.DeleteFunc(settled, func(path string, ok bool) bool { return !ok || restless[path[:strings.LastIndexByte(path, '/')]] })
	return settled
}

// present is what the last run does.
func (a *actor) present() act {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.well {
		return wellAct
	}
	return a.actOf(a.entered)
}

// reverseOrder finds siblings that stopped before one that was added later. They are named in the order of their adding.
func reverseOrder(events []supervisor.Event, settled map[string]bool) string {
	last := map[string]string{}
	for _, e := range events {
		path := e.Stamped().Path
		if _, ok := e.(supervisor.Stopped); !ok || !settled[path] {
			continue
		}
		i := strings.LastIndexByte(path, '/')
		parent, name := path[:i], path[i+1:]
		if before := last[parent]; before != "" && before < name {
			return fmt.Sprintf("%s stopped after %s", name, before)
		}
		last[parent] = name
	}
	return ""
}
