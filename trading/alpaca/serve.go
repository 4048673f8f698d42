package alpaca

import (
	"context"
	"errors"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Serve looks at the account and then listens to it until ctx ends. Without it a Broker works, and is asked more often. It
// ends before that, with the error, where the account must not be traded with, see Check.
//
// What it says of itself in health is the stream that is down. Hours that differ from the venue's it logs as an error.
func (b *Broker) Serve(ctx context.Context) error {
	if b.client.cfg.StreamURL == "" {
		return errors.New("alpaca: Config.StreamURL is empty")
	}
	defer b.updates.Break(true)
	setup, err := b.Check(ctx)
	if err != nil {
		return err
	}
	b.client.cfg.Logger.Info("The account at the venue", "account", setup.Account, "can_short", setup.CanShort)
	if setup.Hours != "" {
		b.client.cfg.Logger.Error("The hours are not the venue's: mend the session that is configured", "differ", setup.Hours)
	}
	health.Ready(ctx)
	b.keepStream(ctx)
	return ctx.Err()
}

// Updated implements trading.Updater.
func (b *Broker) Updated() <-chan struct{} { return b.updates.Updated() }
