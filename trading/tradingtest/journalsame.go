package tradingtest

import (
	"testing"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// sameEvents appends what is there already, in a call of its own and beside itself: a journal tells what happened, and the
// same may happen twice.
func sameEvents(t testing.TB, j journal.Journal) {
	same := journal.Halted{Reason: "lunch"}
	appendEvents(t, j, same, same)
	appendEvents(t, j, same)
	wantEvents(t, readJournal(t, j), []journal.Event{same, same, same})
}

// fineFills are of a symbol in small letters, at numbers that no column of a few places holds.
func fineFills(t testing.TB, j journal.Journal) {
	fine := decimal.RequireFromString("9007199254740993.0000000000000000000000001")
	f := trading.Fill{
		ID: "f-1", ClientID: "V-1", Symbol: "kPEPE/usdt", Side: trading.Sell, Price: fine, Quantity: fine, Fee: fine.Neg(),
		FeeAsset: "bnb", Time: journalTime,
	}
	appendEvents(t, j, journal.Filled{Fill: f})
	wantEvents(t, readJournal(t, j), []journal.Event{journal.Filled{Fill: f}})
}
