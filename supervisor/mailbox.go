package supervisor

import (
	"sync"
	"time"
)

// mailboxSize is how many events may wait for a receiver before the newest are dropped.
const mailboxSize = 1024

// mailbox hands events to a receiver in a goroutine of its own: the tree never waits for it.
type mailbox struct {
	receive  func(Event)
	panicked func(any)     // told of a panic in receive; may be nil
	wake     chan struct{} // capacity 1: there is something to do
	done     chan struct{} // closed when the goroutine has ended
	batch    []Event       // about to be handed over; only the goroutine touches it

	mu      sync.Mutex // guards all below
	waiting []Event
	dropped int
	lastAt  Stamp // of the last dropped event
	closed  bool
}

func openMailbox(receive func(Event), panicked func(any)) *mailbox {
	m := &mailbox{receive: receive, panicked: panicked, wake: make(chan struct{}, 1), done: make(chan struct{})}
	go m.deliver()
	return m
}

// put adds an event, or counts it as dropped. It never blocks.
func (m *mailbox) put(e Event) {
	m.mu.Lock()
	if len(m.waiting) >= mailboxSize || m.closed {
		m.dropped++
		m.lastAt = e.Stamped()
	} else {
		m.waiting = append(m.waiting, e)
	}
	m.mu.Unlock()
	m.nudge()
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
	for range m.wake {
		closed := m.take()
		if closed && len(m.batch) == 0 {
			over = true
			return
		}
		for len(m.batch) > 0 {
			e := m.batch[0]
			m.batch = m.batch[1:]
			m.call(e)
		}
		if closed {
			m.nudge()
		}
	}
}

// take empties the mailbox into the batch, with a word on what was lost at the end of it.
func (m *mailbox) take() (closed bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.batch, m.waiting = append(m.batch, m.waiting...), nil
	if m.dropped > 0 {
		m.batch = append(m.batch, Dropped{m.lastAt, m.dropped})
		m.dropped = 0
	}
	return m.closed
}

// call shields the delivery from a receiver that panics: it has lost that event, and gets the next one.
func (m *mailbox) call(e Event) {
	defer func() {
		if v := recover(); v != nil && m.panicked != nil {
			m.panicked(v)
		}
	}()
	m.receive(e)
}

// close lets the receiver finish with what is waiting, for at most limit, and reports whether it did.
func (m *mailbox) close(clk Clock, limit time.Duration) bool {
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
