package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// runKey is the key of a run's number in the context that it serves in.
type runKey struct{}

// limbo is a Broker in which calls hang at random, deaf to their contexts, before or after they have reached the venue.
// It knows which run began each of them.
type limbo struct {
	*tradingtest.Venue

	mu      sync.Mutex // guards all below
	random  *rand.Rand
	calm    bool
	current int
	late    []string // calls that were begun by a run that had been given up
	hanging []chan struct{}
}

func (l *limbo) enter(ctx context.Context, call string) (before, after func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if n, ok := ctx.Value(runKey{}).(int); ok && n != l.current {
		l.late = append(l.late, fmt.Sprintf("%s by run %d, while run %d is the current one", call, n, l.current))
	}
	before, after = func() {}, func() {}
	if l.calm || l.random.IntN(3) > 0 {
		return before, after
	}
	gate := make(chan struct{})
	l.hanging = append(l.hanging, gate)
	if wait := func() { <-gate }; l.random.IntN(2) == 0 {
		before = wait
	} else {
		after = wait
	}
	return before, after
}

func (l *limbo) Submit(ctx context.Context, a trading.Approved) error {
	before, after := l.enter(ctx, "submit "+a.Order().ClientID)
	before()
	if l.slowToSend() {
		if err := a.Begin(context.WithoutCancel(ctx)); err != nil {
			return err
		}
		a = a.Gated(nil)
		_, way := l.enter(ctx, "submit "+a.Order().ClientID)
		way()
	}
	err := l.Venue.Submit(context.WithoutCancel(ctx), a)
	after()
	return err
}

// slowToSend reports whether a submission is to begin and then may hang on its way.
func (l *limbo) slowToSend() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return !l.calm && l.random.IntN(2) == 0
}

func (l *limbo) Cancel(ctx context.Context, ref trading.OrderRef) error {
	before, after := l.enter(ctx, "cancel "+ref.ClientID)
	before()
	err := l.Venue.Cancel(context.WithoutCancel(ctx), ref)
	after()
	return err
}

// wake lets one call go on that hangs, or all of them.
func (l *limbo) wake(all bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.hanging) > 0 {
		n := l.random.IntN(len(l.hanging))
		close(l.hanging[n])
		l.hanging = append(l.hanging[:n], l.hanging[n+1:]...)
		if !all {
			return
		}
	}
}

// replaced tells the Broker that another run is the current one from now on.
func (l *limbo) replaced(calm bool) int {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.current++
	l.calm = calm
	return l.current
}

// Runs hang in calls of the Broker at random, are given up and replaced, and wake up at random: none of them begins
// anything once another one has taken over, and what their calls did is found.
func TestZombiesBeginNothing(t *testing.T) {
	t.Parallel()
	for _, traits := range []trading.Traits{refuses, bounded} {
		for seed := range uint64(25) {
			t.Run(fmt.Sprintf("refuses=%t/seed=%d", traits.RefusesDuplicates, seed), func(t *testing.T) {
				t.Parallel()
				synctest.Test(t, func(t *testing.T) { zombies(t, traits, seed) })
			})
		}
	}
}

func zombies(t *testing.T, traits trading.Traits, seed uint64) {
	r := bubbleRig(t, traits)
	b := &limbo{Venue: r.venue, random: rand.New(rand.NewPCG(seed, 5))}
	r.cfg.Broker, r.cfg.Ticket = b, bracket
	r.restart()
	random := rand.New(rand.NewPCG(seed, 6))
	var ends []<-chan error
	giveUp := func() {}
	const runs = 12
	for n := range runs {
		giveUp()
		synctest.Wait() // A run that does not hang has ended by now.
		ctx, cancel := context.WithCancel(context.WithValue(t.Context(), runKey{}, b.replaced(n == runs-1)))
		giveUp = cancel
		ends = append(ends, serving(ctx, r.engine))
		direction := []signal.Direction{signal.Long, signal.Short, signal.Flat}[random.IntN(3)]
		if n == runs-1 {
			direction = signal.Flat
			b.wake(true)
		}
		r.signals.put(says(btc, direction, time.Now()), says(eth, direction, time.Now()))
		for range random.IntN(4) {
			time.Sleep(time.Duration(random.IntN(9000)) * time.Millisecond)
			b.wake(false)
		}
		time.Sleep(time.Minute - time.Duration(random.IntN(1000))*time.Millisecond)
	}
	time.Sleep(time.Minute)
	synctest.Wait()
	giveUp()
	for _, end := range ends {
		require.Error(t, <-end)
	}
	require.Empty(t, b.late)
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "0", r.held(eth))
	require.Empty(t, r.resting())
	r.agree()
}
