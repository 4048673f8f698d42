package engine_test

import (
	"errors"
	"fmt"
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// holding is a book that holds so much of btc, for a signal of cross an hour ago.
func holding(t require.TestingT, quantity string, more ...journal.Event) *book.Book {
	target := d(quantity)
	events := []journal.Event{journal.SignalSeen{
		Store: "shelf", Seq: 1, SignalID: "old", Strategy: "cross", Symbol: btc, BarTime: noon.Add(-time.Hour),
		Outcome: journal.OutcomeActed, Target: target, ValidUntil: noon.Add(-time.Minute),
	}}
	if !target.IsZero() {
		f := trading.Fill{ID: "old-1", ClientID: "by-hand", Symbol: btc, Side: trading.Buy, Quantity: target.Abs(), Price: d("100"), Time: noon}
		if target.IsNegative() {
			f.Side = trading.Sell
		}
		events = append(events, journal.Filled{Fill: f})
	}
	return bookOf(t, append(events, more...)...)
}

func pending(side trading.Side, quantity string, then ...journal.Event) []journal.Event {
	return append([]journal.Event{journal.IntentMade{Order: trading.Order{
		ClientID: "p", Symbol: btc, Side: side, Quantity: d(quantity), SignalID: "old", CreatedAt: noon,
	}}}, then...)
}

// told writes down what a decision came to.
func told(events []journal.Event) string {
	text := ""
	for _, event := range events {
		switch e := event.(type) {
		case journal.SignalSeen:
			text += string(e.Outcome)
			if e.Outcome == journal.OutcomeActed || e.Outcome == journal.OutcomeWouldHave {
				text += " " + e.Target.String()
			}
			if e.Deferred {
				text += " deferred"
			}
		case journal.Canceled:
			text += "; cancel " + e.ClientID
		case journal.CancelAsked:
			text += "; ask to cancel " + e.ClientID
		case journal.IntentMade:
			text += fmt.Sprintf("; %s %s", e.Order.Side, e.Order.Quantity)
			if e.Order.ReduceOnly {
				text += " reduce only"
			}
		default: // The tables say nothing else.
		}
	}
	return text
}

func TestDecisions(t *testing.T) {
	t.Parallel()
	var (
		sent  = journal.Submitting{ClientID: "p"}
		acked = journal.Acknowledged{ClientID: "p"}
		halt  = func(s *engine.Inputs) { s.Opening = errors.New("halted") }
		dark  = func(s *engine.Inputs) { s.Price = d("0") }
		late  = func(s *engine.Inputs) { s.Now = noon.Add(time.Hour) }
	)
	for name, c := range map[string]struct {
		book   *book.Book
		signal signal.Direction
		change func(*engine.Inputs)
		manual bool
		other  func(*signal.Signal)
		want   string
	}{
		"long from nothing":                                {book: bookOf(t), signal: signal.Long, want: "acted 10; buy 10"},
		"short from nothing":                               {book: bookOf(t), signal: signal.Short, want: "acted -10; sell 10"},
		"flat from nothing is there already":               {book: bookOf(t), signal: signal.Flat, want: "acted 0"},
		"flat closes":                                      {book: holding(t, "7"), signal: signal.Flat, want: "acted 0; sell 7 reduce only"},
		"short from long is one order":                     {book: holding(t, "7"), signal: signal.Short, want: "acted -10; sell 17"},
		"long again leaves the size":                       {book: holding(t, "7"), signal: signal.Long, want: "acted 7"},
		"at a doubled price half as much":                  {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Price = d("200") }, want: "acted 5; buy 5"},
		"cut to the limits":                                {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Price = d("0.01") }, want: "acted 80000; buy 80000"},
		"a price at which one step is too dear":            {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Price = d("10000000") }, want: "refused"},
		"no price, flat closes":                            {book: holding(t, "7"), signal: signal.Flat, change: dark, want: "acted 0; sell 7 reduce only"},
		"no price, a short closes the long":                {book: holding(t, "7"), signal: signal.Short, change: dark, want: "acted 0; sell 7 reduce only"},
		"no price, a long closes the short":                {book: holding(t, "-7"), signal: signal.Long, change: dark, want: "acted 0; buy 7 reduce only"},
		"no price, a long adds nothing to a long":          {book: holding(t, "7"), signal: signal.Long, change: dark, want: "refused"},
		"no price, flat of nothing":                        {book: bookOf(t), signal: signal.Flat, change: dark, want: "acted 0"},
		"no price":                                         {book: bookOf(t), signal: signal.Long, change: dark, want: "refused"},
		"no instrument":                                    {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Instrument = trading.Instrument{} }, want: "refused"},
		"expired with nothing to close":                    {book: bookOf(t), signal: signal.Long, change: late, want: "expired"},
		"expired keeps the part that closes":               {book: holding(t, "7"), signal: signal.Short, change: late, want: "acted 0; sell 7 reduce only"},
		"expired flat closes all the same":                 {book: holding(t, "7"), signal: signal.Flat, change: late, want: "acted 0; sell 7 reduce only"},
		"expired and there already":                        {book: holding(t, "7"), signal: signal.Long, change: late, want: "acted 7"},
		"still valid at its last moment":                   {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Now = noon.Add(time.Minute) }, want: "acted 10; buy 10"},
		"halted with nothing to close":                     {book: bookOf(t), signal: signal.Long, change: halt, want: "refused"},
		"halted keeps the part that closes":                {book: holding(t, "-7"), signal: signal.Long, change: halt, want: "acted 0; buy 7 reduce only"},
		"halted flat closes":                               {book: holding(t, "-7"), signal: signal.Flat, change: halt, want: "acted 0; buy 7 reduce only"},
		"another strategy's instrument":                    {book: holding(t, "7"), signal: signal.Flat, other: func(s *signal.Signal) { s.Strategy = "vote" }, want: "refused"},
		"a bar no newer than the last":                     {book: holding(t, "7"), signal: signal.Flat, other: func(s *signal.Signal) { s.BarTime = noon.Add(-time.Hour) }, want: "superseded"},
		"a direction that is none":                         {book: bookOf(t), signal: 3, want: "refused"},
		"not automatically":                                {book: bookOf(t), signal: signal.Long, manual: true, want: "would_have 10"},
		"not automatically and refused":                    {book: bookOf(t), signal: signal.Long, manual: true, change: halt, want: "refused"},
		"what is open and not held cannot be sold":         {book: holding(t, "7", pending(trading.Buy, "3", sent, acked)...), signal: signal.Flat, want: "acted 0; ask to cancel p; sell 7 reduce only"},
		"nothing is sold against what may not be bought":   {book: bookOf(t, pending(trading.Buy, "3", sent, acked)...), signal: signal.Flat, want: "acted 0; ask to cancel p"},
		"nor on its other side before it has ended":        {book: holding(t, "7", pending(trading.Buy, "3", sent, acked)...), signal: signal.Short, want: "acted -10 deferred; ask to cancel p"},
		"nothing is bought against a close that works":     {book: holding(t, "7", pending(trading.Sell, "7", sent, acked)...), signal: signal.Long, want: "acted 7 deferred; ask to cancel p"},
		"open orders that lead there":                      {book: holding(t, "7", pending(trading.Sell, "7", sent, acked)...), signal: signal.Flat, want: "acted 0"},
		"an intent that was not sent is replaced":          {book: holding(t, "7", pending(trading.Buy, "3")...), signal: signal.Flat, want: "acted 0; cancel p; sell 7 reduce only"},
		"an unknown order defers":                          {book: holding(t, "7", pending(trading.Buy, "3", sent)...), signal: signal.Flat, want: "acted 0 deferred"},
		"an unknown order does not concern would_have":     {book: holding(t, "7", pending(trading.Buy, "3", sent)...), signal: signal.Flat, manual: true, want: "would_have 0"},
		"what opens below the smallest notional stays out": {book: bookOf(t), signal: signal.Long, change: func(s *engine.Inputs) { s.Instrument.MinNotional = d("1001") }, want: "refused"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			limits := risk.Limits{MaxPosition: d("2000"), MaxOrder: d("800"), MaxDailyLoss: risk.Unlimited}
			if name != "cut to the limits" {
				limits = risk.Limits{MaxPosition: d("2000"), MaxOrder: d("2000"), MaxDailyLoss: risk.Unlimited}
			}
			sit := engine.Inputs{Now: noon, Instrument: instrument(btc), Price: d("100")}
			if c.change != nil {
				c.change(&sit)
			}
			s := says(btc, c.signal, noon)
			s.Seq = 2
			if c.other != nil {
				c.other(&s)
			}
			desk := engine.Decider{Book: c.book, Risk: limits, Sizer: size.FixedNotional{Amount: d("1000")}, Auto: !c.manual}
			events := desk.Decide(s, sit)
			require.Equal(t, c.want, told(events))
			for _, e := range events {
				require.NoError(t, c.book.Check(e), "the book takes what was decided")
				kind, data, err := journal.Encode(e)
				require.NoError(t, err)
				_, err = journal.Decode(kind, data)
				require.NoError(t, err, "and a journal can give it back")
			}
			require.Equal(t, told(events), told(desk.Decide(s, sit)), "the same again gives the same")
		})
	}
}

