package journal

import (
	"fmt"
	"strings"

	"github.com/shopspring/decimal"
)

// Setting is one part of what a run is configured with. An empty Value is the default, as if the setting were not there.
type Setting struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// StrategySetting is the name of the setting that says what the signals of a strategy are made with: its parameters and
// the interval of its bars. What is held on its signals is an orphan once the setting has another value.
func StrategySetting(strategy string) string { return "strategy/" + strategy }

// SpokenWith is the value of a StrategySetting: parameters, and the interval of the bars, such as "fast=9,slow=21 on 1m0s".
func SpokenWith(params, interval string) string { return strings.TrimSpace(params + " on " + interval) }

// IsStrategySetting reports whether a setting is that of a strategy.
func IsStrategySetting(name string) bool { return strings.HasPrefix(name, StrategySetting("")) }

// SettingsChanged says that a run is configured in another way than the one before. It changes no order and no fill: the
// account goes on as it stands.
type SettingsChanged struct {
	By      string          `json:"by"` // what brought them: a start, or the upgrade of a database
	Changes []SettingChange `json:"changes,omitempty"`
	// Capital is what the account began with. It is said once, and holds whatever a later run is configured with.
	Capital decimal.Decimal `json:"capital,omitzero"`
	Orphans []Orphan        `json:"orphans,omitempty"`
}

// SettingChange is one setting with its value before and from now on. "" is the default.
type SettingChange struct {
	Name string `json:"name"`
	From string `json:"from,omitempty"`
	To   string `json:"to,omitempty"`
}

// String names the setting and both values.
func (c SettingChange) String() string { return fmt.Sprintf("%s from %q to %q", c.Name, c.From, c.To) }

// Orphan is a target whose strategy speaks no more, or not as it did when it set the target.
type Orphan struct {
	Symbol   string `json:"symbol"`
	Strategy string `json:"strategy"`
	Was      string `json:"was"` // what its signals were made with; "unknown" where nothing says so
	Fate     Fate   `json:"fate"`
}

// Fate is what becomes of an orphan.
type Fate string

// The fates.
const (
	FateReduced    Fate = "reduced"     // its bracket guards it, any strategy may reduce it, and nothing adds to it
	FateHandedOver Fate = "handed_over" // it belongs to the next strategy that speaks for its instrument
	FateTakenBack  Fate = "taken_back"  // its strategy speaks again as it did: it is an orphan no more
)

// OtherRunError says that a journal belongs to another run than the one that was to write it. To trade on it would mix the
// positions of the two.
type OtherRunError struct {
	Stored []Setting // what the journal belongs to
	Asked  []Setting // what it was asked for
}

// Error names each setting that differs, with both values.
func (e *OtherRunError) Error() string {
	return "it belongs to another run: " + strings.Join(e.differences(), "; ")
}

func (e *OtherRunError) differences() (all []string) {
	asked, stored := values(e.Asked), values(e.Stored)
	for _, s := range e.Stored {
		if value, ok := asked[s.Name]; !ok && s.Value != "" {
			all = append(all, fmt.Sprintf("%s is %q there and not set here", s.Name, s.Value))
		} else if value != s.Value {
			all = append(all, fmt.Sprintf("%s is %q there and %q here", s.Name, s.Value, value))
		}
	}
	for _, s := range e.Asked {
		if _, ok := stored[s.Name]; !ok && s.Value != "" {
			all = append(all, fmt.Sprintf("%s is not set there and %q here", s.Name, s.Value))
		}
	}
	return all
}

func values(settings []Setting) map[string]string {
	byName := make(map[string]string, len(settings))
	for _, s := range settings {
		byName[s.Name] = s.Value
	}
	return byName
}

// Belongs returns an *OtherRunError where what a journal belongs to is not what it is asked for, in whichever order. A
// setting that is not there has the default, "".
func Belongs(stored, asked []Setting) error {
	if e := (&OtherRunError{Stored: stored, Asked: asked}); len(e.differences()) > 0 {
		return e
	}
	return nil
}

// CheckSettings refuses settings of which one has no name, or two the same.
func CheckSettings(settings []Setting) error {
	seen := make(map[string]bool, len(settings))
	for i, s := range settings {
		if s.Name == "" {
			return fmt.Errorf("setting %d has no Name", i+1)
		}
		if seen[s.Name] {
			return fmt.Errorf("%s is set twice", s.Name)
		}
		seen[s.Name] = true
	}
	return nil
}
