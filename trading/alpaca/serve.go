package alpaca

import (
	"context"
	"errors"
	"sync"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Serve looks at the account and then listens to it until ctx ends. Without it a Broker works, and is asked more often. It
// ends before that, with the error, where the account must not be traded with, see Check.
//
// What it says of itself in health: the stream that is down, a key that the venue denies, and hours that differ from the venue's,
// which it compares again each six hours.
func (b *Broker) Serve(ctx context.Context) error {
	if b.client.cfg.StreamURL == "" {
		return errors.New("alpaca: Config.StreamURL is empty, and Serve listens there: see PaperStreamURL")
	}
	defer b.updates.Break(true)
	setup, err := b.Check(ctx)
	if err != nil {
		b.client.key.Raise(ctx)
		return err
	}
	b.client.cfg.Logger.Info("The account at the venue", "account", setup.Account, "can_short", setup.CanShort)
	b.tellHours(ctx, setup.Hours)
	health.Ready(ctx)
	ctx, cancel := context.WithCancel(ctx)
	var watching sync.WaitGroup
	defer watching.Wait()
	defer cancel()
	watching.Go(func() { b.client.key.Serve(ctx, func(ctx context.Context) { _, _ = b.Positions(ctx) }) })
	if b.client.cfg.IsOpen != nil {
		watching.Go(func() { b.watchHours(ctx) })
	}
	b.keepStream(ctx)
	return ctx.Err()
}
