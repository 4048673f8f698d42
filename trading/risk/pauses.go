package risk

import (
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// The protections one by one.

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
