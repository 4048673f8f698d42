package generator

// A runner's life is a table: where it stands beside the other runners of its symbol, what the Store knows of its stream,
// four marks, and what each input makes of them. Nothing here calls anybody's code or reads a clock.
//
//	               | together | aside    | midway
//	claimed (1)    | together | aside    | midway
//	made           | together | aside    | aside
//	ready (2)      | together | aside    | X
//	begun (3)      | together | aside    | X
//	followed (3)   | together | aside    | X
//	marked (4)     | together | aside    | midway
//	broke (5)      | aside    | aside    | aside
//	broke alone (6)| together | X        | X
//	unmade (7)     | aside    | X        | X
//	unwritten (8)  | together | aside    | midway
//	tried (9)      | X        | aside    | midway
//	partly         | X        | midway   | midway
//	caught up      | X        | together | together
//	fed (10)       | together | aside    | midway
//	wrong (10)     | together | aside    | midway
//	distrusted (2) | together | aside    | midway
//
// X cannot be and changes nothing.
//
//	 (1) a new claim: it has not been tried in it, and its State may be written
//	 (2) distrusted has the next State that is read left out; ready ends that
//	 (3) only of one that is unknown: what the Store says of the stream, nothing or up to where it was followed
//	 (4) not of one that is unknown; the Store knows then from when on the stream has been followed
//	 (5) it is tried no more in this claim, and its State is distrusted: that may be what broke it
//	 (6) the same, of one that the symbol has no other beside: all of them are to be warmed up
//	 (7) its strategy could not be made or made ready, and there are others
//	 (8) its strategy broke while it wrote its State down, and is not asked for it again in this claim
//	 (9) it is taken up, once in a claim
//	(10) what it said of the newest bar can be, or cannot
type life struct {
	place   place
	follows follows
	marks   marks
}

// place is where a runner stands beside the others of its symbol.
type place int

const (
	isTogether place = iota // it sees each bar with the others
	isAside                 // it broke, and the others are ahead of it
	isMidway                // it is aside, and part of its history was taken up
)

// follows is what is known of where a runner's signals go on.
type follows int

const (
	isUnknown  follows = iota // the Store has not been asked
	isBegun                   // it knows nothing of the stream, which begins now
	isFollowed                // it knows from when on the stream has been followed
)

// marks are what a runner bears beside its place.
type marks int

const (
	wasTried     marks = 1 << iota // in this claim
	isUnwritable                   // in this claim
	isDistrusted                   // the next warm-up leaves its State alone
	isWrong                        // what it said of the newest bar cannot be
	allMarks     = 1<<iota - 1
)

func (l life) is(m marks) bool { return l.marks&m != 0 }

// with returns the life with some marks and without others.
func (l life) with(m, without marks) life {
	l.marks = l.marks&^without | m
	return l
}

// input is what happens to a runner.
type input int

const (
	inClaimed input = iota
	inMade
	inReady
	inBegun
	inFollowed
	inMarked
	inBroke
	inBrokeAlone
	inUnmade
	inUnwritten
	inTried
	inPartly
	inCaughtUp
	inFed
	inWrong
	inDistrusted
	inputs
)

// next applies an input. An impossible one leaves the life as it is and says so.
func (l life) next(in input) (next life, possible bool) {
	//exhaustive:enforce
	switch in {
	case inClaimed:
		return l.with(0, wasTried|isUnwritable), true
	case inUnwritten:
		return l.with(isUnwritable, 0), true
	case inFed:
		return l.with(0, isWrong), true
	case inWrong:
		return l.with(isWrong, 0), true
	case inDistrusted:
		return l.with(isDistrusted, 0), true
	case inMade, inReady, inBegun, inFollowed, inMarked:
		return l.prepared(in)
	case inBroke, inBrokeAlone, inUnmade:
		return l.damaged(in)
	case inTried, inPartly, inCaughtUp:
		return l.mended(in)
	case inputs:
	}
	return l, false
}

// prepared is a runner that is made ready to see bars.
func (l life) prepared(in input) (life, bool) {
	switch {
	case in == inMade && l.place == isMidway:
		l.place = isAside
	case in == inMade:
	case in == inMarked && l.follows != isUnknown:
		l.follows = isFollowed
	case in == inMarked, l.place == isMidway, in != inReady && l.follows != isUnknown:
		return l, false
	case in == inReady:
		return l.with(0, isDistrusted), true
	case in == inBegun:
		l.follows = isBegun
	default:
		l.follows = isFollowed
	}
	return l, true
}

// damaged is a runner whose strategy broke, or could not be made.
func (l life) damaged(in input) (life, bool) {
	switch {
	case in == inBroke:
		l.place = isAside
		return l.with(wasTried|isDistrusted, 0), true
	case l.place != isTogether:
		return l, false
	case in == inBrokeAlone:
		return l.with(wasTried|isDistrusted, 0), true
	}
	l.place = isAside
	return l.with(wasTried, 0), true
}

// mended is a runner that is aside and taken up again.
func (l life) mended(in input) (life, bool) {
	switch {
	case l.place == isTogether:
		return l, false
	case in == inTried:
		return l.with(wasTried, 0), !l.is(wasTried)
	case in == inPartly:
		l.place = isMidway
	default:
		l.place = isTogether
	}
	return l, true
}
