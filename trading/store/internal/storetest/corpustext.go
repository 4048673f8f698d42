package storetest

import (
	"encoding/base64"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// The texts in here are the corpus's own: nothing in them comes from the names of Go's types and fields, so that they
// outlast a renaming. A value that is empty or zero is left out, so that they also outlast a new field.

// said is a line of a name and its values: pairs of a word and what it stands for. Without values there is no line.
func said(name string, pairs ...any) string {
	line := name
	for i := 0; i < len(pairs); i += 2 {
		text := fmt.Sprint(pairs[i+1])
		if at, ok := pairs[i+1].(time.Time); ok {
			text = at.UTC().Format(time.RFC3339Nano)
		}
		switch text {
		case "", "0", "false", "0001-01-01T00:00:00Z":
		default:
			line += fmt.Sprintf(" %s=%s", pairs[i], text)
		}
	}
	if line == name {
		return ""
	}
	return line + "\n"
}

// bookText is what a journal adds up to.
func bookText(b *book.Book) string {
	var text strings.Builder
	text.WriteString(accountText(b))
	for _, p := range b.Positions() {
		text.WriteString(said("position", "symbol", p.Symbol, "quantity", p.Quantity, "average", p.AveragePrice(),
			"cost", p.Cost, "realized", p.Realized, "fees", p.Fees))
	}
	for _, t := range b.Targets() {
		acted, _ := b.Acted(t.Strategy, t.Symbol)
		text.WriteString(said("target", "symbol", t.Symbol, "strategy", t.Strategy, "signal", t.SignalID,
			"quantity", t.Quantity, "valid_until", t.ValidUntil, "attempts", t.Attempts, "last", t.Last,
			"deferred", t.Deferred, "legs", t.Legs, "approved", t.Approved, "acted_on", acted))
		text.WriteString(ticketText(t.Ticket))
	}
	for _, s := range b.Offers() {
		text.WriteString(said("would_have", "symbol", s.Symbol, "strategy", s.Strategy, "seq", s.Seq, "signal", s.SignalID,
			"direction", s.Direction, "bar", s.BarTime, "target", s.Target, "valid_until", s.ValidUntil,
			"reason", s.Reason, "configuration", s.Config))
		text.WriteString(ticketText(s.Ticket))
	}
	for _, o := range b.Orders() {
		text.WriteString(orderText(o))
	}
	for _, s := range b.Settings() {
		text.WriteString(said("setting", "name", s.Name, "value", s.Value))
	}
	return text.String()
}

func accountText(b *book.Book) string {
	counts, cursor, day, halt := b.Counts(), b.Cursor(), b.Day(), b.Halted()
	text := said("account", "capital", b.Capital(), "cash", b.Cash(), "realized", counts.Realized, "fees", counts.Fees) +
		said("cursor", "store", cursor.Store, "seq", cursor.Seq) +
		said("day", "opened", day.Day, "equity", day.Equity) +
		said("halt", "active", halt.Active(), "at", halt.At, "reason", halt.Reason) +
		said("counts", "orders", counts.Orders, "rejected", counts.Rejected, "fills", counts.Fills,
			"foreign_fills", counts.ForeignFills, "asked_for_since", b.FillsSince(time.Time{}))
	for _, outcome := range slices.Sorted(maps.Keys(counts.Signals)) {
		text += said("signals", "outcome", outcome, "count", counts.Signals[outcome])
	}
	return text
}

func ticketText(t trading.Ticket) string {
	if t.IsZero() {
		return ""
	}
	return said("  entry", "type", t.Type, "limit", t.LimitPrice, "stop", t.StopPrice, "in_force", t.TimeInForce,
		"post_only", t.PostOnly) + said("  exit", "take_profit", t.TakeProfit, "stop_loss", t.StopLoss)
}

func orderText(o book.OrderState) string {
	return said("order", "id", o.ClientID, "symbol", o.Symbol, "side", o.Side, "type", o.Type, "quantity", o.Quantity,
		"limit", o.LimitPrice, "stop", o.StopPrice, "in_force", o.TimeInForce, "post_only", o.PostOnly,
		"reduce_only", o.ReduceOnly, "leg", o.Leg, "decided_at", o.DecisionPrice, "signal", o.SignalID,
		"configuration", o.Config, "created", o.CreatedAt) +
		said("  state", "status", o.Status, "filled", o.Filled, "sends", o.Sends, "acknowledged", o.Acknowledged,
			"in_flight", o.InFlight, "triggered", o.Triggered, "cancel_asked", o.CancelAsked, "updated", o.UpdatedAt,
			"reason", o.Reason)
}

// entriesText counts the entries by kind.
func entriesText(t testing.TB, entries []journal.Entry) string {
	t.Helper()
	counts := make(map[string]int)
	for _, e := range entries {
		kind, _, err := journal.Encode(e.Event)
		noError(t, err)
		counts[kind]++
	}
	var text strings.Builder
	for _, kind := range slices.Sorted(maps.Keys(counts)) {
		text.WriteString(said("entries", "kind", kind, "count", counts[kind]))
	}
	return text.String()
}

// signalsText lists the signals as they were stored, and the state of each stream that has one.
func signalsText(t testing.TB, store Signals) string {
	t.Helper()
	identity, err := store.Identity(t.Context())
	noError(t, err)
	var signals, states strings.Builder
	told := make(map[signal.Stream]bool)
	for _, s := range Held(t, store) {
		signals.WriteString(said("signal", "seq", s.Seq, "id", s.ID, "strategy", s.Strategy, "parameters", s.Params,
			"symbol", s.Symbol, "interval", s.Interval, "direction", s.Direction, "confidence", s.Confidence,
			"price", s.Price, "bar", s.BarTime, "created", s.CreatedAt, "valid_until", s.ValidUntil))
		for _, p := range s.Parts {
			signals.WriteString(said("  part", "strategy", p.Strategy, "parameters", p.Params, "weight", p.Weight,
				"spoke", p.Spoke, "direction", p.Direction, "confidence", p.Confidence))
		}
		key := signal.Stream{Strategy: s.Strategy, Params: s.Params, Symbol: s.Symbol, Interval: s.Interval}
		state, ok, err := store.LoadState(t.Context(), key)
		noError(t, err)
		if ok && !told[key] {
			told[key] = true
			states.WriteString(said("state", "strategy", key.Strategy, "parameters", key.Params, "symbol", key.Symbol,
				"interval", key.Interval, "bar", state.Bar, "seen", state.Seen,
				"data", base64.StdEncoding.EncodeToString(state.Data)))
		}
	}
	return said("store", "identity", identity) + signals.String() + states.String()
}
