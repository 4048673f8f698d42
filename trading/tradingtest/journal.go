package tradingtest

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// TestJournal holds a Journal to everything that the interface promises. open returns a new and empty journal; what it
// has to clean up it registers with t.Cleanup. Each case gets a journal of its own, and they run in parallel.
//
//	func TestMyJournal(t *testing.T) {
//		tradingtest.TestJournal(t, func(t *testing.T) journal.Journal { return myjournal.New(t.TempDir()) })
//	}
func TestJournal(t *testing.T, open func(t *testing.T) journal.Journal) {
	for _, c := range journalCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(t, open(t))
		})
	}
	t.Run("two journals have two identities", func(t *testing.T) {
		t.Parallel()
		otherIdentity(t, open(t), open(t))
	})
}

// journalCase is one promise. It takes a TB, so that the suite's own test can watch it fail.
type journalCase struct {
	name string
	run  func(t testing.TB, j journal.Journal)
}

var journalCases = append([]journalCase{
	{"it has an identity that stays", journalIdentity},
	{"an empty journal has nothing to read", emptyJournal},
	{"what was appended is read in order, its Seq rising from 1", journaledInOrder},
	{"every kind of event comes back exactly, decimals and times too", eventsComeBack},
	{"events that are the same are each an entry", sameEvents},
	{"a fill comes back to the last digit and letter", fineFills},
	{"when it was journaled comes back in UTC to the nanosecond", journalTimes},
	{"any string is only a string", strangeReasons},
	{"appending nothing is fine", journalNothing},
	{"a call that fails leaves none of its events", journalAllOrNone},
	{"a thousand events of one call stay in their order", journalLargeCall},
	{"reading after a Seq is bounded by its limit", journalPages},
	{"a limit below one is an error, not an empty answer", journalBadLimits},
	{"a call whose context has ended does nothing", journalEndedContext},
	{"calls from many goroutines stay whole and lose nothing", concurrentJournal},
	{"a reader sees each call whole or not at all, and misses nothing", journalReader},
	{"before the first snapshot there is none", noSnapshot},
	{"the last snapshot comes back, and stands for all that was appended before it", snapshotStandsForAll},
	{"a snapshot whose context has ended is not kept", snapshotEndedContext},
	{"the last mark comes back exactly, and is no entry", lastMark},
}, historyCases...)

var journalTime = time.Date(2026, 1, 2, 3, 4, 5, 678901234, time.UTC)

