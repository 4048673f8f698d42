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

// protected reports whether any of them does. None does once the latest trade is older than the longest of them lasts.
func (r *Rules) protected(symbol string, now time.Time, a trading.Account) (is bool) {
	longest := max(r.CoolDown, r.StopGuard.For, r.InstrumentStopGuard.For, r.LosingStreak.For, r.LosingInstrument.For)
	if t, ok := a.Trade(0); !ok || !now.Before(t.At.Add(longest)) {
		return false
	}
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
