package generator

import (
	"context"
	"fmt"
	"github.com/seed-5dee1c0a/vigil/signal"
	"slices"
	"time"
)

// take feeds bars, which were asked for from a time on, to the strategies. A bar that cannot be does not reach them, and
// the rest goes on; the first such error is returned. It ends early with ctx, at a bar that must wait, and where the
// strategies are to be rebuilt.
func (l *lane) take(ctx context.Context, bars []signal.Bar, from, now time.Time, w *work) *Error {
	var first *Error
	keep := func(err *Error) {
		if first == nil {
			first = err
		}
	}
	by := l.by(now)
	answered := from // the newest time in this answer
	for i := range bars {
		b := &bars[i]
		if ended(ctx) {
			keep(l.errorf(KindStrategy, "bars from %s on not taken: %w", stamp(b.Time), ctx.Err()))
			break
		}
		end := b.End()
		if err := l.check(b, end, from, by); err != nil {
			w.refused++
			keep(l.errorf(KindData, "bar %s: %w", stamp(b.Time), err))
			continue
		}
		if end.After(by) {
			break // a clock that is a little ahead of ours: it is asked for again
		}
		repeated := !b.Time.After(answered)
		if !repeated {
			answered = b.Time
		}
		if l.recent.crowded(b) {
			l.overlap(b, w)
			continue
		}
		if !b.Time.After(l.after) {
			if l.again(b, repeated, w) {
				l.runners, l.anew = nil, true
				break
			}
			continue
		}
		if missing, wait := l.gapBefore(b, now); wait {
			break
		} else if missing > 0 {
			l.miss(b, missing, w)
		}
		keep(l.feed(b, end, now, w))
	}
	return first
}

// ended looks at the channel, which costs a few nanoseconds for each bar where Err takes a lock.
func ended(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return true
	default:
		return false
	}
}

// by is until when a bar must have closed: one may have while the Source was asked.
func (l *lane) by(now time.Time) time.Time { return later(now, l.cfg.Clock.Now()) }

// feed gives the symbol's next bar to all strategies.
func (l *lane) feed(b *signal.Bar, end, now time.Time, w *work) (first *Error) {
	l.torn = true
	for _, r := range l.runners {
		if err := l.decide(r, b, now, w); first == nil {
			first = err
		}
	}
	l.torn, l.unsaved = false, true
	w.bars++
	l.recent.add(b)
	l.after, l.due, l.newest = b.Time, end, later(l.newest, end) // history that is taken again is older
	return first
}

// check says why b cannot be a bar of the symbol that was asked for.
func (l *lane) check(b *signal.Bar, end, from, by time.Time) error {
	switch {
	case b.Symbol != l.symbol:
		return fmt.Errorf("symbol %.40q is not %q", b.Symbol, l.symbol)
	case b.Interval != l.cfg.Interval:
		return fmt.Errorf("interval %s is not %s", b.Interval, l.cfg.Interval)
	case !b.Time.After(from):
		return fmt.Errorf("not later than %s, after which bars were asked for", stamp(from))
	case end.After(by) && end.Sub(by) > l.cfg.MaxSkew:
		return fmt.Errorf("not closed before %s", stamp(end))
	}
	return b.Validate()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// decide gives the bar to one strategy and keeps the signal that it makes, or counts why not.
func (l *lane) decide(r *runner, b *signal.Bar, now time.Time, w *work) *Error {
	if !r.fed.IsZero() && !b.Time.After(r.fed) {
		return nil // its State has seen it
	}
	l.doing = KindStrategy
	s, ok := r.strategy.OnBar(*b)
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
	}
	if err := s.ValidateOpinion(); err != nil {
		return l.errorf(KindStrategy, "%s: %w", r.spec.Name, err)
	}
	if l.emits(s, b, w) {
		l.pending = append(l.pending, l.complete(s, r, b, now))
	}
	return nil
}

// emits tells whether the signal is to be stored. A Flat always is: a position that its strategy has given up must not
// stand because of a threshold or through a night. The session is the one at the bar's end and not the one of now, so
// that catching up decides as being there would have.
func (l *lane) emits(s signal.Signal, b *signal.Bar, w *work) bool {
	switch {
	case s.Direction == signal.Flat:
		return true
	case s.Confidence < l.set.minConfidence:
		w.notEmitted.Threshold++
		return false
	case !l.open(b.End()):
		w.notEmitted.Session++
		return false
	}
	return true
}

func (l *lane) open(at time.Time) bool {
	open, _ := l.hours(at)
	return open
}

// hours tells whether the market is open, and until when it stays so; zero means for ever.
func (l *lane) hours(at time.Time) (open bool, until time.Time) {
	if l.cfg.Hours == nil {
		return true, time.Time{}
	}
	l.doing = KindSession
	return l.cfg.Hours.Open(l.symbol, at)
}

// complete fills in all that a strategy does not know.
func (l *lane) complete(s signal.Signal, r *runner, b *signal.Bar, now time.Time) signal.Signal {
	return signal.Signal{
		ID:         r.id(b.Time),
		Strategy:   r.spec.Name,
		Params:     r.spec.Params,
		Symbol:     l.symbol,
		Interval:   b.Interval,
		Direction:  s.Direction,
		Confidence: s.Confidence,
		Price:      b.Close,
		BarTime:    b.Time.UTC(),
		CreatedAt:  now.UTC(),
		ValidUntil: b.End().Add(l.cfg.Validity).UTC(),
		Parts:      slices.Clone(s.Parts), // a strategy may use its own again
	}
}
