package generator

import (
	"context"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// note is something about a symbol that is no error and that a person should know. Health shows it as a condition.
type note int

const (
	noteLoading note = iota
	noteFlat
	notes // how many there are
)

// noted are the notes that hold.
type noted [notes]bool

// conditions are what health says of each note.
var conditions = [notes]health.Condition{
	noteLoading: {Key: "loading_history", Text: "the strategies take up the symbol's history"},
	noteFlat: {Key: "flat_line", Verdict: health.Unhealthy, Person: true,
		Text:   "open, high, low and close of the newest bars are one and the same price, of more bars than MaxFlat allows",
		Remedy: "compare with another source; a market that is as quiet as that needs a higher MaxFlat, or NoMaxFlat"},
}

// noted returns the notes that hold at the end of a claim.
func (t *task) noted() noted {
	return noted{
		noteLoading: t.loading,
		noteFlat:    t.flat >= t.cfg.MaxFlat && t.cfg.MaxFlat != NoMaxFlat && !t.work.closed,
	}
}

// show has health say what holds of a symbol now.
func (c *cycle) show(part context.Context, w *worker) {
	now, before := w.tell()
	for i, condition := range conditions {
		switch {
		case now[i] && !before[i]:
			health.Raise(part, condition)
		case before[i] && !now[i]:
			health.Clear(part, condition.Key)
		}
	}
}

// tell returns what health is to say, and what it says now.
func (w *worker) tell() (now, before noted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	now, before, a.shown = a.noted, a.shown, a.noted
	return now, before
}

// still counts the bars of one and the same price, up to b.
func (t *task) still(b *signal.Bar, isNew bool) {
	if b.High != b.Low || t.flat > 0 && b.Close != t.flatAt {
		t.flat = 0
	}
	if b.High != b.Low {
		return
	}
	t.flat++
	t.flatAt = b.Close
	if t.flat == t.cfg.MaxFlat && isNew {
		t.work.faults.Flat++
	}
}
