package alpaca_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math/rand/v2"
	"net/http"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// errDead is what a process that was killed hears: nothing that it does has an effect any more.
var errDead = errors.New("the process is dead")

// mortal is what a process acts through: its way to the venue and to its journal. Once it is killed nothing goes out any more
// but what is on its way already, as a kernel still sends what a dead process has written, after a while.
type mortal struct {
	journal.Journal
	next http.RoundTripper
	dead chan struct{}
	kill func() // ends it; may be called twice
	late *sync.WaitGroup

	mu     sync.Mutex // guards what is below
	random *rand.Rand
	doomed moment
}

// moment is when a process that is doomed dies.
type moment int

const (
	notDoomed     moment = iota
	beforeSending        // between Begin and the request
	whileSending         // the request is on its way for a while
	afterSending         // the venue has answered, and nobody has read it
	beforeWriting        // nothing is in the journal
	afterWriting         // it is in the journal, and nobody knows
	moments
)

// doom has a process die soon, at a request that changes something or at an entry of the journal.
func (m *mortal) doom(at moment) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.doomed = at; at == notDoomed {
		m.doomed = 1 + moment(m.random.IntN(int(moments)-1))
	}
}

// dies reports whether the moment has come, and kills the process then.
func (m *mortal) dies(at moment) bool {
	m.mu.Lock()
	now := m.doomed == at
	m.mu.Unlock()
	if now {
		m.kill()
	}
	return now
}

func (m *mortal) isDead() bool {
	select {
	case <-m.dead:
		return true
	default:
		return false
	}
}

// Append implements journal.Journal.
func (m *mortal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if m.isDead() || m.dies(beforeWriting) {
		return errDead
	}
	err := m.Journal.Append(ctx, at, events...)
	if m.dies(afterWriting) {
		return errDead
	}
	return err
}

// RoundTrip implements http.RoundTripper.
func (m *mortal) RoundTrip(r *http.Request) (*http.Response, error) {
	changes := r.Method == http.MethodPost || r.Method == http.MethodDelete
	if m.isDead() || changes && m.dies(beforeSending) {
		return nil, errDead
	}
	if r.Header.Get("Upgrade") != "" {
		return m.next.RoundTrip(r)
	}
	if changes && m.dies(whileSending) {
		m.send(r, m.delay())
		return nil, errDead
	}
	select {
	case a := <-m.send(r, 0):
		if a.err == nil && changes && m.dies(afterSending) {
			return nil, errDead
		}
		return a.response, a.err
	case <-m.dead: // in the middle of a call
		return nil, errDead
	case <-r.Context().Done():
		return nil, r.Context().Err()
	}
}

// delay is for how long a request of a dead process is on its way.
func (m *mortal) delay() time.Duration {
	m.mu.Lock()
	defer m.mu.Unlock()
	return time.Duration(m.random.Int64N(int64(longestFlight - time.Second)))
}

type answer struct {
	response *http.Response
	err      error
}

// send sends a request whatever becomes of its process, and reads the answer into memory.
func (m *mortal) send(r *http.Request, after time.Duration) <-chan answer {
	sent := r.Clone(context.WithoutCancel(r.Context()))
	if r.Body != nil {
		sent.Body = inMemory(r.Body)
	}
	got := make(chan answer, 1)
	m.late.Go(func() {
		time.Sleep(after) //vigil:wallclock the campaign's bubble
		response, err := m.next.RoundTrip(sent)
		if err == nil {
			whole := response.Body
			var told []byte
			told, err = io.ReadAll(whole)
			_ = whole.Close()
			response.Body = io.NopCloser(bytes.NewReader(told))
		}
		got <- answer{response, err}
	})
	return got
}

func read(body io.ReadCloser) []byte {
	if body == nil {
		return nil
	}
	all, err := io.ReadAll(body)
	if err != nil {
		panic(err) // it is in memory
	}
	_ = body.Close()
	return all
}

func inMemory(body io.ReadCloser) io.ReadCloser { return io.NopCloser(bytes.NewReader(read(body))) }
