package tradingtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var historyCases = []journalCase{
	{"an empty journal has no history", emptyHistory},
	{"what was before comes newest first, in pages that miss nothing", historyBefore},
	{"what was before can be of some kinds alone", historyKinds},
	{"all that is about an order or a signal is found, and nothing else", historyAbout},
	{"what is about something is bounded by its limit, the oldest first", historyAboutLimit},
	{"any string names what events are about", historyStrangeIDs},
	{"a history that is asked for nothing is an error", historyBadQuestions},
	{"a history whose context has ended is an error", historyEndedContext},
}

func historian(t testing.TB, j journal.Journal) journal.History {
	t.Helper()
	h, ok := j.(journal.History)
	if !ok {
		t.Skip("the journal has no history")
	}
	return h
}

func before(t testing.TB, h journal.History, seq int64, limit int, kinds ...string) []journal.Entry {
	t.Helper()
	entries, err := h.Before(t.Context(), seq, kinds, limit)
	if err != nil {
		t.Fatalf("Before %d of %q, at most %d: %v", seq, kinds, limit, err)
	}
	return entries
}

func about(t testing.TB, h journal.History, id string, limit int) []journal.Entry {
	t.Helper()
	entries, err := h.About(t.Context(), id, limit)
	if err != nil {
		t.Fatalf("About %.40q, at most %d: %v", id, limit, err)
	}
	return entries
}

// wantEntries compares entries with those that Read gives.
func wantEntries(t testing.TB, what string, got, want []journal.Entry) {
	t.Helper()
	text := func(all []journal.Entry) string {
		var text strings.Builder
		for _, e := range all {
			fmt.Fprintf(&text, "%d %s %.200s\n", e.Seq, e.At, encodedEvent(t, e.Event))
		}
		return text.String()
	}
	if is, should := text(got), text(want); is != should {
		t.Errorf("%s is\n%swant\n%s", what, is, should)
	}
}

func emptyHistory(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	wantEntries(t, "Before in an empty journal", before(t, h, 0, 10), nil)
	wantEntries(t, "About in an empty journal", about(t, h, "v-1", 10), nil)
	appendEvents(t, j, journal.Halted{}, journal.Submitting{ClientID: "v-1"})
	wantEntries(t, "Before the first", before(t, h, 1, 10), nil)
	wantEntries(t, "Before of a kind that is not there", before(t, h, 0, 10, "filled"), nil)
	wantEntries(t, "About one that nobody knows", about(t, h, "v-2", 10), nil)
}

func historyBefore(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	appendEvents(t, j, allKinds()...)
	for n := range 30 {
		appendEvents(t, j, submittings("v", n*20, n*20+20)...)
	}
	want := readJournal(t, j)
	slices.Reverse(want)
	for _, seq := range []int64{0, -1, math.MinInt64, math.MaxInt64, want[0].Seq + 1, want[0].Seq + 1000} {
		wantEntries(t, fmt.Sprint("Before ", seq), before(t, h, seq, math.MaxInt), want)
	}
	wantEntries(t, "Before the newest", before(t, h, want[0].Seq, math.MaxInt), want[1:])
	var got []journal.Entry
	for seq := int64(0); len(got) < len(want); {
		page := before(t, h, seq, 7)
		if len(page) != min(7, len(want)-len(got)) {
			t.Fatalf("Before %d at most 7 are %d, and %d are left", seq, len(page), len(want)-len(got))
		}
		got, seq = append(got, page...), page[len(page)-1].Seq
	}
	wantEntries(t, "all pages", got, want)
}

func historyKinds(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	events := allKinds()
	appendEvents(t, j, events...)
	appendEvents(t, j, submittings("v", 0, 600)...)
	appendEvents(t, j, events...)
	all := readJournal(t, j)
	slices.Reverse(all)
	of := func(kinds ...string) (found []journal.Entry) {
		for _, e := range all {
			if slices.Contains(kinds, journal.KindOf(e.Event)) {
				found = append(found, e)
			}
		}
		return found
	}
	for _, e := range events {
		kind := journal.KindOf(e)
		wantEntries(t, "Before of "+kind, before(t, h, 0, math.MaxInt, kind), of(kind))
	}
	want := of("halted", "rearmed")
	wantEntries(t, "Before of two kinds", before(t, h, 0, math.MaxInt, "halted", "rearmed", "halted"), want)
	wantEntries(t, "the newest two of them", before(t, h, 0, 2, "rearmed", "halted"), want[:2])
	wantEntries(t, "the next two", before(t, h, want[1].Seq, 2, "rearmed", "halted"), want[2:4])
}

