package console

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	eventPoll      = time.Second
	eventPollLimit = 5 * time.Second // for the journal to answer
	eventPollPage  = 200             // entries; more within a poll are read in further pages
	eventPollPages = 5
)

// eventKinds are the events of a journal that are told.
var eventKinds = kindsOf(journal.Halted{}, journal.Rearmed{}, journal.IntentMade{}, journal.Rejected{}, journal.Unknown{},
	journal.CancelAsked{}, journal.Canceled{}, journal.Expired{}, journal.Filled{}, journal.SignalApproved{},
	journal.CloseAsked{}, journal.Adopted{}, journal.Converted{}, journal.CashMoved{}, journal.SettingsChanged{},
	journal.Locked{})

func kindsOf(events ...journal.Event) (kinds []string) {
	for _, e := range events {
		kinds = append(kinds, journal.KindOf(e))
	}
	return kinds
}

// eventWatch is what one Serve of Events has seen.
type eventWatch struct {
	*Events
	began   time.Time
	report  health.Report
	verdict health.Verdict // that was told
	seq     int64          // of the journal, up to where it was read; -1 before it was
	failed  bool           // the journal could not be read the last time
	call    *foreign.Call[[]journal.Entry]
}

// Serve follows the Registry and the History until its context ends.
func (e *Events) Serve(ctx context.Context) error {
	w := eventWatch{Events: e, began: e.cfg.Clock.Now(), seq: -1}
	for {
		w.lookAtVerdict()
		w.follow(ctx)
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-e.cfg.Clock.After(eventPoll):
		}
	}
}

func (w *eventWatch) lookAtVerdict() {
	if w.cfg.Registry == nil || w.cfg.Registry.Current(w.report) {
		return
	}
	w.report = w.cfg.Registry.Report()
	verdict := w.report.Verdict
	if verdict == w.verdict {
		return
	}
	w.add(w.cfg.Clock.Now(), eventOfVerdict, fmt.Sprintf("the system is %s, and was %s", verdict, w.verdict), map[string]any{
		"verdict": verdict, "was": w.verdict, "reasons": append([]string{}, firstOf(w.report.Reasons)...),
	})
	w.verdict = verdict
}

// follow tells what the journal has got since it was last read. What it cannot read is told later.
func (w *eventWatch) follow(ctx context.Context) {
	if w.cfg.History == nil || w.call != nil && !w.call.Ended() {
		return // one call at a time, however long it hangs
	}
	limited, cancel := clockctx.WithTimeout(ctx, w.cfg.Clock, eventPollLimit)
	defer cancel()
	w.call = foreign.Go(func() ([]journal.Entry, error) {
		found, err := w.fresh(limited)
		return found, foreign.Said(err)
	})
	found, err := w.call.Wait(limited)
	if err != nil {
		if !w.failed && ctx.Err() == nil { // once, and not at each look
			w.cfg.Logger.LogAttrs(ctx, slog.LevelWarn, "Journal not read, its events are told later", slog.Any("error", err))
		}
		w.failed = true
		return
	}
	w.failed = false
	first := w.seq < 0
	for _, entry := range slices.Backward(found) {
		w.seq = entry.Seq
		if first && entry.At.Before(w.began) || !slices.Contains(eventKinds, journal.KindOf(entry.Event)) {
			continue
		}
		if one, err := newEntryView(entry); err == nil {
			w.add(entry.At, eventOfJournal, one.Text, one)
		}
	}
	w.seq = max(w.seq, 0)
}

// fresh reads what is new, newest first: all since the Serve began where nothing was read yet, and one before. Of more than
// a thousand entries within one poll the oldest are left out. Most polls find nothing, so that the newest entry alone is
// asked for first. All kinds are asked for: to look for some of them costs a journal more than to hand out those that are new.
func (w *eventWatch) fresh(ctx context.Context) (found []journal.Entry, err error) {
	before, limit := int64(0), 1
	for range 1 + eventPollPages {
		page, err := w.cfg.History.Before(ctx, before, nil, limit)
		if err != nil && len(page) == 0 {
			return nil, err
		}
		for _, entry := range page {
			if entry.Seq <= w.seq {
				return found, nil
			}
			found, before = append(found, entry), entry.Seq
			if w.seq < 0 && entry.At.Before(w.began) {
				return found, nil
			}
		}
		left := before - 1 - max(w.seq, 0)
		if len(page) < limit || left == 0 {
			break
		}
		limit = int(min(left, eventPollPage))
	}
	return found, nil
}
