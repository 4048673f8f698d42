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
// What it says of itself in health: the stream that is down, and hours that differ from the venue's, which it compares again each
// six hours.
func (b *Broker) Serve(ctx context.Context) error {
	if b.client.cfg.StreamURL == "" {
		return errors.New("alpaca: Config.StreamURL is empty, and Serve listens there: see PaperStreamURL")
	}
	defer b.updates.Break(true)
	setup, err := b.Check(ctx)
	if err != nil {
		return err
	}
	b.client.cfg.Logger.Info("The account at the venue", "account", setup.Account, "can_short", setup.CanShort)
	b.tellHours(ctx, setup.Hours)
	health.Ready(ctx)
	if b.client.cfg.IsOpen != nil {
		ctx, cancel := context.WithCancel(ctx)
		var watching sync.WaitGroup
		watching.Go(func() { b.watchHours(ctx) })
		defer watching.Wait()
		defer cancel()
	}
	b.keepStream(ctx)
	return ctx.Err()
}
