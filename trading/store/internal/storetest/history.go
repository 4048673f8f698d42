package storetest

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// HistoryIsWhole holds what a journal answers as a History against its entries: all that Read gives, from wherever it has
// them.
func HistoryIsWhole(t testing.TB, j journal.Journal, entries []journal.Entry) {
	t.Helper()
	h := j.(journal.History)
	for kind, want := range backwards(entries) {
		var kinds []string
		limit := 7
		if kind != "" {
			kinds, limit = []string{kind}, 25
		}
		var got []journal.Entry
		for seq := int64(0); ; {
			page, err := h.Before(t.Context(), seq, kinds, limit)
			noError(t, err)
			if len(page) > limit {
				t.Fatalf("%d entries where %d were asked for", len(page), limit)
			}
			got = append(got, page...)
			if len(page) < limit {
				break
			}
			seq = page[len(page)-1].Seq
		}
		equal(t, entryLines(t, want), entryLines(t, got))
	}
	n := 0
	for id, want := range byID(entries) {
		got, err := h.About(t.Context(), id, math.MaxInt)
		noError(t, err)
		equal(t, entryLines(t, want), entryLines(t, got))
		if n++; n%5 > 0 { // in no order: each question to an archive opens it
			continue
		}
		first, err := h.About(t.Context(), id, 1)
		noError(t, err)
		equal(t, entryLines(t, want[:1]), entryLines(t, first))
	}
}

// backwards returns the entries of each kind, newest first; all of them under "".
func backwards(entries []journal.Entry) map[string][]journal.Entry {
	found := make(map[string][]journal.Entry)
	for _, e := range slices.Backward(entries) {
		for _, kind := range []string{"", journal.KindOf(e.Event)} {
			found[kind] = append(found[kind], e)
		}
	}
	return found
}

// byID returns the entries about each order and each signal.
func byID(entries []journal.Entry) map[string][]journal.Entry {
	found := make(map[string][]journal.Entry)
	for _, e := range entries {
		order, signal := journal.OrderOf(e.Event), journal.SignalOf(e.Event)
		if order != "" {
			found[order] = append(found[order], e)
		}
		if signal != "" && signal != order {
			found[signal] = append(found[signal], e)
		}
	}
	return found
}

func entryLines(t testing.TB, entries []journal.Entry) (text string) {
	t.Helper()
	for _, e := range entries {
		kind, data, err := journal.Encode(e.Event)
		noError(t, err)
		text += fmt.Sprintf("%d %s %s %s\n", e.Seq, e.At, kind, data)
	}
	return text
}
