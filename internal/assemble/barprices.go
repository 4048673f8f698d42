package assemble

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// BarPrices is a Source and a trading.Pricer: what an instrument is worth is what its newest bar that is over closed at.
// An engine whose venue gives no prices knows the account by them as a paper account does.
type BarPrices struct {
	signal.Source
	clock Clock

	mu     sync.Mutex
	newest map[string]signal.Bar
}

// NewBarPrices returns one that has seen no bar yet.
func NewBarPrices(source signal.Source, clk Clock) *BarPrices {
	return &BarPrices{Source: source, clock: clk, newest: make(map[string]signal.Bar)}
}

// Bars keeps the newest of the source's bars of the symbol before it returns them. It leaves out what cannot be or is not
// over yet: the generator says so.
func (p *BarPrices) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	batch, err := p.Source.Bars(ctx, symbol, after, limit)
	now := p.clock.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, bar := range batch.Bars {
		known, ok := p.newest[symbol]
		if bar.Symbol == symbol && bar.Validate() == nil && !bar.End().After(now) && (!ok || bar.End().After(known.End())) {
			p.newest[symbol] = bar
		}
	}
	return batch, err
}

// history is how many bars are looked back for the newest one, over hours in which a market is closed.
const history = 500

// Prime asks for the newest bar of each symbol of which none was seen, so that a price is known before the next one closes.
func (p *BarPrices) Prime(ctx context.Context, symbols []string, interval time.Duration) (all error) {
	for _, symbol := range symbols {
		if _, known := p.Price(symbol); known {
			continue
		}
		if _, err := p.Bars(ctx, symbol, p.clock.Now().Add(-history*interval), history); err != nil {
			all = errors.Join(all, fmt.Errorf("the newest bar of %s: %w", symbol, err))
		}
	}
	return all
}

// Price returns what the newest bar of a symbol closed at, and false if none was seen yet.
func (p *BarPrices) Price(symbol string) (decimal.Decimal, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bar, ok := p.newest[symbol]
	return decimal.NewFromFloat(bar.Close), ok
}

// PricedAt returns when that bar ended.
func (p *BarPrices) PricedAt(symbol string) (time.Time, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	bar, ok := p.newest[symbol]
	return bar.End(), ok
}
