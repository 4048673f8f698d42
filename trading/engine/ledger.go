package engine

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// snapshotEvery is how many events pass between two snapshots: a restart reads at most about twice as many, in about
// a tenth of a second.
const snapshotEvery = 10_000

// ledger is the Journal, and the book that it adds up to.
//
// Two locks, in this order: the writer permit, then mu. One mutex guards the state of the ledger, of its runs, of the
// gate, of the reconciler and Engine.lastErr: what lets an order pass has to see the book, the run and the calls in
// flight at one and the same moment. No call to the outside is made under mu; the permit covers the Journal's, and no
// other.
type ledger struct {
	env *env

	// writer is the permit to write: it covers reading the book, deciding, the Journal's Append and the fold, so that
	// the book cannot change between a decision and its record. It is a channel, so that waiting for it ends with a
	// context; it is never held during a call to the Broker.
	writer        chan struct{}
	sinceSnapshot int // events journaled since the last snapshot; used with the permit held

	mu         sync.Mutex    // guards all below, and what the type's comment names
	identity   string        // of the Journal, once it was read; changed and read as book is
	book       *book.Book    // changed with both the permit and mu held, and read with either
	version    int           // of the book: it counts the changes
	loaded     bool          // the book is what the Journal says
	reconciled bool          // and as far as is known the Broker says the same
	opened     time.Time     // when the Journal was first read
	openedAt   time.Duration // the same on the stopwatch
	runs       runs

	// otherUnits are the instruments of which the Broker seems to hold other units than the book: see convert.go.
	otherUnits map[string]bool

	// onEvent is told of each event that has become part of the book, with mu held.
	onEvent func(journal.Event)
}

func newLedger(env *env) *ledger {
	return &ledger{
		env: env, writer: make(chan struct{}, 1), book: book.New(env.cfg.Capital), onEvent: func(journal.Event) {},
		otherUnits: make(map[string]bool),
	}
}

// view returns what read finds in the book. read keeps nothing of the book but copies.
func view[T any](l *ledger, read func(*book.Book) T) T {
	l.mu.Lock()
	defer l.mu.Unlock()
	return read(l.book)
}

// order returns the order of a client ID as the book has it now.
func (l *ledger) order(clientID string) (o book.OrderState, ok bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.book.Order(clientID)
}

// hasOtherUnits reports whether the Broker seems to hold an instrument in other units than the book.
func (l *ledger) hasOtherUnits(symbol string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.otherUnits[symbol]
}

// pendingWhere returns the pending orders of which is holds.
func (l *ledger) pendingWhere(is func(book.OrderState) bool) []book.OrderState {
	return view(l, func(b *book.Book) []book.OrderState { return b.PendingWhere(is) })
}

// acquire waits for the permit to write, as long as ctx lives.
func (l *ledger) acquire(ctx context.Context) error {
	select {
	case l.writer <- struct{}{}:
		return nil
	default:
	}
	select {
	case l.writer <- struct{}{}:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("engine: waiting for an earlier write to the journal: %w", context.Cause(ctx))
	}
}

func (l *ledger) release() { <-l.writer }

// write makes events durable and then part of the book. What to write is decided by choose, with the permit held, so the
// book is as choose saw it when the events are added. A nil r is a person, who may always write.
//
// The end of ctx does not cut a write short: half of the callers come with an answer from the Broker while everything
// is being stopped, and an Append that was interrupted may or may not be there.
func (l *ledger) write(ctx context.Context, r *run, choose func(*book.Book) ([]journal.Event, error)) ([]journal.Event, error) {
	if err := l.acquire(ctx); err != nil {
		return nil, err
	}
	defer l.release()
	if err := l.loadWithPermit(ctx, r); err != nil {
		return nil, err
	}
	events, err := choose(l.book)
	if err != nil || len(events) == 0 {
		return nil, err
	}
	for _, event := range events {
		if err := l.book.Check(event); err != nil {
			return nil, err
		}
	}
	if err := l.append(ctx, events); err != nil {
		return events, err
	}
	l.maySnapshot(ctx, len(events))
	return events, nil
}

