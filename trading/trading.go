// Package trading turns signals into orders, each of them placed once and only once.
//
// It is a functional core in a thin shell. The Book is a pure state machine: events go in, and positions, open orders
// and what is left to do come out; it reads no clock and starts no goroutine. The Engine is the shell: it makes each
// event durable in a Journal before it acts on it, so that after a crash the same events give the same Book.
//
//	signal -> Book: target - position - open orders -> Risk -> intent, durable, with the cursor
//	       -> Broker.Submit under the intent's client ID -> ack, reject or UNKNOWN -> fills -> Book
//
// A reply that was lost is a state of its own, UNKNOWN: the Broker is asked about the client ID before anything else is
// sent for that instrument. Only Risk makes an Approved, and only an Approved can be submitted. Halts and the day's
// loss are in the Journal, so a restart does not clear them.
package trading
