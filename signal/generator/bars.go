package generator

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// response is one answer of the Source on its way to the strategies.
type response struct {
	from   time.Time // the bars were asked for after it
	by     time.Time // a bar must have closed by then
	newest time.Time // in the answer so far
}

// isRepeat reports whether b is not newer than one before it in the answer.
func (in *response) isRepeat(b *signal.Bar) (repeated bool) {
	if repeated = !b.Time.After(in.newest); !repeated {
		in.newest = b.Time
	}
	return repeated
}

// take feeds bars, which were asked for from a time on, to the strategies. A bar that cannot be does not reach them, and
// the rest goes on; the first such error counts. It ends early with ctx, at a bar that must wait, and where the
// strategies are to be rebuilt.
func (t *task) take(ctx context.Context, bars []signal.Bar, from time.Time) {
	in := response{from: from, by: t.by(), newest: from}
	for i := range bars {
		if i > 0 && ended(ctx) { // before the first one the fetch has looked
			t.fail(t.errorf(KindStrategy, "bars from %s on not taken: %w", stamp(bars[i].Time), ctx.Err()))
			return
		}
		if goOn := t.takeBar(&bars[i], &in); !goOn {
			return
		}
	}
}

// takeBar takes the next bar of an answer to where it belongs, and reports whether the one after it may follow.
func (t *task) takeBar(b *signal.Bar, in *response) (goOn bool) {
	end := b.End()
	if err := t.check(b, end, in); err != nil {
		if t.leavesOut(b, end, in) {
			return true
		}
		t.work.refused++
		t.work.future = t.work.future || end.Sub(in.by) > t.cfg.MaxSkew
		t.fail(t.errorf(KindData, "bar %s: %w", stamp(b.Time), err))
		return true
	}
	if end.After(in.by) {
		return false // a clock that is a little ahead of ours: it is asked for again
	}
	repeated := in.isRepeat(b)
	switch {
	case t.recent.tooClose(b):
		t.overlap(b)
		return true
	case !b.Time.After(t.after):
		return !t.again(b, repeated)
	case t.waitsFor(b):
		return false
	}
	t.feed(b, end)
	return true
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
func (t *task) by() time.Time { return later(t.now, t.cfg.Clock.Now()) }

// check says why b cannot be a bar of the symbol that was asked for.
func (t *task) check(b *signal.Bar, end time.Time, in *response) error {
	switch {
	case b.Symbol != t.symbol:
		return fmt.Errorf("symbol %.40q is not %q", b.Symbol, t.symbol)
	case b.Interval != t.cfg.Interval:
		return fmt.Errorf("interval %s is not %s", b.Interval, t.cfg.Interval)
	case !b.Time.After(in.from):
		return fmt.Errorf("not later than %s, after which bars were asked for", stamp(in.from))
	case end.After(in.by) && end.Sub(in.by) > t.cfg.MaxSkew:
		return fmt.Errorf("not closed before %s", stamp(end))
	}
	return b.Validate()
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339Nano) }

// feed gives the symbol's next bar to all strategies.
func (t *task) feed(b *signal.Bar, end time.Time) {
	for _, r := range t.runners {
		if r.behind() {
			continue
		}
		if err := t.runStrategy(r, b); err != nil {
			t.fail(err)
		}
	}
	t.dirty = true
	t.work.bars++
	if len(t.recent.bars) > 0 {
		t.spaces.add(t.missing)
	}
	t.recent.add(b)
	t.still(b, end.After(t.newest))
	t.after, t.nextOpen, t.newest = b.Time, end, later(t.newest, end) // history that is taken again is older
}

// runStrategy gives the bar to one strategy and keeps the signal that it makes, or counts why not.
func (t *task) runStrategy(r *runner, b *signal.Bar) *Error {
	if !b.Time.After(r.upTo) {
		return nil // it has seen it: so has its State, or another was torn out of this bar
	}
	t.at = r
	s, ok := r.strategy.enter(t).OnBar(*b)
	r.upTo = b.Time
	if r.life.is(isWrong) {
		r.step(inValid)
	}
	if r.seen < r.warmup {
		r.seen++
	}
	if !b.Time.After(r.after) {
		return nil // history
	}
	r.after = b.Time
	switch {
	case r.seen < r.warmup:
		t.work.notEmitted.Warmup++
		return nil
	case !ok:
		return nil
	}
	s.Confidence = rounded(s.Confidence)
	if err := valid(s); err != nil {
		r.step(inWrong)
		t.work.notEmitted.Invalid++
		return t.errorf(KindStrategy, "%s: %w", r.spec.Name, err)
	}
	if t.shouldEmit(s, b) {
		t.pending = append(t.pending, t.complete(s, r, b))
	}
	return nil
}

// rounding is what the last digits of a sum of weights may be beyond 0 and 1.
const rounding = 1e-9

func rounded(confidence float64) float64 {
	if confidence >= -rounding && confidence <= 1+rounding {
		return min(max(confidence, 0), 1)
	}
	return confidence
}

// valid says what is wrong with a signal that a strategy gives.
func valid(s signal.Signal) error {
	if !(s.Confidence >= 0 && s.Confidence <= 1) { // negated, so that NaN is refused
		return fmt.Errorf("confidence %v is not between 0 and 1", s.Confidence)
	}
	return s.ValidateDecision()
}

// shouldEmit reports whether the signal is to be stored. A Flat always is: a position that its strategy has given up
// must not stand because of a threshold or through a night. The session is the one at the bar's end and not the one of
// now, so that catching up decides as being there would have.
func (t *task) shouldEmit(s signal.Signal, b *signal.Bar) bool {
	switch {
	case s.Direction == signal.Flat:
		return true
	case s.Confidence < t.set.minConfidence:
		t.work.notEmitted.Threshold++
		return false
	case !t.open(b.End()):
		t.work.notEmitted.Session++
		return false
	}
	return true
}

func (t *task) open(at time.Time) bool {
	open, _ := t.hours(at)
	return open
}

// hours returns whether the market is open, and until when it stays so; zero means for ever.
func (t *task) hours(at time.Time) (open bool, until time.Time) {
	if t.ports.hours.code == nil {
		return true, time.Time{}
	}
	return t.ports.hours.enter(t).Open(t.symbol, at)
}

// complete fills in all that a strategy does not know.
func (t *task) complete(s signal.Signal, r *runner, b *signal.Bar) signal.Signal {
	return signal.Signal{
		ID:         r.id(b.Time),
		Strategy:   r.stream.Strategy,
		Params:     r.stream.Params,
		Symbol:     r.stream.Symbol,
		Interval:   r.stream.Interval,
		Direction:  s.Direction,
		Confidence: s.Confidence,
		Price:      b.Close,
		BarTime:    b.Time.UTC(),
		CreatedAt:  t.now.UTC(),
		ValidUntil: b.End().Add(t.cfg.Validity).UTC(),
		Parts:      slices.Clone(s.Parts), // a strategy may use its own again
	}
}