// lives are the events of two signals, a closing and their orders, interleaved.
func lives() []journal.Event {
	intent := func(id, signalID string) journal.Event {
		return journal.IntentMade{Order: trading.Order{ClientID: id, SignalID: signalID, Symbol: "BTC", Side: trading.Buy}}
	}
	fill := func(id, order string) journal.Event {
		return journal.Filled{Fill: trading.Fill{ID: id, ClientID: order, Symbol: "BTC", Side: trading.Buy}}
	}
	return []journal.Event{
		journal.SignalSeen{SignalID: "s-1", Outcome: journal.OutcomeWouldHave},
		journal.SignalSeen{SignalID: "s-2", Outcome: journal.OutcomeActed},
		intent("v-21", "s-2"),
		journal.SignalApproved{SignalID: "s-1", By: "v-21"},
		intent("v-11", "s-1"),
		journal.Submitting{ClientID: "v-21"},
		journal.Submitting{ClientID: "v-11"},
		journal.Rejected{ClientID: "v-21", Reason: "s-1 v-11"},
		intent("v-12", "s-1"), // a signal has several orders
		journal.Halted{Reason: "v-11"},
		journal.Acknowledged{ClientID: "v-11"},
		journal.Unknown{ClientID: "v-12"},
		journal.NotReceived{ClientID: "v-12"},
		fill("v-12", "v-11"), // as if a broker had taken another order's ID for its fill
		journal.Triggered{ClientID: "v-11"},
		journal.CancelAsked{ClientID: "v-11"},
		journal.Expired{ClientID: "v-12"},
		journal.Canceled{ClientID: "v-11"},
		journal.CloseAsked{ID: "close 7", Symbol: "BTC", By: "s-2"},
		intent("v-31", "close 7"),
		intent("same", "same"), // as a program of one's own might name them
		journal.Amended{Symbol: "s-1", By: "v-11"},
		fill("BTC", ""),
	}
}

func historyAbout(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	for range 20 {
		appendEvents(t, j, lives()...)
		appendEvents(t, j, submittings("v", 0, 40)...)
	}
	all := readJournal(t, j)
	for _, id := range []string{"s-1", "s-2", "v-11", "v-12", "v-21", "v-31", "close 7", "same", "v-1", "BTC", "1", "%", "s"} {
		var want []journal.Entry
		for _, e := range all {
			if journal.OrderOf(e.Event) == id || journal.SignalOf(e.Event) == id {
				want = append(want, e)
			}
		}
		wantEntries(t, "About "+id, about(t, h, id, math.MaxInt), want)
	}
}

func historyAboutLimit(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	for range 50 {
		appendEvents(t, j, lives()...)
	}
	for _, id := range []string{"s-1", "v-11"} {
		all := about(t, h, id, math.MaxInt)
		for _, limit := range []int{1, 2, 3, 10, len(all) - 1, len(all), len(all) + 1} {
			wantEntries(t, fmt.Sprintf("About %s at most %d", id, limit), about(t, h, id, limit), all[:min(limit, len(all))])
		}
	}
}

func historyStrangeIDs(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	ids := []string{"it's", `"quoted"`, "'; DROP TABLE journal; --", "日本語 🚀", "a\nb", "nul\x00inside", "\x1a", "\x1a0",
		" spaces ",
		"e\u0301", "\u00e9", "<b>&amp;", `\`, "%", strings.Repeat("x", 200), strings.Repeat("x", 201),
		strings.Repeat("long ", 20_000), strings.Repeat("long ", 20_000) + "too"}
	for _, id := range ids {
		appendEvents(t, j, journal.Submitting{ClientID: id}, journal.SignalApproved{SignalID: id},
			journal.IntentMade{Order: trading.Order{ClientID: "v", SignalID: id, Side: trading.Buy}})
	}
	all := readJournal(t, j)
	for i, id := range ids {
		wantEntries(t, fmt.Sprintf("About %.40q", id), about(t, h, id, math.MaxInt), all[i*3:i*3+3])
	}
}

func historyBadQuestions(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	appendEvents(t, j, allKinds()...)
	for _, limit := range []int{0, -1} {
		if _, err := h.Before(t.Context(), 0, nil, limit); err == nil {
			t.Errorf("Before with limit %d: no error", limit)
		}
		if _, err := h.About(t.Context(), "v-1", limit); err == nil {
			t.Errorf("About with limit %d: no error", limit)
		}
	}
	if _, err := h.About(t.Context(), "", 10); err == nil {
		t.Error("About nothing: no error")
	}
	if _, err := h.Before(t.Context(), 0, []string{"filled", "no such kind"}, 10); err == nil ||
		!strings.Contains(err.Error(), `"no such kind"`) {
		t.Errorf("Before of a kind that there is not: error %v, want one that names it", err)
	}
}

func historyEndedContext(t testing.TB, j journal.Journal) {
	h := historian(t, j)
	appendEvents(t, j, allKinds()...)
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := h.Before(ended, 0, nil, 10); !errors.Is(err, context.Canceled) {
		t.Errorf("Before: %v, want context.Canceled", err)
	}
	if _, err := h.About(ended, "v-1", 10); !errors.Is(err, context.Canceled) {
		t.Errorf("About: %v, want context.Canceled", err)
	}
}
