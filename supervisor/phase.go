package supervisor

import "github.com/seed-5dee1c0a/vigil/health"

// desired is what is wanted of a child.
type desired uint8

const (
	toRun    desired = iota
	toPause          // on request; in the next session as well
	toStop           // on request; in the next session as well
	toRemove         // removed, or temporary and not needed any more
)

// phase is where in its life a child is.
type phase uint8

const (
	isIdle     phase = iota // it has not started in this session
	isDelayed               // it waits for its restart, or for its group's
	isParked                // its restarts are spent, and it waits for the next round
	isBlocked               // it waits for the end of a zombie
	isStarting              // it runs, and its start is not verified yet
	isRunning               // it runs; an idling one shows as paused
	isStalling              // its run was silent for too long, and was asked to end
	isStopping              // its run was asked to end
	isStopped               // it is down, because that is wanted or its group is
	isPaused                // it is down until it is resumed
	isDone                  // it is down: its work is done
	isCrashed               // it is down: its restarts are spent for good
	isCanceled              // it was done or crashed, and starts again with its group
)

// marks are what may be said of a child in any phase.
type marks uint8

const (
	queued marks = 1 << iota // no run begins before the groupRunner says so
	idles                    // its service is a Pauser, and was paused
	closes                   // the tree stops
)

// input is what happens to a child.
type input uint8

const (
	inJoined         input = iota // a session begins with it, or it is added to one
	inTurn                        // its turn to start has come
	inStarted                     // a run begins
	inStartedOnTrial              // a run begins whose start is to be verified
	inVerified                    // the run has lasted for as long as it had to
	inStalled                     // the run was silent for too long
	inStopping                    // the run is asked to end
	inFinished                    // the last run ended, and no other follows: the work is done
	inCrashed                     // the last run ended, and no other follows: the restarts are spent
	inDelayed                     // it waits for its next run
	inParked                      // it waits for its next round
	inDown                        // no guard is in charge of it
	inBlocked                     // no guard is in charge of it, and zombies are in the way of another
	inGroupDown                   // its group goes down
	inGroupLeft                   // its group goes down, and it is not coming back with it
	inGroupDelayed                // its group waits for its restart
	inGroupHeld                   // its group is down until a person wants it
	inWanted                      // a person wants it to run
	inPaused                      // a person wants it to pause
	inResumed                     // a person wants it to go on
	inHalted                      // a person wants it to stop
	inRemoved                     // nothing of it is to be kept
	inClosed                      // the tree stops
	inIdle                        // its service was told to idle
	inWorking                     // its service was told to go on
	inputs                        // how many there are
)

// effectSet are what the caller of stepLocked has to do.
type effectSet uint8

const (
	endsRun    effectSet = 1 << iota // end the present run, or the guard's wait for the next one
	emitPaused                       // say that it was paused
	emitResumed
	emitHalted
	asksGroup // show what its group waits for
	isImpossible
)

func (l lifecycle) is(m marks) bool { return l.marks&m != 0 }

// held reports whether no run begins until a person wants it, or the child's group starts again.
func (l lifecycle) held() bool {
	return l.phase == isDone || l.phase == isCrashed || l.phase == isCanceled
}

// runs reports whether the child is in a phase of a run.
func (l lifecycle) runs() bool { return l.phase >= isStarting && l.phase <= isStopping }

// mayStart reports whether nothing in the life is in the way of a run.
func (l lifecycle) mayStart() bool {
	return l.desired == toRun && !l.held() && l.marks&(queued|closes) == 0
}

// halted reports whether a person wants the child to be down, and the tree goes on.
func (l lifecycle) halted() bool { return l.desired == toStop && !l.is(closes) }

// wanted reports whether the child is to run, now or in its turn.
func (l lifecycle) wanted() bool { return l.desired == toRun && !l.is(closes) }

// state is what the child's status says.
func (l lifecycle) state() health.State {
	if l.phase == isRunning && l.is(idles) {
		return health.StatePaused
	}
	return states[l.phase]
}

var states = [...]health.State{
	isIdle: health.StateNotStarted, isDelayed: health.StateBackoff, isParked: health.StateCrashed,
	isBlocked: health.StateStalled, isStarting: health.StateStarting, isRunning: health.StateRunning,
	isStalling: health.StateStalled, isStopping: health.StateStopping, isStopped: health.StateStopped,
	isPaused: health.StatePaused, isDone: health.StateStopped, isCrashed: health.StateCrashed,
	isCanceled: health.StateBackoff,
}
