// Package wake tells goroutines that wait that something has happened, without a list of them and without losing a call.
package wake

import "sync/atomic"

// Bell wakes everybody who waits for its next ring. The zero value is ready; it must not be copied after the first use.
// It is safe for concurrent use.
//
// Ask for Next before you look at what the bell is about, and ring after it has changed: a ring then never falls in
// between.
//
//	for next := b.Next(); !done(); next = b.Next() {
//		<-next
//	}
//
// The channel is made by whoever waits, so it belongs to the synctest bubble of the waiting goroutine. A bell that nobody
// waits for holds none, and ringing it costs one atomic operation.
type Bell struct {
	next atomic.Pointer[chan struct{}] // nil while nobody waits
}

// Next returns a channel that is closed at the next Ring.
func (b *Bell) Next() <-chan struct{} {
	for {
		if c := b.next.Load(); c != nil {
			return *c
		}
		c := make(chan struct{})
		if b.next.CompareAndSwap(nil, &c) {
			return c
		}
	}
}

// Ring closes the channel that Next has returned since the last Ring.
func (b *Bell) Ring() {
	if c := b.next.Swap(nil); c != nil {
		close(*c)
	}
}
