package console

import (
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// Trading returns a function that adds the object trading to /health, for the Extra of a healthhttp.Config: what a
// person has to know of the account. path is that of the trading in the tree, whose verdict and conditions are shown;
// status is asked for each answer, and returns false while there is no account yet.
func Trading(path string, status func() (engine.Status, bool)) func(health.Report) map[string]any {
	return func(report health.Report) map[string]any {
		part, _ := report.Below(path)
		return map[string]any{"trading": newAccount(part, status)}
	}
}

// account is the object trading. Money is in the quote currency, as strings, so that nobody rounds it.
type account struct {
	Status     string         `json:"status"` // running, halted, reduce_only, or not_started while there is no account yet
	Verdict    health.Verdict `json:"verdict"`
	Reasons    []string       `json:"reasons"`
	NeedPerson []standing     `json:"needs_person"` // what does not end by itself
	Conditions []standing     `json:"conditions"`   // what holds besides

	*figures // none while there is no account yet
}

// standing is something that holds.
type standing struct {
	Key     string         `json:"key"` // such as halted
	Verdict health.Verdict `json:"verdict"`
	Text    string         `json:"text"`
	Since   time.Time      `json:"since"`
	WayOut  string         `json:"way_out,omitempty"`
}

type figures struct {
	At           time.Time       `json:"at"`         // of all figures
	Reconciled   bool            `json:"reconciled"` // the account and the venue agree, as far as is known
	ReduceOnly   bool            `json:"reduce_only"`
	Halt         *halt           `json:"halt,omitempty"`
	LastError    string          `json:"last_error,omitempty"` // of the last step
	Equity       decimal.Decimal `json:"equity"`
	Cash         decimal.Decimal `json:"cash"`
	Unrealized   decimal.Decimal `json:"unrealized"`
	Day          string          `json:"day,omitempty"`
	DayProfit    decimal.Decimal `json:"day_profit"`
	Positions    int             `json:"positions"`
	OpenOrders   int             `json:"open_orders"`
	Offers       int             `json:"offers"` // signals that wait for a person's word
	Fills        int             `json:"fills"`  // since the journal began, like Rejected
	Rejected     int             `json:"rejected"`
	ForeignFills int             `json:"foreign_fills"`
	Unpriced     []string        `json:"unpriced"` // held without a price: they count at their cost
	Locks        []lockView      `json:"locks"`    // what stands for a time: protections, and instruments that are locked
}

type halt struct {
	Reason string    `json:"reason"` // the first: it is the one to look into
	Also   string    `json:"also,omitempty"`
	Since  time.Time `json:"since"`
	WayOut string    `json:"way_out"`
}

func newAccount(part health.Report, status func() (engine.Status, bool)) account {
	a := account{
		Status: "not_started", Verdict: part.Verdict, Reasons: append([]string{}, firstOf(part.Reasons)...),
		NeedPerson: []standing{}, Conditions: []standing{},
	}
	for _, p := range part.Parts {
		for _, c := range p.Conditions {
			one := standing{Key: c.Key, Verdict: c.Verdict, Text: c.Text, Since: c.Since.UTC(), WayOut: c.Remedy}
			if c.Person {
				a.NeedPerson = append(a.NeedPerson, one)
			} else {
				a.Conditions = append(a.Conditions, one)
			}
		}
	}
	s, ok := status()
	if !ok {
		return a
	}
	a.figures = newFigures(s)
	switch {
	case a.Halt != nil:
		a.Status = "halted"
	case s.ReduceOnly:
		a.Status = "reduce_only"
	default:
		a.Status = "running"
	}
	return a
}

// maxReasons is how many reasons are shown.
const maxReasons = 20

func firstOf(reasons []string) []string { return reasons[:min(len(reasons), maxReasons)] }

func newFigures(s engine.Status) *figures {
	f := &figures{
		At: s.At.UTC(), Reconciled: s.Reconciled, ReduceOnly: s.ReduceOnly, LastError: strings.ToValidUTF8(s.Error, "?"),
		Equity: s.Equity, Cash: s.Cash, Unrealized: s.Unrealized, Day: s.Day.Day,
		Positions: len(s.Positions), OpenOrders: len(s.Orders), Offers: len(s.Offers),
		Fills: s.Counts.Fills, Rejected: s.Counts.Rejected, ForeignFills: s.Counts.ForeignFills,
		Unpriced: append([]string{}, s.Unpriced...), Locks: standingLocks(s),
	}
	if s.Day.Day != "" {
		f.DayProfit = s.Equity.Sub(s.Day.Begin())
	}
	if s.Halt.Active() {
		f.Halt = &halt{
			Reason: s.Halt.Reason, Also: s.Halt.Also, Since: s.Halt.At.UTC(), WayOut: haltWayOut,
		}
	}
	return f
}
