package paper

import (
	"fmt"
	"math"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// account is the money, what is held, and how both came about. Broker.mu guards it.
type account struct {
	cfg       *Config
	markets   markets // whose prices it is worth
	fullyPaid bool    // what is held is always paid for, so nothing that is long is ever liquidated
	cash      decimal.Decimal
	bySymbol  map[string]*holding
	holdings  []*holding // the same, as they came
	fills     executed
	moves     []trading.CashEvent

	rough                          float64 // the cash, nearly
	maintenance, feeRate, leverage float64 // those of the Config, nearly
}

func newAccount(cfg *Config, markets markets) account {
	return account{
		cfg: cfg, markets: markets,
		fullyPaid:   cfg.Funding == nil && (cfg.Spot || !cfg.Leverage.GreaterThan(decimal.NewFromInt(1))),
		maintenance: rough.Float(cfg.Maintenance), feeRate: rough.Float(cfg.FeeRate), leverage: rough.Float(cfg.Leverage),
		cash: cfg.Cash, rough: rough.Float(cfg.Cash), bySymbol: make(map[string]*holding),
	}
}

// holding is what is held of an instrument, or was.
type holding struct {
	trading.Position
	market *market
	rough  float64 // its quantity, nearly
}

// position is what is held of an instrument.
func (a *account) position(symbol string) trading.Position {
	if h, ok := a.bySymbol[symbol]; ok {
		return h.Position
	}
	return trading.Position{Symbol: symbol}
}

func (a *account) hold(p trading.Position) {
	h, ok := a.bySymbol[p.Symbol]
	if !ok {
		h = &holding{market: a.markets.of(p.Symbol)}
		a.bySymbol[p.Symbol] = h
		a.holdings = append(a.holdings, h)
	}
	h.Position, h.rough = p, rough.Float(p.Quantity)
}

// symbols are those of all that is held, in their order.
func (a *account) symbols() (held []string) {
	for _, h := range a.holdings {
		if !h.Quantity.IsZero() {
			held = append(held, h.Symbol)
		}
	}
	slices.Sort(held)
	return held
}

func (a *account) setCash(cash decimal.Decimal) { a.cash, a.rough = cash, rough.Float(cash) }

// give deposits what the Config's Cash is more than the account was given so far, or withdraws what it is less, where what
// is left carries what is held.
func (a *account) give(given decimal.Decimal, at time.Time) {
	amount := a.cfg.Cash.Sub(given)
	if amount.IsZero() {
		return
	}
	kind := trading.CashDeposit
	if amount.IsNegative() {
		kind = trading.CashWithdrawal
		equity, exposure := a.value(nil, decimal.Zero)
		if exposure.GreaterThan(equity.Add(amount).Mul(a.cfg.Leverage)) {
			return
		}
	}
	a.setCash(a.cash.Add(amount))
	a.moves = append(a.moves, trading.CashEvent{
		ID: fmt.Sprintf("cash %s to %s at %s", given, a.cfg.Cash, at.UTC().Format(time.RFC3339Nano)), Kind: kind,
		Amount: amount, Time: at.UTC(), Configured: true,
	})
}

// book puts a fill into the account; whole is for executed.
func (a *account) book(f trading.Fill, whole bool) {
	if f.Time.Before(a.fills.latest) {
		f.Time = a.fills.latest // Fills are in the order of their times; another symbol's bar may have come early.
	}
	a.fills.put(f, whole)
	a.hold(a.position(f.Symbol).After(f))
	a.setCash(f.CashAfter(a.cash))
}

func (a *account) notHeld(symbol string) string {
	return fmt.Sprintf("spot: only %s of %s is held", a.position(symbol).Quantity, symbol)
}

// closing is how much of a quantity of an order brings the position nearer to zero.
func (a *account) closing(o trading.Order, quantity decimal.Decimal) decimal.Decimal {
	held := o.Side.Signed(a.position(o.Symbol).Quantity)
	if !held.IsNegative() {
		return decimal.Zero
	}
	return decimal.Min(quantity, held.Abs())
}

// margin says why the account cannot carry so much of an order at price, while the instrument is worth mark: what
// it would hold, everything at its last price and with all that the others may open, would be more than its equity after the
// fees times the leverage. What reduces always passes.
func (a *account) margin(o trading.Order, quantity, price, mark decimal.Decimal, others claims) string {
	closing, locked := a.closing(o, quantity), decimal.Zero
	if !others.closes.IsZero() {
		closing = decimal.Max(a.closing(o, quantity.Add(others.closes)).Sub(others.closes), decimal.Zero)
	}
	if closing.Equal(quantity) {
		return ""
	}
	if others.any {
		locked = others.after(quantity.Sub(closing).Mul(price))
	}
	if a.hasMargin(o, quantity, price, mark, locked) {
		return ""
	}
	held := a.position(o.Symbol).Quantity.Mul(mark)
	equity, exposure := a.value(a.markets[o.Symbol], mark)
	equity = equity.Sub(quantity.Mul(price).Add(locked).Mul(a.cfg.FeeRate))
	if others.closes.IsZero() {
		exposure = exposure.Sub(held.Abs()).Add(held.Add(o.Side.Signed(quantity.Mul(price))).Abs())
	} else {
		exposure = exposure.Add(quantity.Sub(closing).Mul(price)) // The others may close the position first.
	}
	if limit := equity.Mul(a.cfg.Leverage); exposure.Add(locked).GreaterThan(limit) {
		if locked.IsPositive() {
			return fmt.Sprintf("margin: it would hold %s, beside %s locked by orders that rest, and can carry %s",
				exposure, locked, limit)
		}
		return fmt.Sprintf("margin: it would hold %s and can carry %s", exposure, limit)
	}
	return ""
}

// hasMargin reports that margin has nothing to say, where a rough sum shows it.
func (a *account) hasMargin(o trading.Order, quantity, price, mark, locked decimal.Decimal) bool {
	value := rough.Float(quantity)*rough.Float(price) + rough.Float(locked)
	equity, exposure, maxError := a.roughValue(a.markets[o.Symbol], rough.Float(mark))
	return (equity-value*a.feeRate)*a.leverage-(exposure+value) > (maxError+rough.Error*value)*max(a.leverage, 1)
}

// value is what the account is worth and what it holds, with one market at price and the rest at their last prices.
func (a *account) value(m *market, price decimal.Decimal) (equity, exposure decimal.Decimal) {
	equity = a.cash
	for _, h := range a.holdings {
		if h.Quantity.IsZero() {
			continue
		}
		at := price
		if h.market != m {
			at, _ = h.market.last()
		}
		value := h.Quantity.Mul(at)
		equity, exposure = equity.Add(value), exposure.Add(value.Abs())
	}
	return equity, exposure
}

// short tells whether the equity, with a market at price and less a fee that is due, does not carry what is held any more.
func (a *account) short(m *market, price, due decimal.Decimal) bool {
	equity, exposure := a.value(m, price)
	return exposure.IsPositive() && equity.Sub(due).LessThanOrEqual(exposure.Mul(a.cfg.Maintenance))
}

// keepsMargin is what short says the opposite of, where a rough sum shows it: on nearly every bar.
func (a *account) keepsMargin(m *market, price, due float64) bool {
	equity, exposure, maxError := a.roughValue(m, price)
	return equity-due-a.maintenance*exposure > maxError
}

// roughValue is nearly what worth says, and by how much it may be wrong.
func (a *account) roughValue(m *market, price float64) (equity, exposure, maxError float64) {
	equity = a.rough
	for _, h := range a.holdings {
		at := price
		if h.market != m {
			at = h.market.rough
			maxError += math.Abs(h.rough) * h.market.least // It may not be rounded to the tick.
		}
		value := h.rough * at
		equity, exposure = equity+value, exposure+math.Abs(value)
	}
	return equity, exposure, maxError + rough.Error*(math.Abs(a.rough)+exposure)
}
