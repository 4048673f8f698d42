package engine

import (
	"cmp"
	"context"
	"fmt"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// OrphanPolicy says what becomes of what is held on the signals of a strategy that speaks no more, because it is not
// configured any more, or with other parameters, another interval, or without the instrument.
type OrphanPolicy string

// The policies. Whichever it is, brackets go on guarding, and a person can close what is held.
const (
	ReduceOrphans  OrphanPolicy = "reduce"    // signals of any strategy may reduce it, and nothing adds to it until it is closed
	HandOver       OrphanPolicy = "hand_over" // it belongs to the next strategy that speaks for its instrument
	FlattenOrphans OrphanPolicy = "flatten"   // it is closed at once
)

func (p OrphanPolicy) valid() bool {
	return p == "" || p == ReduceOrphans || p == HandOver || p == FlattenOrphans
}

// byStart and bySettings are on whose word settings change, and orphans are closed.
const (
	byStart    = "start"
	bySettings = "settings: its strategy speaks no more"
)

// errOrphan stands against whatever would add to an orphan.
var errOrphan = fmt.Errorf("the strategy of what is held speaks no more: it is only reduced")

// configurer journals what the run is configured with, where that is another thing than before. Decisions depend on the
// Config alone; this is so that a journal tells why they changed, and so that a person can see it before it happens.
type configurer struct {
	env    *env
	ledger *ledger
}

// begin says, before anything else, what the account began with. A later run may be configured with another capital.
func (c *configurer) begin(ctx context.Context, r *run) error {
	if c.env.cfg.Settings == nil || r.began {
		return nil
	}
	_, err := c.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) {
		if b.CapitalSaid() {
			return nil, nil
		}
		e := journal.SettingsChanged{By: byStart, Capital: c.env.cfg.Capital}
		if len(b.Settings()) == 0 {
			e.Changes = c.changes(b)
		}
		return []journal.Event{e}, nil
	})
	r.began = err == nil
	return err
}

// change says what is configured in another way than before, and settles what becomes of orphans. What has filled
// meanwhile is known by then.
func (c *configurer) change(ctx context.Context, r *run) error {
	if c.env.cfg.Settings == nil || r.configured {
		return nil
	}
	events, err := c.ledger.write(ctx, r, func(b *book.Book) ([]journal.Event, error) { return c.news(b), nil })
	if err != nil {
		return err
	}
	r.configured = true
	for _, event := range events {
		if e, ok := event.(journal.SettingsChanged); ok {
			c.log(e)
		}
	}
	if given := view(c.ledger, (*book.Book).Given); !given.Equal(c.env.cfg.Capital) {
		c.env.log.Warn("Capital stays what the journal says", "journal", given, "configured", c.env.cfg.Capital)
	}
	return nil
}

func (c *configurer) news(b *book.Book) []journal.Event {
	e := journal.SettingsChanged{By: byStart, Changes: c.changes(b)}
	var closes []journal.Event
	for _, t := range b.Targets() {
		var reduced []book.Stake
		for _, one := range b.StakesOf(t.Symbol) {
			o, found := c.orphan(b, one)
			if !found {
				continue
			}
			e.Orphans = append(e.Orphans, o)
			if o.Fate == journal.FateReduced {
				reduced = append(reduced, one)
			}
		}
		if c.env.cfg.Orphans == FlattenOrphans {
			closes = append(closes, closeStakes(b, t, reduced)...)
		}
	}
	if len(e.Changes) == 0 && len(e.Orphans) == 0 {
		return nil
	}
	return append([]journal.Event{e}, closes...)
}

// changes are the settings that differ from those of the book, by name.
func (c *configurer) changes(b *book.Book) (all []journal.SettingChange) {
	asked := make(map[string]bool)
	for _, s := range c.env.cfg.Settings {
		asked[s.Name] = true
		if was := b.Setting(s.Name); was != s.Value {
			all = append(all, journal.SettingChange{Name: s.Name, From: was, To: s.Value})
		}
	}
	for _, s := range b.Settings() {
		if !asked[s.Name] {
			all = append(all, journal.SettingChange{Name: s.Name, From: s.Value})
		}
	}
	slices.SortFunc(all, func(x, y journal.SettingChange) int { return cmp.Compare(x.Name, y.Name) })
	return all
}

