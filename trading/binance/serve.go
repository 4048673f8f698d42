package binance

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

const (
	// tellOwnFor is for how long health says that the venue sent an order of its own; log and journal say it for good.
	tellOwnFor = time.Hour
	lookEvery  = time.Minute
)

// Serve looks at the account and then listens to it until ctx ends. It reads the instruments anew each hour, and gives signs of
// life for the Config's Countdown. Without it a Broker works, and is asked more often. It ends before that, with the error, where
// the account or the key must not be traded with, see Check.
//
// What it says of itself in health: the stream that is down, a key that the venue does not accept or that is good from any
// address, an instrument that is not traded or whose steps have changed, and the venue's orders of its own.
func (b *Broker) Serve(ctx context.Context) error {
	if b.client.cfg.StreamURL == "" {
		return errors.New("binance: Config.StreamURL is empty, and Serve listens there: see LiveStreamURL")
	}
	defer b.updates.Break(true)
	setup, err := b.Check(ctx)
	if err != nil {
		b.client.key.Raise(ctx)
		return err
	}
	b.tellSetup(ctx, setup)
	health.Ready(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var working sync.WaitGroup
	defer working.Wait()
	defer cancel()
	working.Go(func() { b.look(ctx) })
	working.Go(func() { b.client.key.Serve(ctx, func(ctx context.Context) { _ = b.lookAtMargins(ctx) }) })
	if b.client.cfg.Countdown > 0 {
		working.Go(func() { b.live(ctx) })
	}
	b.keepStream(ctx)
	return ctx.Err()
}

func (b *Broker) tellSetup(ctx context.Context, s Setup) {
	log := b.client.cfg.Logger
	log.Info("The account at the venue", "multi_assets", s.MultiAssets, "clock_ahead", s.ClockOffset, "key_known", s.Key.Known)
	for _, name := range b.client.cfg.Symbols {
		of := s.Symbols[name]
		log.Info("An instrument at the venue", "symbol", name, "leverage", of.Leverage, "margin", of.Margin)
	}
	if s.Key.Known && !s.Key.Addressed {
		log.Warn("The key is good from any address: bind it to this machine's at the venue")
		health.Raise(ctx, health.Condition{
			Key: "key_unbound", Verdict: health.Healthy, Text: "the key is good from any address",
			Remedy: "bind it to this machine's address at the venue",
		})
	}
}

// look keeps an eye on the key, on the instruments, and on what was told for long enough.
func (b *Broker) look(ctx context.Context) {
	clk := b.client.cfg.Clock
	known, err := b.read(ctx)
	b.tellChanged(ctx, known, err)
	if err := b.lookAtMargins(ctx); err != nil && ctx.Err() == nil {
		b.client.cfg.Logger.Warn("Margin and funding are not known", "error", err)
	}
	last := clk.Now()
	for b.client.wait(ctx, lookEvery) {
		if err := b.lookAtMargins(ctx); err != nil && ctx.Err() == nil {
			b.client.cfg.Logger.Warn("Margin and funding are not known anew", "error", err)
		}
		b.forgetOwn(ctx, clk.Now())
		if clk.Now().Sub(last) < reread {
			continue
		}
		changed, err := b.read(ctx)
		b.tellChanged(ctx, changed, err)
		last = clk.Now()
	}
}

// tellChanged logs what has changed of the instruments. A vigil.Trader asks for them itself, and takes that up.
func (b *Broker) tellChanged(ctx context.Context, changed map[string]string, err error) {
	if err != nil {
		if ctx.Err() == nil {
			b.client.cfg.Logger.Warn("The instruments were not read", "error", err)
		}
		return
	}
	for _, name := range b.client.cfg.Symbols {
		if why, is := changed[name]; is {
			b.client.cfg.Logger.Error("An instrument is not as it was", "symbol", name, "what", why)
		}
	}
}

// tellOwn tells of an order that the venue has sent by itself.
func (b *Broker) tellOwn(ctx context.Context, o orderMessage, why string) {
	filled, err := number("l", o.Quantity)
	if err == nil && filled.IsZero() {
		return // such come as well, and say that an order is there
	}
	name := b.catalog.nameOf(o.Venue)
	b.told.put(name, b.client.cfg.Clock.Now()) // before it is raised: forgetOwn clears no condition that is new
	b.client.cfg.Logger.Error("The venue sent an order of its own", "symbol", name, "why", why, "client_id", o.ClientID,
		"side", o.Side, "quantity", o.Quantity, "price", o.Price)
	health.Raise(ctx, health.Condition{
		Key: "venue_order/" + name, Verdict: health.Degraded,
		Text:   fmt.Sprintf("%s: %s %s of %s at %s", why, o.Side, o.Quantity, name, o.Price),
		Remedy: "see what is held at the venue, and why",
	})
}

func (b *Broker) forgetOwn(ctx context.Context, now time.Time) {
	b.told.Lock()
	defer b.told.Unlock()
	for name, at := range b.told.own {
		if now.Sub(at) > tellOwnFor {
			delete(b.told.own, name)
			health.Clear(ctx, "venue_order/"+name)
		}
	}
}

// told is what Serve has raised and clears again.
type told struct {
	sync.Mutex // guards what is below

	own map[string]time.Time // by symbol: when the venue sent an order of its own
}

func (t *told) put(name string, at time.Time) {
	t.Lock()
	defer t.Unlock()
	t.own[name] = at
}

// live gives signs of life.
func (b *Broker) live(ctx context.Context) {
	armed := make(map[string]bool)
	for b.client.wait(ctx, b.client.cfg.Countdown/3) {
		var err error
		armed, err = b.countDown(ctx, armed)
		if err != nil && ctx.Err() == nil {
			b.client.cfg.Logger.Warn("No sign of life was given", "error", err)
		}
	}
}
