package risk

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/rough"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// The rules of one order, and of how many there are.

// refuse leaves nothing of what opens.
func refuse(name, bound, found string) (decimal.Decimal, *trading.LimitError) {
	return decimal.Zero, &trading.LimitError{Limit: name, Bound: bound, Found: found}
}

// delay leaves nothing of what opens for now.
func delay(name, bound, found string) (decimal.Decimal, *trading.LimitError) {
	return decimal.Zero, &trading.LimitError{Limit: name, Bound: bound, Found: found, Passes: true}
}

// apart reports whether two prices are farther from each other than a fraction of the second one.
func apart(price, from, fraction decimal.Decimal) bool {
	p, f := rough.Float(price), rough.Float(from)
	if within(max(p-f, f-p), f*rough.Float(fraction), f) {
		return false
	}
	return price.Sub(from).Abs().GreaterThan(from.Mul(fraction))
}

type signalCollar Rules

func (*signalCollar) Name() string      { return "SignalCollar" }
func (r *signalCollar) Validate() error { return notNegative(r.SignalCollar) }

func (r *signalCollar) allows(last, reference decimal.Decimal) bool {
	return !last.IsPositive() || !reference.IsPositive() || !apart(last, reference, r.SignalCollar)
}

func (r *signalCollar) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if r.allows(v.Last, v.Reference) {
		return opening, nil
	}
	return refuse(r.Name(), r.SignalCollar.String(), fmt.Sprintf("the price is %s, and was %s", v.Last, v.Reference))
}

type orderCollar Rules

func (*orderCollar) Name() string      { return "OrderCollar" }
func (r *orderCollar) Validate() error { return notNegative(r.OrderCollar) }

func (r *orderCollar) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	for _, price := range [...]decimal.Decimal{o.LimitPrice, o.StopPrice} {
		if v.Last.IsPositive() && price.IsPositive() && apart(price, v.Last, r.OrderCollar) {
			return refuse(r.Name(), r.OrderCollar.String(), fmt.Sprintf("the order is at %s, and the price is %s", price, v.Last))
		}
	}
	return opening, nil
}

type duplicates Rules

func (*duplicates) Name() string { return "DuplicateWindow" }

func (r *duplicates) Validate() error {
	if r.DuplicateWindow < 0 {
		return errNegative
	}
	return nil
}

func (r *duplicates) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), r.DuplicateWindow.String())
	}
	at, ok := v.Account.Like(o)
	if ago := v.Now.Sub(at); ok && ago < r.DuplicateWindow {
		return refuse(r.Name(), r.DuplicateWindow.String(), fmt.Sprintf("one like it was made %s ago", ago))
	}
	return opening, nil
}

type noShort Rules

func (*noShort) Name() string    { return "NoShort" }
func (*noShort) Validate() error { return nil }

func (r *noShort) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if o.Side != trading.Sell {
		return opening, nil
	}
	return refuse(r.Name(), "set", decimal.Max(v.Held, decimal.Zero).String()+" is held")
}

type restricted Rules

func (*restricted) Name() string { return "Restricted" }

func (r *restricted) Validate() error {
	if slices.Contains(r.Restricted, "") {
		return errors.New("has an empty symbol")
	}
	return nil
}

func (r *restricted) Room(o trading.Order, _ trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if !slices.Contains(r.Restricted, o.Symbol) {
		return opening, nil
	}
	return refuse(r.Name(), "set", o.Symbol+" is on the list")
}

type hours Rules

func (*hours) Name() string    { return "Hours" }
func (*hours) Validate() error { return nil }

func (r *hours) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	open, until := r.Hours.Open(o.Symbol, v.Now)
	switch {
	case open:
		return opening, nil
	case until.IsZero():
		return refuse(r.Name(), "set", "the market is closed")
	}
	return delay(r.Name(), "set", "the market is closed until "+until.UTC().Format(time.RFC3339))
}

// mostRecent is how many orders an account remembers at least.
const mostRecent = 256

func rate(
	name string, most int, in time.Duration, v trading.View, opening decimal.Decimal,
) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(name, strconv.Itoa(most))
	}
	made := v.Account.Made(v.Now.Add(1 - in)) // What is exactly as old does not count any more.
	if made < most {
		return opening, nil
	}
	return delay(name, strconv.Itoa(most), strconv.Itoa(made+1)+" with the order")
}

func rateLimit(n int) error {
	if n > mostRecent {
		return fmt.Errorf("%d is more than the %d orders that are remembered", n, mostRecent)
	}
	return countable(n)
}

type perSecond Rules

func (*perSecond) Name() string      { return "MaxPerSecond" }
func (r *perSecond) Validate() error { return rateLimit(r.MaxPerSecond) }

func (r *perSecond) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	return rate(r.Name(), r.MaxPerSecond, time.Second, v, opening)
}

type perMinute Rules

func (*perMinute) Name() string      { return "MaxPerMinute" }
func (r *perMinute) Validate() error { return rateLimit(r.MaxPerMinute) }

func (r *perMinute) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	return rate(r.Name(), r.MaxPerMinute, time.Minute, v, opening)
}
