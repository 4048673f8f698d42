package supervisor

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"
)

// maxStack bounds the stacks that events and status carry.
const maxStack = 16 << 10

// stackLabel is the pprof label that marks a watched run's goroutines.
const stackLabel = "vigil_run"

// suspect is a run that seems to have stalled.
type suspect struct {
	child *child
	run   *run
}

// ring looks at every child whose alarm is due.
func (sess *session) ring() {
	now := sess.clock.Now()
	if late := sess.watch.late(now); late >= suspendLimit {
		sess.emit(Suspended{Stamp{sess.path, now}, late})
	}
	var candidates []suspect
	for c, late := sess.watch.pop(now); c != nil; c, late = sess.watch.pop(now) {
		r, launch := c.look(sess, now, late)
		if r != nil {
			candidates = append(candidates, suspect{c, r})
		}
		if launch {
			c.launch(sess)
		}
	}
	if len(candidates) > 0 {
		sess.stacks.Go(func() { sess.capture(candidates) }) // beside the watch
	}
}

// captureLimit is how long a stall waits for its stack. Among 100,000 goroutines that are watched it takes seconds to find
// one; the run is asked to stop before that, and its status gets the stack as soon as it is there.
const captureLimit = time.Second / 4

// capture looks for the stacks of runs that seem to have stalled, and then declares those stalled that still do. One
// search at a time is enough for a session: those that would have to wait for it go without a stack.
func (sess *session) capture(candidates []suspect) {
	starved := sess.starved()
	late := sess.clock.After(captureLimit)
	if !sess.maySearch(late) {
		sess.declare(candidates, nil, starved)
		return
	}
	defer func() { <-sess.stackToken }()
	labels := make([]string, len(candidates))
	for i, s := range candidates {
		labels[i] = s.run.guard.label()
	}
	found := make(chan map[string]string)
	go func() { found <- stacksOf(labels) }()
	select {
	case stacks := <-found:
		sess.declare(candidates, stacks, starved)
	case <-late:
		sess.declare(candidates, nil, starved)
		stacks := <-found
		for i, s := range candidates {
			s.child.addStack(s.run, stacks[labels[i]])
		}
	}
}

// maySearch waits until no other search is under way, at most until it is late.
func (sess *session) maySearch(late <-chan time.Time) bool {
	select {
	case sess.stackToken <- struct{}{}:
		return true
	default:
	}
	select {
	case sess.stackToken <- struct{}{}:
		return true
	case <-late:
		return false
	}
}

// declare declares those stalled that still are.
func (sess *session) declare(candidates []suspect, stacks map[string]string, starved bool) {
	for _, s := range candidates {
		s.child.stalled(sess, s.run, stacks[s.run.guard.label()], starved)
	}
}

// label is unique among the guards that live.
func (g *guard) label() string { return fmt.Sprintf("%s %p", g.child.path, g) }

func bounded(stack string) string {
	if len(stack) > maxStack {
		return stack[:maxStack] + "\n... (cut)"
	}
	return stack
}

// stacksOf returns, for each label, the stacks of the goroutines that carry it. The goroutine profile stops the world
// for a tenth of a millisecond at 100k goroutines; runtime.Stack of all of them froze a sibling for 425 ms.
func stacksOf(labels []string) map[string]string {
	stacks := make(map[string]string, len(labels))
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		for _, label := range labels {
			stacks[label] = "no stack: " + err.Error()
		}
		return stacks
	}
	wanted := make(map[string]bool, len(labels))
	for _, label := range labels {
		wanted[label] = true
	}
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if label := labelOf(block); wanted[label] && len(stacks[label]) <= maxStack {
			stacks[label] = strings.TrimLeft(stacks[label]+"\n\n"+block, "\n")
		}
	}
	for label, stack := range stacks {
		stacks[label] = bounded(strings.TrimSpace(stack))
	}
	return stacks
}

// labelOf finds our label in one goroutine's block of the profile, "" for none. Labels are written as Go strings:
// # labels: {"vigil_run":"root/a 0xc000123456"}.
func labelOf(block string) string {
	const key = `"` + stackLabel + `":`
	_, rest, ok := strings.Cut(block, key)
	if !ok {
		return ""
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return ""
	}
	label, err := strconv.Unquote(quoted)
	if err != nil {
		return ""
	}
	return label
}
