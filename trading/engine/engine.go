// Package engine turns signals into orders, each of them placed once and only once.
//
// It is the thin shell around the pure book. The Engine makes each event durable in a journal before it acts on it, so
// that after a crash the same events give the same Book.
//
//	signal -> Book: target - position - open orders -> Risk -> intent, durable, with the cursor
//	       -> Broker.Submit under the intent's client ID -> ack, reject or UNKNOWN -> fills -> Book
//
// A reply that was lost is a state of its own, UNKNOWN: the Broker is asked about the client ID before anything else is
// sent for that instrument. Only a Risk makes an Approved, and only an Approved can be submitted. Halts and the day's loss
// are in the journal, so a restart does not clear them.
package engine

import "github.com/seed-5dee1c0a/vigil/trading/journal"

// Engine follows a signal store and places the orders that its signals ask for, each of them once.
//
// All its memory is the Journal: what it does is durable there before it is done, and what it finds there when it
// starts it takes up again, so a first start, a restart and a start after a crash are one path. When a write to the
// Journal fails nobody knows whether it is there, so what is in memory is thrown away and read anew. When the Broker's
// answer is lost the order is UNKNOWN: nothing more is sent for its instrument until the Broker has said what became
// of it.
//
// Serve runs it; Step does one round synchronously, for replays and tests. All methods are safe for concurrent use.
type Engine struct {
	env        *env
	ledger     *ledger     // what is known, and who may add to it
	gate       *gate       // what may begin at the Broker
	configurer *configurer // what the run is configured with, where that is something else than before
	days       *days       // the trading days, and what may be lost in one
	reconciler *reconciler // settle: what the Broker knows becomes known here
	follower   *follower   // decide: signals and targets become intents
	sender     *sender     // act: intents and cancels go to the Broker
	exits      *exits      // the guards of what is held move, and some of it is closed
	watchdog   *watchdog   // what is more than its target is seen and dealt with
	conditions *conditions // what holds at the end of a step

	lastErr error    // of the last step; guarded by ledger.mu
	outlook *outlook // what Idle has worked out of the book last; guarded by ledger.mu

	lastState    stateOfTrading // as of stateVersion; both are guarded by ledger.mu
	stateVersion uint64
}

// New checks the configuration; it reads and starts nothing.
func New(cfg Config) (*Engine, error) {
	if err := cfg.check(); err != nil {
		return nil, err
	}
	env, err := newEnv(cfg.withDefaults())
	if err != nil {
		return nil, err
	}
	ledger := newLedger(env)
	env.exits = askedExits(env, ledger)
	gate := newGate(env, ledger)
	reconciler := &reconciler{env: env, ledger: ledger, gate: gate}
	ledger.onEvent = func(event journal.Event) {
		gate.onEventLocked(event)
		if e, ok := event.(journal.Converted); ok {
			reconciler.noteConvertedLocked(e)
		}
	}
	return &Engine{
		env: env, ledger: ledger, gate: gate,
		configurer: &configurer{env: env, ledger: ledger}, days: newDays(env, ledger, gate), reconciler: reconciler,
		follower:   &follower{env: env, ledger: ledger, gate: gate},
		exits:      &exits{env: env, ledger: ledger},
		sender:     &sender{env: env, ledger: ledger, gate: gate, reconciler: reconciler},
		watchdog:   &watchdog{env: env, ledger: ledger, gate: gate, reconciler: reconciler},
		conditions: &conditions{env: env, ledger: ledger, gate: gate, reconciler: reconciler},
	}, nil
}
