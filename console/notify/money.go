package notify

import (
	"strings"

	"github.com/seed-5dee1c0a/vigil/health"
)

// meanings say what conditions that need a person mean for the money, by the first word of their keys, which the runbook
// explains.
var meanings = map[string]string{
	"halted":      "nothing is opened. What is held stays as it is, guarded by the stop-losses that rest at the venue",
	"reduce_only": "nothing is opened. What is held can be reduced and closed",
	"unknown": "an order may have been executed or not, and its symbol is not traded until that is known. " +
		"More may be held than the account shows",
	"not_set_up":   "what is held is kept, and no signal adds to it or closes it",
	"not_traded":   "what is held is kept, and no signal adds to it or closes it",
	"terms":        "orders of that symbol may be refused by the venue",
	"unlisted":     "nothing is opened on that symbol. What is held of it is settled or frozen by the venue in its time",
	"delisted":     "nothing is opened on that symbol. What is held of it is closed in time, or settled at the venue's price",
	"converted":    "what is held is worth what it was, and counts in other units, or under another name",
	"settled":      "what was held of that symbol is closed, at a price that the venue has made",
	"key":          "the venue takes no order and no cancel, also none that closes. Stop-losses that rest there stay there",
	"stray_orders": "if they are filled, more is held than any signal has asked for, and nothing guards it",
	"hours": "an order may be sent while the venue is closed, and be filled when it opens next; or none is sent while it is " +
		"open. Stop-losses that rest there stay there",
	"bars":      "signals come some seconds later. What is held stays guarded",
	"flat_line": "signals of that symbol may rest on prices that are not real",
}

// What the others mean.
const (
	closedMeaning    = "nothing is opened until it is over"
	lockMeaning      = "nothing is opened of it until then. What is held stays guarded, and may be closed"
	downMeaning      = "what that service does is not done until it is back. Stop-losses that rest at the venue stay there"
	unhealthyMeaning = "it may not trade as it should. Stop-losses that rest at the venue stay there"
	degradedMeaning  = "it trades, and not all of it as it should"
	healthyMeaning   = "it trades as it should"
)

// overMeaning is what the end of a trouble means.
var overMeaning = map[Kind]string{
	KindHalt: "positions may be opened again, if nothing else stands against it",
	KindDown: "that service does its work again",
	KindLock: "it may be opened again, if nothing else stands against it",
}

// meaning is what a condition means for the money; "" where nobody knows.
func meaning(c health.Raised) string {
	name, _, _ := strings.Cut(c.Key, "/")
	if said := meanings[name]; said != "" {
		return said
	}
	if c.Closed {
		return closedMeaning
	}
	return ""
}

func verdictMeaning(v health.Verdict) string {
	switch v {
	case health.Unhealthy:
		return unhealthyMeaning
	case health.Degraded:
		return degradedMeaning
	}
	return healthyMeaning
}
