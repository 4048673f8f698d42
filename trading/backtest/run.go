package backtest

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// Run resumes the account from the Journal and replays all bars. It returns nil at their end, ctx's error when that ends
// first, and otherwise the first error of a part, with the time of the bar. It beats and observes each bar through ctx
// (see package health). A Replay runs once.
func (r *Replay) Run(ctx context.Context) error {
	if r.started.Swap(true) {
		return errors.New("backtest: the replay has run")
	}
	if err := r.account.Resume(ctx); err != nil {
		return fmt.Errorf("backtest: %w", err)
	}
	// The parts speak for nobody: their silences are measured in bars, and the machine's clock knows nothing of those.
	silent := health.NewContext(ctx, nil)
	pace := pacer{speed: r.cfg.Speed, wall: r.cfg.Wall}
	done := r.closeAt(ctx)
	defer done()
	for ctx.Err() == nil {
		bar, err := r.cfg.Bars.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return cmp.Or(ctx.Err(), err) // the Bars may have been closed because of it
		}
		if err := pace.await(ctx, bar.End()); err != nil {
			return err
		}
		if err := r.bar(silent, bar); err != nil {
			return fmt.Errorf("replay of %s at %s: %w", bar.Symbol, bar.Time.Format(time.RFC3339), err)
		}
		health.Beat(ctx)
		health.Observe(ctx, nil)
	}
	return ctx.Err()
}

// closeAt closes the Bars when ctx ends: Next may wait in it for what stands in a pipe. The function that it returns
// undoes that, or waits for its end.
func (r *Replay) closeAt(ctx context.Context) (wait func()) {
	bars, ok := r.cfg.Bars.(io.Closer)
	if !ok {
		return func() {}
	}
	done := make(chan struct{})
	stop := context.AfterFunc(ctx, func() {
		defer close(done)
		_ = bars.Close() // the run has an error of its own
	})
	return func() {
		if !stop() {
			<-done
		}
	}
}

// bar does all that one bar brings about.
func (r *Replay) bar(ctx context.Context, bar signal.Bar) error {
	if err := r.market.take(bar); err != nil {
		return err
	}
	r.clock.Set(bar.End())
	if err := r.Broker.OnBar(bar); err != nil {
		return err
	}
	if r.recent != nil {
		r.recent.Add(bar)
	}
	if r.due() {
		if err := r.step(ctx); err != nil {
			return err
		}
	}
	if err := r.tape.Push(bar); err != nil {
		return err
	}
	result := r.Generator.Cycle(ctx, bar.End())
	if err := errors.Join(result.Errors...); err != nil {
		return err
	}
	// What an exit has replaced is canceled in the step after: it would rest for another bar.
	if result.Signals > 0 || r.recent != nil && r.due() {
		if err := r.step(ctx); err != nil {
			return err
		}
	}
	r.bars.Add(1)
	if r.cfg.OnBar != nil {
		r.cfg.OnBar(bar)
	}
	return nil
}

// due reports whether a Step could do something. On most bars it could not, and would take most of the bar's time.
func (r *Replay) due() bool {
	select {
	case <-r.news:
		return true
	default:
		return !r.Engine.Idle()
	}
}

func (r *Replay) step(ctx context.Context) error {
	r.news = r.Broker.Updated() // before the Step, so that no news falls in between
	return r.Engine.Step(ctx)
}
