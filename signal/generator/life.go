package generator

// A runner's life is a table: where it stands beside the other runners of its symbol, what the Store knows of its stream,
// four marks, and what each input makes of them. Nothing here calls anybody's code or reads a clock.
//
//	               | current  | behind   | partial
//	claimed (1)    | current  | behind   | partial
//	made           | current  | behind   | behind
//	ready (2)      | current  | behind   | X
//	new (3)        | current  | behind   | X
//	known (3)      | current  | behind   | X
//	marked (4)     | current  | behind   | partial
//	failed (5)     | behind   | behind   | behind
//	last failed (6)| current  | X        | X
//	make failed (7)| behind   | X        | X
//	save failed (8)| current  | behind   | partial
//	tried (9)      | X        | behind   | partial
//	partial        | X        | partial  | partial
//	current        | X        | current  | current
//	valid (10)     | current  | behind   | partial
//	wrong (10)     | current  | behind   | partial
//	ignored (2)    | current  | behind   | partial
//
// X cannot be and changes nothing.
//
//	 (1) a new claim: it has not been tried in it, and its State may be written
//	 (2) ignored has the next State that is read left out; ready ends that
//	 (3) only of one that is unknown: what the Store says of the stream, nothing or up to where it was followed
//	 (4) not of one that is unknown; the Store knows then from when on the stream has been followed
//	 (5) it is tried no more in this claim, and its State is ignored: that may be what broke it
//	 (6) the same, of one that the symbol has no other beside: all of them are to be warmed up
//	 (7) its strategy could not be made or made ready, and there are others
//	 (8) its strategy broke while it wrote its State down, and is not asked for it again in this claim
//	 (9) it is taken up, once in a claim
//	(10) what it said of the newest bar can be, or cannot
type lifecycle struct {
	place   place
	history history
	marks   marks
}

// place is where a runner stands beside the others of its symbol.
type place int

const (
	isCurrent place = iota // it sees each bar with the others
	isBehind               // it broke, and the others are ahead of it
	isPartial              // it is aside, and part of its history was taken up
)

// history is what is known of where a runner's signals go on.
type history int

const (
	isUnknown history = iota // the Store has not been asked
	isNew                    // it knows nothing of the stream, which begins now
	isKnown                  // it knows from when on the stream has been followed
)

// marks are what a runner bears beside its place.
type marks int

const (
	wasTried    marks = 1 << iota // in this claim
	noSave                        // in this claim
	ignoreState                   // the next warm-up leaves its State alone
	isWrong                       // what it said of the newest bar cannot be
	allMarks    = 1<<iota - 1
)

func (l lifecycle) is(m marks) bool { return l.marks&m != 0 }

// with returns the life with some marks and without others.
func (l lifecycle) with(m, without marks) lifecycle {
	l.marks = l.marks&^without | m
	return l
}

// input is what happens to a runner.
type input int

const (
	inClaimed input = iota
	inMade
	inReady
	inNew
	inKnown
	inMarked
	inFailed
	inLastFailed
	inMakeFailed
	inSaveFailed
	inTried
	inPartial
	inCurrent
	inValid
	inWrong
	inIgnored
	inputs
)

// next applies an input. An impossible one leaves the life as it is and says so.
func (l lifecycle) next(in input) (next lifecycle, possible bool) {
	//exhaustive:enforce
	switch in {
	case inClaimed:
		return l.with(0, wasTried|noSave), true
	case inSaveFailed:
		return l.with(noSave, 0), true
	case inValid:
		return l.with(0, isWrong), true
	case inWrong:
		return l.with(isWrong, 0), true
	case inIgnored:
		return l.with(ignoreState, 0), true
	case inMade, inReady, inNew, inKnown, inMarked:
		return l.prepared(in)
	case inFailed, inLastFailed, inMakeFailed:
		return l.failed(in)
	case inTried, inPartial, inCurrent:
		return l.resumed(in)
	case inputs:
	}
	return l, false
}

// prepared is a runner that is made ready to see bars.
func (l lifecycle) prepared(in input) (lifecycle, bool) {
	switch {
	case in == inMade && l.place == isPartial:
		l.place = isBehind
	case in == inMade:
	case in == inMarked && l.history != isUnknown:
		l.history = isKnown
	case in == inMarked, l.place == isPartial, in != inReady && l.history != isUnknown:
		return l, false
	case in == inReady:
		return l.with(0, ignoreState), true
	case in == inNew:
		l.history = isNew
	default:
		l.history = isKnown
	}
	return l, true
}

// failed is a runner whose strategy broke, or could not be made.
func (l lifecycle) failed(in input) (lifecycle, bool) {
	switch {
	case in == inFailed:
		l.place = isBehind
		return l.with(wasTried|ignoreState, 0), true
	case l.place != isCurrent:
		return l, false
	case in == inLastFailed:
		return l.with(wasTried|ignoreState, 0), true
	}
	l.place = isBehind
	return l.with(wasTried, 0), true
}

// resumed is a runner that is aside and taken up again.
func (l lifecycle) resumed(in input) (lifecycle, bool) {
	switch {
	case l.place == isCurrent:
		return l, false
	case in == inTried:
		return l.with(wasTried, 0), !l.is(wasTried)
	case in == inPartial:
		l.place = isPartial
	default:
		l.place = isCurrent
	}
	return l, true
}
