package paper

import (
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// account is the money, what is held, and how both came about. Broker.mu guards it.
type account struct {
	cfg       *Config
	markets   markets // whose prices it is worth
	unlevered bool    // what is held is always paid for, so nothing that is long is ever liquidated
	cash      decimal.Decimal
	holding   map[string]trading.Position
	fills     []trading.Fill
	moves     []trading.CashEvent
}

func newAccount(cfg *Config, markets markets) account {
	return account{
		cfg: cfg, markets: markets, unlevered: cfg.Spot || !cfg.Leverage.GreaterThan(decimal.NewFromInt(1)),
		cash: cfg.Cash, holding: make(map[string]trading.Position),
	}
}

// book puts a fill into the account.
func (a *account) book(f trading.Fill) {
	if n := len(a.fills); n > 0 && f.Time.Before(a.fills[n-1].Time) {
		f.Time = a.fills[n-1].Time // Fills are in the order of their times; another symbol's bar may have come early.
	}
	a.fills = append(a.fills, f)
	a.holding[f.Symbol] = a.holding[f.Symbol].After(f)
	a.cash = f.CashAfter(a.cash)
}

func (a *account) notHeld(symbol string) string {
	return fmt.Sprintf("spot: only %s of %s is held", a.holding[symbol].Quantity, symbol)
}

// closing is how much of a quantity of an order brings the position nearer to zero.
func (a *account) closing(o trading.Order, quantity decimal.Decimal) decimal.Decimal {
	held := o.Side.Signed(a.holding[o.Symbol].Quantity)
	if !held.IsNegative() {
		return decimal.Zero
	}
	return decimal.Min(quantity, held.Abs())
}

// margin says why the account cannot carry so much of an order at price, while the instrument is worth mark: what
// it would hold, everything at its last price, would be more than its equity after the fee times the leverage. What
// reduces always passes.
func (a *account) margin(o trading.Order, quantity, price, mark decimal.Decimal) string {
	if a.closing(o, quantity).Equal(quantity) {
		return ""
	}
	held := a.holding[o.Symbol].Quantity.Mul(mark)
	equity, exposure := a.worth(o.Symbol, mark)
	equity = equity.Sub(quantity.Mul(price).Mul(a.cfg.FeeRate))
	exposure = exposure.Sub(held.Abs()).Add(held.Add(o.Side.Signed(quantity.Mul(price))).Abs())
	if carried := equity.Mul(a.cfg.Leverage); exposure.GreaterThan(carried) {
		return fmt.Sprintf("margin: it would hold %s and can carry %s", exposure, carried)
	}
	return ""
}

// worth is what the account is worth and what it holds, with symbol at price and the rest at their last prices.
func (a *account) worth(symbol string, price decimal.Decimal) (equity, exposure decimal.Decimal) {
	equity = a.cash
	for held, p := range a.holding {
		at := price
		if held != symbol {
			at, _ = a.markets.last(held)
		}
		worth := p.Quantity.Mul(at)
		equity, exposure = equity.Add(worth), exposure.Add(worth.Abs())
	}
	return equity, exposure
}

// short tells whether the equity, with symbol at price and less a fee that is due, does not carry what is held any more.
func (a *account) short(symbol string, price, due decimal.Decimal) bool {
	equity, exposure := a.worth(symbol, price)
	return exposure.IsPositive() && equity.Sub(due).LessThanOrEqual(exposure.Mul(a.cfg.Maintenance))
}