// record writes events that need no further look at the book.
func (l *ledger) record(ctx context.Context, r *run, events ...journal.Event) error {
	_, err := l.write(ctx, r, func(*book.Book) ([]journal.Event, error) { return events, nil })
	return err
}

func (l *ledger) append(ctx context.Context, events []journal.Event) error {
	limited, cancel := l.env.limited(context.WithoutCancel(ctx))
	defer cancel()
	at := l.env.now()
	err := l.env.cfg.Journal.Append(limited, at, events...)
	var seqs []int64
	if err == nil && slices.ContainsFunc(events, isHalt) {
		seqs = l.lastSeqs(limited, len(events))
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if err != nil {
		l.loaded, l.reconciled = false, false // Nobody knows whether it is there: read it again.
		return fmt.Errorf("engine: journal %s: %w", journal.KindOf(events[0]), err)
	}
	l.version++
	for i, event := range events {
		entry := journal.Entry{Seq: l.book.Seq() + 1, At: at, Event: event}
		switch {
		case seqs != nil:
			entry.Seq = seqs[i]
		case isHalt(event):
			entry.Seq, l.loaded, l.reconciled = 0, false, false // The Journal did not tell: it is read again.
		}
		if err := l.book.ApplyEntry(entry); err != nil {
			l.loaded, l.reconciled = false, false
			return err // Check has let it through; were it wrong all the same, reading the Journal would find it too.
		}
		l.onEvent(event)
	}
	return nil
}

func isHalt(e journal.Event) bool {
	_, ok := e.(journal.Halted)
	return ok
}

// lastSeqs are those of the events that were just appended, so many; nil where the Journal does not say. Events are counted
// but for halts, whose names they are: a Journal may leave out a place.
func (l *ledger) lastSeqs(ctx context.Context, count int) (seqs []int64) {
	for entry, err := range journal.Entries(ctx, l.env.cfg.Journal, l.book.Seq()) {
		if err != nil {
			return nil
		}
		seqs = append(seqs, entry.Seq)
	}
	if len(seqs) < count {
		return nil
	}
	return seqs[len(seqs)-count:]
}

// load reads the Journal if what is in memory is not known to be what it says.
func (l *ledger) load(ctx context.Context, r *run) error {
	if err := l.acquire(ctx); err != nil {
		return err
	}
	defer l.release()
	return l.loadWithPermit(ctx, r)
}

func (l *ledger) loadWithPermit(ctx context.Context, r *run) error {
	l.mu.Lock()
	loaded, err := l.loaded, l.runs.mayWrite(r)
	l.mu.Unlock()
	if err != nil || loaded {
		return err
	}
	identity, err := l.env.identity(ctx)
	if err != nil {
		return err
	}
	b, err := book.Restore(l.env.cfg.Capital, journal.Load(ctx, l.env.cfg.Journal))
	if err != nil {
		return err
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.book, l.identity, l.loaded = b, identity, true
	l.version++
	if l.opened.IsZero() {
		l.opened, l.openedAt = l.env.watch.read()
	}
	return nil
}

// maySnapshot keeps a snapshot if enough has happened since the last one. The permit is held. That it fails is logged, and
// harms nothing.
func (l *ledger) maySnapshot(ctx context.Context, added int) {
	s, ok := l.env.cfg.Journal.(journal.Snapshotter)
	l.sinceSnapshot += added
	l.mu.Lock()
	loaded := l.loaded // A halt may have no name yet.
	l.mu.Unlock()
	if !ok || !loaded || l.sinceSnapshot < l.env.cfg.SnapshotEvery {
		return
	}
	l.sinceSnapshot = 0
	data, err := l.book.Snapshot()
	if err == nil {
		limited, cancel := l.env.limited(context.WithoutCancel(ctx))
		defer cancel()
		err = s.KeepSnapshot(limited, data)
	}
	if err != nil {
		l.env.log.Warn("Snapshot failed", "error", err)
	}
}
