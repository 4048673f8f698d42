// Package mortal is a process that a test can kill at a chosen moment, in the middle of a call as well. What an engine and
// its adapter do to the world they do through a Process: it is the journal of the one and the HTTP transport of the other.
//
//	process := mortal.New(mortal.Config{Journal: journal, Next: network})
//	client := &http.Client{Transport: process} // of the adapter
//	process.Doom(mortal.AfterSending)          // it dies with its next order, and never reads the answer
//
// Once it is dead, nothing that it does has an effect any more. Only what it had sent may still arrive, for as long as
// Config.Flight says, as a kernel sends what a dead process has written. Another Process over the same journal and the same
// venue is its next life.
//
// Nothing is cut off but the journal and the network: goroutines go on until their contexts end. A Process waits by the
// machine's clock, which within testing/synctest is the bubble's.
package mortal

import (
	"context"
	"errors"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// ErrDead is what a dead process hears, whatever it does.
var ErrDead = errors.New("mortal: the process is dead")

// Moment is when a process that is doomed dies.
type Moment int

// The moments are around a request that changes something, which is any but a GET, and around an entry of the journal.
const (
	Whenever      Moment = iota // one of those below
	BeforeSending               // the engine gave leave to send, and nothing went out
	WhileSending                // the request is on its way, for as long as Config.Flight says
	AfterSending                // the venue has answered, and nobody has read it
	BeforeWriting               // nothing is in the journal
	AfterWriting                // it is in the journal, and nobody knows
	moments
)

// Config is what a Process stands on.
type Config struct {
	Journal journal.Journal                       // outlives the process
	Next    http.RoundTripper                     // the network; nil means http.DefaultTransport
	Seed    uint64                                // of what is left to chance; the same seed chooses the same
	Flight  func(random *rand.Rand) time.Duration // how long what is sent at WhileSending is on its way; nil means below 10 s
}

// Process implements journal.Journal and http.RoundTripper. Use New. It is safe for concurrent use if its journal and its
// network are.
type Process struct {
	journal journal.Journal
	next    http.RoundTripper
	flight  func(*rand.Rand) time.Duration
	alive   context.Context // ends with the process
	die     context.CancelFunc
	runs    sync.WaitGroup // what Run has started
	sent    sync.WaitGroup // requests on their way

	mu     sync.Mutex // guards what is below
	random *rand.Rand
	doomed bool
	at     Moment // when it dies, where it is doomed
}

var (
	_ journal.Journal   = (*Process)(nil)
	_ http.RoundTripper = (*Process)(nil)
)

// New returns a Process that lives until it is killed. It panics where there is no journal.
func New(cfg Config) *Process {
	if cfg.Journal == nil {
		panic("mortal: Config.Journal is nil: give the journal that outlives the process, such as journal.NewMemory()")
	}
	p := &Process{
		journal: cfg.Journal, next: cfg.Next, flight: cfg.Flight, random: rand.New(rand.NewPCG(cfg.Seed, 3)),
	}
	if p.next == nil {
		p.next = http.DefaultTransport
	}
	if p.flight == nil {
		p.flight = func(random *rand.Rand) time.Duration { return time.Duration(random.Int64N(int64(10 * time.Second))) }
	}
	p.alive, p.die = context.WithCancel(context.Background())
	return p
}

// Run runs a part of the process in a goroutine of its own, such as an Engine's Step: again a second after it has returned, as
// a supervisor does, until the process is dead. The part's context ends then. Run may not follow Wait.
func (p *Process) Run(part func(context.Context)) {
	p.runs.Go(func() {
		for p.alive.Err() == nil {
			part(p.alive)
			select {
			case <-p.alive.Done():
			case <-time.After(time.Second): //vigil:wallclock see the package's word on clocks
			}
		}
	})
}

// Kill kills the process now, in the middle of whatever it does. Whoever is dead stays so.
func (p *Process) Kill() { p.die() }

// Dead is closed once the process is dead.
func (p *Process) Dead() <-chan struct{} { return p.alive.Done() }

// Wait returns when the parts of a process that was killed have ended, and what it had sent has arrived or has failed.
func (p *Process) Wait() {
	<-p.alive.Done()
	p.runs.Wait()
	p.sent.Wait()
}

// Doom has the process die the next time that a moment comes.
func (p *Process) Doom(at Moment) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if at == Whenever {
		at = 1 + Moment(p.random.IntN(int(moments)-1))
	}
	p.doomed, p.at = true, at
}

// dies reports whether this is the moment at which the process is to die, and kills it then.
func (p *Process) dies(at Moment) bool {
	p.mu.Lock()
	now := p.doomed && p.at == at
	p.mu.Unlock()
	if now {
		p.die()
	}
	return now
}

func (p *Process) dead() bool { return p.alive.Err() != nil }

// Identity implements journal.Journal.
func (p *Process) Identity(ctx context.Context) (string, error) { return p.journal.Identity(ctx) }

// Read implements journal.Journal.
func (p *Process) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	return p.journal.Read(ctx, after, limit)
}

// Append implements journal.Journal. A dead process appends nothing.
func (p *Process) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if p.dead() || p.dies(BeforeWriting) {
		return ErrDead
	}
	err := p.journal.Append(ctx, at, events...)
	if p.dies(AfterWriting) {
		return ErrDead
	}
	return err
}
