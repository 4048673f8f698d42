package main

import (
	"errors"
	"syscall"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// withStops has positions guarded by a stop-loss at the venue.
func withStops(p *plant) { p.cfg.Ticket = trading.FixedTicket{StopLoss: decimal.New(5, -2)} }

func TestFaultDiskFull(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		full := errors.New("database or disk is full")
		p.store.faults.set(full, func() error { return full })
		p.awaits(10*time.Second, "unhealthy", "disk is full", "make room, or mend the store")
		require.Equal(t, 503, p.ready())
		p.wants(btc, signal.Long)
		require.Zero(t, p.trader.Status().Trading.Counts.Fills, "nothing is opened")
		p.store.faults.set(nil, nil)
		p.awaits(30*time.Second, "healthy")
	})
}

func TestFaultStoreReadOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.store.faults.set(nil, func() error { return syscall.EROFS })
		p.wants(btc, signal.Long) // until something is to be written nobody can know
		p.awaits(time.Minute, "unhealthy", "read-only file system", "see whether the broker and the store answer")
		p.store.faults.set(nil, nil)
		p.awaits(time.Minute, "healthy")
	})
}

func TestFaultStoreHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		hang, release := p.hangs()
		p.store.faults.set(nil, func() error { hang(); return nil })
		p.wants(btc, signal.Long)
		p.awaits(2*time.Minute, "unhealthy", "see whether")
		p.store.faults.set(nil, nil)
		release()
		p.awaits(3*time.Minute, "healthy")
	})
}

func TestFaultBrokerRefuses(t *testing.T) {
	t.Parallel()
	inBubble(t, true, nil, func(p *plant) {
		for range 20 {
			p.broker.Next(tradingtest.Reject)
		}
		want := func() {
			p.wants(btc, signal.Long)
			p.wants(btc, signal.Short)
		}
		want()
		p.awaits(time.Second, "degraded", "orders were refused or lost", "read the venue's words")
		for p.broker.Submits() < 10 {
			want()
		}
		p.awaits(time.Second, "unhealthy", "orders were refused or lost", "read the venue's words")
		for p.broker.Submits() < 22 {
			want()
		}
		p.awaits(time.Second, "healthy")
	})
}

func TestFaultBrokerDown(t *testing.T) {
	t.Parallel()
	inBubble(t, true, nil, func(p *plant) {
		p.broker.Disconnect(true)
		p.awaits(10*time.Second, "degraded", "connection lost", "see whether the broker")
		p.awaits(time.Minute, "unhealthy", "connection lost", "see whether the broker")
		p.broker.Disconnect(false)
		p.awaits(30*time.Second, "healthy")
	})
}

func TestFaultBrokerHangs(t *testing.T) {
	t.Parallel()
	inBubble(t, true, nil, func(p *plant) {
		p.done = append(p.done, p.broker.Release)
		p.broker.Next(tradingtest.Hang)
		p.puppet.say(btc, signal.Long)
		p.awaits(75*time.Second, "unhealthy", "engine: stalled: silent for 1m0s", "a new process is needed")
		p.broker.Wake()
		p.awaits(time.Minute, "healthy")
		require.Equal(t, 1, p.trader.Status().Trading.Counts.Fills, "it was sent once")
	})
}

