package supervisor

// A child's life is a table: what is wanted of the child, the phase that it is in, three marks, and what each input
// makes of them. Nothing here takes a lock or reads a clock. stepLocked (child.go) applies an input, and its caller
// performs the effects. phase.go has the words.
//
//	               | idle     | delayed, | blocked  | starting | running  | stalling, | stopped, | done, crashed,
//	               |          | parked   |          |          |          | stopping  | paused   | canceled
//	joined (1)     | idle     | idle     | idle     | idle     | idle     | idle      | idle     | idle
//	turn (2)       | -        | -        | -        | -        | -        | -         | -        | stopped
//	started (3)    | running  | running  | running  | running  | running  | running   | running  | X
//	on trial (3)   | starting | starting | starting | starting | starting | starting  | starting | X
//	verified       | X        | X        | X        | running  | X        | X         | X        | X
//	stalled (4)    | X        | X        | X        | stalling | stalling | X         | X        | X
//	stopping       | X        | X        | X        | stopping | stopping | stopping  | X        | X
//	finished       | X        | X        | done     | done     | done     | done      | X        | X
//	crashed        | X        | X        | crashed  | crashed  | crashed  | crashed   | X        | X
//	delayed (5)    | delayed  | delayed  | delayed  | delayed  | delayed  | delayed   | delayed  | X
//	parked (5)     | parked   | parked   | parked   | parked   | parked   | parked    | parked   | X
//	down (6)       | stopped  | stopped  | stopped  | stopped  | stopped  | stopped   | stopped  | -
//	blocked (7)    | blocked  | blocked  | blocked  | blocked  | blocked  | blocked   | blocked  | -
//	group down (4) | -        | -        | -        | -        | -        | -         | -        | -
//	group left (4) | -        | -        | -        | -        | -        | -         | -        | -
//	group delayed  | delayed  | delayed  | delayed  | delayed  | delayed  | delayed   | delayed  | canceled
//	group held     | stopped  | stopped  | stopped  | stopped  | stopped  | stopped   | stopped  | -
//	wanted (8)     | -        | -        | -        | -        | -        | -         | -        | stopped
//	paused (8)     | -        | -        | -        | -        | -        | -         | -        | -
//	resumed (8)    | -        | -        | -        | -        | -        | -         | -        | -
//	halted (8)     | -        | -        | -        | -        | -        | -         | -        | -
//	removed        | -        | -        | -        | stopped  | stopped  | stopped   | -        | -
//	closed (4)     | -        | -        | -        | -        | -        | -         | -        | -
//	idling         | -        | -        | -        | running  | -        | -         | -        | -
//	working        | -        | -        | -        | -        | -        | -         | -        | -
//
// The table is that of a child that is wanted and bears no mark. X cannot be and changes nothing; - leaves the phase.
//
//	(1) not of a removed child; the child then awaits its turn
//	(2) only while the child awaits its turn
//	(3) only of a child that is wanted, awaits no turn and does not close; one that idles starts without a trial
//	(4) not while the tree closes
//	(5) only of a child that is wanted and does not close
//	(6) a child that is not wanted becomes paused or stopped, or stays done; one that awaits its turn shows what its
//	    group waits for; where the tree closes, idle, parked, done, crashed and canceled stay
//	(7) of a child that is wanted and does not close; otherwise the same as down
//	(8) not of a removed child; while the tree closes it is only noted what is wanted of the child from then on
//
// Group delayed and group held concern a child that is wanted, while the tree does not close.
type lifecycle struct {
	desired desired
	phase   phase
	marks   marks
}

// next applies an input. An impossible one leaves the life as it is and says so.
func (l lifecycle) next(in input) (lifecycle, effectSet) {
	if in.fromOperator() && l.desired == toRemove {
		return l, isImpossible
	}
	//exhaustive:enforce
	switch in {
	case inJoined, inTurn, inGroupDown, inGroupLeft, inGroupDelayed, inGroupHeld:
		return l.grouped(in)
	case inStarted, inStartedOnTrial, inDelayed, inParked:
		return l.upcoming(in)
	case inVerified, inStalled, inStopping, inFinished, inCrashed:
		return l.ran(in)
	case inDown, inBlocked:
		return l.down(in)
	case inWanted, inPaused, inResumed, inHalted:
		return l.requested(in)
	case inRemoved, inClosed, inIdle, inWorking:
		return l.notified(in)
	case inputs:
	}
	return l, isImpossible
}

// fromOperator reports whether the input is what a person wants of a child.
func (in input) fromOperator() bool {
	return in == inWanted || in == inPaused || in == inResumed || in == inHalted
}

