package binance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"strconv"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/health"
)

// class is how much of the budget a request may use up. What brings the account to rest comes last to its end.
type class int

const (
	bulk   class = iota // history: bars, fills, cash
	normal              // questions, and orders that open
	urgent              // cancels, and orders that only reduce
)

// shares are the parts of a limit, in percent, up to which each class may go.
var shares = map[class]int{bulk: 60, normal: 80, urgent: 100}

// window is a limit that is counted anew at each multiple of its length, as the venue does.
type window struct {
	length time.Duration
	limit  int
	header string
	began  time.Time
	used   int
}

// turn begins to count anew where a new window has begun.
func (w *window) turn(now time.Time) {
	if began := now.Truncate(w.length); !began.Equal(w.began) {
		w.began, w.used = began, 0
	}
}

// wait is how long until n more fit; 0 if they do now. What is more than fits at all goes alone.
func (w *window) wait(now time.Time, n int, c class) time.Duration {
	w.turn(now)
	if w.used == 0 || w.used+n <= w.limit*shares[c]/100 {
		return 0
	}
	return w.began.Add(w.length).Sub(now)
}

// budget is what may be asked of the venue: its weight in each minute, its orders in each minute and ten seconds.
type budget struct {
	clock health.Clock
	now   func() time.Time // the venue's, by which it counts

	mu     sync.Mutex // guards what is below
	weight window
	orders []window
	pause  pause // of everything
	rest   pause // of orders
}

// pause is until when not to ask, and why.
type pause struct {
	until time.Time
	why   error
}

func newBudget(clk health.Clock, now func() time.Time) *budget {
	return &budget{
		clock: clk, now: now,
		weight: window{length: time.Minute, limit: 2400, header: "X-Mbx-Used-Weight-1m"},
		orders: []window{
			{length: 10 * time.Second, limit: 300, header: "X-Mbx-Order-Count-10s"},
			{length: time.Minute, limit: 1200, header: "X-Mbx-Order-Count-1m"},
		},
	}
}

// errWait says that a request was not sent, so as to keep to what the venue allows.
var errWait = errors.New("it was not sent, since the venue wants to be left alone")

// take waits until there is room for a request, and takes it. While the venue wants to be left alone it is an error at once.
func (b *budget) take(ctx context.Context, r request) error {
	for {
		wait, err := b.tryTake(r)
		if err != nil || wait == 0 {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("binance: %s: there is no room for it among what the venue allows: %w", r.what, ctx.Err())
		case <-b.clock.After(wait):
		}
	}
}

func (b *budget) tryTake(r request) (wait time.Duration, err error) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	if now.Before(b.pause.until) {
		return 0, b.pause.error(r, now)
	}
	if r.order && now.Before(b.rest.until) {
		return 0, b.rest.error(r, now)
	}
	wait = b.weight.wait(now, r.weight, r.class)
	if r.order {
		for i := range b.orders {
			wait = max(wait, b.orders[i].wait(now, 1, r.class))
		}
	}
	if wait > 0 {
		return wait, nil
	}
	b.weight.used += r.weight
	if r.order {
		for i := range b.orders {
			b.orders[i].used++
		}
	}
	return 0, nil
}

func (p pause) error(r request, now time.Time) error {
	return fmt.Errorf("binance: %s: %w for another %s: %w", r.what, errWait, p.until.Sub(now).Round(time.Millisecond), p.why)
}

// note follows what the venue says in an answer that was used up.
func (b *budget) note(x *exchange, f *failure) {
	now := b.now()
	b.mu.Lock()
	defer b.mu.Unlock()
	b.weight.follow(now, x.header)
	for i := range b.orders {
		b.orders[i].follow(now, x.header)
	}
	if f == nil || f.outcome != refused && x.status != http.StatusTooManyRequests && x.status != http.StatusTeapot {
		return
	}
	switch {
	case f.Code == codeTooManyNew:
		b.rest.extend(pause{now.Add(patience(x, f, now, b.orders[0].length)), f})
	case x.status == http.StatusTeapot:
		b.pause.extend(pause{now.Add(patience(x, f, now, banned)), f})
	case x.status == http.StatusTooManyRequests || f.Code == codeTooMany:
		b.pause.extend(pause{now.Add(patience(x, f, now, b.weight.length)), f})
	case x.status == http.StatusForbidden:
		b.pause.extend(pause{now.Add(patience(x, f, now, b.orders[0].length)), f})
	}
}

func (p *pause) extend(by pause) {
	if by.until.After(p.until) {
		*p = by
	}
}

// follow takes over what the venue has counted. It may know of other programs at the same address.
func (w *window) follow(now time.Time, h http.Header) {
	w.turn(now)
	if used, err := strconv.Atoi(h.Get(w.header)); err == nil {
		w.used = max(w.used, used)
	}
}

const (
	banned  = 2 * time.Minute    // the shortest ban
	longest = 3 * 24 * time.Hour // and the longest
	atLeast = time.Second
)

var untilWhen = regexp.MustCompile(`until (\d{12,14})`)

// patience is how long the venue wants to be left alone.
func patience(x *exchange, f *failure, now time.Time, otherwise time.Duration) time.Duration {
	wait := otherwise
	if seconds, err := strconv.ParseInt(x.header.Get("Retry-After"), 10, 64); err == nil {
		wait = time.Duration(min(max(seconds, 0), int64(longest/time.Second))) * time.Second
	} else if found := untilWhen.FindStringSubmatch(f.Text); found != nil {
		ms, _ := strconv.ParseInt(found[1], 10, 64) // so many digits are a number
		wait = time.UnixMilli(ms).Sub(now)
	}
	return min(max(wait, atLeast), longest)
}

// every is how often so much weight may be used up where that is to take no more than a share of the limit, in percent.
func (b *budget) every(weight, share int) time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.weight.length * time.Duration(weight*100) / time.Duration(b.weight.limit*share)
}

// limit takes over the limits that the host tells.
func (b *budget) limit(told []futures.RateLimit) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for _, l := range told {
		if l.Limit <= 0 {
			continue
		}
		switch [2]string{l.RateLimitType, fmt.Sprintf("%d %s", l.IntervalNum, l.Interval)} {
		case [2]string{"REQUEST_WEIGHT", "1 MINUTE"}:
			b.weight.limit = int(l.Limit)
		case [2]string{"ORDERS", "10 SECOND"}:
			b.orders[0].limit = int(l.Limit)
		case [2]string{"ORDERS", "1 MINUTE"}:
			b.orders[1].limit = int(l.Limit)
		}
	}
}
