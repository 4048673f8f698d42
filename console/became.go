package console

import (
	"cmp"
	"slices"
	"strings"
	"unicode"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// became says what became of a signal or an order, and why no more of it.
type became struct {
	What  string `json:"what"`            // of a signal its outcome, or not_seen; of an order its status
	Cause string `json:"cause,omitempty"` // why no more became of it, in one word of those below
	Limit string `json:"limit,omitempty"` // which one, with causeLimit
	Why   string `json:"why,omitempty"`   // in the words of whoever decided: a limit, the engine, the venue, a person
}

// The causes.
const (
	causeSuperseded  = "superseded"  // a newer signal was there
	causeExpired     = "expired"     // it was too late, or the order's time in force was over
	causeHalted      = "halted"      // a halt stood
	causeReduceOnly  = "reduce_only" // nothing was to be opened
	causeStale       = "stale"       // the data was too old
	causeUnhealthy   = "unhealthy"   // the part that makes the signals was
	causeLimit       = "limit"
	causeTooSmall    = "too_small"  // less than can be traded was left
	causeNoPrice     = "no_price"   // nobody knew a price, or two that cannot both be right
	causeOwned       = "owned"      // the instrument belongs to another strategy
	causeNotTraded   = "not_traded" // the instrument is not set up, or not among the symbols
	causeManual      = "manual"     // orders are not placed automatically, and no person has said yes
	causeWaiting     = "waiting"    // for the end of an earlier order
	causeRejected    = "rejected"   // by the venue
	causeCanceled    = "canceled"   // by the engine or a person
	causePolicy      = "policy"     // the sizer, the ticket or a policy of the engine
	causeNotKnown    = "not_known"  // the journal has no reason
	causeOther       = "other"      // Why says it
	notSeen          = "not_seen"   // no engine has looked at the signal, as far as the journal says
	approvedByPerson = "approved"   // or by the engine, when what stood against it was over
	limitNotKnown    = "not_known"  // the journal does not name the limit
	cutToLimits      = "cut to the limits"
	allowedNow       = "of it is allowed now"
	ofALimit         = ": " // what stands between each of these, or trading.ErrLimit, and the limit's own words
)

// byWords are the reasons that the engine journals, by what stands in them; the first that fits counts.
var byWords = []struct{ words, cause string }{
	{"halted: ", causeHalted},
	{"reduce only", causeReduceOnly},
	{"is below the smallest", causeTooSmall}, // also within the words of a limit
	{"too little to be traded", causeTooSmall},
	{"there is no price", causeNoPrice},
	{"no price", causeNoPrice},
	{"more than the factor", causeNoPrice},
	{trading.ErrLimit.Error(), causeLimit},
	{allowedNow, causeLimit},
	{cutToLimits, causeLimit},
	{"is unhealthy: no progress", causeStale},
	{"stale", causeStale},
	{"is unhealthy: ", causeUnhealthy},
	{"owns the instrument", causeOwned},
	{"no such instrument is set up", causeNotTraded},
	{"is not set up any more", causeNotTraded},
	{"is none of the symbols that are traded", causeNotTraded},
	{"orders are not placed automatically", causeManual},
	{"came too late", causeExpired},
	{"its signal has expired", causeExpired},
	{"replaced its target", causeSuperseded},
	{"its target was replaced", causeSuperseded},
	{"the fate of an earlier order", causeWaiting},
	{"an earlier order is being canceled", causeWaiting},
	{"size: ", causePolicy},
	{"ticket: ", causePolicy},
	{"was taken by something else", causePolicy},
}

// causeOf reads a reason that the engine has journaled.
func causeOf(reason, fallback string) (cause, limit string) {
	if reason == "" {
		return causeNotKnown, ""
	}
	for _, one := range byWords {
		if strings.Contains(reason, one.words) {
			if one.cause == causeLimit {
				limit = limitOf(reason)
			}
			return one.cause, limit
		}
	}
	return fallback, ""
}

// limitOf returns the name of the limit that stood against an order: "MaxOrder is 100" names it. Words that name none are
// not guessed at.
func limitOf(reason string) string {
	var words string
	for _, before := range []string{trading.ErrLimit.Error(), cutToLimits, allowedNow} {
		if _, after, found := strings.Cut(reason, before+ofALimit); found {
			words = after
			break
		}
	}
	name, _, named := strings.Cut(words, " is ")
	if !named || strings.ContainsFunc(name, func(c rune) bool { return !unicode.IsLetter(c) && !unicode.IsDigit(c) }) {
		return limitNotKnown
	}
	return name
}

// becameOfOrder says how an order stands.
func becameOfOrder(o book.OrderState) became {
	b := became{What: string(o.Status), Why: o.Reason}
	//exhaustive:enforce
	switch o.Status {
	case trading.StatusRejected:
		b.Cause = causeRejected
	case trading.StatusExpired:
		b.Cause = causeExpired
	case trading.StatusCanceled:
		b.Cause, b.Limit = causeOf(o.Reason, causeCanceled)
	case trading.StatusUnknown:
		b.Cause, _ = causeOf(o.Reason, causeOther)
	case trading.StatusIntended, trading.StatusOpen, trading.StatusFilled:
		b.Why = ""
	}
	return b
}

// becameOfSignal says what was made of a signal: what the journal says of it, and how its last order ended.
func becameOfSignal(seen *journal.SignalSeen, approved *journal.SignalApproved, orders []orderTrail) became {
	if seen == nil {
		return became{What: notSeen, Cause: causeNotKnown}
	}
	b := became{What: string(seen.Outcome), Why: seen.Reason}
	if approved != nil {
		b = became{What: approvedByPerson}
	}
	last, asked := lastFor(orders)
	if last.Cause != "" || last.What == string(trading.StatusFilled) {
		b.Cause, b.Limit, b.Why = last.Cause, last.Limit, last.Why
	}
	if b.Cause != "" || approved != nil {
		return b
	}
	switch seen.Outcome {
	case journal.OutcomeSuperseded:
		b.Cause = causeSuperseded
	case journal.OutcomeExpired:
		b.Cause = causeExpired
	case journal.OutcomeWouldHave:
		b.Cause = causeManual
	case journal.OutcomeRefused:
		b.Cause, b.Limit = causeOf(seen.Reason, causeOther)
	case journal.OutcomeActed:
		if seen.Reason != "" {
			b.Cause, b.Limit = causeOf(seen.Reason, causeOther)
		}
	}
	if asked && b.Cause == causeWaiting { // it did until its order was made
		b.Cause, b.Why = "", ""
	}
	b.Why = cmp.Or(b.Why, whyOf[b.Cause])
	return b
}

// lastFor returns how the last order stands that was made for a signal's target itself, and not for what guards it; false
// where there is none.
func lastFor(orders []orderTrail) (became, bool) {
	for _, o := range slices.Backward(orders) {
		if o.Leg == "" {
			return o.Became, true
		}
	}
	return became{}, false
}

// whyOf says in words what the journal says by the outcome alone.
var whyOf = map[string]string{
	causeSuperseded: "a newer signal of its strategy and symbol was there",
	causeExpired:    "it came too late to open anything",
	causeManual:     "orders are not placed automatically, and nobody has approved it",
}