// grouped is what the child's place in its session and its group makes of it.
func (l lifecycle) grouped(in input) (lifecycle, effectSet) {
	switch {
	case in == inJoined && l.desired != toRemove: // what a person wants of it lasts through sessions
		l.phase, l.marks = isIdle, l.marks&idles|queued
		return l, 0
	case in == inTurn && l.is(queued):
		l.marks &^= queued
		return l.released(), 0
	case in == inJoined, in == inTurn, l.is(closes):
		return l, isImpossible
	case in == inGroupDown:
		l.marks |= queued
		return l, endsRun
	case in == inGroupLeft:
		l.desired, l.marks = toRemove, l.marks|queued
		return l, endsRun
	case l.desired != toRun:
		return l, isImpossible
	}
	l.marks |= queued
	switch {
	case in == inGroupDelayed && l.held():
		l.phase = isCanceled
	case in == inGroupDelayed:
		l.phase = isDelayed
	case !l.held():
		l.phase = isStopped
	}
	return l, 0
}

// upcoming is the beginning of a run, or the wait for one. The one whose failure took a group down waits although it
// awaits its turn.
func (l lifecycle) upcoming(in input) (lifecycle, effectSet) {
	starts := in == inStarted || in == inStartedOnTrial
	switch {
	case l.desired != toRun || l.held() || l.is(closes) || starts && l.is(queued):
		return l, isImpossible
	case in == inDelayed:
		l.phase = isDelayed
	case in == inParked:
		l.phase = isParked
	case in == inStartedOnTrial && !l.is(idles):
		l.phase = isStarting
	default:
		l.phase = isRunning
	}
	return l, 0
}

// ran is what is found out of a run, or of the one that a blocked child gave up.
func (l lifecycle) ran(in input) (lifecycle, effectSet) {
	fresh := l.phase == isStarting || l.phase == isRunning
	running := fresh || l.phase == isStalling || l.phase == isStopping
	switch {
	case in == inVerified && l.phase == isStarting:
		l.phase = isRunning
	case in == inStalled && fresh && !l.is(closes):
		l.phase = isStalling
	case in == inStopping && running:
		l.phase = isStopping
	case in == inFinished && (running || l.phase == isBlocked):
		l.phase = isDone
	case in == inCrashed && (running || l.phase == isBlocked):
		l.phase = isCrashed
	default:
		return l, isImpossible
	}
	return l, 0
}

// down is what a child is without a guard. Where the tree closes, what was down before stays as it was.
func (l lifecycle) down(in input) (lifecycle, effectSet) {
	switch {
	case l.is(closes):
		if !l.held() && l.phase != isIdle && l.phase != isParked {
			l.phase = isStopped
		}
	case l.desired == toPause && !l.held():
		l.phase = isPaused
	case l.desired == toStop && l.phase != isDone:
		l.phase = isStopped
	case l.held():
	case l.desired == toRun && in == inBlocked:
		l.phase = isBlocked
	case l.desired == toRun && l.is(queued):
		return l, asksGroup
	default:
		l.phase = isStopped
	}
	return l, 0
}

// requested is what a person wants of the child. It lasts until a person wants something else.
func (l lifecycle) requested(in input) (lifecycle, effectSet) {
	before := l.desired
	switch {
	case in == inWanted:
		l.desired = toRun
		if !l.is(closes) {
			l = l.released()
		}
	case in == inPaused && before == toRun:
		l.desired = toPause
	case in == inResumed && before == toPause:
		l.desired = toRun
	case in == inHalted:
		l.desired = toStop
	}
	var fx effectSet
	switch {
	case l.desired == before:
	case l.desired == toRun:
		fx = emitResumed
	case l.desired == toPause:
		fx = emitPaused
	default:
		fx = emitHalted
	}
	ends := in == inHalted || in == inPaused && fx != 0 && !l.held() // a stop that is asked for again asks again
	if ends && !l.is(closes) {
		fx |= endsRun
	}
	return l, fx
}

// notified is what happens to the child as a whole, or what its service was told.
func (l lifecycle) notified(in input) (lifecycle, effectSet) {
	switch {
	case in == inRemoved:
		l.desired = toRemove
		if l.runs() {
			l.phase = isStopped
		}
	case in == inClosed && l.is(closes):
		return l, isImpossible
	case in == inClosed:
		if l.desired == toRemove { // by its group, which is not going to start again
			l.desired = toRun
		}
		l.marks |= closes
		return l, endsRun
	case in == inIdle && !l.is(idles):
		l.marks |= idles
		if l.phase == isStarting {
			l.phase = isRunning
		}
		return l, emitPaused
	case in == inWorking && l.is(idles):
		l.marks &^= idles
		return l, emitResumed
	}
	return l, 0
}

// released lets a child start again that was down for good.
func (l lifecycle) released() lifecycle {
	if l.held() {
		l.phase = isStopped
	}
	return l
}
