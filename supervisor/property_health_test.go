package supervisor_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing/synctest"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// What the random tree says to a person is held against what its services have seen:
//
//   - it is not healthy, at the very moment, while a child that is to run has no run that is to go on, never had one, has
//     a run that was asked to end and lives, or has ended by itself three times within ten minutes;
//   - a run that is watched and silent is asked to end within its Stall, one tick and the search for its stack;
//   - each crash and each run that was given up has its alarm, however much else there is to tell and however late it is
//     taken;
//   - what a person stopped or paused runs no more until the person says so;
//   - once the faults have ended, and the window of ten minutes with them, it is healthy again.

// letterbox is where events are received. Nobody takes them while the receiver has left it.
type letterbox struct {
	receive func(supervisor.Event)

	mu   sync.Mutex    // guards away
	away chan struct{} // closed when the receiver is back; nil while it has not left
}

func (l *letterbox) take(e supervisor.Event) {
	l.mu.Lock()
	away := l.away
	l.mu.Unlock()
	if away != nil {
		<-away
	}
	l.receive(e)
}

func (l *letterbox) leave(really bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if really {
		l.away = make(chan struct{})
	}
}

func (l *letterbox) back() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.away != nil {
		close(l.away)
		l.away = nil
	}
}

// answer is a call, and how it ended.
type answer struct {
	call
	err error
}

// model is what is known of a person's wishes. Of several calls about one child at once the order is not known.
type model struct {
	mu      sync.Mutex // guards answers
	answers []answer
	wish    map[string]supervisor.Wish // by path; what is not in it is not known
}

const unknown supervisor.Wish = "unknown"

func (m *model) of(path string) supervisor.Wish { return m.wish[path] }

func (m *model) note(c call, err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.answers = append(m.answers, answer{c, err})
}

// learn takes note of what a step has made of the wishes.
func (st *stage) learn() {
	m := st.model
	answersOf := make(map[string][]answer)
	for _, a := range m.answers {
		path := "sub"
		if !strings.HasSuffix(a.do, " sub") {
			_, path = st.owner(a.child)
		}
		answersOf[path] = append(answersOf[path], a)
	}
	m.answers = nil
	for path, answers := range answersOf {
		before := m.wish[path]
		m.wish[path] = after(before, answers[0])
		for _, a := range answers {
			if after(before, a) != before && len(answers) > 1 {
				m.wish[path] = unknown
			}
		}
	}
}

// after returns what is wanted after one call.
func after(wish supervisor.Wish, a answer) supervisor.Wish {
	var unstopped *supervisor.UnstoppedError
	done := a.err == nil || errors.As(a.err, &unstopped)
	switch verb, _, _ := strings.Cut(a.do, " "); {
	case errors.Is(a.err, supervisor.ErrNotFound), verb == "status", verb == "remove", verb == "add":
		return wish
	case a.do == "restart tree":
		return wish
	case verb == "stop" && done:
		return supervisor.WishStop
	case verb == "pause" && wish == supervisor.WishRun:
		return supervisor.WishPause
	case verb == "resume" && wish == supervisor.WishPause:
		return supervisor.WishRun
	case verb == "restart", verb == "start" && !errors.Is(a.err, supervisor.ErrStarted):
		return supervisor.WishRun
	}
	return wish
}

// checkWishes finds children that run against a person's wish.
func (st *stage) checkWishes() string {
	for i, a := range st.actors {
		_, path := st.owner(i)
		status, err := st.root.StatusOf(path)
		wish := st.model.of(path)
		if err != nil || wish == unknown {
			continue
		}
		wanted, _, _, _ := a.runs()
		if wish != supervisor.WishRun && wanted > 0 {
			return fmt.Sprintf("%s runs, and a person wants %s: %+v", path, wish, status)
		}
		if status.Wish != wish {
			return fmt.Sprintf("%s: a person wants %q, the status says %q", path, wish, status.Wish)
		}
	}
	return ""
}

