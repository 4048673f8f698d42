package engine_test

import (
	"cmp"
	"fmt"
	"regexp"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// transcript is what an engine wrote to its journal and asked of its broker, in order, as a person would tell it. It
// calls orders and signals by short names, since how their IDs are derived is no part of the story.
type transcript struct {
	clock health.Clock
	start time.Time

	mu    sync.Mutex // guards all below
	text  strings.Builder
	names map[string]string
	count map[string]int
}

func newTranscript(clock health.Clock) *transcript {
	return &transcript{clock: clock, start: clock.Now(), names: make(map[string]string), count: make(map[string]int)}
}

// chapter begins a section.
func (t *transcript) chapter(title string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.text.Len() > 0 {
		t.text.WriteString("\n")
	}
	t.text.WriteString("# " + title + "\n")
}

// say adds a line; who is the one that acts.
func (t *transcript) say(who, format string, args ...any) {
	t.mu.Lock()
	defer t.mu.Unlock()
	words := strings.Join(strings.Fields(fmt.Sprintf(format, args...)), " ")
	for id, name := range t.names {
		words = strings.ReplaceAll(words, id, name)
		words = strings.ReplaceAll(words, strings.Fields(name)[0]+" "+name, name) // which said "order" before the ID
	}
	words = packagePrefix.ReplaceAllString(words, "")
	fmt.Fprintf(&t.text, "%8s  %-7s  %s\n", "+"+t.clock.Now().Sub(t.start).String(), who, words)
}

// name is the short name of an ID, such as "order 1".
func (t *transcript) name(kind, id string) string {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.names[id] == "" {
		t.count[kind]++
		t.names[id] = fmt.Sprintf("%s %d", kind, t.count[kind])
	}
	return t.names[id]
}

func (t *transcript) order(id string) string  { return t.name("order", id) }
func (t *transcript) signal(id string) string { return t.name("signal", id) }

func (t *transcript) String() string { return t.text.String() }

// words are an event's important fields.
func (t *transcript) words(event journal.Event) string {
	switch e := event.(type) {
	case journal.SignalSeen:
		return fmt.Sprintf("%s: %s %s %s target %s %s valid until %s %s",
			t.signal(e.SignalID), e.Symbol, e.Direction, e.Outcome, e.Target, ticketWords(e.Ticket), t.offset(e.ValidUntil), because(e.Reason))
	case journal.IntentMade:
		return t.order(e.Order.ClientID) + ": " + orderWords(e.Order) + " for " + t.signal(e.Order.SignalID)
	case journal.Submitting:
		return t.order(e.ClientID)
	case journal.Acknowledged:
		return t.order(e.ClientID)
	case journal.Triggered:
		return t.order(e.ClientID)
	case journal.Rejected:
		return t.order(e.ClientID) + because(e.Reason)
	case journal.Unknown:
		return t.order(e.ClientID) + because(e.Reason)
	case journal.NotReceived:
		return fmt.Sprintf("%s in flight %t%s", t.order(e.ClientID), e.InFlight, because(e.Reason))
	case journal.SignalApproved:
		return t.signal(e.SignalID) + " by " + e.By
	case journal.CloseAsked:
		return fmt.Sprintf("%s: %s to %s by %s", t.name("close", e.ID), e.Symbol, e.Quantity, e.By)
	case journal.CancelAsked:
		return t.order(e.ClientID) + because(e.Reason)
	case journal.Canceled:
		return t.order(e.ClientID) + because(e.Reason)
	case journal.Expired:
		return t.order(e.ClientID) + because(e.Reason)
	case journal.Filled:
		f := e.Fill
		return fmt.Sprintf("%s: %s %s %s at %s fee %s", t.order(f.ClientID), f.Side, f.Quantity, f.Symbol, f.Price, f.Fee)
	case journal.DayOpened:
		return fmt.Sprintf("%s equity %s", e.Day, e.Equity)
	case journal.Halted:
		return because(e.Reason)
	case journal.Rearmed:
		return "by " + e.By
	default: // No story has come to another one yet.
		return fmt.Sprintf("%+v", event)
	}
}

func (t *transcript) offset(at time.Time) string {
	if at.IsZero() {
		return "-"
	}
	return "+" + at.Sub(t.start.Round(0)).String()
}

func because(reason string) string {
	if reason == "" {
		return ""
	}
	return " because " + reason
}

func orderWords(o trading.Order) string {
	words := fmt.Sprintf("%s %s %s %s %s %s",
		o.Side, o.Quantity, o.Symbol, o.Type, prices(o.LimitPrice, o.StopPrice), o.TimeInForce)
	if o.ReduceOnly {
		words += " reduce-only"
	}
	if o.PostOnly {
		words += " post-only"
	}
	return words + " " + string(o.Leg)
}

func ticketWords(k trading.Ticket) string {
	if k.IsZero() {
		return ""
	}
	return fmt.Sprintf("by %s %s, profit at %s, loss at %s,",
		cmp.Or(k.Type, trading.Market), prices(k.LimitPrice, k.StopPrice), k.TakeProfit, k.StopLoss)
}

func prices(all ...decimal.Decimal) string {
	var words []string
	for _, p := range all {
		if !p.IsZero() {
			words = append(words, p.String())
		}
	}
	return strings.Join(words, " ")
}

// packagePrefix is the name of the package that made an error, which is no part of the story.
var packagePrefix = regexp.MustCompile(`\b(tradingtest|venue|paper|trading|journal|book|engine): `)
