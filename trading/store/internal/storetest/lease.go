package storetest

import (
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var leaseTests = map[string]func(*testing.T, Kind){
	"Claim ends the lease of every other journal": claimEndsOthers,
	"Lease on a database is one process's":        oneLease,
}

func claimEndsOthers(t *testing.T, kind Kind) {
	db, at := kind.open(t), time.Unix(0, 0)
	first := db.Journal()
	noError(t, first.Append(t.Context(), at, journal.Halted{Reason: "one"}))
	second, err := db.Claim(t.Context())
	noError(t, err)
	errorIs(t, first.Append(t.Context(), at, journal.Halted{Reason: "two"}), journal.ErrTakenOver)
	errorIs(t, first.(journal.Snapshotter).KeepSnapshot(t.Context(), []byte("x")), journal.ErrTakenOver)
	noError(t, second.Append(t.Context(), at, journal.Halted{Reason: "three"}))
	third, err := db.Claim(t.Context())
	noError(t, err)
	errorIs(t, second.Append(t.Context(), at, journal.Halted{Reason: "four"}), journal.ErrTakenOver)
	equal(t, 2, Count(t, first)) // All can read, and only who had it wrote.
	noError(t, third.(journal.Snapshotter).KeepSnapshot(t.Context(), []byte("x")))
}

func oneLease(t *testing.T, kind Kind) {
	place := kind(t)
	first := place.Open(t)
	_, err := place(t.Context())
	says(t, err, "it is in use by ")
	noError(t, first.Signals().Append(t.Context(), Numbered(1))) // It is not disturbed.
	noError(t, first.Close())
	length(t, Held(t, place.Open(t).Signals()), 1)
}
