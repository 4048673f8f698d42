package paper

import (
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// checkCosts says what is wrong with what trading costs besides fees.
func (cfg Config) checkCosts() error {
	one := decimal.NewFromInt(1)
	for _, c := range []struct {
		name  string
		value decimal.Decimal
	}{
		{"Slippage", cfg.Slippage}, {"Spread", cfg.Spread}, {"VolumeImpact", cfg.VolumeImpact},
		{"LiquidationFee", cfg.LiquidationFee},
	} {
		if c.value.IsNegative() || c.value.GreaterThanOrEqual(one) {
			return fmt.Errorf("paper: Config.%s %s is not a fraction from 0 to below 1", c.name, c.value)
		}
	}
	switch {
	case cfg.Quote != nil && cfg.VolumeImpact.IsPositive():
		return fmt.Errorf("paper: Config.VolumeImpact goes with bars, as quotes have no volume")
	case cfg.Latency < 0:
		return fmt.Errorf("paper: Config.Latency %s is negative", cfg.Latency)
	case cfg.FundingEvery < 0:
		return fmt.Errorf("paper: Config.FundingEvery %s is negative", cfg.FundingEvery)
	case cfg.Spot && cfg.Funding != nil:
		return fmt.Errorf("paper: Config.Funding does not go with Spot")
	}
	return nil
}

// defaultFundingEvery is that of most perpetual contracts.
const defaultFundingEvery = 8 * time.Hour

// slippage is by which part the taker of an order gets a worse price.
func (b *Broker) slippage(m *market, o *order) decimal.Decimal {
	if !b.cfg.VolumeImpact.IsPositive() {
		return b.slip
	}
	return b.impact(m, o.rest())
}

// impact is the same of so much.
func (b *Broker) impact(m *market, quantity decimal.Decimal) decimal.Decimal {
	share := decimal.NewFromInt(1) // of a bar without volume he takes all there is
	if volume := decimal.NewFromFloat(m.volume); volume.GreaterThan(quantity) {
		share = quantity.DivRound(volume, 9)
	}
	return b.slip.Add(b.cfg.VolumeImpact.Mul(share).Mul(share))
}

// arrivesBy reports whether an order that was made then meets what happens from a time on.
func (b *Broker) arrivesBy(made, at time.Time) bool { return !at.Before(made.Add(b.cfg.Latency)) }

// funding is what a position pays at a time: the rate of what it is worth.
type funding struct {
	at   time.Time
	rate decimal.Decimal
}

// fundings are those after a time, up to another one. It takes no lock, because Funding is not ours.
func (b *Broker) fundings(symbol string, after, until time.Time) (due []funding) {
	if b.cfg.Funding == nil || after.IsZero() {
		return nil
	}
	every := b.cfg.FundingEvery
	for at := after.UTC().Truncate(every).Add(every); !at.After(until); at = at.Add(every) {
		due = append(due, funding{at, b.cfg.Funding(symbol, at)})
	}
	return due
}

// fundingsOf are those that a bar comes to.
func (b *Broker) fundingsOf(bar signal.Bar) []funding {
	if b.cfg.Funding == nil {
		return nil
	}
	b.mu.Lock()
	after := bar.Time
	if m, ok := b.markets.listed(bar.Symbol); ok && !m.funded.IsZero() {
		after = m.funded
	}
	b.mu.Unlock()
	return b.fundings(bar.Symbol, after, bar.End())
}

// payFundings moves the cash for those of a list that come before a time, and returns the others.
func (b *Broker) payFundings(m *market, due []funding, before time.Time) []funding {
	for len(due) > 0 && due[0].at.Before(before) {
		b.payFunding(m, due[0])
		due = due[1:]
	}
	return due
}

// payFunding moves the cash of a position at its last price: a long one pays a rate above zero, and a short one receives it.
func (b *Broker) payFunding(m *market, f funding) {
	price, known := m.last()
	amount := b.account.position(m.Symbol).Quantity.Mul(price).Mul(f.rate).Neg()
	if !known || amount.IsZero() || !f.at.After(m.funded) {
		return
	}
	m.funded = f.at
	b.account.setCash(b.account.cash.Add(amount))
	b.account.moves = append(b.account.moves, trading.CashEvent{
		ID: "funding " + m.Symbol + " " + f.at.Format(time.RFC3339), Kind: trading.CashFunding, Amount: amount,
		Symbol: m.Symbol, Time: f.at,
	})
	b.updates.Push() // of no order
}

// fundAtQuotes pays what has come due since quotes were last looked at.
func (b *Broker) fundAtQuotes(now time.Time) {
	if b.cfg.Funding == nil {
		return
	}
	for _, i := range b.cfg.Instruments {
		b.mu.Lock()
		m := b.markets[i.Symbol]
		after := m.funded
		if after.IsZero() || b.account.position(i.Symbol).Quantity.IsZero() {
			m.funded, after = now, time.Time{}
		}
		b.mu.Unlock()
		due := b.fundings(i.Symbol, after, now)
		if len(due) == 0 {
			continue
		}
		quote, ok := b.cfg.Quote(i.Symbol)
		b.mu.Lock()
		if price, err := m.Price(quote); ok && err == nil {
			m.set(price)
		}
		b.payFundings(m, due, now.Add(1))
		b.mu.Unlock()
	}
}