// checkHealth holds the verdict and the alarms against what really runs.
func (st *stage) checkHealth() string {
	report := st.registry.Report()
	for i, a := range st.actors {
		_, path := st.owner(i)
		status, err := st.root.StatusOf(path)
		// In a tree that stops each child waits for its turn, which is bounded by the time that the ones before it have.
		if why := a.hangs(); why != "" && err == nil && !st.subStops(a) {
			return fmt.Sprintf("%s: %s: %+v", path, why, status)
		}
		why := a.ails(err == nil)
		if why != "" && report.Verdict == health.Healthy {
			return fmt.Sprintf("healthy, and %s %s: %+v", path, why, status)
		}
		if err == nil {
			if why := st.checkAlarms(status); why != "" {
				return fmt.Sprintf("%s: %s: %+v", path, why, status)
			}
		}
	}
	return ""
}

// subStops reports whether the subtree of an actor is being stopped.
func (st *stage) subStops(a *actor) bool {
	status, err := st.root.StatusOf("sub")
	return a.part.sub && err == nil && status.State == health.StateStopping
}

// ails says why the tree is not healthy because of this child, "" if it may be.
func (a *actor) ails(listed bool) string {
	wanted, all, entered, _ := a.runs()
	a.mu.Lock()
	defer a.mu.Unlock()
	recent := 0
	for _, at := range a.ends {
		if time.Since(at) < 10*time.Minute {
			recent++
		}
	}
	switch {
	case all > wanted:
		return "has a run that was asked to end and lives"
	case !listed, a.part.policy.Restart != supervisor.Permanent:
		return "" // what is done is well
	case entered == 0:
		return "was never started"
	case wanted == 0:
		return "does not run"
	case recent >= 3:
		return "loops"
	}
	return ""
}

// hangs says which run is silent for longer than it may be, and was not asked to end.
func (a *actor) hangs() string {
	stall := a.part.policy.Stall
	if stall == 0 {
		return ""
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for number, ctx := range a.live {
		silent := time.Since(a.started[number])
		// Until Ready came nothing is expected; all of them call it at once.
		if limit := stall + 1500*time.Millisecond; ctx.Err() == nil && !a.actOf(number).beats && silent > limit {
			return fmt.Sprintf("a run has been silent for %s, and nobody asked it to end", silent)
		}
	}
	return ""
}

// checkAlarms finds a crash or a zombie that nobody was told of.
func (st *stage) checkAlarms(s supervisor.Status) string {
	told := func(since time.Time, is func(supervisor.Event) bool) bool {
		for _, e := range st.rec.all() {
			if e.Stamped().Path == s.Path && !e.Stamped().Time.Before(since) && is(e) {
				return true
			}
		}
		return false
	}
	for _, since := range s.ZombiesSince {
		if !told(since, func(e supervisor.Event) bool {
			_, abandoned := e.(supervisor.Abandoned)
			_, late := e.(supervisor.StopTimedOut)
			return abandoned || late
		}) {
			return "a run was given up, and nobody was told"
		}
	}
	if s.State == health.StateCrashed && !told(s.Since, func(e supervisor.Event) bool {
		_, parked := e.(supervisor.Parked)
		_, gaveUp := e.(supervisor.GaveUp)
		_, escalated := e.(supervisor.Escalated)
		return parked || gaveUp || escalated
	}) {
		return "it crashed, and nobody was told"
	}
	return ""
}

// recover ends all faults, and looks whether the tree is well again.
func (st *stage) recover() string {
	for _, a := range st.actors {
		a.mu.Lock()
		a.well = true
		a.mu.Unlock()
	}
	st.letGo()
	ctx := context.Background()
	_ = st.root.Start(ctx)
	time.Sleep(2 * time.Minute) // whatever lasts ends
	_ = st.root.Start(ctx)      // it may have escalated once more
	_ = st.root.Restart(ctx, "sub")
	synctest.Wait()
	for i := range st.actors {
		_, path := st.owner(i)
		_ = st.root.Resume(ctx, path)
		_ = st.root.StartChild(ctx, path)
	}
	time.Sleep(20 * time.Minute)
	synctest.Wait()
	if report := st.registry.Report(); report.Verdict != health.Healthy {
		return fmt.Sprintf("all faults have ended, and the verdict is %s: %v", report.Verdict, report.Reasons)
	}
	return ""
}

// letGo lets the deaf go home.
func (st *stage) letGo() {
	st.once.Do(func() { close(st.release) })
	synctest.Wait()
}
