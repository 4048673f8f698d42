package tradingtest_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// historian is a History with one fault.
type historian struct {
	*journal.Memory
	fault string
}

func (h historian) Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	want := limit
	switch h.fault {
	case "never looks at ctx":
		ctx = context.WithoutCancel(ctx)
	case "Before is inclusive":
		seq += min(seq, 1)
	case "0 is nothing":
		if seq == 0 {
			return nil, nil
		}
	case "below 0 is nothing":
		if seq < 0 {
			return nil, nil
		}
	case "all kinds":
		kinds = nil
	case "only the first kind":
		kinds = kinds[:min(len(kinds), 1)]
	case "unknown kinds are nothing":
		kinds = slices.DeleteFunc(slices.Clone(kinds), func(kind string) bool { return strings.Contains(kind, " ") })
	case "Before knows no limit":
		limit = math.MaxInt
	case "limit 0 is nothing":
		limit = max(limit, 1)
	case "kinds after the limit":
		kinds = nil
	case "the oldest page":
		limit = math.MaxInt
	}
	entries, err := h.Memory.Before(ctx, seq, kinds, limit)
	switch h.fault {
	case "oldest first":
		slices.Reverse(entries)
	case "the oldest page":
		entries = entries[max(len(entries)-max(want, 0), 0):]
	}
	return entries, err
}

func (h historian) About(ctx context.Context, id string, limit int) ([]journal.Entry, error) {
	want := max(limit, 0)
	if h.fault == "never looks at ctx" {
		ctx = context.WithoutCancel(ctx)
	}
	if id == "" && h.fault == "nobody is somebody" {
		id = "x"
	}
	if h.fault == "limit 0 is nothing" {
		limit = max(limit, 1)
	}
	all, err := h.Memory.About(ctx, id, max(limit, math.MaxInt*min(limit, 1)))
	if err != nil {
		return nil, err
	}
	if h.fault == "finds a word" {
		all, _ = h.Read(ctx, 0, math.MaxInt)
		all = slices.DeleteFunc(all, func(e journal.Entry) bool {
			_, data, _ := journal.Encode(e.Event)
			return !strings.Contains(string(data), `"`+id+`"`)
		})
	}
	all = slices.DeleteFunc(all, func(e journal.Entry) bool { return h.overlooks(e.Event, id) })
	switch h.fault {
	case "newest first":
		slices.Reverse(all)
	case "the newest page":
		return all[max(len(all)-want, 0):], nil
	case "About knows no limit":
		return all, nil
	case "one too few":
		return all[:max(min(want, len(all))-1, 0)], nil
	case "twice":
		all = append(all, all...)
	}
	return all[:min(want, len(all))], nil
}

// overlooks reports whether the fault is to leave out such an event.
func (h historian) overlooks(e journal.Event, id string) bool {
	_, intent := e.(journal.IntentMade)
	_, closing := e.(journal.CloseAsked)
	_, approval := e.(journal.SignalApproved)
	_, fill := e.(journal.Filled)
	switch h.fault {
	case "one ID per event":
		return intent && journal.SignalOf(e) == id
	case "an intent is its signal's":
		return intent && journal.OrderOf(e) == id && journal.SignalOf(e) != id
	case "no closings":
		return closing
	case "no approvals":
		return approval
	case "no fills":
		return fill
	case "orders alone":
		return journal.OrderOf(e) != id
	case "cuts IDs":
		return len(id) > 200
	case "cuts at NUL":
		return strings.Contains(id, "\x00")
	}
	return false
}

func TestJournalSuiteFindsPlantedFaultsOfHistories(t *testing.T) {
	t.Parallel()
	const (
		pages, kinds = "what was before comes newest first, in pages that miss nothing", "what was before can be of some kinds alone"
		whole        = "all that is about an order or a signal is found, and nothing else"
		limits       = "what is about something is bounded by its limit, the oldest first"
		strange      = "any string names what events are about"
		bad, ended   = "a history that is asked for nothing is an error", "a history whose context has ended is an error"
	)
	for fault, inCase := range map[string]string{
		"never looks at ctx": ended, "limit 0 is nothing": bad, "nobody is somebody": bad, "unknown kinds are nothing": bad,
		"Before is inclusive": pages, "0 is nothing": pages, "below 0 is nothing": pages, "oldest first": pages,
		"Before knows no limit": pages, "the oldest page": pages,
		"all kinds": kinds, "only the first kind": kinds, "kinds after the limit": kinds,
		"one ID per event": whole, "an intent is its signal's": whole, "no closings": whole, "no approvals": whole,
		"no fills": whole, "orders alone": whole, "finds a word": whole, "newest first": whole, "twice": whole,
		"the newest page": limits, "About knows no limit": limits, "one too few": limits,
		"cuts IDs": strange, "cuts at NUL": strange,
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			watched := watchJournalCase(t, inCase, historian{journal.NewMemory(), fault})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
}