func TestFaultBrokerAnswersNothingCertain(t *testing.T) {
	t.Parallel()
	inBubble(t, true, nil, func(p *plant) {
		p.broker.Next(tradingtest.LoseRequest)
		p.puppet.say(btc, signal.Long)
		p.awaits(30*time.Second, "unhealthy", "needs a person", "cancel it at the venue, and give it up")
		require.Equal(t, 503, p.ready())
		p.holds(10*time.Minute, "unhealthy")
		for _, o := range p.trader.Status().Trading.Orders {
			require.NoError(t, p.trader.GiveUp(p.t.Context(), o.Order.ClientID, "ann"))
		}
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultStopRefusedByTheVenue(t *testing.T) {
	t.Parallel()
	inBubble(t, true, withStops, func(p *plant) {
		p.broker.Next(tradingtest.None)
		for range 100 {
			p.broker.Next(tradingtest.Reject)
		}
		p.puppet.say(btc, signal.Long)
		p.awaits(15*time.Second, "degraded", "has no stop-loss at the broker", "is closed after")
		p.awaits(time.Minute, "unhealthy", "has no stop-loss at the broker", "is closed after")
		for p.broker.Submits() < 101 {
			p.broker.Next() // the venue takes orders again once it has refused a hundred
			p.passes(time.Minute)
		}
		p.awaits(20*time.Minute, "healthy")
	})
}

// pricer is what a position is worth, as long as somebody says so.
type pricer struct{ p *plant }

func (q pricer) Price(symbol string) (decimal.Decimal, bool) {
	price, ok := q.p.source.Price(symbol)
	return decimal.NewFromFloat(price), ok
}

// What had a price before counts at that, so that only what never had one is unpriced.
func TestFaultPositionUnpriced(t *testing.T) {
	t.Parallel()
	inBubble(t, true, func(p *plant) {
		p.quote()
		p.source.unprices(true)
		p.cfg.Engine.Pricer = pricer{p}
	}, func(p *plant) {
		p.wants(btc, signal.Long)
		p.awaits(10*time.Second, "degraded", "no price for "+btc, "see why its source gives no price", `"unpriced":["BTC/USDT"]`)
		p.source.unprices(false)
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultPositionDiffersFromTheVenue(t *testing.T) {
	t.Parallel()
	inBubble(t, true, func(p *plant) { p.cfg.Engine.Reconcile = 30 * time.Second }, func(p *plant) {
		p.venue.Transfer(btc, decimal.NewFromInt(1))
		p.awaits(35*time.Second, "degraded", "positions differ", "re-arm it once that is dealt with", `"status":"halted"`)
		require.Equal(t, 503, p.ready())
		p.venue.Transfer(btc, decimal.NewFromInt(-1))
		p.holds(time.Minute, "degraded")
		p.rearms()
		p.awaits(10*time.Second, "healthy")
	})
}

func TestFaultHalt(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		require.NoError(t, p.trader.Halt(p.t.Context(), "the news"))
		p.awaits(2*time.Second, "degraded", "trading is halted: the news", "re-arm it", `"status":"halted"`)
		require.Equal(t, 503, p.ready())
		p.holds(time.Hour, "degraded")
		p.rearms()
		p.awaits(2*time.Second, "healthy")
		require.Equal(t, 200, p.ready())
	})
}

func TestFaultReduceOnly(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		require.NoError(t, p.trader.SetReduceOnly(p.t.Context(), true, "ann"))
		_, text := p.ask()
		require.Contains(t, text, `"status":"reduce_only"`, "a state is never old")
		p.awaits(2*time.Second, "degraded", "only what reduces a position is sent", "turn reduce-only off")
		require.Equal(t, 503, p.ready())
		require.NoError(t, p.trader.SetReduceOnly(p.t.Context(), false, "ann"))
		p.awaits(2*time.Second, "healthy")
	})
}

func TestFaultDailyLossReached(t *testing.T) {
	t.Parallel()
	inBubble(t, false, func(p *plant) {
		p.cfg.Risk = risk.Limits{
			MaxPosition: decimal.NewFromInt(2000), MaxOrder: decimal.NewFromInt(2000), MaxDailyLoss: decimal.NewFromInt(20),
		}
	}, func(p *plant) {
		p.wants(btc, signal.Long)
		p.source.scales(0.95)
		p.awaits(10*time.Second, "degraded", "daily loss", "re-arm it once that is dealt with", `"status":"halted"`)
		require.Equal(t, 503, p.ready())
		require.NoError(t, p.trader.Flatten(p.t.Context(), btc, "ann"))
		p.passes(10 * time.Second)
		p.rearms()
		p.awaits(2*time.Second, "healthy")
	})
}

func TestFaultOrphanedPosition(t *testing.T) {
	t.Parallel()
	inBubble(t, false, nil, func(p *plant) {
		p.wants(eth, signal.Long)
		require.NoError(t, p.trader.SetSymbols(p.t.Context(), []string{btc}, "ann"))
		p.awaits(20*time.Second, "degraded", "not_traded/"+eth, "no signal closes it", "flatten it")
		require.NoError(t, p.trader.Flatten(p.t.Context(), eth, "ann"))
		p.awaits(30*time.Second, "healthy")
	})
}
