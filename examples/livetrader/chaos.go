package main

import (
	"context"
	"errors"
	"log/slog"
	"math/rand/v2"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// fault is a way to break a service.
type fault string

const (
	faultError  fault = "error"
	faultHang   fault = "hang"
	faultPanic  fault = "panic"
	faultReturn fault = "return"
)

const (
	chaosWork = 7 * time.Second // how long a service works before it is broken
	// chaosRest is how long it is left alone after each fault has had its turn: its restarts are refilled, and fewer of
	// its runs end within ten minutes than would make it unhealthy, so that trading goes on.
	chaosRest = 5 * time.Minute
)

var errChaos = errors.New("chaos: broken on purpose")

// disturbed is the market as the generator sees it. With --chaos=feed bars come twice, cannot be, never come, and come
// late: each for five bars, ten bars after the last.
func (a *app) disturbed(market signal.Source) (signal.Source, error) {
	if a.cfg.chaos != chaosFeed || a.cfg.dryStart {
		return market, nil
	}
	from := a.clock.Now()
	var faults []feed.Fault
	for _, kind := range []feed.FaultKind{feed.Duplicated, feed.Corrupt, feed.Lost, feed.Silent} {
		from = from.Add(10 * a.cfg.interval)
		until := from.Add(5 * a.cfg.interval)
		faults = append(faults, feed.Fault{Kind: kind, From: from, Until: until})
		a.log.Warn("Chaos: breaking the feed", "fault", kind, "from", from, "until", until)
		from = until
	}
	return feed.NewFaulty(market, a.clock, faults...)
}

// chaoticGeneration is the signal service, broken from time to time where --chaos asks for it.
func (a *app) chaoticGeneration(s supervisor.Service) supervisor.Service {
	generator, ok := s.(pausable)
	if a.cfg.chaos != chaosSignals || !ok {
		return s
	}
	return &chaoticGenerator{
		pausable: generator, clock: a.clock, log: a.log, random: rand.New(rand.NewPCG(a.cfg.seed, 0)),
		order: []fault{faultError, faultHang, faultPanic, faultReturn},
	}
}

// chaoticEngine is the trading service; --chaos=trading lets it fail again and again until the failure escalates.
func (a *app) chaoticEngine(s supervisor.Service) supervisor.Service {
	if a.cfg.chaos != chaosTrading {
		return s
	}
	return service(func(ctx context.Context) error {
		_ = interrupted(ctx, a.clock, time.Second, s.Serve)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		return errChaos
	})
}

// pausable is what the generator is.
type pausable interface {
	supervisor.Service
	supervisor.Pauser
}

// chaoticGenerator is a generator that fails in every way there is, in turn. It is a Pauser like the generator.
type chaoticGenerator struct {
	pausable
	clock  clockLike
	log    *slog.Logger
	random *rand.Rand

	faults int // so far; one run at a time touches it
	order  []fault
}

// Serve works for a while and then breaks.
func (c *chaoticGenerator) Serve(ctx context.Context) error {
	turn := c.faults % len(c.order)
	work := chaosWork + time.Duration(c.random.Int64N(int64(time.Second)))
	if turn == 0 && c.faults > 0 {
		work = chaosRest
		c.random.Shuffle(len(c.order), func(i, j int) { c.order[i], c.order[j] = c.order[j], c.order[i] })
	}
	c.faults++
	_ = interrupted(ctx, c.clock, work, c.pausable.Serve)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	f := c.order[turn]
	c.log.Warn("Chaos: breaking the signal generation", "fault", f)
	switch f {
	case faultError:
		return errChaos
	case faultPanic:
		panic(errChaos)
	case faultHang:
		<-ctx.Done() // without a beat: only the watch can see it
		return ctx.Err()
	}
	return nil
}

// clockLike is the time that a service lives in: the machine's, or a test's.
type clockLike interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}

// interrupted lets serve work for d and then ends it.
func interrupted(ctx context.Context, clk clockLike, d time.Duration, serve func(context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	timeUp := clk.After(d)
	go func() { // ends with ctx, which ends when this function returns
		select {
		case <-timeUp:
			cancel()
		case <-ctx.Done():
		}
	}()
	return serve(ctx)
}
