package supervisor

import "github.com/seed-5dee1c0a/vigil/health"

// What tests of a child's life see of it. The names are those of the table in lifecycle.go.

var (
	Desires = []string{toRun: "run", toPause: "pause", toStop: "stop", toRemove: "remove"}
	Phases  = []string{
		isIdle: "idle", isDelayed: "delayed", isParked: "parked", isBlocked: "blocked", isStarting: "starting",
		isRunning: "running", isStalling: "stalling", isStopping: "stopping", isStopped: "stopped", isPaused: "paused",
		isDone: "done", isCrashed: "crashed", isCanceled: "canceled",
	}
	Inputs = []string{
		inJoined: "joined", inTurn: "turn", inStarted: "started", inStartedOnTrial: "on trial", inVerified: "verified",
		inStalled: "stalled", inStopping: "stopping", inFinished: "finished", inCrashed: "crashed", inDelayed: "delayed",
		inParked: "parked", inDown: "down", inBlocked: "blocked", inGroupDown: "group down", inGroupLeft: "group left",
		inGroupDelayed: "group delayed", inGroupHeld: "group held", inWanted: "wanted", inPaused: "paused",
		inResumed: "resumed", inHalted: "halted", inRemoved: "removed", inClosed: "closed", inIdle: "idling",
		inWorking: "working",
	}
)

// Life is a child's life.
type Life struct {
	Desired, Phase       string
	Turn, Idling, Closes bool
}

// Lives returns all lives that can be written down.
func Lives() []Life {
	var all []Life
	for d := range Desires {
		for p := range Phases {
			for m := range queued | idles | closes + 1 {
				all = append(all, shown(lifecycle{desired(d), phase(p), m}))
			}
		}
	}
	return all
}

// Next applies an input, by its place in Inputs.
func (l Life) Next(in int) (next Life, possible bool) {
	after, fx := l.hidden().next(input(in))
	return shown(after), fx&isImpossible == 0
}

// AsksGroup reports whether the input asks what the group waits for.
func (l Life) AsksGroup(in int) bool {
	_, fx := l.hidden().next(input(in))
	return fx&asksGroup != 0
}

// EndsRun reports whether the input ends the present run.
func (l Life) EndsRun(in int) bool {
	_, fx := l.hidden().next(input(in))
	return fx&endsRun != 0
}

// State is what the child's status says.
func (l Life) State() health.State { return l.hidden().state() }

func shown(l lifecycle) Life {
	return Life{Desires[l.desired], Phases[l.phase], l.is(queued), l.is(idles), l.is(closes)}
}

func (l Life) hidden() lifecycle {
	var out lifecycle
	for d, name := range Desires {
		if name == l.Desired {
			out.desired = desired(d)
		}
	}
	for p, name := range Phases {
		if name == l.Phase {
			out.phase = phase(p)
		}
	}
	for m, set := range map[marks]bool{queued: l.Turn, idles: l.Idling, closes: l.Closes} {
		if set {
			out.marks |= m
		}
	}
	return out
}

// OnImpossible tells of inputs that cannot be, until the process ends.
func OnImpossible(tell func(l Life, input string)) {
	onImpossible = func(l lifecycle, in input) { tell(shown(l), Inputs[in]) }
}