// What a person changes by hand after a target was reached is not changed back.
func TestFlipLeavesSomethingToDoAfterItsClosingHalf(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		target string
		want   bool
	}{"a flip": {"-5", true}, "less of the same": {"5", false}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			sale := pending(trading.Sell, "5")[0].(journal.IntentMade)
			sale.Order.SignalID, sale.Order.ReduceOnly = "new", true
			book := holding(t, "10", journal.SignalSeen{
				Store: "shelf", Seq: 2, SignalID: "new", Strategy: "cross", Symbol: btc, BarTime: noon, Outcome: journal.OutcomeActed,
				Target: d(c.target), ValidUntil: noon.Add(time.Hour), Ticket: trading.Ticket{Type: trading.Limit, LimitPrice: d("100")},
			}, sale, journal.Submitting{ClientID: "p"}, journal.Filled{Fill: trading.Fill{
				ID: "new-1", ClientID: "p", Symbol: btc, Side: trading.Sell, Quantity: d("5"), Price: d("100"), Time: noon,
			}}, journal.Filled{Fill: trading.Fill{
				ID: "hand", ClientID: "by-hand", Symbol: btc, Side: trading.Sell, Quantity: d("2"), Price: d("100"), Time: noon,
			}})
			limits := risk.Limits{MaxPosition: d("2000"), MaxOrder: d("2000"), MaxDailyLoss: risk.Unlimited}
			desk := engine.Decider{Book: book, Risk: limits, Sizer: size.FixedNotional{Amount: d("1000")}, Auto: true}
			next := desk.Again(btc, engine.Inputs{Now: noon, Instrument: instrument(btc), Price: d("100")})
			require.Equal(t, c.want, next != nil)
		})
	}
}

func TestClientIDs(t *testing.T) {
	t.Parallel()
	require.Equal(t, clientID("s", 1), clientID("s", 1))
	seen := map[string]bool{}
	for _, id := range []string{clientID("s", 1), clientID("s", 2), clientID("s1", 1), clientID("s#1", 1), clientID("", 1)} {
		require.Regexp(t, regexp.MustCompile(`^[a-z0-9-]{1,36}$`), id)
		require.False(t, seen[id])
		seen[id] = true
	}
}
