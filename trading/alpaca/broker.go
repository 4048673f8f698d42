package alpaca

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Broker is an account at the venue. Use New.
type Broker struct {
	client  *client
	names   *names
	parts   *names // the other way round, of pairs: the venue's IDs by ours
	updates *trading.UpdateLog
}

var (
	_ trading.Broker           = (*Broker)(nil)
	_ trading.Canceler         = (*Broker)(nil)
	_ trading.OrderLister      = (*Broker)(nil)
	_ trading.Positioner       = (*Broker)(nil)
	_ trading.InstrumentLister = (*Broker)(nil)
	_ trading.CashReporter     = (*Broker)(nil)
	_ trading.Updater          = (*Broker)(nil)
	_ trading.Pairer           = (*Broker)(nil)
)

// New checks the configuration and returns a Broker that has asked nothing yet.
func New(cfg Config) (*Broker, error) {
	cfg, err := cfg.prepared()
	if err != nil {
		return nil, err
	}
	b := &Broker{client: newClient(cfg), names: newNames(), parts: newNames(), updates: &trading.UpdateLog{}}
	b.updates.Break(true) // Serve does not run yet
	return b, nil
}

// remembers is for how long an order that may stay open is told of. The venue states no end; its orders live that long.
const remembers = 90 * 24 * time.Hour

// Traits implements trading.Broker. The venue refuses a client ID that any order had before. Two orders to sell one holding
// it does not take, so a stop gives way by a gap. How long that lasts has no bound: a cancel may be pending for long.
func (b *Broker) Traits() trading.Traits {
	return trading.Traits{
		RefusesDuplicates: true, MaxFlight: b.client.cfg.MaxFlight, Remembers: remembers, Replaces: trading.ByGap,
		Reserves: true,
	}
}

// Updated implements trading.Updater.
func (b *Broker) Updated() <-chan struct{} { return b.updates.Updated() }

// Updates implements trading.Updater.
func (b *Broker) Updates(after int64) trading.Updates { return b.updates.Updates(after) }
