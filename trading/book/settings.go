package book

import (
	"fmt"
	"io"
	"maps"
	"slices"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// settings are what the latest run was configured with, as the journal says.
type settings struct {
	values      map[string]string // by name, those that are not the default; nil before there are any
	capitalSaid bool              // the journal says what the account began with
}

// Settings returns what the latest run was configured with, by name. It is empty where the journal does not say so.
func (s *settings) Settings() []journal.Setting {
	var all []journal.Setting
	for _, name := range slices.Sorted(maps.Keys(s.values)) {
		all = append(all, journal.Setting{Name: name, Value: s.values[name]})
	}
	return all
}

// Setting returns the value of one of them; "" is the default.
func (s *settings) Setting(name string) string { return s.values[name] }

// CapitalSaid reports whether the journal says what the account began with. Otherwise it is what New was called with.
func (s *settings) CapitalSaid() bool { return s.capitalSaid }

func (s *settings) restore(state bookState) {
	s.capitalSaid = state.CapitalSaid
	for _, setting := range state.Settings {
		s.set(setting.Name, setting.Value)
	}
}

func (s *settings) set(name, value string) {
	if value == "" {
		delete(s.values, name)
		return
	}
	if s.values == nil {
		s.values = make(map[string]string)
	}
	s.values[name] = value
}

// digest writes nothing of a journal that says nothing of settings.
func (s *settings) digest(w io.Writer, given decimal.Decimal, targets []Target) {
	if s.capitalSaid {
		fmt.Fprintln(w, "capital said")
	}
	for _, setting := range s.Settings() {
		fmt.Fprintf(w, "setting %q %q\n", setting.Name, setting.Value)
	}
	if !given.IsZero() {
		fmt.Fprintf(w, "given %s\n", given)
	}
	for _, t := range targets {
		if t.Orphaned() {
			fmt.Fprintf(w, "orphan %q %q\n", t.Symbol, t.Orphan)
		}
	}
}

func (b *Book) checkSettings(e journal.SettingsChanged) error {
	for _, c := range e.Changes {
		switch {
		case c.Name == "" || c.From == c.To:
			return fmt.Errorf("book: settings_changed by %q changes nothing: %s", e.By, c)
		case c.From != b.Setting(c.Name):
			return fmt.Errorf("book: settings_changed by %q: %s, and it was %q", e.By, c, b.Setting(c.Name))
		}
	}
	switch {
	case e.Capital.IsNegative():
		return fmt.Errorf("book: settings_changed by %q: an account began with %s", e.By, e.Capital)
	case !e.Capital.IsZero() && b.capitalSaid:
		return fmt.Errorf("book: settings_changed by %q: the account began with %s, and %s was said", e.By, e.Capital, b.capital)
	}
	for _, o := range e.Orphans {
		if err := b.checkOrphan(o); err != nil {
			return fmt.Errorf("book: settings_changed by %q: %w", e.By, err)
		}
	}
	return nil
}

func (b *Book) checkOrphan(o journal.Orphan) error {
	if b.targets[o.Symbol] == nil {
		return fmt.Errorf("%s has no target", o.Symbol)
	}
	if s := b.stakes[o.Symbol]; s != nil && (o.Strategy == "" || s.find(o.Strategy) == nil) {
		return fmt.Errorf("%s has no stake of %q", o.Symbol, o.Strategy)
	}
	//exhaustive:enforce
	switch o.Fate {
	case journal.FateReduced:
		if o.Was == "" {
			return fmt.Errorf("the orphan %s lacks what its signals were made with", o.Symbol)
		}
	case journal.FateHandedOver, journal.FateTakenBack:
	default:
		return fmt.Errorf("the orphan %s has an unknown fate %q", o.Symbol, o.Fate)
	}
	return nil
}

// foldSettings takes the settings over. What the account began with moves its cash as well, in the place of what New was
// called with.
func (b *Book) foldSettings(e journal.SettingsChanged) {
	for _, c := range e.Changes {
		b.settings.set(c.Name, c.To)
	}
	if !e.Capital.IsZero() {
		b.capitalSaid = true
		b.cash = b.cash.Add(e.Capital.Sub(b.capital))
		b.capital = e.Capital
	}
	for _, o := range e.Orphans {
		t := b.targets[o.Symbol]
		if s := b.stakes[o.Symbol]; s != nil {
			s.orphan(o)
			t.Quantity = s.target()
			continue
		}
		switch o.Fate {
		case journal.FateReduced:
			t.Orphan = o.Was
		case journal.FateHandedOver:
			t.Strategy, t.Orphan = "", ""
		case journal.FateTakenBack:
			t.Orphan = ""
		}
	}
}
