package mortal_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/mortal"
)

// venue notes when and what it was sent; an answer takes a second.
type venue struct {
	mu     sync.Mutex // guards what is below
	bodies []string
	last   time.Time
}

// heard returns what the venue was sent, and when the last of it arrived.
func (v *venue) heard() (bodies []string, last time.Time) {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.bodies), v.last
}

func (v *venue) RoundTrip(r *http.Request) (*http.Response, error) {
	body := ""
	if r.Body != nil {
		all, err := io.ReadAll(r.Body)
		if err != nil {
			return nil, err
		}
		body = string(all)
	}
	v.mu.Lock()
	v.bodies, v.last = append(v.bodies, body), time.Now()
	v.mu.Unlock()
	time.Sleep(time.Second)
	recorder := httptest.NewRecorder()
	_, err := recorder.WriteString("taken: " + body)
	return recorder.Result(), err
}

// life is a process with its venue and its journal, in a bubble.
type life struct {
	*testing.T
	*mortal.Process
	venue   *venue
	journal journal.Journal
}

func live(t *testing.T, test func(life)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		l := life{T: t, venue: &venue{}, journal: journal.NewMemory()}
		l.Process = mortal.New(mortal.Config{
			Journal: l.journal, Next: l.venue, Flight: func(*rand.Rand) time.Duration { return time.Minute },
		})
		test(l)
		l.Kill()
		l.Wait()
	})
}

func (l life) request(ctx context.Context, method, text string) (string, error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://venue/order", strings.NewReader(text))
	require.NoError(l, err)
	reply, err := (&http.Client{Transport: l}).Do(r)
	if err != nil {
		return "", err
	}
	defer func() { _ = reply.Body.Close() }()
	said, err := io.ReadAll(reply.Body)
	return string(said), err
}

func (l life) write() error {
	return l.Append(context.Background(), time.Now(), journal.Halted{Reason: "a test"})
}

func (l life) written() int {
	entries, err := l.journal.Read(context.Background(), 0, 10)
	require.NoError(l, err)
	return len(entries)
}

func TestProcessLivesUntilItIsKilled(t *testing.T) {
	t.Parallel()
	live(t, func(l life) {
		said, err := l.request(l.Context(), http.MethodPost, "one")
		require.NoError(l, err)
		require.Equal(l, "taken: one", said)
		require.NoError(l, l.write())
		id, err := l.Identity(l.Context())
		require.NoError(l, err)
		own, err := l.journal.Identity(l.Context())
		require.NoError(l, err)
		require.Equal(l, own, id)
		entries, err := l.Read(l.Context(), 0, 10)
		require.NoError(l, err)
		require.Len(l, entries, 1)

		l.Kill()
		<-l.Dead()
		_, err = l.request(l.Context(), http.MethodGet, "two")
		require.ErrorIs(l, err, mortal.ErrDead)
		require.ErrorIs(l, l.write(), mortal.ErrDead)
		bodies, _ := l.venue.heard()
		require.Equal(l, []string{"one"}, bodies)
		require.Equal(l, 1, l.written())
	})
}

func TestDoomedProcessDiesAtItsMoment(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		at      mortal.Moment
		writes  bool // it dies at an entry, not at a request
		arrives int  // requests and entries
		after   time.Duration
	}{
		"before it sends":  {at: mortal.BeforeSending},
		"while it sends":   {at: mortal.WhileSending, arrives: 1, after: time.Minute},
		"after it sent":    {at: mortal.AfterSending, arrives: 1},
		"before it writes": {at: mortal.BeforeWriting, writes: true},
		"after it wrote":   {at: mortal.AfterWriting, writes: true, arrives: 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			live(t, func(l life) {
				_, err := l.request(l.Context(), http.MethodGet, "")
				require.NoError(l, err)
				l.Doom(c.at)
				_, err = l.request(l.Context(), http.MethodGet, "")
				require.NoError(l, err, "what changes nothing is no moment to die at")
				began := time.Now()
				wrote := l.write()
				_, posted := l.request(l.Context(), http.MethodPost, "order")
				if c.writes {
					require.ErrorIs(l, wrote, mortal.ErrDead)
				} else {
					require.NoError(l, wrote)
				}
				require.ErrorIs(l, posted, mortal.ErrDead)
				l.Wait()
				bodies, last := l.venue.heard()
				if c.writes {
					require.Equal(l, c.arrives, l.written())
					require.Len(l, bodies, 2, "the dead send nothing")
					return
				}
				require.Len(l, bodies, 2+c.arrives)
				if c.arrives > 0 {
					require.Equal(l, "order", bodies[2])
					require.Equal(l, c.after, last.Sub(began))
				}
			})
		})
	}
}

func TestProcessThatIsKilledInTheMiddleOfACallHasSentIt(t *testing.T) {
	t.Parallel()
	live(t, func(l life) {
		time.AfterFunc(time.Millisecond, l.Kill)
		_, err := l.request(l.Context(), http.MethodPost, "order")
		require.ErrorIs(l, err, mortal.ErrDead)
		bodies, _ := l.venue.heard()
		require.Equal(l, []string{"order"}, bodies)
	})
}

func TestRequestArrivesThoughItsContextEnds(t *testing.T) {
	t.Parallel()
	live(t, func(l life) {
		ctx, cancel := context.WithTimeout(l.Context(), time.Millisecond)
		defer cancel()
		_, err := l.request(ctx, http.MethodDelete, "order")
		require.ErrorIs(l, err, context.DeadlineExceeded)
		bodies, _ := l.venue.heard()
		require.Equal(l, []string{"order"}, bodies)
	})
}

func TestRunGoesOnUntilTheProcessIsDead(t *testing.T) {
	t.Parallel()
	live(t, func(l life) {
		runs := 0
		l.Process.Run(func(context.Context) { runs++ })
		l.Process.Run(func(ctx context.Context) { <-ctx.Done() })
		time.Sleep(2500 * time.Millisecond)
		l.Kill()
		l.Wait()
		require.Equal(l, 3, runs, "at once, and after each second")
	})
}

func TestDoomWithoutAMomentChoosesByTheSeed(t *testing.T) {
	t.Parallel()
	chosen := make(map[bool]int)
	for seed := range uint64(20) {
		synctest.Test(t, func(t *testing.T) {
			p := mortal.New(mortal.Config{Journal: journal.NewMemory(), Next: &venue{}, Seed: seed})
			l := life{T: t, Process: p}
			p.Doom(mortal.Whenever)
			chosen[l.write() != nil]++
			_, err := l.request(t.Context(), http.MethodPost, "order")
			require.ErrorIs(t, err, mortal.ErrDead)
			p.Wait()
		})
	}
	require.Len(t, chosen, 2, "some die at a request, some at an entry")
}
