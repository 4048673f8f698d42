package generator

// What tests of a runner's life see of it. The names are those of the table in life.go.

var (
	Places    = []string{isCurrent: "current", isBehind: "behind", isPartial: "partial"}
	Histories = []string{isUnknown: "unknown", isNew: "new", isKnown: "known"}
	Inputs    = []string{
		inClaimed: "claimed", inMade: "made", inReady: "ready", inNew: "new", inKnown: "known",
		inMarked: "marked", inFailed: "failed", inLastFailed: "last failed", inMakeFailed: "make failed",
		inSaveFailed: "save failed",
		inTried:      "tried", inPartial: "partial", inCurrent: "current", inValid: "valid", inWrong: "wrong",
		inIgnored: "ignored",
	}
)

// Life is a runner's life.
type Life struct {
	Place, History                    int
	Tried, NoSave, IgnoreState, Wrong bool
}

// Lives returns all lives that can be written down.
func Lives() []Life {
	var all []Life
	for p := range Places {
		for f := range Histories {
			for m := range allMarks + 1 {
				all = append(all, shown(lifecycle{place(p), history(f), marks(m)}))
			}
		}
	}
	return all
}

// Next applies an input, by its place in Inputs.
func (l Life) Next(in int) (next Life, possible bool) {
	var m marks
	for mark, is := range map[marks]bool{
		wasTried: l.Tried, noSave: l.NoSave, ignoreState: l.IgnoreState, isWrong: l.Wrong,
	} {
		if is {
			m |= mark
		}
	}
	after, possible := lifecycle{place(l.Place), history(l.History), m}.next(input(in))
	return shown(after), possible
}

func shown(l lifecycle) Life {
	return Life{int(l.place), int(l.history), l.is(wasTried), l.is(noSave), l.is(ignoreState), l.is(isWrong)}
}
