package storetest

import (
	"errors"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

var runTests = map[string]func(*testing.T, Kind){
	"Run that differs is refused":        runDiffers,
	"Run that is named first binds":      runBinds,
	"Run without names is refused":       runInvalid,
	"Run that is refused changes no run": runUnchanged,
}

func runDiffers(t *testing.T, kind Kind) {
	stored := []Setting{{"mode", "paper"}, {"seed", "1"}, {"venue", "sim"}}
	place := kind(t)
	noError(t, place.Open(t, stored...).Close())
	for name, tc := range map[string]struct {
		asked []Setting
		says  string // "" for accepted
	}{
		"the same":              {asked: stored},
		"the same, other order": {asked: []Setting{stored[2], stored[0], stored[1]}},
		"none, only to look":    {},
		"another value": {
			asked: []Setting{stored[0], {"seed", "2"}, stored[2]},
			says:  `seed is "1" there and "2" here`,
		},
		"one setting less": {
			asked: stored[:2],
			says:  `venue is "sim" there and not set here`,
		},
		"one setting more": {
			asked: append(stored[:3:3], Setting{"account", "7"}),
			says:  `account is not set there and "7" here`,
		},
		"another name": {
			asked: []Setting{stored[0], stored[1], {"exchange", "sim"}},
			says:  `venue is "sim" there and not set here; exchange is not set there and "sim" here`,
		},
		"two that differ": {
			asked: []Setting{{"mode", "live"}, {"seed", "2"}, stored[2]},
			says:  `mode is "paper" there and "live" here; seed is "1" there and "2" here`,
		},
		"an empty value is a value": {
			asked: []Setting{stored[0], stored[1], {Name: "venue"}},
			says:  `venue is "sim" there and "" here`,
		},
	} {
		t.Run(name, func(t *testing.T) {
			if tc.says == "" {
				noError(t, place.Open(t, tc.asked...).Close())
				return
			}
			_, err := place(t.Context(), tc.asked...)
			says(t, err, ": it belongs to another run: "+tc.says)
			other, ok := errors.AsType[*sqldb.ConfigurationError](err)
			equal(t, true, ok)
			equal(t, stored, other.Stored)
			equal(t, tc.asked, other.Asked)
		})
	}
}

func runBinds(t *testing.T, kind Kind) {
	place := kind(t)
	noError(t, place.Open(t).Close())
	noError(t, place.Open(t, Setting{"mode", "paper"}).Close())
	_, err := place(t.Context(), Setting{"mode", "live"})
	says(t, err, `mode is "paper" there and "live" here`)
}

func runUnchanged(t *testing.T, kind Kind) {
	place := kind(t)
	noError(t, place.Open(t, Setting{"mode", "paper"}).Close())
	_, err := place(t.Context(), Setting{"mode", "live"}, Setting{"seed", "1"})
	says(t, err, `mode is "paper" there and "live" here`)
	noError(t, place.Open(t, Setting{"mode", "paper"}).Close())
}

func runInvalid(t *testing.T, kind Kind) {
	for want, run := range map[string][]Setting{
		"Run: setting 2 has no Name": {{"mode", ""}, {"", "x"}},
		"Run: mode is set twice":     {{"mode", "a"}, {"mode", "b"}},
	} {
		_, err := kind(t)(t.Context(), run...)
		says(t, err, want)
	}
}
