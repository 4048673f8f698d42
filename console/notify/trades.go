package notify

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// trades makes messages of what a journal tells from the Service's start on. Where the journal has a History, the summary
// of a day is whole, however often the Service was begun anew in it.
type trades struct {
	s   *Service
	seq int64 // up to where it was read

	day   journal.DayOpened // the one that is under way; zero while that is not known
	fills int               // in it
	fees  decimal.Decimal
}

const (
	followEvery = time.Second
	page        = 500
)

func (t *trades) serve(ctx context.Context) error {
	for found, failing := false, false; ; {
		var err error
		if !found {
			err = t.begin(ctx)
			found = err == nil
		} else {
			err = t.follow(ctx)
		}
		if err != nil && ctx.Err() == nil {
			health.Observe(ctx, err)
			if !failing { // once, and not at each look
				t.s.log.Warn("Journal not read, fills are told later", "error", err)
			}
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.s.clk.After(followEvery):
		}
	}
}

// begin finds the end of the journal, and takes up the day that is under way there: a restart must not cost its summary.
func (t *trades) begin(ctx context.Context) (err error) {
	if t.seq, err = lastSeq(ctx, t.s.cfg.Journal); err != nil {
		return err
	}
	t.day, t.fills, t.fees = journal.DayOpened{}, 0, decimal.Zero
	history, ok := t.s.cfg.Journal.(journal.History)
	if !ok || !t.s.tells(KindDay) {
		return nil
	}
	opened, err := firstOfDay(ctx, history, t.seq)
	if err != nil || opened == 0 {
		return err
	}
	for after := opened - 1; after < t.seq; {
		entries, err := t.s.cfg.Journal.Read(ctx, after, page)
		if err != nil || len(entries) == 0 {
			return err
		}
		for _, e := range entries {
			if after = e.Seq; after <= t.seq {
				t.count(e.Event)
			}
		}
	}
	return nil
}

// firstOfDay finds where the day begins that is under way at seq; 0 is that there is none. It is opened again whenever a
// person re-arms trading in it.
func firstOfDay(ctx context.Context, history journal.History, seq int64) (first int64, err error) {
	for before, day := seq+1, ""; ; before = first {
		opened, err := history.Before(ctx, before, []string{journal.KindOf(journal.DayOpened{})}, page)
		if err != nil {
			return 0, err
		}
		for _, e := range opened {
			at := e.Event.(journal.DayOpened).Day
			if day != "" && at != day {
				return first, nil
			}
			first, day = e.Seq, at
		}
		if len(opened) < page {
			return first, nil
		}
	}
}

// lastSeq finds the end of a journal with a few reads of one entry.
func lastSeq(ctx context.Context, j Reader) (int64, error) {
	more := func(after int64) (bool, error) {
		entries, err := j.Read(ctx, after, 1)
		return len(entries) > 0, err
	}
	low, high := int64(0), int64(1) // The end is at least low and, in the end, less than high.
	for {
		is, err := more(high - 1)
		if err != nil {
			return 0, err
		}
		if !is {
			break
		}
		low, high = high, 2*high
	}
	for low < high-1 {
		middle := low + (high-low)/2
		is, err := more(middle - 1)
		if err != nil {
			return 0, err
		}
		if is {
			low = middle
		} else {
			high = middle
		}
	}
	return low, nil
}

func (t *trades) follow(ctx context.Context) error {
	for {
		entries, err := t.s.cfg.Journal.Read(ctx, t.seq, page)
		if err != nil {
			return err
		}
		for _, e := range entries {
			t.seq = e.Seq
			t.tell(e.Event)
		}
		if len(entries) < page {
			return nil
		}
	}
}

func (t *trades) tell(event journal.Event) {
	switch e := event.(type) {
	case journal.Filled:
		if t.s.tells(KindFill) {
			t.s.Post(Message{
				Key: "fill/" + e.Fill.ID, Kind: KindFill, Text: fillText(e.Fill), Money: fillMeaning(e.Fill), Since: e.Fill.Time,
			})
		}
	case journal.DayOpened:
		if t.day.Day != "" && e.Day != t.day.Day && t.s.tells(KindDay) {
			t.s.Post(Message{Key: "day/" + t.day.Day, Kind: KindDay, Text: t.dayText(e)})
		}
	default: // What else a person must know stands in health.
	}
	t.count(event)
}

// count adds an event to the day.
func (t *trades) count(event journal.Event) {
	switch e := event.(type) {
	case journal.Filled:
		t.fills++
		t.fees = t.fees.Add(e.Fill.QuoteFee())
	case journal.DayOpened:
		if e.Day != t.day.Day { // a person who re-arms opens the same one again
			t.day, t.fills, t.fees = e, 0, decimal.Zero
		}
	default:
	}
}

func fillText(f trading.Fill) string {
	verb := "Bought"
	if f.Side == trading.Sell {
		verb = "Sold"
	}
	return fmt.Sprintf("%s %s %s at %s", verb, f.Quantity, f.Symbol, f.Price)
}

func fillMeaning(f trading.Fill) string {
	return fmt.Sprintf("value %s, fee %s", f.Price.Mul(f.Quantity).StringFixed(2), f.QuoteFee().StringFixed(2))
}

func (t *trades) dayText(next journal.DayOpened) string {
	end := next.Begin()
	profit := end.Sub(t.day.Begin())
	sign := ""
	if profit.IsPositive() {
		sign = "+"
	}
	return fmt.Sprintf("%s: equity %s (%s%s), %s, fees %s",
		t.day.Day, end.StringFixed(2), sign, profit.StringFixed(2), many(t.fills, "fill"), t.fees.StringFixed(2))
}
