package console

import (
	"encoding/json"
	"fmt"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// entryView is an entry of the journal as it is shown.
type entryView struct {
	Seq  int64           `json:"seq"`
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"`
	Text string          `json:"text"`
	Data json.RawMessage `json:"data"` // as the journal keeps it
}

func newEntryView(entry journal.Entry) (entryView, error) {
	kind, data, err := journal.Encode(entry.Event)
	text := describe(entry.Event)
	if l, ok := entry.Event.(journal.Locked); ok && !entry.At.Before(l.Until) {
		text = because(fmt.Sprintf("the lock of %s was lifted by %s", l.Symbol, l.By), l.Reason)
	}
	return entryView{Seq: entry.Seq, At: entry.At.UTC(), Kind: kind, Text: text, Data: data}, err
}

func newTrail(entries []journal.Entry) ([]entryView, error) {
	trail := make([]entryView, 0, len(entries))
	for _, entry := range entries {
		one, err := newEntryView(entry)
		if err != nil {
			return nil, fmt.Errorf("show journal entry %d: %w", entry.Seq, err)
		}
		trail = append(trail, one)
	}
	return trail, nil
}

// describe says in one sentence what happened.
func describe(event journal.Event) string {
	switch e := event.(type) {
	case journal.SignalSeen:
		return because(fmt.Sprintf("signal to hold %s %s: %s", e.Direction, e.Symbol, e.Outcome), e.Reason)
	case journal.IntentMade:
		return "decided: " + orderText(e.Order)
	case journal.Submitting:
		return "sending begins"
	case journal.Acknowledged:
		return "the venue has it"
	case journal.Triggered:
		return "its stop price was reached"
	case journal.Rejected:
		return because("the venue rejected it", e.Reason)
	case journal.Unknown:
		return because("its fate is not known", e.Reason)
	case journal.NotReceived:
		return because("the venue has not got it", e.Reason)
	case journal.SignalApproved:
		return "approved by " + e.By
	case journal.CloseAsked:
		return fmt.Sprintf("no more than %s of %s is to be held: asked by %s", e.Quantity, e.Symbol, e.By)
	case journal.Amended:
		return fmt.Sprintf("the way to the target of %s was changed by %s", e.Symbol, e.By)
	case journal.CancelAsked:
		return because("to be canceled", e.Reason)
	case journal.Expired:
		return because("its time in force is over", e.Reason)
	case journal.Canceled:
		return because("what is not filled is not going to be", e.Reason)
	case journal.Filled:
		f := e.Fill
		return fmt.Sprintf("filled: %s %s %s at %s", f.Side, f.Quantity, f.Symbol, f.Price)
	default:
		return describeAccount(event)
	}
}

// describeAccount is describe for what is about no order.
func describeAccount(event journal.Event) string {
	switch e := event.(type) {
	case journal.Adopted:
		return fmt.Sprintf("the account holds %s of %s more than its fills say, and takes it over at %s",
			e.Quantity, e.Symbol, e.Price)
	case journal.Converted:
		return fmt.Sprintf("%s, so that %s are held: by %s", e.Conversion, e.Quantity, e.By)
	case journal.CashMoved:
		return because(fmt.Sprintf("cash changed by %s: %s", e.Move.Amount, e.Move.Kind), e.Move.Symbol)
	case journal.DayOpened:
		return fmt.Sprintf("day %s begins with %s", e.Day, e.Equity)
	case journal.Halted:
		return "halted: " + e.Reason
	case journal.Rearmed:
		return because("re-armed by "+e.By, e.Lifts)
	case journal.SettingsChanged:
		var all []string
		for _, c := range e.Changes {
			all = append(all, c.String())
		}
		return because("settings changed by "+e.By, strings.Join(all, "; "))
	case journal.Locked:
		return because(fmt.Sprintf("%s is locked until %s by %s", e.Symbol, e.Until.UTC().Format(time.RFC3339), e.By), e.Reason)
	case journal.Acted:
		return actedText(e)
	default:
		return journal.KindOf(event)
	}
}

func actedText(e journal.Acted) string {
	text := e.Actor + " asked for " + e.Verb
	if e.Object != "" {
		text += " " + e.Object
	}
	if e.Error != "" {
		text += ", which was not done: " + e.Error
	}
	return text
}

func because(what, reason string) string {
	if reason == "" {
		return what
	}
	return what + ": " + reason
}

func orderText(o trading.Order) string {
	text := fmt.Sprintf("%s %s %s", o.Side, o.Quantity, o.Symbol)
	if o.Type != "" {
		text += ", " + string(o.Type)
	}
	if !o.LimitPrice.IsZero() {
		text += fmt.Sprintf(", limit %s", o.LimitPrice)
	}
	if !o.StopPrice.IsZero() {
		text += fmt.Sprintf(", stop %s", o.StopPrice)
	}
	if o.Leg != "" {
		text += ", " + string(o.Leg)
	}
	return text
}