// closeStakes closes what orphans have, once they are known as such.
func closeStakes(b *book.Book, t book.Target, orphans []book.Stake) (closes []journal.Event) {
	left := t.Quantity
	for _, one := range orphans {
		left = left.Sub(one.Target).Add(clampToHeld(one.Target, one.Quantity))
	}
	for _, one := range orphans {
		asked := closeAsked(b, t.Symbol, decimal.Zero, bySettings)
		if b.Shared(t.Symbol) {
			left = left.Sub(clampToHeld(one.Target, one.Quantity))
			asked.ID, asked.Quantity, asked.Strategy = asked.ID+" "+one.Strategy, left, one.Strategy
		}
		closes = append(closes, asked)
	}
	return closes
}

// orphan says whether what a strategy has becomes an orphan, gets another fate, or is none any more:
//
//	its strategy         is an orphan already                    is none yet
//	speaks as it did     taken back                              nothing
//	speaks no more       nothing, or handed over by the policy   the policy's fate
func (c *configurer) orphan(b *book.Book, s book.Stake) (o journal.Orphan, found bool) {
	inUse := b.InUse(s.Symbol)
	if b.Shared(s.Symbol) {
		inUse = !s.Quantity.IsZero() || !s.Target.IsZero()
	}
	if s.Strategy == "" || !inUse || !c.env.namesStrategies() {
		return o, false
	}
	name := journal.StrategySetting(s.Strategy)
	was, now := cmp.Or(s.Orphan, b.Setting(name)), c.env.setting(name)
	speaks := now != "" && (was == "" || was == now) && c.env.listens(s.Symbol)
	o = journal.Orphan{Symbol: s.Symbol, Strategy: s.Strategy, Was: cmp.Or(was, "unknown")}
	switch {
	case speaks:
		o.Fate = journal.FateTakenBack
		return o, s.Orphan != ""
	case c.env.cfg.Orphans == HandOver:
		o.Fate = journal.FateHandedOver
		return o, true
	}
	o.Fate = journal.FateReduced
	return o, s.Orphan == "" || c.env.cfg.Orphans == FlattenOrphans && !s.Target.IsZero()
}

// orphans are what is held for strategies that speak no more, and is not being closed.
func orphans(b *book.Book) (all []book.Stake) {
	for h := range b.Holdings() {
		if h.Target.Orphaned() && !h.Target.Quantity.IsZero() {
			one := book.Stake{Position: h.Position, Strategy: h.Target.Strategy, Orphan: h.Target.Orphan}
			all = append(all, one)
		}
	}
	for _, one := range b.Stakes() { // none where strategies share no account
		if one.Orphan != "" && !one.Target.IsZero() && !one.Quantity.IsZero() {
			all = append(all, one)
		}
	}
	return all
}

// orphaned tells of one: no signal of its own closes it any more.
func orphaned(s book.Stake) problem {
	key := s.Symbol
	if !s.Target.IsZero() { // Others may have a stake in it.
		key += "/" + s.Strategy
	}
	return condition("orphaned/"+key, health.Degraded,
		fmt.Sprintf("%s of %s is held for %s (%s), which speaks no more: it is only reduced",
			s.Quantity, s.Symbol, s.Strategy, s.Orphan),
		"flatten it, or run its strategy again as it was", true)
}

func (c *configurer) log(e journal.SettingsChanged) {
	if len(e.Changes) > 0 {
		c.env.log.Warn("Settings changed", "changes", e.Changes)
	}
	for _, o := range e.Orphans {
		c.env.log.Warn("Strategy of what is held speaks no more", "symbol", o.Symbol, "strategy", o.Strategy, "was", o.Was,
			"fate", o.Fate, "policy", cmp.Or(c.env.cfg.Orphans, ReduceOrphans))
	}
}

// namesStrategies reports whether the settings say which strategies speak.
func (e *env) namesStrategies() bool {
	return slices.ContainsFunc(e.cfg.Settings, func(s journal.Setting) bool { return journal.IsStrategySetting(s.Name) })
}

func (e *env) setting(name string) string {
	for _, s := range e.cfg.Settings {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// listens reports whether signals are asked for on symbol.
func (e *env) listens(symbol string) bool {
	return e.cfg.Symbols == nil || slices.Contains(e.cfg.Symbols, symbol)
}
