package console

import (
	"context"
	"net/http"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// nearEntries is how many entries of the journal beside a signal's own are looked through for the one that was newer.
const nearEntries = 1000

// supersededBy returns the ID of the signal that was newer than one of an entry: the last one before it on the same line and
// a bar as new, or else the first one after it; "" where none is near. The engine knows it by the bar alone.
func (a *api) supersededBy(ctx context.Context, w http.ResponseWriter, seq int64, old journal.SignalSeen) (string, error) {
	entries, err := a.before(ctx, w, seq+nearEntries, journal.KindOf(journal.SignalSeen{}), nearEntries)
	return newerThan(entries, seq, old), err
}

// entriesNear returns the signals that were seen near those of a page, newest first, for each of which newerThan is asked.
func (a *api) entriesNear(ctx context.Context, w http.ResponseWriter, page []journal.Entry) ([]journal.Entry, error) {
	kind, first, last := journal.KindOf(journal.SignalSeen{}), page[0].Seq, page[len(page)-1].Seq
	later, err := a.before(ctx, w, first+nearEntries, kind, nearEntries)
	if err != nil {
		return nil, err
	}
	earlier, err := a.before(ctx, w, last, kind, nearEntries)
	if err != nil {
		return nil, err
	}
	later = slices.DeleteFunc(slices.Clone(later), func(e journal.Entry) bool { return e.Seq <= first })
	return slices.Concat(later, page, earlier), nil
}

// newerThan is supersededBy among entries that come newest first.
func newerThan(entries []journal.Entry, seq int64, old journal.SignalSeen) (newer string) {
	for _, entry := range entries {
		e, ok := entry.Event.(journal.SignalSeen)
		if !ok || e.Outcome == journal.OutcomeSuperseded || e.Strategy != old.Strategy || e.Symbol != old.Symbol ||
			e.BarTime.Before(old.BarTime) {
			continue
		}
		newer = e.SignalID
		if entry.Seq < seq {
			break
		}
	}
	return newer
}

// replacedBy returns the ID of the signal that a reason of the engine names.
func replacedBy(reason string) string {
	before, _, found := strings.Cut(reason, " replaced its target")
	if at := strings.LastIndex(before, "signal "); found && at >= 0 {
		return before[at+len("signal "):]
	}
	return ""
}

// becameOfAsked is becameOfOrder with what the journal says of who ended it: a venue only says that it did as it was asked.
func becameOfAsked(o book.OrderState, entries []journal.Entry) became {
	b := becameOfOrder(o)
	for _, entry := range entries {
		asked, ok := entry.Event.(journal.CancelAsked)
		if ok && asked.ClientID == o.ClientID && asked.Reason != "" && b.Code == codeCanceled {
			b.Why, b.By = asked.Reason, replacedBy(asked.Reason)
			b.Code, b.Limit = codeOf(asked.Reason, codeCanceled)
		}
	}
	return b
}

// nameNewer says in the entry of a superseded signal by which it was.
func nameNewer(trail []entryView, seq int64, by string) {
	for i := range trail {
		if trail[i].Seq == seq && by != "" {
			trail[i].Text += " by signal " + by
		}
	}
}
