package risk

import (
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// The protections: rules that what happened brings about, and that end by themselves. They go by the trades that were
// closed, which the account remembers over restarts. What they keep from being opened is refused and does not wait: when they
// are over, the next signal decides.

// Pause keeps what opens from being opened for a while, once something has happened too often. The zero value is no pause.
type Pause struct {
	After  int           // how often
	Within time.Duration // from the first of them to the last; 0 for any time
	For    time.Duration // how long nothing is opened, from the last of them on
}

// String says when it begins.
func (p Pause) String() string {
	if p.Within == 0 {
		return strconv.Itoa(p.After)
	}
	return fmt.Sprintf("%d within %s", p.After, p.Within)
}

func (p Pause) validate() error {
	switch {
	case p.After < 0 || p.Within < 0 || p.For < 0:
		return errNegative
	case p.After == 0:
		return errors.New("does not say After how many it begins")
	case p.For == 0:
		return errors.New("does not say For how long")
	case p.After > mostRecent:
		return fmt.Errorf("%d is more than the %d trades that are remembered", p.After, mostRecent)
	}
	return nil
}

// seen is what a trade is to a protection.
type seen int

const (
	passed  seen = iota // it is none of its business
	counted             // it counts
	broke               // it ends a row
)

// last is the latest trade by which a pause goes on at a time: there are enough, in time, up to that one.
func (p Pause) last(a trading.Account, now time.Time, see func(trading.ClosedTrade) seen) (trading.ClosedTrade, bool) {
	for n := 0; ; n++ {
		t, ok := a.Trade(n)
		if !ok || !now.Before(t.At.Add(p.For)) {
			return t, false
		}
		if see(t) == counted && p.begins(a, n, t.At, see) {
			return t, true
		}
	}
}

// begins reports whether a pause begins with the n-th trade.
func (p Pause) begins(a trading.Account, n int, at time.Time, see func(trading.ClosedTrade) seen) bool {
	for left := p.After; ; n++ {
		t, ok := a.Trade(n)
		if !ok || p.Within > 0 && at.Sub(t.At) > p.Within {
			return false
		}
		switch see(t) {
		case broke:
			return false
		case counted:
			if left--; left == 0 {
				return true
			}
		case passed:
		}
	}
}

// pause refuses what opens until the time has passed.
func pause(
	name, bound, what string, t trading.ClosedTrade, length time.Duration,
) (decimal.Decimal, *trading.LimitError) {
	until := t.At.Add(length).UTC()
	found := fmt.Sprintf("%s at %s; nothing is opened until %s", what, t.At.UTC().Format(time.RFC3339Nano),
		until.Format(time.RFC3339Nano))
	return decimal.Zero, &trading.LimitError{Limit: name, Bound: bound, Found: found, Until: until}
}

// Protection is the protection, among CoolDown to LosingInstrument, that keeps anything of an instrument from being opened now;
// nil for none. What rests and would open something is canceled then.
func (r *Rules) Protection(symbol string, now time.Time, a trading.Account) *trading.LimitError {
	o, v := trading.Order{Symbol: symbol}, trading.View{Now: now, Account: a}
	for rule := range r.protections {
		if _, why := rule.Room(o, v, decimal.Zero); why != nil {
			return why
		}
	}
	return nil
}

// protected reports whether any of them does.
func (r *Rules) protected(symbol string, now time.Time, a trading.Account) (is bool) {
	none := Pause{}
	if r.CoolDown != 0 {
		_, is = (*coolDown)(r).last(symbol, now, a)
	}
	if !is && r.StopGuard != none {
		_, is = (*stopGuard)(r).last(now, a)
	}
	if !is && r.InstrumentStopGuard != none {
		_, is = (*instrumentStopGuard)(r).last(symbol, now, a)
	}
	if !is && r.LosingStreak != none {
		_, is = (*losingStreak)(r).last(now, a)
	}
	if !is && r.LosingInstrument != none {
		_, lost := (*losingInstrument)(r).last(symbol, now, a)
		is = lost.IsNegative()
	}
	return is
}

func (r *Rules) protections(yield func(Rule) bool) {
	none := Pause{}
	for _, rule := range [...]struct {
		set bool
		Rule
	}{
		{r.CoolDown != 0, (*coolDown)(r)},
		{r.StopGuard != none, (*stopGuard)(r)},
		{r.InstrumentStopGuard != none, (*instrumentStopGuard)(r)},
		{r.LosingStreak != none, (*losingStreak)(r)},
		{r.LosingInstrument != none, (*losingInstrument)(r)},
	} {
		if rule.set && !yield(rule.Rule) {
			return
		}
	}
}

type coolDown Rules

func (*coolDown) Name() string { return "CoolDown" }

func (r *coolDown) Validate() error {
	if r.CoolDown < 0 {
		return errNegative
	}
	return nil
}

func (r *coolDown) last(symbol string, now time.Time, a trading.Account) (trading.ClosedTrade, bool) {
	return Pause{After: 1, For: r.CoolDown}.last(a, now, func(t trading.ClosedTrade) seen {
		return countedIf(t.Stopped && t.Symbol == symbol, passed)
	})
}

func (r *coolDown) Room(o trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Account == nil {
		return unknown(r.Name(), r.CoolDown.String())
	}
	t, is := r.last(o.Symbol, v.Now, v.Account)
	if !is {
		return opening, nil
	}
	return pause(r.Name(), r.CoolDown.String(), "a stop-loss closed "+t.Symbol, t, r.CoolDown)
}

func countedIf(is bool, otherwise seen) seen {
	if is {
		return counted
	}
	return otherwise
}

// isLost reports whether a trade was closed by a stop-loss, and at a loss: one that was moved up may have won.
func isLost(t trading.ClosedTrade) bool { return t.Stopped && t.Profit.IsNegative() }

type stopGuard Rules

func (*stopGuard) Name() string      { return "StopGuard" }
func (r *stopGuard) Validate() error { return r.StopGuard.validate() }

func (r *stopGuard) last(now time.Time, a trading.Account) (trading.ClosedTrade, bool) {
	return r.StopGuard.last(a, now, func(t trading.ClosedTrade) seen { return countedIf(isLost(t), passed) })
}

func (r *stopGuard) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	p := r.StopGuard
	if v.Account == nil {
		return unknown(r.Name(), p.String())
	}
	t, is := r.last(v.Now, v.Account)
	if !is {
		return opening, nil
	}
	return pause(r.Name(), p.String(), "the last stop-loss closed "+t.Symbol, t, p.For)
}

