package storetest

import (
	"errors"
	"sync"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

var runTests = map[string]func(*testing.T, Kind){
	"Run that differs is refused":        runDiffers,
	"Run that is named first binds":      runBinds,
	"Run without names is refused":       runInvalid,
	"Run that is refused changes no run": runUnchanged,
	"Run is bound when it is open":       runBound,
	"Run without an account has \"\"":    runDefault,
	"Run that is refused writes nothing": runAmongOthers,
}

func runDiffers(t *testing.T, kind Kind) {
	stored := []Setting{{Name: "mode", Value: "paper"}, {Name: "seed", Value: "1"}, {Name: "venue", Value: "sim"}}
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
			asked: []Setting{stored[0], {Name: "seed", Value: "2"}, stored[2]},
			says:  `seed is "1" there and "2" here`,
		},
		"one setting less": {
			asked: stored[:2],
			says:  `venue is "sim" there and not set here`,
		},
		"one setting more": {
			asked: append(stored[:3:3], Setting{Name: "account", Value: "7"}),
			says:  `account is not set there and "7" here`,
		},
		"another name": {
			asked: []Setting{stored[0], stored[1], {Name: "exchange", Value: "sim"}},
			says:  `venue is "sim" there and not set here; exchange is not set there and "sim" here`,
		},
		"two that differ": {
			asked: []Setting{{Name: "mode", Value: "live"}, {Name: "seed", Value: "2"}, stored[2]},
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
	noError(t, place.Open(t, Setting{Name: "mode", Value: "paper"}).Close())
	_, err := place(t.Context(), Setting{Name: "mode", Value: "live"})
	says(t, err, `mode is "paper" there and "live" here`)
}

func runUnchanged(t *testing.T, kind Kind) {
	place := kind(t)
	noError(t, place.Open(t, Setting{Name: "mode", Value: "paper"}).Close())
	_, err := place(t.Context(), Setting{Name: "mode", Value: "live"}, Setting{Name: "seed", Value: "1"})
	says(t, err, `mode is "paper" there and "live" here`)
	noError(t, place.Open(t, Setting{Name: "mode", Value: "paper"}).Close())
}

func runInvalid(t *testing.T, kind Kind) {
	for want, run := range map[string][]Setting{
		"Run: setting 2 has no Name": {{Name: "mode", Value: ""}, {Name: "", Value: "x"}},
		"Run: mode is set twice":     {{Name: "mode", Value: "a"}, {Name: "mode", Value: "b"}},
	} {
		_, err := kind(t)(t.Context(), run...)
		says(t, err, want)
	}
}

func runBound(t *testing.T, kind Kind) {
	place := kind(t)
	run := []Setting{{Name: "mode", Value: "paper"}, {Name: "venue", Value: "sim"}}
	db := place.Open(t)
	noError(t, db.Bind(t.Context(), nil))
	noError(t, db.Bind(t.Context(), run))
	noError(t, db.Bind(t.Context(), run)) // as after a kill before anything else was written
	err := db.Bind(t.Context(), []Setting{{Name: "mode", Value: "live"}, run[1]})
	says(t, err, `: it belongs to another run: mode is "paper" there and "live" here`)
	other, ok := errors.AsType[*journal.OtherRunError](err)
	equal(t, true, ok)
	equal(t, run, other.Stored)
	says(t, db.Bind(t.Context(), []Setting{{Value: "x"}}), "setting 1 has no Name")
	noError(t, db.Close())
	errorIs(t, db.Bind(t.Context(), run), sqldb.ErrClosed)
	noError(t, place.Open(t, run...).Close())
	_, err = place(t.Context(), Setting{Name: "mode", Value: "live"})
	says(t, err, `mode is "paper" there and "live" here`)
}

func runDefault(t *testing.T, kind Kind) {
	db := kind(t).Open(t, Setting{Name: "mode", Value: "paper"})
	noError(t, db.Bind(t.Context(), []Setting{{Name: "mode", Value: "paper"}, {Name: "account"}}))
	says(t, db.Bind(t.Context(), []Setting{{Name: "mode", Value: "paper"}, {Name: "account", Value: "7"}}),
		`account is not set there and "7" here`)
}

// A refusal is no failure of the transaction that it shares with others.
func runAmongOthers(t *testing.T, kind Kind) {
	db := kind(t).Open(t, Setting{Name: "mode", Value: "paper"})
	var all sync.WaitGroup
	for n := range 8 {
		all.Go(func() {
			if err := db.Signals().Append(t.Context(), Numbered(n)); err != nil {
				t.Error(err)
			}
		})
		all.Go(func() {
			if err := db.Bind(t.Context(), []Setting{{Name: "mode", Value: "live"}}); err == nil {
				t.Error("another run was let in")
			}
		})
	}
	all.Wait()
	length(t, Held(t, db.Signals()), 8)
}
