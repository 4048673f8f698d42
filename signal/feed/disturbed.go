package feed

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Disturbance is a time in which a source's bars are not as they should be.
type Disturbance struct {
	Kind   DisturbanceKind
	Symbol string    // empty means all
	From   time.Time // the first bar that it concerns is one that opens then or later
	Until  time.Time // the first bar that it does not concern opens then or later
}

// DisturbanceKind is what is wrong.
type DisturbanceKind string

// The kinds of disturbances.
const (
	Lost    DisturbanceKind = "lost"    // the bars never come: a gap
	Mute    DisturbanceKind = "mute"    // none comes before Until, and then all at once
	Doubled DisturbanceKind = "doubled" // each comes twice
	Spoilt  DisturbanceKind = "spoilt"  // high and low have changed places, or the close is zero where they are equal
)

// Disturbed is a source with faults at given times, for trying out what stands on it. Use NewDisturbed. It is as safe for
// concurrent use as the source beneath.
//
// The faults are a function of the bars' times (and, for Mute, of the clock), so asking again gives the same answer.
// With Doubled and Spoilt it breaks on purpose what signal.Source promises. A feed with faults does not know how far it
// is complete, so its Batches do not say.
type Disturbed struct {
	source       signal.Source
	clock        Clock
	disturbances []Disturbance
}

var _ signal.Source = (*Disturbed)(nil)

// NewDisturbed puts disturbances over a source. The clock is the one that the source lives on.
func NewDisturbed(source signal.Source, clock Clock, disturbances ...Disturbance) (*Disturbed, error) {
	if source == nil || clock == nil {
		return nil, fmt.Errorf("feed: disturbed: source or clock is nil")
	}
	for i, d := range disturbances {
		switch d.Kind {
		case Lost, Mute, Doubled, Spoilt:
		default:
			return nil, fmt.Errorf("feed: disturbed: disturbance %d: Kind %q is none of lost, mute, doubled, spoilt", i, d.Kind)
		}
		if !d.From.Before(d.Until) {
			return nil, fmt.Errorf("feed: disturbed: disturbance %d: From %s is not before Until %s", i,
				d.From.Format(time.RFC3339), d.Until.Format(time.RFC3339))
		}
	}
	return &Disturbed{source, clock, append([]Disturbance(nil), disturbances...)}, nil
}

// Bars returns the source's bars with their faults. It goes on asking where bars are lost, so that a gap that is longer
// than the limit is no end.
func (d *Disturbed) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	var out []signal.Bar
	for len(out) < limit {
		batch, err := d.source.Bars(ctx, symbol, after, limit)
		if err != nil {
			return signal.Batch{}, err
		}
		for _, b := range batch.Bars {
			if d.mute(b) {
				return signal.Batch{Bars: out}, nil
			}
			out = append(out, d.disturb(b)...)
		}
		if len(batch.Bars) < limit {
			break
		}
		after = batch.Bars[len(batch.Bars)-1].Time
	}
	return signal.Batch{Bars: out[:min(len(out), max(limit, 0))]}, nil
}

// disturb is what becomes of a bar.
func (d *Disturbed) disturb(b signal.Bar) []signal.Bar {
	if d.in(Lost, b) {
		return nil
	}
	if d.in(Spoilt, b) {
		if b.High == b.Low {
			b.Close = 0
		}
		b.High, b.Low = b.Low, b.High
	}
	if d.in(Doubled, b) {
		return []signal.Bar{b, b}
	}
	return []signal.Bar{b}
}

// in reports whether the bar lies in a disturbance of that kind.
func (d *Disturbed) in(kind DisturbanceKind, b signal.Bar) bool {
	for _, one := range d.disturbances {
		if one.Kind == kind && one.concerns(b) {
			return true
		}
	}
	return false
}

// mute reports whether a mute spell of the bar is not over yet.
func (d *Disturbed) mute(b signal.Bar) bool {
	for _, one := range d.disturbances {
		if one.Kind == Mute && one.concerns(b) && d.clock.Now().Before(one.Until) {
			return true
		}
	}
	return false
}

func (d Disturbance) concerns(b signal.Bar) bool {
	return (d.Symbol == "" || d.Symbol == b.Symbol) && !b.Time.Before(d.From) && b.Time.Before(d.Until)
}
