package book

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// stakes are the instruments that several strategies share, by symbol. It is empty where they share no account.
type stakes map[string]*shared

// savedStakes is a shared instrument as a snapshot keeps it.
type savedStakes struct {
	Stakes []Stake         `json:"stakes"`
	Price  decimal.Decimal `json:"price"`
}

// Stakes returns what strategies have in the instruments that they share, by symbol, and what nobody asked for where there
// is any. It is empty where strategies share no account.
func (b *Book) Stakes() (all []Stake) {
	for _, symbol := range slices.Sorted(maps.Keys(b.stakes)) {
		for _, one := range b.stakes[symbol].stakes {
			if one.Strategy != "" || !one.Quantity.IsZero() || !one.Realized.IsZero() || !one.Fees.IsZero() {
				all = append(all, one)
			}
		}
	}
	return all
}

// StakesOf returns what strategies have in an instrument, in the order in which they last asked, and at the end what nobody
// asked for. Where they do not share it, what is held is its owner's.
func (b *Book) StakesOf(symbol string) []Stake {
	if s := b.stakes[symbol]; s != nil {
		return slices.Clone(s.stakes)
	}
	return b.unshared(symbol)
}

// Shared reports whether several strategies share an instrument.
func (b *Book) Shared(symbol string) bool { return b.stakes[symbol] != nil }

// unshared is an instrument that one strategy owns. What it has realized so far nobody knows whose it was.
func (b *Book) unshared(symbol string) []Stake {
	nobody := Stake{Position: b.Position(symbol)}
	t := b.targets[symbol]
	switch {
	case t == nil:
		return []Stake{nobody}
	case t.Strategy == "":
		nobody.Target = t.Quantity
		return []Stake{nobody}
	}
	owner := Stake{Strategy: t.Strategy, Target: t.Quantity, ValidUntil: t.ValidUntil, Orphan: b.Orphan(symbol)}
	owner.Position = trading.Position{Symbol: symbol, Quantity: nobody.Quantity, Cost: nobody.Cost}
	nobody.Quantity, nobody.Cost = decimal.Zero, decimal.Zero
	return []Stake{owner, nobody}
}

func checkStakes(e journal.SignalSeen) error {
	sum, own := decimal.Zero, false
	for i, one := range e.Stakes {
		if one.Strategy == "" || slices.ContainsFunc(e.Stakes[:i], func(other journal.Stake) bool {
			return other.Strategy == one.Strategy
		}) {
			return fmt.Errorf("book: signal %s has a stake of %q, which is none or there twice", e.SignalID, one.Strategy)
		}
		sum, own = sum.Add(one.Target), own || one.Strategy == e.Strategy
	}
	if !own || !sum.Equal(e.Target) {
		return fmt.Errorf("book: signal %s of %s has stakes of %s for a target of %s", e.SignalID, e.Strategy, sum, e.Target)
	}
	return nil
}

func (b *Book) checkClose(e journal.CloseAsked) error {
	if e.ID == "" || e.Symbol == "" {
		return fmt.Errorf("book: close_asked lacks its id %q or symbol %q", e.ID, e.Symbol)
	}
	if e.Strategy == "" {
		return nil
	}
	s := b.stakes[e.Symbol]
	if s == nil || s.find(e.Strategy) == nil {
		return fmt.Errorf("book: close_asked by %q: %s has no stake in %s", e.By, e.Strategy, e.Symbol)
	}
	return nil
}

// share takes over what strategies ask for once a signal is acted on; before the target is set.
func (b *Book) share(e journal.SignalSeen) {
	s := b.stakes[e.Symbol]
	if s == nil {
		if len(e.Stakes) == 0 {
			return
		}
		s = &shared{stakes: b.unshared(e.Symbol)}
		b.stakes[e.Symbol] = s
	}
	s.ask(e)
}

// beside is an offer as it is acted on at a time: with what the others ask for by then.
func (b *Book) beside(offer journal.SignalSeen, at time.Time) journal.SignalSeen {
	if len(offer.Stakes) == 0 {
		return offer
	}
	own := journal.Stake{Strategy: offer.Strategy}
	for _, one := range offer.Stakes {
		if one.Strategy == offer.Strategy {
			own = one
		}
	}
	offer.Stakes, offer.Target = nil, decimal.Zero
	for _, one := range b.StakesOf(offer.Symbol) {
		if one.Strategy == offer.Strategy {
			one.ValidUntil = at // The signal is the news.
			own.Target = one.Reachable(own.Target, at)
			continue
		}
		if asks := one.Reachable(one.Target, at); one.Strategy != "" && !asks.IsZero() {
			offer.Stakes = append(offer.Stakes, journal.Stake{Strategy: one.Strategy, Target: asks})
			offer.Target = offer.Target.Add(asks)
		}
	}
	offer.Stakes, offer.Target = append(offer.Stakes, own), offer.Target.Add(own.Target)
	return offer
}

// openWithin is how long there is, once one stake is closed, to open what that leaves of the others.
const openWithin = time.Minute

// foldClose reduces a target, and what the strategies ask for with it.
func (b *Book) foldClose(at time.Time, e journal.CloseAsked) {
	b.external.settled(e.Symbol)
	s := b.stakes[e.Symbol]
	switch {
	case s == nil:
	case e.Strategy == "":
		s.follow(b.targets.quantity(e.Symbol), e.Quantity)
	default:
		s.find(e.Strategy).Target = decimal.Zero
		e.Quantity = s.target()
	}
	t := b.targets.reduce(e)
	if s == nil {
		return
	}
	if e.Strategy != "" {
		t.ValidUntil = at.Add(openWithin)
	}
	if b.positions[e.Symbol].Quantity.Equal(e.Quantity) { // No order is going to come.
		s.cross()
	}
}

// guarded follows a target that a leg has brought down from a quantity.
func (s stakes) guarded(symbol string, from decimal.Decimal, t *Target) {
	if shared := s[symbol]; shared != nil && t != nil {
		shared.follow(from, t.Quantity)
	}
}

func (s stakes) fill(f *trading.Fill, own bool) {
	if shared := s[f.Symbol]; shared != nil {
		shared.fill(*f, own)
	}
}

// digest writes nothing of an account that is not shared.
func (s stakes) digest(w io.Writer) {
	for _, symbol := range slices.Sorted(maps.Keys(s)) {
		fmt.Fprintf(w, "shared %q %s\n", symbol, s[symbol].price)
		for _, one := range s[symbol].stakes {
			fmt.Fprintf(w, "stake %q %s %s %q %s %s %s %s\n", one.Strategy, one.Target, stamp(one.ValidUntil), one.Orphan,
				one.Quantity, one.Cost, one.Realized, one.Fees)
		}
	}
}

func (s stakes) save() map[string]savedStakes {
	saved := make(map[string]savedStakes, len(s))
	for symbol, shared := range s {
		saved[symbol] = savedStakes{shared.stakes, shared.price}
	}
	return saved
}

func (s stakes) restore(saved map[string]savedStakes) error {
	for symbol, one := range saved {
		if len(one.Stakes) == 0 || one.Stakes[len(one.Stakes)-1].Strategy != "" {
			return fmt.Errorf("%s lacks the stake that is nobody's", symbol)
		}
		s[symbol] = &shared{stakes: one.Stakes, price: one.Price}
	}
	return nil
}
