package binance

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Broker is an account at the venue. Use New.
type Broker struct {
	client  *client
	catalog *catalog
	names   *names
	updates *trading.UpdateLog
	entries *entries
	told    told
	margins margins

	checking chan struct{} // held by who looks at the account
	checked  bool          // guarded by checking: the account is as it has to be
}

var (
	_ trading.Broker           = (*Broker)(nil)
	_ trading.Canceler         = (*Broker)(nil)
	_ trading.OrderLister      = (*Broker)(nil)
	_ trading.Positioner       = (*Broker)(nil)
	_ trading.InstrumentLister = (*Broker)(nil)
	_ trading.CashReporter     = (*Broker)(nil)
	_ trading.Updater          = (*Broker)(nil)
)

// New checks the configuration and returns a Broker that has asked nothing yet.
func New(cfg Config) (*Broker, error) {
	cfg, err := cfg.prepared()
	if err != nil {
		return nil, err
	}
	b := &Broker{
		client: newClient(cfg), catalog: &catalog{}, names: newNames(), updates: &trading.UpdateLog{},
		entries: newEntries(), checking: make(chan struct{}, 1),
		told: told{own: make(map[string]time.Time)},
	}
	b.updates.Break(true) // Serve does not run yet
	return b, nil
}

// Close closes the connections that nobody uses.
func (b *Broker) Close() { b.client.http.CloseIdleConnections() }

// remembers is for how long the venue tells of an order that was canceled or has expired without a fill.
const remembers = 72 * time.Hour

// Traits implements trading.Broker. The venue refuses a client ID only while an order of that ID is open. A request takes
// effect within the receive window or never. Two orders that only reduce rest side by side.
func (b *Broker) Traits() trading.Traits {
	return trading.Traits{
		MaxFlight: b.client.cfg.RecvWindow + beyondWindow, Remembers: remembers, Replaces: trading.Beside,
		Simulated: b.client.cfg.Simulated,
	}
}

// Updated implements trading.Updater.
func (b *Broker) Updated() <-chan struct{} { return b.updates.Updated() }

// Updates implements trading.Updater.
func (b *Broker) Updates(after int64) trading.Updates { return b.updates.Updates(after) }

// ready looks at the account before the first order; see Check.
func (b *Broker) ready(ctx context.Context) error {
	select {
	case b.checking <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-b.checking }()
	if b.checked {
		return nil
	}
	_, err := b.Check(ctx)
	b.checked = err == nil
	return err
}
