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
	What string `json:"what"`                  // of a signal its outcome, or not_seen; of an order its status
	Code string `json:"reason_code,omitempty"` // why no more became of it, in one word of those below
	// Limit says which one, with codeLimit.
	Limit string `json:"limit,omitempty"`
	By    string `json:"by,omitempty"`  // the ID of the signal that was newer, with codeSuperseded
	Why   string `json:"why,omitempty"` // in the words of whoever decided: a limit, the engine, the venue, a person
}

// The codes of reasons: for programs, and the same whatever becomes of the words.
const (
	codeSuperseded   = "superseded"  // a newer signal was there
	codeExpired      = "expired"     // it was too late, or the order's time in force was over
	codeHalted       = "halted"      // a halt stood
	codeReduceOnly   = "reduce_only" // nothing was to be opened
	codeStale        = "stale"       // the data was too old
	codeUnhealthy    = "unhealthy"   // the part that makes the signals was
	codeLimit        = "limit"
	codeTooSmall     = "too_small"  // less than can be traded was left
	codeNoPrice      = "no_price"   // nobody knew a price, or two that cannot both be right
	codeOwned        = "owned"      // the instrument belongs to another strategy
	codeNotTraded    = "not_traded" // the instrument is not set up, or not among the symbols
	codeManual       = "manual"     // orders are not placed automatically, and no person has said yes
	codeWaiting      = "waiting"    // for the end of an earlier order
	codeRejected     = "rejected"   // by the venue
	codeCanceled     = "canceled"   // by the engine or a person
	codePolicy       = "policy"     // the sizer, the ticket or a policy of the engine
	codeNotKnown     = "not_known"  // the journal has no reason
	codeOther        = "other"      // Why says it
	notSeen          = "not_seen"   // no engine has looked at the signal, as far as the journal says
	approvedByPerson = "approved"   // or by the engine, when what stood against it was over
	limitNotKnown    = "not_known"  // the journal does not name the limit
	cutToLimits      = "cut to the limits"
	allowedNow       = "of it is allowed now"
	ofALimit         = ": " // what stands between each of these, or trading.ErrLimit, and the limit's own words
)

// byWords are the reasons that the engine journals, by what stands in them; the first that fits counts.
var byWords = []struct{ words, code string }{
	{"halted: ", codeHalted},
	{"reduce only", codeReduceOnly},
	{"is below the smallest", codeTooSmall}, // also within the words of a limit
	{"too little to be traded", codeTooSmall},
	{"there is no price", codeNoPrice},
	{"no price", codeNoPrice},
	{"more than the factor", codeNoPrice},
	{trading.ErrLimit.Error(), codeLimit},
	{allowedNow, codeLimit},
	{cutToLimits, codeLimit},
	{"is unhealthy: no progress", codeStale},
	{"stale", codeStale},
	{"is unhealthy: ", codeUnhealthy},
	{"owns the instrument", codeOwned},
	{"no such instrument is set up", codeNotTraded},
	{"is not set up any more", codeNotTraded},
	{"is none of the symbols that are traded", codeNotTraded},
	{"orders are not placed automatically", codeManual},
	{"came too late", codeExpired},
	{"its signal has expired", codeExpired},
	{"replaced its target", codeSuperseded},
	{"its target was replaced", codeSuperseded},
	{"the fate of an earlier order", codeWaiting},
	{"an earlier order is being canceled", codeWaiting},
	{"size: ", codePolicy},
	{"ticket: ", codePolicy},
	{"was taken by something else", codePolicy},
}

// codeOf reads a reason that the engine has journaled.
func codeOf(reason, fallback string) (code, limit string) {
	if reason == "" {
		return codeNotKnown, ""
	}
	for _, one := range byWords {
		if strings.Contains(reason, one.words) {
			if one.code == codeLimit {
				limit = limitOf(reason)
			}
			return one.code, limit
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
		b.Code = codeRejected
	case trading.StatusExpired:
		b.Code = codeExpired
	case trading.StatusCanceled:
		b.Code, b.Limit = codeOf(o.Reason, codeCanceled)
		b.By = replacedBy(o.Reason)
	case trading.StatusUnknown:
		b.Code, _ = codeOf(o.Reason, codeOther)
	case trading.StatusIntended, trading.StatusOpen, trading.StatusFilled:
		b.Why = ""
	}
	return b
}

// becameOfSignal says what was made of a signal: what the journal says of it, and how its last order ended.
func becameOfSignal(seen *journal.SignalSeen, approved *journal.SignalApproved, orders []orderTrail) became {
	if seen == nil {
		return became{What: notSeen, Code: codeNotKnown}
	}
	b := became{What: string(seen.Outcome), Why: seen.Reason}
	if approved != nil {
		b = became{What: approvedByPerson}
	}
	last, asked := lastFor(orders)
	if last.Code != "" || last.What == string(trading.StatusFilled) {
		b.Code, b.Limit, b.By, b.Why = last.Code, last.Limit, last.By, last.Why
	}
	if b.Code != "" || approved != nil {
		return b
	}
	switch seen.Outcome {
	case journal.OutcomeSuperseded:
		b.Code = codeSuperseded
	case journal.OutcomeExpired:
		b.Code = codeExpired
	case journal.OutcomeWouldHave:
		b.Code = codeManual
	case journal.OutcomeRefused:
		b.Code, b.Limit = codeOf(seen.Reason, codeOther)
	case journal.OutcomeActed:
		if seen.Reason != "" {
			b.Code, b.Limit = codeOf(seen.Reason, codeOther)
		}
	}
	if asked && b.Code == codeWaiting { // it did until its order was made
		b.Code, b.Why = "", ""
	}
	b.Why = cmp.Or(b.Why, whyOf[b.Code])
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
	codeSuperseded: "a newer signal of its strategy and symbol was there",
	codeExpired:    "it came too late to open anything",
	codeManual:     "orders are not placed automatically, and nobody has approved it",
}
