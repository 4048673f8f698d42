package metrics

import (
	"sync"
	"time"
)

// source is a function of the host's, asked by one scrape at a time. Its panic would end the process, because a registry
// collects in goroutines of its own, and where it hangs each scrape would leave one behind.
type source[T any] struct {
	name string
	ask  func() T

	mu   sync.Mutex // guards all below
	last *reply[T]  // nil before the first
}

// reply is what one call returns.
type reply[T any] struct {
	done  chan struct{} // closed at the end of the call
	value T             // once it is done
	ok    bool          // once it is done: the function returned
	late  bool          // a scrape has given it up; guarded by the source's mu
}

// newSource returns nil where there is no function.
func newSource[T any](name string, ask func() T) *source[T] {
	if ask == nil {
		return nil
	}
	return &source[T]{name: name, ask: ask}
}

// begin calls the function, unless the last call still goes on.
func (s *source[T]) begin() *reply[T] {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.last != nil && !s.last.isDone() {
		return s.last
	}
	s.last = &reply[T]{done: make(chan struct{})}
	go s.last.fill(s.ask) // ends with the host's function
	return s.last
}

func (r *reply[T]) fill(ask func() T) {
	defer close(r.done)
	defer func() { _ = recover() }() // vigil_source_up tells of it
	r.value = ask()
	r.ok = true
}

func (r *reply[T]) isDone() bool {
	select {
	case <-r.done:
		return true
	default:
		return false
	}
}

// answer waits for the function, but for no longer than the scrape does, and tells whether it answered. A call that an
// earlier scrape has given up is not waited for again.
func (s *source[T]) answer(sc *scrape) (value T, ok bool) {
	if s == nil {
		return value, false
	}
	r := s.begin()
	s.mu.Lock()
	late := r.late
	s.mu.Unlock()
	if late || !sc.wait(r.done) {
		s.mu.Lock()
		r.late = true
		s.mu.Unlock()
	}
	ok = r.isDone() && r.ok
	if ok {
		value = r.value
	}
	sc.tell(sourceUp, truth(ok), s.name)
	return value, ok
}

// patience is how long a scrape waits, for all together.
type patience struct {
	end  <-chan time.Time
	over bool
}

func (p *patience) wait(done <-chan struct{}) bool {
	if p.over {
		return false
	}
	select {
	case <-done:
		return true
	case <-p.end:
		p.over = true
		return false
	}
}
