package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// shownStatus is what ctl shows of /api/status.
type shownStatus struct {
	Verdict string
	Reasons []string
	Trading struct {
		Status      string
		Equity      string
		Cash        string
		Unrealized  string
		DayProfit   string           `json:"day_profit"`
		LastError   string           `json:"last_error"`
		NeedsPerson []shownCondition `json:"needs_person"`
		Conditions  []shownCondition
		Locks       []shownLock
	}
	Halts     []shownHalt
	Positions []shownPosition
	Orders    []book.OrderState
	Offers    []journal.SignalSeen
	Overrides []journal.Override
}

type shownCondition struct {
	Key, Text string
	WayOut    string `json:"way_out"`
}

// reduceOnlyHint is the act that lets all orders pass again.
const reduceOnlyHint = "once that is dealt with: livetrader ctl reduce-only off"

// wayOut is what ends it: as it is typed here, where that is one act.
func (c shownCondition) wayOut() string {
	if c.Key == "reduce_only" {
		return reduceOnlyHint
	}
	return cell(c.WayOut)
}

type shownHalt struct {
	ID     json.RawMessage // a number, or a text
	Reason string
	Also   string
	Since  string
}

func showStatus(w io.Writer, body []byte) error {
	var s shownStatus
	if err := json.Unmarshal(body, &s); err != nil {
		return err
	}
	t := s.Trading
	fmt.Fprintf(w, "%s, %s\n", s.Verdict, t.Status)
	for _, reason := range s.Reasons {
		if !s.tells(reason) {
			fmt.Fprintln(w, "  "+reason)
		}
	}
	for _, h := range s.Halts {
		id := strings.Trim(string(h.ID), `"`)
		fmt.Fprintf(w, "halt %s since %s: %s\n", id, h.Since, strings.TrimSuffix(h.Reason+"; "+h.Also, "; "))
		fmt.Fprintf(w, "  once that is dealt with: livetrader ctl rearm %s\n", id)
	}
	for _, c := range t.NeedsPerson {
		if c.Key == "halted" && len(s.Halts) > 0 { // it is told above
			continue
		}
		fmt.Fprintf(w, "needs a person: %s: %s\n  %s\n", c.Key, c.Text, c.wayOut())
	}
	for _, c := range t.Conditions {
		fmt.Fprintf(w, "%s: %s\n", c.Key, c.Text)
	}
	if t.LastError != "" {
		fmt.Fprintf(w, "last error: %s\n", firstLine(t.LastError))
	}
	if t.Equity != "" {
		fmt.Fprintf(w, "equity %s  cash %s  unrealized %s  day %s\n", t.Equity, t.Cash, t.Unrealized, t.DayProfit)
	}
	s.list(w)
	return nil
}

// tells reports whether what a reason says is said again below, with what ends it.
func (s shownStatus) tells(reason string) bool {
	return slices.ContainsFunc(slices.Concat(s.Trading.NeedsPerson, s.Trading.Conditions), func(c shownCondition) bool {
		return strings.Contains(reason, c.Key+": "+c.Text)
	})
}

// list writes what there is, a line each.
func (s shownStatus) list(w io.Writer) {
	for _, o := range s.Overrides {
		fmt.Fprintf(w, "%s is %s on the word of %s since %s; configured is %s\n",
			o.Key, o.Value, o.By, o.At.Format(time.RFC3339), o.Was)
	}
	for _, l := range s.Trading.Locks {
		fmt.Fprintln(w, l)
	}
	for _, p := range s.Positions {
		fmt.Fprintf(w, "position %s %s at %s%s\n", p.Symbol, p.Quantity, p.AveragePrice(), p.margin())
	}
	for _, o := range s.Orders {
		fmt.Fprintf(w, "order %s %s %s %s %s%s: %s\n", o.ClientID, o.Side, o.Remaining(), o.Symbol, o.Type, pricesOf(o), o.Status)
	}
	for _, o := range s.Offers {
		fmt.Fprintf(w, "offer %s %s to hold %s: livetrader ctl approve %s\n", o.SignalID, o.Symbol, o.Target, o.SignalID)
	}
}

// pricesOf are those that an order names.
func pricesOf(o book.OrderState) (text string) {
	for _, price := range []decimal.Decimal{o.StopPrice, o.LimitPrice} {
		if price.IsPositive() {
			text += " at " + price.String()
		}
	}
	return text
}