type instrumentStopGuard Rules

func (*instrumentStopGuard) Name() string      { return "InstrumentStopGuard" }
func (r *instrumentStopGuard) Validate() error { return r.InstrumentStopGuard.validate() }

func (r *instrumentStopGuard) last(symbol string, now time.Time, a trading.Account) (trading.ClosedTrade, bool) {
	return r.InstrumentStopGuard.last(a, now, func(t trading.ClosedTrade) seen {
		return countedIf(t.Symbol == symbol && isLost(t), passed)
	})
}

func (r *instrumentStopGuard) Room(
	o trading.Order, v trading.View, opening decimal.Decimal,
) (decimal.Decimal, *trading.LimitError) {
	p := r.InstrumentStopGuard
	if v.Account == nil {
		return unknown(r.Name(), p.String())
	}
	t, is := r.last(o.Symbol, v.Now, v.Account)
	if !is {
		return opening, nil
	}
	return pause(r.Name(), p.String(), "the last stop-loss closed "+t.Symbol, t, p.For)
}

type losingStreak Rules

func (*losingStreak) Name() string      { return "LosingStreak" }
func (r *losingStreak) Validate() error { return r.LosingStreak.validate() }

func (r *losingStreak) last(now time.Time, a trading.Account) (trading.ClosedTrade, bool) {
	return r.LosingStreak.last(a, now, func(t trading.ClosedTrade) seen { return countedIf(t.Profit.IsNegative(), broke) })
}

func (r *losingStreak) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	p := r.LosingStreak
	if v.Account == nil {
		return unknown(r.Name(), p.String())
	}
	t, is := r.last(v.Now, v.Account)
	if !is {
		return opening, nil
	}
	return pause(r.Name(), p.String(), "the last of the losing trades closed "+t.Symbol, t, p.For)
}

type losingInstrument Rules

func (*losingInstrument) Name() string      { return "LosingInstrument" }
func (r *losingInstrument) Validate() error { return r.LosingInstrument.validate() }

func (r *losingInstrument) Room(
	o trading.Order, v trading.View, opening decimal.Decimal,
) (decimal.Decimal, *trading.LimitError) {
	p := r.LosingInstrument
	if v.Account == nil {
		return unknown(r.Name(), p.String())
	}
	t, lost := r.last(o.Symbol, v.Now, v.Account)
	if !lost.IsNegative() {
		return opening, nil
	}
	return pause(r.Name(), p.String(), "its trades had lost "+lost.Neg().String(), t, p.For)
}

// last is the latest trade by which the pause goes on, and what was lost by then; zero where it does not.
func (r *losingInstrument) last(symbol string, now time.Time, a trading.Account) (trading.ClosedTrade, decimal.Decimal) {
	for n := 0; ; n++ {
		t, ok := a.Trade(n)
		if !ok || !now.Before(t.At.Add(r.LosingInstrument.For)) {
			return t, decimal.Zero
		}
		if t.Symbol != symbol {
			continue
		}
		if lost := r.LosingInstrument.sum(a, n, symbol); lost.IsNegative() {
			return t, lost
		}
	}
}

// sum is what the trades of an instrument came to, from the n-th back; zero where there are not enough.
func (p Pause) sum(a trading.Account, n int, symbol string) (sum decimal.Decimal) {
	count := 0
	first, _ := a.Trade(n)
	for ; ; n++ {
		t, ok := a.Trade(n)
		if !ok || p.Within > 0 && first.At.Sub(t.At) > p.Within {
			break
		}
		if t.Symbol == symbol {
			sum = sum.Add(t.Profit)
			count++
		}
	}
	if count < p.After {
		return decimal.Zero
	}
	return sum
}
