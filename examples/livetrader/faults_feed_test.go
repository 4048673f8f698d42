package main

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

const seesTheSource = "see whether the source answers"

func TestFaultFeedDead(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.source.breaks(func(context.Context) (signal.Batch, error) {
			return signal.Batch{}, errors.New("connection refused")
		}, btc, eth)
		p.awaits(10*time.Second, "degraded", "connection refused", seesTheSource)
		p.awaits(time.Minute, "unhealthy", "connection refused", seesTheSource)
		require.Equal(t, 503, p.ready())
		p.source.breaks(nil, btc, eth)
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultFeedHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		hang, release := p.hangs()
		p.source.breaks(func(context.Context) (signal.Batch, error) { hang(); return signal.Batch{}, nil }, btc, eth)
		p.awaits(15*time.Second, "degraded", "not back yet after", seesTheSource)
		p.awaits(time.Minute, "unhealthy", "not back yet after", seesTheSource)
		p.source.breaks(nil, btc, eth)
		release()
		p.awaits(15*time.Second, "healthy")
	})
}

func TestFaultFeedWithOldBars(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.source.breaks(func(context.Context) (signal.Batch, error) { return signal.Batch{}, nil }, btc, eth)
		p.awaits(time.Minute, "unhealthy", "no progress for", seesTheSource)
		p.source.breaks(nil, btc, eth)
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultFeedWithBadBars(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.source.spoils(func(bars []signal.Bar) []signal.Bar {
			for i := range bars {
				bars[i].High, bars[i].Low = bars[i].Low, bars[i].High+1
			}
			return bars
		})
		p.awaits(time.Minute, "unhealthy", "high", "is below open", seesTheSource)
		p.source.spoils(nil)
		p.awaits(time.Minute, "healthy")
	})
}

func TestFaultOneSymbolMissing(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.source.breaks(func(context.Context) (signal.Batch, error) {
			return signal.Batch{}, errors.New("no such symbol")
		}, eth)
		p.awaits(10*time.Second, "degraded", eth+": ", "no such symbol", seesTheSource)
		p.holds(10*time.Minute, "degraded")
		require.Equal(t, 200, p.ready(), "the other one is traded on")
		p.source.breaks(nil, eth)
		p.awaits(10*time.Second, "healthy")
	})
}

// closesAt is a place whose market is closed between two times.
type closesAt struct{ at, reopens time.Time }

func (c closesAt) Open(_ string, t time.Time) (open bool, until time.Time) {
	switch {
	case t.Before(c.at):
		return true, c.at
	case t.Before(c.reopens):
		return false, c.reopens
	}
	return true, t.Add(24 * time.Hour)
}

func TestFaultSessionClosedTurnsNothing(t *testing.T) {
	t.Parallel()
	var hours closesAt
	inBubble(t, false, func(p *plant) {
		hours = closesAt{time.Now().Add(5 * time.Minute), time.Now().Add(time.Hour)}
		p.cfg.Hours = hours
	}, func(p *plant) {
		p.passes(time.Until(hours.at))
		p.source.breaks(func(context.Context) (signal.Batch, error) { return signal.Batch{}, nil }, btc, eth)
		p.holds(time.Until(hours.reopens)-time.Second, "healthy")
		p.awaits(2*time.Minute, "unhealthy", "no progress for") // the market is open, and the feed is not
		p.source.breaks(nil, btc, eth)
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultStrategyPanics(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.puppet.breaks(func(signal.Bar) { panic("index out of range") })
		p.awaits(10*time.Second, "degraded", "index out of range")
		p.awaits(time.Minute, "unhealthy", "index out of range", seesTheSource)
		p.puppet.breaks(nil)
		p.awaits(15*time.Second, "healthy")
	})
}

func TestFaultStrategyHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		hang, release := p.hangs()
		p.puppet.breaks(func(signal.Bar) { hang() })
		p.awaits(15*time.Second, "degraded", "not back yet after")
		p.awaits(time.Minute, "unhealthy", "not back yet after")
		p.puppet.breaks(nil)
		release()
		p.awaits(15*time.Second, "healthy")
	})
}

func TestFaultPriceThatStandsStill(t *testing.T) {
	t.Parallel()
	inBubble(t, false, func(p *plant) { p.cfg.Generator.MaxFlat = 60 }, func(p *plant) {
		p.source.spoils(func(bars []signal.Bar) []signal.Bar {
			for i := range bars {
				bars[i].Open, bars[i].High, bars[i].Low, bars[i].Close = 100, 100, 100, 100
			}
			return bars
		})
		p.awaits(6*time.Minute, "unhealthy", "flat_line", "compare with another source")
		p.source.spoils(nil)
		p.awaits(time.Minute, "healthy")
	})
}

func TestFaultGeneratorPaused(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		require.NoError(t, p.trader.Pause(p.t.Context(), "ann"))
		p.awaits(0, "degraded", `"status":"paused"`, "resume it")
		p.holds(10*time.Minute, "degraded")
		require.NoError(t, p.trader.Resume(p.t.Context(), "ann"))
		p.awaits(30*time.Second, "healthy")
	})
}

func TestFaultGeneratorStopped(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		require.NoError(t, p.trader.Tree().StopChild(p.t.Context(), "trader/signal_generation"))
		p.awaits(0, "degraded", `"background_task_status":"stopped"`, "restart it")
		p.holds(10*time.Minute, "degraded")
		require.NoError(t, p.trader.Tree().Restart(p.t.Context(), "trader/signal_generation"))
		p.awaits(30*time.Second, "healthy")
	})
}

func TestFaultCycleTakesTooLong(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.source.breaks(func(ctx context.Context) (signal.Batch, error) {
			_ = sleepOr(context.WithoutCancel(ctx), 20*time.Second)
			return signal.Batch{}, nil
		}, btc, eth)
		p.awaits(15*time.Second, "degraded", "not back yet after", seesTheSource)
		p.awaits(time.Minute, "unhealthy", seesTheSource)
		p.source.breaks(nil, btc, eth)
		p.awaits(time.Minute, "healthy")
	})
}

func TestFaultProbeHung(t *testing.T) {
	t.Parallel()
	inBubble(t, false, func(p *plant) {
		hang, release := p.hangs()
		began := time.Now()
		probe, err := health.NewProbe(health.ProbeConfig{
			Check: func(context.Context) error {
				if age := time.Since(began); age > 2*time.Minute && age < 3*time.Minute {
					hang()
				}
				return nil
			},
			Every: 10 * time.Second, Timeout: 2 * time.Second, Clock: machine{}, Remedy: "see why the disk does not answer",
		})
		require.NoError(t, err)
		p.cfg.Services = append(p.cfg.Services, child("disk", probe))
		p.probeBack = release
	}, func(p *plant) {
		p.awaits(2*time.Minute, "unhealthy", "the check has not returned within 2s", "see why the disk does not answer")
		p.holds(10*time.Minute, "unhealthy")
		p.probeBack()
		p.awaits(11*time.Second, "healthy")
	})
}
