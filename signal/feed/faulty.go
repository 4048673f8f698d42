package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Fault is a time in which a source's bars are not as they should be.
type Fault struct {
	Kind   FaultKind
	Symbol string    // empty means all
	From   time.Time // the first bar that it concerns is one that opens then or later
	Until  time.Time // the first bar that it does not concern opens then or later
}

// FaultKind is what is wrong.
type FaultKind string

// The kinds of faults.
const (
	Lost       FaultKind = "lost"       // the bars never come: a gap
	Silent     FaultKind = "silent"     // none comes before Until, and then all at once
	Duplicated FaultKind = "duplicated" // each comes twice
	Corrupt    FaultKind = "corrupt"    // high and low have changed places, or the close is zero where they are equal
)

// Faulty is a source with faults at given times, for trying out what stands on it. Use NewFaulty. It is as safe for
// concurrent use as the source beneath.
//
// The faults are a function of the bars' times (and, for Silent, of the clock), so asking again gives the same answer.
// With Duplicated and Corrupt it breaks on purpose what signal.Source promises. A feed with faults does not know how
// far it is complete, so its Batches do not say.
type Faulty struct {
	source signal.Source
	clock  Clock
	faults []Fault
}

var _ signal.Source = (*Faulty)(nil)

// NewFaulty puts faults over a source. The clock is the one that the source lives on.
func NewFaulty(source signal.Source, clock Clock, faults ...Fault) (*Faulty, error) {
	if source == nil || clock == nil {
		return nil, fmt.Errorf("feed: Faulty: source or clock is nil")
	}
	for i, d := range faults {
		switch d.Kind {
		case Lost, Silent, Duplicated, Corrupt:
		default:
			return nil, fmt.Errorf("feed: fault %d: Kind %q is none of lost, silent, duplicated, corrupt", i, d.Kind)
		}
		if !d.From.Before(d.Until) {
			return nil, fmt.Errorf("feed: fault %d: From %s is not before Until %s", i,
				d.From.Format(time.RFC3339), d.Until.Format(time.RFC3339))
		}
	}
	return &Faulty{source, clock, append([]Fault(nil), faults...)}, nil
}

// Bars returns the source's bars with their faults. It goes on asking where bars are lost, so that a gap that is longer
// than the limit is no end.
func (d *Faulty) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	var out []signal.Bar
	for len(out) < limit {
		batch, err := d.source.Bars(ctx, symbol, after, limit)
		if err != nil {
			return signal.Batch{}, err
		}
		for _, b := range batch.Bars {
			if d.silent(b) {
				return signal.Batch{Bars: out}, nil
			}
			out = append(out, d.apply(b)...)
		}
		if len(batch.Bars) < limit {
			break
		}
		after = batch.Bars[len(batch.Bars)-1].Time
	}
	return signal.Batch{Bars: out[:min(len(out), max(limit, 0))]}, nil
}

// apply is what becomes of a bar.
func (d *Faulty) apply(b signal.Bar) []signal.Bar {
	if d.in(Lost, b) {
		return nil
	}
	if d.in(Corrupt, b) {
		if b.High == b.Low {
			b.Close = 0
		}
		b.High, b.Low = b.Low, b.High
	}
	if d.in(Duplicated, b) {
		return []signal.Bar{b, b}
	}
	return []signal.Bar{b}
}

// in reports whether the bar lies in a fault of that kind.
func (d *Faulty) in(kind FaultKind, b signal.Bar) bool {
	for _, one := range d.faults {
		if one.Kind == kind && one.matches(b) {
			return true
		}
	}
	return false
}

// silent reports whether a mute spell of the bar is not over yet.
func (d *Faulty) silent(b signal.Bar) bool {
	for _, one := range d.faults {
		if one.Kind == Silent && one.matches(b) && d.clock.Now().Before(one.Until) {
			return true
		}
	}
	return false
}

func (d Fault) matches(b signal.Bar) bool {
	return (d.Symbol == "" || d.Symbol == b.Symbol) && !b.Time.Before(d.From) && b.Time.Before(d.Until)
}
