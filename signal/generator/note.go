package generator

import (
	"context"
	"log/slog"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// note is something about a symbol that is no error and that a person should know. Health shows it as a condition.
type note int

const (
	noteLoading note = iota
	noteFlat
	noteIncomplete
	noteOutOfRange
	noteSparse
	notes // how many there are
)

// noted are the notes that hold.
type noted [notes]bool

// conditions are what health says of each note.
var conditions = [notes]health.Condition{
	noteLoading: {Key: "loading_history", Text: "the strategies take up the symbol's history"},
	noteFlat: {Key: "flat_line", Verdict: health.Unhealthy, Person: true,
		Text:   "open, high, low and close of the newest bars are one and the same price, of more bars than MaxFlat allows",
		Remedy: "compare with another source; a market that is as quiet as that needs a higher MaxFlat, or one of -1"},
	noteIncomplete: {Key: "incomplete_bars",
		Text:   "the source gives bars that are not closed yet: they are left for later",
		Remedy: "have it leave them out, to see no more of this; if its bars are closed, this machine's clock is behind"},
	noteOutOfRange: {Key: "bars_before_after",
		Text:   "the source gives bars that do not open later than the time asked from: they are left out",
		Remedy: "have it answer with bars that open after that time, to see no more of this"},
	noteSparse: {Key: "sparse_market",
		Text: "most intervals have no bar: the symbol is taken for one that trades seldom, and a silence is seen later",
		Remedy: "if it trades more often, its source loses bars; else a longer Interval, a MaxAge, or a source that knows what " +
			"is complete, makes that certain"},
}

// noted returns the notes that hold at the end of a claim.
func (t *task) noted() noted {
	_, sparse := t.sparse()
	return noted{
		noteLoading:    t.loading,
		noteFlat:       t.flat >= t.cfg.MaxFlat && t.cfg.MaxFlat > 0 && !t.work.closed,
		noteIncomplete: t.isRecent(t.odd.incompleteAt),
		noteOutOfRange: t.isRecent(t.odd.outOfRangeAt),
		noteSparse:     sparse,
	}
}

// show has health say what holds of a symbol now.
func (c *cycle) show(part context.Context, w *worker) {
	now, before := w.tell()
	for i, condition := range conditions {
		switch {
		case now[i] && !before[i]:
			health.Raise(part, condition)
			c.note(w, note(i))
		case before[i] && !now[i]:
			health.Clear(part, condition.Key)
		}
	}
}

// note logs what a person should know: once, and not at each bar.
func (c *cycle) note(w *worker, n note) {
	level := slog.LevelInfo
	switch {
	case n == noteLoading:
		level = slog.LevelDebug
	case conditions[n].Verdict > health.Healthy:
		level = slog.LevelWarn
	}
	c.log(level, msgNoted, slog.String("symbol", w.symbol), slog.String("condition", conditions[n].Key),
		slog.String("text", conditions[n].Text), slog.String("remedy", conditions[n].Remedy))
}

// tell returns what health is to say, and what it says now.
func (w *worker) tell() (now, before noted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	a := &w.account
	now, before, a.reported = a.noted, a.reported, a.noted
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
