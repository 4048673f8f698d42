package supervisor

import (
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// mailboxSize is how many events may wait for a receiver before they are folded.
const mailboxSize = 1024

// alarmLimit is how many alarms of one kind and child may wait before they are folded.
const alarmLimit = 64

// mailbox hands events to a receiver in a goroutine of its own: the tree never waits for it. Where the receiver is too
// slow, what wakes a person waits until it is taken, and of everything else the latest event of each child, which tells
// what state it is in. What was folded is counted.
type mailbox struct {
	receive  func(Event)
	panicked func(any)     // told of a panic in receive; may be nil
	wake     chan struct{} // capacity 1: there is something to do
	done     chan struct{} // closed when the goroutine has ended
	limiter  *limiter      // between the goroutine and a log; nil for a receiver that wants every event
	clock    health.Clock
	due      <-chan time.Time // when the folder is to be asked again; only the goroutine touches it
	batch    []Event          // about to be handed over; only the goroutine touches it

	mu         sync.Mutex // guards all below
	waiting    []Event    // in their order; those that were folded are nil
	routine    int        // how many of them are no alarms
	latest     map[topic]int
	alarmIndex map[topic][]int
	dropped    int
	lastAt     Stamp // of the last dropped event
	closed     bool
}

// topic is what events are about: of two about the same the later one makes the earlier one old. The numbers in the maps
// are places among those that wait.
type topic struct {
	path string
	kind string // empty for what tells the state of a child
}

// topicOf tells what the event is about, and whether it is to wake a person.
func topicOf(e Event) (key topic, alarm bool) {
	path := e.Stamped().Path
	switch e.(type) {
	case Parked:
		return topic{path, "parked"}, true
	case GaveUp:
		return topic{path, "given up"}, true
	case Escalated:
		return topic{path, "escalated"}, true
	case Abandoned:
		return topic{path, "abandoned"}, true
	case StopTimedOut:
		return topic{path, "not stopped"}, true
	case ZombieEnded:
		return topic{path, "zombie"}, false
	case Suspended:
		return topic{path, "suspended"}, false
	case Starved:
		return topic{path, "starved"}, false
	case NotReady:
		return topic{path, "not ready"}, false
	default: // The others tell the state of the child.
		return topic{path: path}, false
	}
}

func openMailbox(receive func(Event), panicked func(any)) *mailbox {
	m := &mailbox{receive: receive, panicked: panicked, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go m.deliver()
	return m
}

// openLog opens a mailbox whose receiver writes a log.
func openLog(write func(Event), clk health.Clock) *mailbox {
	m := &mailbox{clock: clk, wake: make(chan struct{}, 1), done: make(chan struct{})}
	m.limiter = &limiter{write: write}
	m.receive = m.limiter.put
	go m.deliver()
	return m
}

// put adds an event, and folds it with others where too many wait. It never blocks.
func (m *mailbox) put(e Event) {
	m.mu.Lock()
	m.putLocked(e)
	m.mu.Unlock()
	m.nudge()
}

func (m *mailbox) putLocked(e Event) {
	key, alarm := topicOf(e)
	switch {
	case m.closed && !alarm:
		m.foldLocked(e)
		return
	case alarm:
		m.putAlarmLocked(key, e)
		return
	case m.routine >= mailboxSize:
		if m.latest == nil {
			m.latest = make(map[topic]int)
		}
		if at, ok := m.latest[key]; ok {
			m.foldLocked(m.waiting[at])
			m.waiting[at] = nil
		}
		m.latest[key] = len(m.waiting)
	default:
		m.routine++
	}
	m.waiting = append(m.waiting, e)
	m.shrinkLocked()
}

// putAlarmLocked keeps an alarm until it is taken. Only of the same alarm over and over are the earlier ones folded.
func (m *mailbox) putAlarmLocked(key topic, e Event) {
	if m.alarmIndex == nil {
		m.alarmIndex = make(map[topic][]int)
	}
	at := m.alarmIndex[key]
	if len(at) >= alarmLimit {
		m.foldLocked(m.waiting[at[0]])
		m.waiting[at[0]] = nil
		at = at[1:]
	}
	m.alarmIndex[key] = append(at, len(m.waiting))
	m.waiting = append(m.waiting, e)
	m.shrinkLocked()
}

func (m *mailbox) foldLocked(e Event) {
	m.dropped++
	if at := e.Stamped(); !at.Time.Before(m.lastAt.Time) {
		m.lastAt = at
	}
}

// shrinkLocked drops the places of what was folded, once they are the most.
func (m *mailbox) shrinkLocked() {
	if len(m.waiting) < 4*mailboxSize || len(m.waiting) < cap(m.waiting) {
		return
	}
	moved, kept := make(map[int]int), make([]Event, 0, len(m.waiting))
	for i, e := range m.waiting {
		if e != nil {
			moved[i] = len(kept)
			kept = append(kept, e)
		}
	}
	if len(kept) > len(m.waiting)/2 {
		return
	}
	m.waiting = kept
	for key, at := range m.latest {
		m.latest[key] = moved[at]
	}
	for _, indexes := range m.alarmIndex {
		for i, at := range indexes {
			indexes[i] = moved[at]
		}
	}
}

func (m *mailbox) nudge() {
	select {
	case m.wake <- struct{}{}:
	default:
	}
}

func (m *mailbox) deliver() {
	over := false
	defer func() {
		if over {
			close(m.done)
			return
		}
		m.nudge()
		go m.deliver() // the receiver called Goexit, as a test that fails does
	}()
	for {
		select {
		case <-m.wake:
		case <-m.due:
			m.due = nil
			m.protect(func() { m.limiter.flush(m.clock.Now()) })
		}
		closed := m.take()
		if closed && len(m.batch) == 0 {
			over = true
			if m.limiter != nil {
				m.protect(m.limiter.end)
			}
			return
		}
		for len(m.batch) > 0 {
			e := m.batch[0]
			m.batch = m.batch[1:]
			m.protect(func() { m.receive(e) })
		}
		if m.limiter != nil && m.due == nil && m.limiter.pending() {
			m.due = m.clock.After(foldWindow)
		}
		if closed {
			m.nudge()
		}
	}
}

// take empties the mailbox into the batch, with a word on what was folded at the place of the last of it.
func (m *mailbox) take() (closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, e := range m.waiting {
		if e == nil {
			continue
		}
		if m.dropped > 0 && e.Stamped().Time.After(m.lastAt.Time) {
			m.reportDroppedLocked()
		}
		m.batch = append(m.batch, e)
	}
	m.reportDroppedLocked()
	m.waiting, m.routine, m.latest, m.alarmIndex = nil, 0, nil, nil
	return m.closed
}

func (m *mailbox) reportDroppedLocked() {
	if m.dropped > 0 {
		m.batch = append(m.batch, Dropped{m.lastAt, m.dropped})
		m.dropped, m.lastAt = 0, Stamp{}
	}
}

// protect keeps up the delivery to a receiver that panics: it has lost that event, and gets the next one. What tells of
// the panic is foreign code as well, and may panic in turn.
func (m *mailbox) protect(call func()) {
	defer func() {
		defer func() { _ = recover() }()
		if v := recover(); v != nil && m.panicked != nil {
			m.panicked(v)
		}
	}()
	call()
}

// close lets the receiver finish with what is waiting, for at most limit, and reports whether it did.
func (m *mailbox) close(clk health.Clock, limit time.Duration) bool {
	m.mu.Lock()
	m.closed = true
	m.mu.Unlock()
	m.nudge()
	select {
	case <-m.done:
		return true
	default:
	}
	select {
	case <-m.done:
		return true
	case <-clk.After(limit):
		return false
	}
}
