package generator

// What tests of a runner's life see of it. The names are those of the table in life.go.

var (
	Places  = []string{isTogether: "together", isAside: "aside", isMidway: "midway"}
	Follows = []string{isUnknown: "unknown", isBegun: "begun", isFollowed: "followed"}
	Inputs  = []string{
		inClaimed: "claimed", inMade: "made", inReady: "ready", inBegun: "begun", inFollowed: "followed",
		inMarked: "marked", inBroke: "broke", inBrokeAlone: "broke alone", inUnmade: "unmade", inUnwritten: "unwritten",
		inTried: "tried", inPartly: "partly", inCaughtUp: "caught up", inFed: "fed", inWrong: "wrong",
		inDistrusted: "distrusted",
	}
)

// Life is a runner's life.
type Life struct {
	Place, Follows                       int
	Tried, Unwritable, Distrusted, Wrong bool
}

// Lives returns all lives that can be written down.
func Lives() []Life {
	var all []Life
	for p := range Places {
		for f := range Follows {
			for m := range allMarks + 1 {
				all = append(all, shown(life{place(p), follows(f), marks(m)}))
			}
		}
	}
	return all
}

// Next applies an input, by its place in Inputs.
func (l Life) Next(in int) (next Life, possible bool) {
	var m marks
	for mark, is := range map[marks]bool{
		wasTried: l.Tried, isUnwritable: l.Unwritable, isDistrusted: l.Distrusted, isWrong: l.Wrong,
	} {
		if is {
			m |= mark
		}
	}
	after, possible := life{place(l.Place), follows(l.Follows), m}.next(input(in))
	return shown(after), possible
}

func shown(l life) Life {
	return Life{int(l.place), int(l.follows), l.is(wasTried), l.is(isUnwritable), l.is(isDistrusted), l.is(isWrong)}
}
