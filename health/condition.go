package health

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// Condition is something about a part that holds until it is cleared, and that no error or silence says: trading is
// halted, a position has no guard. It counts in the part's verdict as long as it is raised.
type Condition struct {
	Key     string  // names the condition within its part, such as "halted"
	Verdict Verdict // what the part is at best while it holds; Healthy for what is only worth knowing
	Text    string  // what holds, in one sentence
	Remedy  string  // what ends it; may be empty
	Person  bool    // it does not end by itself: a person has to act
	Closed  bool    // no work should be sent this way while it holds; see Report.NotReady
	// Began is since when it holds, where that is known: a halt of yesterday was raised again when the process started. Zero
	// means since it was raised.
	Began time.Time
}

// Raised is a Condition that holds.
type Raised struct {
	Condition

	Since time.Time // when it began, or else was raised first
}

// What a part may raise and count is bounded: a report is read by people, and kept by whoever polls it.
const (
	maxConditions = 32       // of one part at once; those beyond are counted in one of the key overflowKey
	maxCounts     = 64       // names that one part may count under; what comes under others counts as overflowKey
	maxKey        = 64       // bytes of a Key, and of a name that is counted under
	overflowKey   = "others" // of the condition or count that stands for those for which there was no room
	maxName       = 256      // bytes of a child's name
)

// bounded returns the name of a child. Of one that is too long the beginning stays, and a sum of all of it, so that no
// two of them become one.
func bounded(name string) string {
	if len(name) <= maxName {
		return name
	}
	sum := sha256.Sum256([]byte(name))
	return foreign.Cut(name, maxName-17) + "-" + hex.EncodeToString(sum[:8])
}

// Raise says that a condition holds for the part in ctx. Raising it again changes all of it but its Since, unless it says when
// it Began.
//
// A condition outlives the run that raised it: a service that crashes while it is halted is still halted. A later run
// may clear it or raise it again, and what it has not raised again by the time that it calls Ready is gone: by then it
// has looked. A run that never calls Ready clears by itself what no longer holds.
//
// Texts are cut at 1 kB and keys at 64 bytes. Of more than 32, those that come last are folded into one of the key
// "others".
func Raise(ctx context.Context, c Condition) { FromContext(ctx).Raise(c) }

// Clear says that the condition of that key does not hold any more. Clearing what was not raised does nothing.
func Clear(ctx context.Context, key string) { FromContext(ctx).Clear(key) }

// condition is a Raised as it is kept.
type condition struct {
	Raised

	run *Part // the run that raised it last
}

// Raise says that a condition holds; see the function Raise.
func (p *Part) Raise(c Condition) {
	if p == nil {
		return
	}
	c.Key = foreign.Cut(c.Key, maxKey)
	c.Text, c.Remedy = foreign.Cut(c.Text, foreign.MaxText), foreign.Cut(c.Remedy, foreign.MaxText)
	c.Verdict = min(max(c.Verdict, Healthy), Unhealthy)
	now := p.registry.clock.Now()
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	if p.isCurrentLocked() {
		p.record.changed(p.registry)
		since := now
		if !c.Began.IsZero() {
			since = c.Began
		}
		p.record.wordsLocked().raise(condition{Raised{c, since}, p})
	}
}

// Clear says that a condition does not hold any more; see the function Clear.
func (p *Part) Clear(key string) {
	if p == nil {
		return
	}
	key = foreign.Cut(key, maxKey)
	p.record.mu.Lock()
	defer p.record.mu.Unlock()
	w := p.record.words
	if w == nil || !p.isCurrentLocked() {
		return
	}
	if at, found := w.find(key); found {
		p.record.changed(p.registry)
		w.conditions = slices.Delete(w.conditions, at, at+1)
	}
}

func (w *words) raise(c condition) {
	at, found := w.find(c.Key)
	if !found && len(w.conditions) >= maxConditions {
		// The worst of those without room speaks for them: the verdict stays right.
		c.Key, c.Text = overflowKey, "there are more conditions than are kept, one is: "+c.Text
		at, found = w.find(c.Key)
		if found && w.conditions[at].Verdict > c.Verdict {
			return
		}
	}
	if found {
		if c.Began.IsZero() {
			c.Since = w.conditions[at].Since
		}
		w.conditions[at] = c
		return
	}
	w.conditions = slices.Insert(w.conditions, at, c)
}

func (w *words) find(key string) (at int, found bool) {
	return slices.BinarySearchFunc(w.conditions, key, func(c condition, key string) int { return cmp.Compare(c.Key, key) })
}

// settle drops what earlier runs have raised and this one has not.
func (w *words) settle(run *Part) {
	w.conditions = slices.DeleteFunc(w.conditions, func(c condition) bool { return c.run != run })
}

// raised returns a copy of the conditions.
func (w *words) raised() []Raised {
	if len(w.conditions) == 0 {
		return nil
	}
	raised := make([]Raised, len(w.conditions))
	for i, c := range w.conditions {
		raised[i] = c.Raised
	}
	return raised
}

// evaluateConditions counts what the part has raised, the worst first.
func (p *PartReport) evaluateConditions() {
	for _, c := range p.Conditions {
		p.downgrade(c.Verdict, c.reason(), c.Remedy)
	}
}

// reason is the condition in one line.
func (c Condition) reason() string {
	reason := c.Key + ": " + c.Text
	if c.Remedy != "" {
		reason += " (" + c.Remedy + ")"
	}
	return reason
}
