package signal

import (
	"context"
	"fmt"
	"time"
)

// take feeds bars to the strategies. A bar that cannot be does not reach them, and the rest goes on; the first such
// error is returned. It ends early with ctx, between two bars.
func (l *lane) take(ctx context.Context, bars []Bar, now time.Time, w *work) *Error {
	var first *Error
	keep := func(err *Error) {
		if first == nil {
			first = err
		}
	}
	by := now
	if clock := l.cfg.Clock.Now(); clock.After(by) {
		by = clock // a bar may have closed while the Source was asked
	}
	for _, b := range bars {
		if ctx.Err() != nil {
			keep(l.errorf(KindStrategy, "bars from %s on not taken: %w", stamp(b.Time), ctx.Err()))
			break
		}
		if err := l.check(b, by); err != nil {
			w.refused++
			keep(l.errorf(KindData, "bar %s: %w", stamp(b.Time), err))
			continue
		}
		l.torn = true
		for _, r := range l.runners {
			keep(l.decide(r, b, now, w))
		}
		l.torn = false
		w.bars++
		l.after, l.newest = b.Time, later(l.newest, b.End()) // history that is taken again is older
	}
	return first
}

// check says why b cannot be the symbol's next bar.
func (l *lane) check(b Bar, by time.Time) error {
	switch {
	case b.Symbol != l.symbol:
		return fmt.Errorf("symbol %q is not %q", b.Symbol, l.symbol)
	case b.Interval != l.cfg.Interval:
		return fmt.Errorf("interval %s is not %s", b.Interval, l.cfg.Interval)
	case !b.Time.After(l.after):
		return fmt.Errorf("not later than %s, the bar before", stamp(l.after))
	case b.End().After(by):
		return fmt.Errorf("not closed before %s", stamp(b.End()))
	}
	return b.Validate()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// decide gives the bar to one strategy and keeps the signal that it makes, or counts why not.
func (l *lane) decide(r *runner, b Bar, now time.Time, w *work) *Error {
	l.doing = KindStrategy
	s, ok := r.strategy.OnBar(b)
	if r.seen < r.warmup {
		r.seen++
	}
	if !b.Time.After(r.after) {
		return nil // history
	}
	switch {
	case r.seen < r.warmup:
		w.notEmitted.Warmup++
		return nil
	case !ok:
		return nil
	case !(s.Confidence >= 0 && s.Confidence <= 1): // negated, so that NaN is refused
		return l.errorf(KindStrategy, "%s: confidence %v is not between 0 and 1", r.spec.Name, s.Confidence)
	case s.Direction < Short || s.Direction > Long:
		return l.errorf(KindStrategy, "%s: %s is no direction", r.spec.Name, s.Direction)
	}
	if l.emits(s, b, w) {
		l.pending = append(l.pending, l.complete(s, r.spec, b, now))
	}
	return nil
}

// emits tells whether the signal is to be stored. A Flat always is: a position that its strategy has given up must not
// stand because of a threshold or through a night. The session is the one at the bar's end and not the one of now, so
// that catching up decides as being there would have.
func (l *lane) emits(s Signal, b Bar, w *work) bool {
	switch {
	case s.Direction == Flat:
		return true
	case s.Confidence < l.cfg.MinConfidence:
		w.notEmitted.Threshold++
		return false
	case !l.open(b.End()):
		w.notEmitted.Session++
		return false
	}
	return true
}

func (l *lane) open(at time.Time) bool {
	if l.cfg.Hours == nil {
		return true
	}
	l.doing = KindSession
	open, _ := l.cfg.Hours.Open(l.symbol, at)
	return open
}

// complete fills in all that a strategy does not know.
func (l *lane) complete(s Signal, spec *Spec, b Bar, now time.Time) Signal {
	return Signal{
		ID:         NewID(spec.Name, spec.Params, l.symbol, b.Interval, b.Time),
		Strategy:   spec.Name,
		Params:     spec.Params,
		Symbol:     l.symbol,
		Interval:   b.Interval,
		Direction:  s.Direction,
		Confidence: s.Confidence,
		Price:      b.Close,
		BarTime:    b.Time.UTC(),
		CreatedAt:  now.UTC(),
		ValidUntil: b.End().Add(l.cfg.Validity).UTC(),
	}
}
