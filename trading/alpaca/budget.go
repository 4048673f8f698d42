package alpaca

import (
	"context"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/seed-5dee1c0a/vigil/health"
)

// class is how much of the budget a request may use up. What brings the account to rest comes last to its end.
type class int

const (
	normal  class = iota // questions
	opening              // orders that open
	bulk                 // history: fills, cash, pairs
	urgent               // cancels, and orders that only reduce
)

// floors are the parts of the budget that each class leaves to those above it.
var floors = map[class]float64{bulk: 0.4, opening: 0.2, normal: 0.2, urgent: 0}

// lags are for how much longer each class leaves the venue alone than it wants to be. A guard that waits is first in line;
// one that still needs an answer has it before anything is opened.
var lags = map[class]time.Duration{
	urgent: 0, normal: 100 * time.Millisecond, bulk: 100 * time.Millisecond, opening: 2 * time.Second,
}

const (
	// allowed is how many requests in a minute the venue takes, until its answers say otherwise.
	allowed = 200
	// unsaid is how long the venue is left alone that has refused a request for their number and does not say until when. It
	// doubles with each one that it refuses in a row, up to a most: a guard is not to wait for much longer than it must.
	unsaid     = time.Second
	unsaidMost = 4 * time.Second
	longest    = time.Minute // it counts by the minute
)

// budget is what may be asked of the venue. Half of a minute's requests are there at once, and the other half comes back over
// a minute, so whenever the venue begins to count its minute, there are never more.
type budget struct {
	clock health.Clock

	mu       sync.Mutex // guards what is below
	limit    int        // requests in a minute
	requests *rate.Limiter
	rest     time.Time // until when the venue wants to be left alone
	refused  int       // how many requests in a row it has refused for their number
}

func newBudget(clk health.Clock) *budget {
	return &budget{clock: clk, limit: allowed, requests: rate.NewLimiter(perSecond(allowed), allowed/2)}
}

func perSecond(limit int) rate.Limit { return rate.Limit(float64(limit) / 2 / 60) }

// errWait says that an order was not sent, as the venue wants to be left alone.
var errWait = errors.New("it was not sent, as the venue wants to be left alone after too many requests")

// take waits until there is room for a request, and takes it. An error says that it was not sent. What opens is told so at
// once while the venue wants to be left alone: behind it in a line may be a guard.
func (b *budget) take(ctx context.Context, r request) error {
	c := r.class
	if isHurried(ctx) {
		c = urgent
	}
	for {
		wait, rests := b.tryTake(c)
		switch {
		case wait == 0:
			return nil
		case rests && c == opening:
			return fmt.Errorf("alpaca: %s: %w: for another %s", r.what, errWait, wait.Round(time.Millisecond))
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("alpaca: %s: it was not sent, as there is no room for it yet among the requests that the venue "+
				"takes in a minute: %w", r.what, ctx.Err())
		case <-b.clock.After(wait):
		}
	}
}

// tryTake says how long to wait, and whether that is since the venue wants to be left alone; 0 where it took one.
func (b *budget) tryTake(c class) (wait time.Duration, rests bool) {
	now := b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if until := b.rest.Add(lags[c]); now.Before(until) {
		return until.Sub(now), true
	}
	lacking := 1 + floors[c]*float64(b.requests.Burst()) - b.requests.TokensAt(now)
	if lacking <= 0 && b.requests.AllowN(now, 1) {
		return 0, false
	}
	return max(time.Duration(math.Ceil(lacking/float64(b.requests.Limit())*float64(time.Second))), time.Millisecond), false
}

// note follows what the venue says of its own count in an answer. It may know of other programs with the same account.
func (b *budget) note(x *exchange) {
	now := b.clock.Now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if limit, ok := number(x.header, "X-Ratelimit-Limit"); ok && limit > 1 && limit != b.limit {
		b.limit = limit
		b.requests.SetBurstAt(now, limit/2)
		b.requests.SetLimitAt(now, perSecond(limit))
	}
	left, told := number(x.header, "X-Ratelimit-Remaining")
	if told && left >= 0 {
		b.requests.AllowN(now, max(int(b.requests.TokensAt(now))-left, 0))
	}
	if b.refused++; x.status != http.StatusTooManyRequests {
		b.refused = 0
	}
	if b.refused > 0 || told && left <= 0 {
		if until := now.Add(b.patienceLocked(x.header, now)); until.After(b.rest) {
			b.rest = until
		}
	}
}

// patienceLocked is how long the venue wants to be left alone.
func (b *budget) patienceLocked(h http.Header, now time.Time) time.Duration {
	wait := min(unsaid<<min(max(b.refused-1, 0), 6), unsaidMost)
	if seconds, ok := number(h, "Retry-After"); ok {
		wait = time.Duration(min(seconds, 60)) * time.Second
	} else if at, ok := number(h, "X-Ratelimit-Reset"); ok {
		wait = time.Unix(int64(at), 0).Sub(now)
	}
	return min(max(wait, time.Second), longest)
}

func number(h http.Header, name string) (int, bool) {
	n, err := strconv.Atoi(h.Get(name))
	return n, err == nil
}

type hurriedKey struct{}

// hurried has all that is asked with the context count as urgent: a cancel asks for the order first.
func hurried(ctx context.Context) context.Context { return context.WithValue(ctx, hurriedKey{}, true) }

func isHurried(ctx context.Context) bool { return ctx.Value(hurriedKey{}) != nil }
