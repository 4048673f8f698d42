package signal

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"time"
	"unicode/utf8"
)

// Part is what one member had to say in a Signal that several made together, as strategy.Vote does. It is for the
// record: who trades goes by the Signal.
type Part struct {
	Strategy   string    `json:"strategy"` // the member's name
	Params     string    `json:"params"`   // the member's parameters
	Weight     float64   `json:"weight"`   // beside those of the other Parts
	Spoke      bool      `json:"spoke"`    // it has said something so far; otherwise it abstains
	Direction  Direction `json:"direction"`
	Confidence float64   `json:"confidence"`
}

// Validate says what keeps the signal from being stored: what no Store could give back as it was, tell from another or
// show to anybody. That is a signal without an ID, text that is no UTF-8, a number that is none or is infinite, a
// direction that is none, a time that is no year of four digits. What a signal means it does not judge.
func (s Signal) Validate() error {
	if s.ID == "" {
		return fmt.Errorf("a signal of %s for %s has no ID", s.Strategy, s.Symbol)
	}
	err := s.validate()
	if err != nil {
		return fmt.Errorf("signal %s: %w", s.ID, err)
	}
	return nil
}

func (s Signal) validate() error {
	for _, text := range [...]string{s.ID, s.Strategy, s.Params, s.Symbol} {
		if !utf8.ValidString(text) {
			return fmt.Errorf("%q is not UTF-8", text)
		}
	}
	if !finite(s.Price) {
		return fmt.Errorf("Price %v is not a number", s.Price)
	}
	for _, t := range [...]time.Time{s.BarTime, s.CreatedAt, s.ValidUntil} {
		if year := t.UTC().Year(); year < 1 || year > 9999 {
			return fmt.Errorf("the year %d does not have four digits", year)
		}
	}
	return s.ValidateDecision()
}

// ValidateDecision says what is wrong with what a Strategy says: Direction, Confidence and Parts.
func (s Signal) ValidateDecision() error {
	if err := validDecision(s.Direction, s.Confidence); err != nil {
		return err
	}
	return validParts(s.Parts)
}

func validParts(parts []Part) error {
	for i, p := range parts {
		err := validDecision(p.Direction, p.Confidence)
		switch {
		case !utf8.ValidString(p.Strategy) || !utf8.ValidString(p.Params):
			err = errors.New("Strategy or Params is not UTF-8")
		case !finite(p.Weight):
			err = fmt.Errorf("Weight %v is not a number", p.Weight)
		}
		if err != nil {
			return fmt.Errorf("Parts[%d] %q: %w", i, p.Strategy, err)
		}
	}
	return nil
}

func validDecision(d Direction, confidence float64) error {
	switch {
	case d < Short || d > Long:
		return fmt.Errorf("%s is no direction", d)
	case !finite(confidence):
		return fmt.Errorf("Confidence %v is not a number", confidence)
	}
	return nil
}

func finite(x float64) bool { return !math.IsNaN(x) && !math.IsInf(x, 0) }

// clone returns the signal with Parts that it shares with nobody.
func (s Signal) clone() Signal {
	s.Parts = slices.Clone(s.Parts)
	return s
}
