package notify

import (
	"crypto/rand"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/internal/wake"
)

// queue keeps what waits to be sent. Its methods return at once.
type queue struct {
	size   int
	rate   int
	fold   time.Duration
	giveUp time.Duration
	posted wake.Bell // rings when a message came

	mu      sync.Mutex        // guards all below
	waiting []*waiting        // as they came
	told    map[string]*topic // by Key, as long as its window lasts
	sentIn  []time.Time       // when the last messages that are not urgent were sent, up to rate of them
	lost    int               // since the last one that was sent
	status  Status
}

// waiting is a message that waits.
type waiting struct {
	Message

	first time.Time // when it was posted first
	next  time.Time // when it may be tried
	tries int
}

// topic is what was told under one Key within its window.
type topic struct {
	began time.Time
	sent  int
	over  bool // what was told last
}

// Status is what became of the messages.
type Status struct {
	Waiting   int
	Sent      int
	Tries     int // calls of the Notifier that failed
	Lost      int // messages that found no room, were refused or became too old
	LastError string
	ErrorAt   time.Time
	Hangs     bool // a call of the Notifier has outlived its time, and has not returned yet
}

// maxText bounds what a message says: some channels refuse what is longer.
const maxText = 1000

// post adds a message, or folds it into the one of its Key that waits.
func (q *queue) post(m Message, now time.Time) {
	m.Text, m.Remedy = foreign.Cut(m.Text, maxText), foreign.Cut(m.Remedy, maxText)
	m.At, m.Repeats, m.Lost = now, 0, 0
	q.mu.Lock()
	defer q.posted.Ring()
	defer q.mu.Unlock()
	if i := slices.IndexFunc(q.waiting, func(w *waiting) bool { return w.Key == m.Key }); i >= 0 {
		w := q.waiting[i]
		m.ID, m.Repeats, m.Urgent = w.ID, w.Repeats+1, m.Urgent || w.Urgent && !m.Over
		w.Message = m
		w.next = q.dueLocked(m, now)
		return
	}
	if m.ID == "" {
		m.ID = rand.Text()
	}
	q.waiting = append(q.waiting, &waiting{Message: m, first: now, next: q.dueLocked(m, now)})
	if len(q.waiting) > q.size {
		q.makeRoomLocked()
	}
}

// dueLocked says when a message may be sent: at once where it is the first of its Key within a window, or the first that
// tells of another state; else at the end of the window.
func (q *queue) dueLocked(m Message, now time.Time) time.Time {
	t := q.told[m.Key]
	if t == nil || !now.Before(t.began.Add(q.fold)) || t.sent == 1 && t.over != m.Over {
		return now
	}
	return t.began.Add(q.fold)
}

// makeRoomLocked drops the oldest message that is not urgent, or else the oldest.
func (q *queue) makeRoomLocked() {
	i := max(0, slices.IndexFunc(q.waiting, func(w *waiting) bool { return !w.Urgent }))
	q.dropLocked(q.waiting[i])
}

func (q *queue) dropLocked(w *waiting) {
	q.waiting = slices.DeleteFunc(q.waiting, func(other *waiting) bool { return other == w })
	q.lost++
	q.status.Lost++
}

// next returns the message to be sent now, or when to ask again; zero means that nothing waits. What has become too old
// leaves.
func (q *queue) next(now time.Time) (m Message, ok bool, again time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	for key, t := range q.told {
		if !now.Before(t.began.Add(q.fold)) {
			delete(q.told, key)
		}
	}
	for _, w := range slices.Clone(q.waiting) {
		if !w.Urgent && now.Sub(w.At) > q.giveUp {
			q.dropLocked(w)
		}
	}
	free := q.freeLocked(now)
	var best *waiting
	for _, w := range q.waiting {
		due := w.next
		if !w.Urgent && due.Before(free) {
			due = free
		}
		switch {
		case due.After(now):
			if again.IsZero() || due.Before(again) {
				again = due
			}
		case best == nil || w.Urgent && !best.Urgent:
			best = w
		}
	}
	if best == nil {
		return Message{}, false, again
	}
	m = best.Message
	m.Lost = q.lost
	return m, true, time.Time{}
}

// freeLocked says when the rate allows one more message that is not urgent.
func (q *queue) freeLocked(now time.Time) time.Time {
	if len(q.sentIn) < q.rate {
		return now
	}
	return q.sentIn[0].Add(time.Minute)
}

// sent takes a message out that was taken over. What was folded into it meanwhile waits for itself.
func (q *queue) sent(m Message, now time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status.Sent++
	q.lost = max(0, q.lost-m.Lost)
	t := q.told[m.Key]
	if t == nil {
		t = &topic{began: now}
		q.told[m.Key] = t
	}
	t.sent, t.over = t.sent+1, m.Over
	if !m.Urgent {
		q.sentIn = append(q.sentIn, now)
		q.sentIn = q.sentIn[max(0, len(q.sentIn)-q.rate):]
	}
	for _, w := range q.waiting {
		if w.ID == m.ID {
			if w.Repeats == m.Repeats {
				q.waiting = slices.DeleteFunc(q.waiting, func(other *waiting) bool { return other == w })
				return
			}
			w.ID, w.Repeats, w.tries = rand.Text(), w.Repeats-m.Repeats-1, 0
			w.next = q.dueLocked(w.Message, now)
			return
		}
	}
}

// failed notes that a message was not taken over. It says when the Notifier may be asked again at all.
func (q *queue) failed(m Message, f failure, now time.Time) (again time.Time) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status.Tries++
	q.status.LastError, q.status.ErrorAt = f.text, now
	i := slices.IndexFunc(q.waiting, func(w *waiting) bool { return w.ID == m.ID })
	if i < 0 {
		return now // It made room for another one.
	}
	w := q.waiting[i]
	w.tries++
	switch {
	case f.refused && !w.Urgent:
		q.dropLocked(w)
		return now
	case f.refused: // Others may be taken. This one must not be lost, and a person may mend what refuses it.
		w.next = now.Add(backoff(w.tries))
		return now
	case f.after > 0:
		return now.Add(min(f.after, maxWait))
	}
	return now.Add(backoff(w.tries))
}

// The pauses after a failure: they double from the first one on.
const (
	firstPause = time.Second
	maxPause   = time.Minute
	maxWait    = time.Hour // however long a Notifier asks to be left alone
)

func backoff(tries int) time.Duration {
	pause := firstPause
	for range tries - 1 {
		if pause *= 2; pause >= maxPause {
			return maxPause
		}
	}
	return pause
}

func (q *queue) hangs(is bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.status.Hangs = is
}

func (q *queue) state() Status {
	q.mu.Lock()
	defer q.mu.Unlock()
	s := q.status
	s.Waiting = len(q.waiting)
	return s
}