// allKinds returns an event of each kind there is, with contents that are easily lost: more digits than a float64
// has, the smallest and the largest of numbers, odd times, empty fields.
func allKinds() []journal.Event { //nolint:funlen // it is a table
	tiny, huge := decimal.New(1, -18), decimal.New(123456789, 30)
	fine := decimal.RequireFromString("0.1234567890123456789012345678901")
	bar := time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC)
	zone := time.Date(2026, 3, 29, 2, 30, 0, 1, time.FixedZone("elsewhere", 5*3600+1800))
	order := trading.Order{ClientID: "v-1", Symbol: "BTC/USDT:USDT", Side: trading.Buy, Type: trading.Market,
		Quantity: fine, DecisionPrice: huge, SignalID: "abc", CreatedAt: zone, Config: "0123456789abcdef"}
	reduce := order
	reduce.Side, reduce.ReduceOnly, reduce.Quantity, reduce.DecisionPrice = trading.Sell, true, tiny, decimal.Decimal{}
	rests := reduce
	rests.Type, rests.LimitPrice, rests.StopPrice, rests.TimeInForce = trading.StopLimit, fine, tiny, trading.Day
	rests.PostOnly, rests.Leg = true, trading.StopLoss
	rests.Guard = trading.Guard{TakeProfit: huge, StopLoss: tiny, FromFill: true}
	ticket := trading.Ticket{Type: trading.StopLimit, LimitPrice: fine, StopPrice: tiny, TimeInForce: trading.GTC,
		PostOnly: true, TakeProfit: huge, StopLoss: fine, FromFill: true,
		Unfilled: trading.Unfilled{After: time.Nanosecond, Reprice: 3, Cross: true, Price: tiny, Since: journalTime},
		Rungs:    &[]trading.Rung{{Price: huge, Keep: tiny, From: fine}, {Price: fine, Keep: huge}}}
	return []journal.Event{
		journal.SignalSeen{Store: "s", Seq: 1 << 60, SignalID: "abc", Strategy: "cross", Symbol: "BTC/USDT:USDT",
			Direction: signal.Short, BarTime: bar, Outcome: journal.OutcomeActed, Target: fine.Neg(), Ticket: ticket,
			ValidUntil: zone, Deferred: true, Config: "0123456789abcdef", Price: huge,
			Stakes: []journal.Stake{{Strategy: "slow", Target: tiny}, {Strategy: "cross", Target: fine.Neg().Sub(tiny)}}},
		journal.SignalSeen{Outcome: journal.OutcomeRefused, Reason: "daily loss", BarTime: bar, Limit: "MaxDailyLoss"},
		journal.IntentMade{Order: order},
		journal.IntentMade{Order: reduce},
		journal.IntentMade{Order: rests},
		journal.SignalApproved{SignalID: "abc", By: "alice"},
		journal.CloseAsked{ID: "close BTC/USDT:USDT 7", Symbol: "BTC/USDT:USDT", Quantity: fine.Neg(), By: "bob"},
		journal.CloseAsked{ID: "close BTC/USDT:USDT 8", Symbol: "BTC/USDT:USDT", Quantity: tiny, By: "settings",
			Strategy: "slow"},
		journal.Amended{Symbol: "BTC/USDT:USDT", Ticket: ticket, By: "alice"},
		journal.Submitting{ClientID: "v-1"},
		journal.Acknowledged{ClientID: "v-1"},
		journal.Triggered{ClientID: "v-1"},
		journal.Rejected{ClientID: "v-1", Reason: "margin"},
		journal.Unknown{ClientID: "v-1", Reason: "timeout"},
		journal.NotReceived{ClientID: "v-1", Reason: "the venue never heard of it"},
		journal.NotReceived{ClientID: "v-1", Reason: "not yet", InFlight: true},
		journal.CancelAsked{ClientID: "v-1", Reason: "its target was replaced"},
		journal.Canceled{ClientID: "v-1", Reason: "never sent", Limit: "MaxOrder"},
		journal.Canceled{ClientID: "v-1", Reason: "so little is left that it counts as filled", Complete: true},
		journal.Expired{ClientID: "v-1", Reason: "the day is over"},
		journal.Filled{Fill: trading.Fill{ID: "f-1", ClientID: "v-1", Symbol: "BTC/USDT:USDT", Side: trading.Sell,
			Price: huge, Quantity: tiny, Fee: fine.Neg(), Time: journalTime, Liquidation: true}},
		journal.Adopted{Symbol: "BTC/USDT:USDT", Quantity: fine.Neg(), Price: huge},
		journal.Converted{Quantity: huge, Tick: fine, By: "the venue", Conversion: trading.Conversion{
			ID: "k-1", Symbol: "FB", To: "META", Old: fine, New: huge, Time: journalTime}},
		journal.Filled{Fill: trading.Fill{ID: "f-2", ClientID: "v-1", Symbol: "BTC/USDT:USDT", Side: trading.Buy,
			Price: huge, Quantity: tiny, Fee: fine, FeeAsset: "BNB", Time: journalTime, Settlement: true}},
		journal.CashMoved{Move: trading.CashEvent{ID: "c-1", Kind: trading.CashFunding, Amount: fine.Neg(), Asset: "BNB",
			Symbol: "BTC/USDT:USDT", Time: journalTime, Configured: true}},
		journal.DayOpened{Day: "2026-01-02", Equity: decimal.RequireFromString("-10000.50")},
		journal.DayOpened{Day: "2026-01-03", Equity: fine, Before: huge,
			Profits: map[string]decimal.Decimal{"BTC/USDT:USDT": tiny.Neg()}},
		journal.Halted{Reason: "lunch"},
		journal.Halted{Reason: "daily loss", Day: "2026-01-03", Limit: "MaxDailyLoss"},
		journal.Rearmed{By: "a person", Lifts: "lunch; daily loss"},
		journal.SettingsChanged{
			By: "a start", Capital: decimal.New(1, 4), Changes: []journal.SettingChange{{Name: "cash", From: "1e4", To: "2e4"}},
			Orphans: []journal.Orphan{{Symbol: "X", Strategy: "ema", Was: "fast=9 on 1m0s", Fate: journal.FateReduced}},
		},
		journal.Locked{Symbol: "BTC/USDT:USDT", Until: journalTime, By: "ann", Reason: "news", Limit: "MaxInstrumentLoss",
			Day: "2025-03-04"},
		journal.Acted{Actor: "ann", Verb: "flatten", Object: "BTC/USDT:USDT", Key: "0123456789abcdef", Error: "the venue is down",
			Began: journalTime, Ended: journalTime.Add(time.Nanosecond)},
	}
}

func appendEvents(t testing.TB, j journal.Journal, events ...journal.Event) {
	t.Helper()
	if err := j.Append(t.Context(), journalTime, slices.Clone(events)...); err != nil {
		t.Fatalf("Append of %d events: %v", len(events), err)
	}
}

// readJournal returns everything in the journal, and checks that the Seqs rise from 1.
func readJournal(t testing.TB, j journal.Journal) []journal.Entry {
	t.Helper()
	all, err := j.Read(t.Context(), 0, 100_000)
	if err != nil {
		t.Fatalf("Read: %v", err)
	}
	for i, e := range all {
		if i == 0 && e.Seq != 1 {
			t.Errorf("the first Seq is %d, want 1", e.Seq)
		}
		if i > 0 && e.Seq <= all[i-1].Seq {
			t.Errorf("Seq %d comes after Seq %d", e.Seq, all[i-1].Seq)
		}
	}
	return all
}

// wantEvents compares events by type and by what EncodeEvent makes of them: two decimals are the same number in any
// form, and two times the same instant in the same zone.
func wantEvents(t testing.TB, got []journal.Entry, want []journal.Event) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d entries, want %d", len(got), len(want))
	}
	for i, e := range got {
		if is, should := encodedEvent(t, e.Event), encodedEvent(t, want[i]); is != should {
			t.Errorf("entry %d is\n%.500s, want\n%.500s", i, is, should)
		}
	}
}

func encodedEvent(t testing.TB, e journal.Event) string {
	t.Helper()
	if e == nil {
		t.Fatalf("an entry without an event")
	}
	kind, data, err := journal.Encode(e)
	if err != nil {
		t.Fatalf("encode %T: %v", e, err)
	}
	return fmt.Sprintf("%T %s %s", e, kind, data)
}
