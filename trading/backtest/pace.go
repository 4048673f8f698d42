package backtest

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// pacer keeps a replay to the speed of its bars: the n-th bar's end comes when it would have come.
type pacer struct {
	speed float64
	wall  health.Clock
	first time.Time // end of the first bar
	start time.Time // when that was, on the wall
}

func (p *pacer) await(ctx context.Context, end time.Time) error {
	if p.speed == 0 {
		return nil
	}
	if p.start.IsZero() {
		p.first, p.start = end, p.wall.Now()
		return nil
	}
	due := p.start.Add(time.Duration(float64(end.Sub(p.first)) / p.speed))
	wait := due.Sub(p.wall.Now())
	if wait <= 0 {
		return nil
	}
	health.Idle(ctx, due)
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-p.wall.After(wait):
		return nil
	}
}
