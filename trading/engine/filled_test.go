package engine_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// callsItFilled is a broker that calls an order filled of which a part is missing, and counts as filled what it likes.
type callsItFilled struct {
	*tradingtestBroker
	filled string // what it reports as filled; "" for what was
}

type tradingtestBroker struct {
	trading.Broker
	trading.Positioner
	trading.Canceler
}

func (b callsItFilled) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	report, err := b.Broker.Order(ctx, ref)
	if report.Status == trading.StatusCanceled && report.Filled.IsPositive() {
		report.Status = trading.StatusFilled
		if b.filled != "" {
			report.Filled = d(b.filled)
		}
	}
	return report, err
}

func newCallsItFilled(t *testing.T, filled string) *rig {
	return newRig(t, refuses, func(cfg *engine.Config) {
		b := cfg.Broker.(interface {
			trading.Positioner
			trading.Canceler
		})
		cfg.Broker = callsItFilled{&tradingtestBroker{cfg.Broker, b, b}, filled}
	})
}

func TestFilledIsOver(t *testing.T) {
	t.Parallel()
	for name, filled := range map[string]string{
		"and the venue counts what the fills add up to": "",
		"and the venue counts what it sold":             "10",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newCallsItFilled(t, filled)
			r.venue.FillPart(d("9.99"))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Empty(t, r.engine.Status().Orders)
			require.Equal(t, 1, r.broker.Submits(), "what is missing is not bought")
			require.Equal(t, "9.99", r.held(btc))

			r.clock.Add(time.Minute)
			r.signals.put(says(btc, signal.Flat, r.now()))
			r.settle()
			require.Equal(t, "0", r.held(btc))
			require.Equal(t, 2, r.broker.Submits())
			r.agree()
		})
	}
}

func TestFilledWaitsForFillsOfWhichManyAreMissing(t *testing.T) {
	t.Parallel()
	r := newCallsItFilled(t, "10")
	r.venue.FillPart(d("9"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	require.Len(t, r.engine.Status().Orders, 1)
	require.ErrorContains(t, r.step(), "fills are missing")
}

// closedBesideItsEntry is a rig whose target was closed, while the broker calls open what of its entry has not filled.
func closedBesideItsEntry(t *testing.T) *rig {
	t.Helper()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Broker = stillOpen{cfg.Broker} })
	r.venue.FillPart(d("4"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.mustStep()
	require.Equal(t, "4", r.held(btc))
	require.Len(t, r.engine.Status().Orders, 1)
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.settle()
	require.Equal(t, "0", r.held(btc))
	return r
}

// Whatever else is open, a close sells no more than is held, and only reduces.
func TestCloseIsReduceOnlyAndNeverMoreThanIsHeld(t *testing.T) {
	t.Parallel()
	closing := closedBesideItsEntry(t).ordersMade()[1]
	require.Equal(t, "4", closing.Quantity.String())
	require.True(t, closing.ReduceOnly)
}

// stillOpen is a broker that calls open what it has filled in part.
type stillOpen struct{ trading.Broker }

func (b stillOpen) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	report, err := b.Broker.Order(ctx, ref)
	if report.Status == trading.StatusCanceled {
		report.Status = trading.StatusOpen
	}
	return report, err
}
