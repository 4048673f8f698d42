package supervisor

import (
	"cmp"
	"slices"
	"time"
)

// A crash loop without a delay makes a hundred thousand events in a second, and a log with a line for each of them is one
// that nobody reads and that fills the disk. So a log gets the first few events of each child and kind within a minute,
// and then one line a minute that counts the others, for as long as it goes on.

const (
	foldWindow = time.Minute

	foldAfter = 50 // a round of started, verified, ended and restarting every five seconds, the default delay
)

// limiter stands between events and a log. Only one goroutine touches it.
type limiter struct {
	write  func(Event)
	topics map[topic]*folded
}

// folded is what was kept back of one topic.
type folded struct {
	began   time.Time // of the window
	written int       // events in it that were written
	full    bool      // the window before had too many as well
	kept    int       // events that were not written
	runs    int       // starts among them
	since   time.Time // when the first of them was
	last    Stamp
}

// put writes the event, or keeps it back.
func (f *limiter) put(e Event) {
	key, alarm := topicOf(e)
	now := e.Stamped().Time
	f.flush(now)
	if alarm { // what led to it comes first
		f.tell(f.topics[topic{path: key.path}])
	}
	t := f.topics[key]
	if t == nil {
		if f.topics == nil {
			f.topics = make(map[topic]*folded)
		}
		t = &folded{began: now}
		f.topics[key] = t
	}
	if t.written < foldAfter && !t.full {
		t.written++
		f.write(e)
		return
	}
	if t.kept == 0 {
		t.since = now
	}
	t.kept++
	if _, ok := e.(Started); ok {
		t.runs++
	}
	t.last = e.Stamped()
}

// flush ends the windows that are over at the given time.
func (f *limiter) flush(now time.Time) {
	var over []*folded
	for key, t := range f.topics {
		if now.Sub(t.began) < foldWindow {
			continue
		}
		t.full = t.kept > 0
		t.began, t.written = now, 0
		over = append(over, t)
		if !t.full {
			delete(f.topics, key)
		}
	}
	f.tellAll(over)
}

// tellAll writes what was kept back, in the order in which it happened.
func (f *limiter) tellAll(topics []*folded) {
	slices.SortFunc(topics, func(a, b *folded) int {
		return cmp.Or(a.last.Time.Compare(b.last.Time), cmp.Compare(a.last.Path, b.last.Path))
	})
	for _, t := range topics {
		f.tell(t)
	}
}

func (f *limiter) tell(t *folded) {
	if t == nil || t.kept == 0 {
		return
	}
	e := Folded{t.last, t.kept, t.runs, t.since}
	t.kept, t.runs = 0, 0
	f.write(e)
}

// end writes all that was kept back.
func (f *limiter) end() {
	var all []*folded
	for _, t := range f.topics {
		all = append(all, t)
	}
	f.tellAll(all)
}

// pending reports whether anything waits for the end of its window.
func (f *limiter) pending() bool {
	for _, t := range f.topics {
		if t.kept > 0 {
			return true
		}
	}
	return false
}
