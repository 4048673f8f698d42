package tradingtest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func journalIdentity(t testing.TB, j journal.Journal) {
	first, err := j.Identity(t.Context())
	if err != nil || first == "" {
		t.Fatalf("Identity: %q, %v", first, err)
	}
	appendEvents(t, j, journal.Halted{Reason: "lunch"})
	second, err := j.Identity(t.Context())
	if err != nil || second != first {
		t.Errorf("Identity is %q and then %q, %v", first, second, err)
	}
}

func otherIdentity(t testing.TB, one, other journal.Journal) {
	a, err := one.Identity(t.Context())
	if err != nil {
		t.Fatalf("Identity: %v", err)
	}
	if b, err := other.Identity(t.Context()); err != nil || a == b {
		t.Errorf("Identity of another journal is %q as well, %v", b, err)
	}
}

func emptyJournal(t testing.TB, j journal.Journal) {
	if got := readJournal(t, j); len(got) != 0 {
		t.Errorf("%d entries, want none", len(got))
	}
}

// submittings returns events that are told apart by their client IDs: name-from to name-(to-1).
func submittings(name string, from, to int) []journal.Event {
	var events []journal.Event
	for n := from; n < to; n++ {
		events = append(events, journal.Submitting{ClientID: fmt.Sprintf("%s-%d", name, n)})
	}
	return events
}

func journaledInOrder(t testing.TB, j journal.Journal) {
	want := submittings("v", 0, 20)
	appendEvents(t, j, want[0])
	appendEvents(t, j, want[1:15]...)
	appendEvents(t, j, want[15:]...)
	wantEvents(t, readJournal(t, j), want)
}

func eventsComeBack(t testing.TB, j journal.Journal) {
	want := allKinds()
	appendEvents(t, j, want...)
	wantEvents(t, readJournal(t, j), want)
}

func journalTimes(t testing.TB, j journal.Journal) {
	times := []time.Time{
		journalTime,
		time.Date(2026, 3, 29, 2, 30, 0, 1, time.FixedZone("elsewhere", 5*3600+1800)),
		time.Unix(0, 0),
		time.Unix(0, -1), // a mock clock may be set before 1970
		{},
	}
	for _, at := range times {
		if err := j.Append(t.Context(), at, journal.Halted{}, journal.Rearmed{}); err != nil {
			t.Fatalf("Append at %s: %v", at, err)
		}
	}
	got := readJournal(t, j)
	if len(got) != 2*len(times) {
		t.Fatalf("%d entries, want %d", len(got), 2*len(times))
	}
	for i, e := range got {
		if want := times[i/2]; !e.At.Equal(want) || e.At.Location() != time.UTC {
			t.Errorf("entry %d is of %s, want %s", i, e.At, want.UTC())
		}
	}
}

func strangeReasons(t testing.TB, j journal.Journal) {
	var want []journal.Event
	for _, text := range []string{"", "it's", `"quoted"`, "'; DROP TABLE journal; --", "日本語 🚀", "line\nbreak\ttab",
		"%s $1 ? \\", "nul\x00inside", " spaces ", "e\u0301 and \u00e9", "<b>&amp;", strings.Repeat("long ", 20_000)} {
		want = append(want, journal.Rejected{ClientID: text, Reason: text})
	}
	appendEvents(t, j, want...)
	wantEvents(t, readJournal(t, j), want)
}

func journalNothing(t testing.TB, j journal.Journal) {
	appendEvents(t, j)
	appendEvents(t, j, journal.Halted{})
	appendEvents(t, j)
	wantEvents(t, readJournal(t, j), []journal.Event{journal.Halted{}})
}

func journalAllOrNone(t testing.TB, j journal.Journal) {
	appendEvents(t, j, submittings("v", 0, 2)...)
	bad := append(submittings("bad", 0, 2), nil)
	bad = append(bad, submittings("bad", 2, 4)...)
	if err := j.Append(t.Context(), journalTime, bad...); err == nil {
		t.Error("Append of an event that is nil: no error")
	}
	appendEvents(t, j, submittings("v", 2, 4)...)
	wantEvents(t, readJournal(t, j), submittings("v", 0, 4))
}

func journalLargeCall(t testing.TB, j journal.Journal) {
	want := submittings("v", 0, 1000)
	appendEvents(t, j, want...)
	wantEvents(t, readJournal(t, j), want)
}

func journalPages(t testing.TB, j journal.Journal) {
	want := submittings("v", 0, 25)
	appendEvents(t, j, want...)
	var got []journal.Entry
	var sizes []int
	for cursor := int64(0); len(sizes) < 10; {
		page, err := j.Read(t.Context(), cursor, 10)
		if err != nil {
			t.Fatalf("Read after %d: %v", cursor, err)
		}
		sizes = append(sizes, len(page))
		if len(page) == 0 {
			break
		}
		got, cursor = append(got, page...), page[len(page)-1].Seq
	}
	if !slices.Equal(sizes, []int{10, 10, 5, 0}) {
		t.Errorf("25 entries in pages of 10 come as %v, want 10, 10, 5, 0", sizes)
	}
	wantEvents(t, got, want)
	for _, after := range []int64{1000, math.MaxInt64} {
		if got, err := j.Read(t.Context(), after, math.MaxInt); err != nil || len(got) > 0 {
			t.Errorf("Read after %d: %d entries, error %v, want none", after, len(got), err)
		}
	}
	all, err := j.Read(t.Context(), -1, math.MaxInt)
	if err != nil {
		t.Fatalf("Read after -1: %v", err)
	}
	wantEvents(t, all, want)
}

func journalBadLimits(t testing.TB, j journal.Journal) {
	appendEvents(t, j, journal.Halted{})
	for _, limit := range []int{0, -1} {
		if _, err := j.Read(t.Context(), 0, limit); err == nil {
			t.Errorf("Read with limit %d: no error", limit)
		}
	}
}

func journalEndedContext(t testing.TB, j journal.Journal) {
	appendEvents(t, j, journal.Halted{})
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	if err := j.Append(ended, journalTime, journal.Rearmed{}); !errors.Is(err, context.Canceled) {
		t.Errorf("Append: %v, want context.Canceled", err)
	}
	if _, err := j.Read(ended, 0, 1); !errors.Is(err, context.Canceled) {
		t.Errorf("Read: %v, want context.Canceled", err)
	}
	wantEvents(t, readJournal(t, j), []journal.Event{journal.Halted{}})
}
