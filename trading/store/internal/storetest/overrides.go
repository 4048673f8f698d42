package storetest

import (
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var overrideTests = map[string]func(*testing.T, Kind){
	"Overrides outlive the process":           overridesOutlive,
	"An override takes the place of the last": overrideReplaces,
	"An override of any text comes back":      overrideOfAnyText,
}

func override(key, value string) journal.Override {
	return journal.Override{Key: key, Value: value, Was: "before", By: "ann", At: time.Date(2026, 3, 4, 5, 6, 7, 8, time.UTC)}
}

func overridden(t *testing.T, db DB) []journal.Override {
	t.Helper()
	overrides, err := db.Overrides(t.Context())
	noError(t, err)
	return overrides
}

func overridesOutlive(t *testing.T, kind Kind) {
	place := kind(t)
	db := place.Open(t)
	equal(t, 0, len(overridden(t, db)))
	noError(t, db.SetOverride(t.Context(), override("symbols", "BTC/USDT")))
	noError(t, db.SetOverride(t.Context(), override("cycle", "5s")))
	noError(t, db.Close())
	equal(t, []journal.Override{override("cycle", "5s"), override("symbols", "BTC/USDT")}, overridden(t, place.Open(t)))
}

func overrideReplaces(t *testing.T, kind Kind) {
	db := kind(t).Open(t)
	for _, value := range []string{"5s", "10s", "10s"} {
		noError(t, db.SetOverride(t.Context(), override("cycle", value)))
	}
	noError(t, db.SetOverride(t.Context(), override("symbols", "BTC/USDT")))
	equal(t, []journal.Override{override("cycle", "10s"), override("symbols", "BTC/USDT")}, overridden(t, db))
	noError(t, db.SetOverride(t.Context(), journal.Override{Key: "cycle"}))
	noError(t, db.SetOverride(t.Context(), journal.Override{Key: "none"}))
	equal(t, []journal.Override{override("symbols", "BTC/USDT")}, overridden(t, db))
}

func overrideOfAnyText(t *testing.T, kind Kind) {
	db := kind(t).Open(t)
	odd := journal.Override{Key: "a\x00b\x1a'; --", Value: "\x00", Was: "\U0001F680", By: "\""}
	noError(t, db.SetOverride(t.Context(), odd))
	equal(t, []journal.Override{odd}, overridden(t, db))
}
