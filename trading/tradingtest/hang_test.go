package tradingtest_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

func approvedOrder(t *testing.T, id string) trading.Approved {
	limits := risk.NoLimits()
	price := decimal.NewFromInt(2000)
	approved, err := limits.Approve(trading.Order{
		ClientID: id, Symbol: gold.Symbol, Side: trading.Buy, Type: trading.Market, Quantity: decimal.NewFromInt(1),
	}, trading.View{Instrument: gold, Held: decimal.Zero, Price: price})
	require.NoError(t, err)
	return approved
}

func TestCallThatHangsIsDeafAndGoesOnWhenItIsWoken(t *testing.T) {
	t.Parallel()
	submit := func(t *testing.T, ctx context.Context, m *tradingtest.Misbehaving) error {
		return m.Submit(ctx, approvedOrder(t, "hangs"))
	}
	for name, c := range map[string]struct {
		plan    func(m *tradingtest.Misbehaving)
		call    func(t *testing.T, ctx context.Context, m *tradingtest.Misbehaving) error
		arrived int // orders that the venue has while the call hangs
	}{
		"a submission before it arrives": {
			func(m *tradingtest.Misbehaving) { m.Next(tradingtest.Hang) }, submit, 0,
		},
		"a submission that is refused in the end": {
			func(m *tradingtest.Misbehaving) { m.Next(tradingtest.HangReject) },
			func(t *testing.T, ctx context.Context, m *tradingtest.Misbehaving) error {
				if err := submit(t, ctx, m); !errors.Is(err, trading.ErrRejected) {
					return err
				}
				return nil
			}, 0,
		},
		"a submission after it arrived": {
			func(m *tradingtest.Misbehaving) { m.Next(tradingtest.HangReply) }, submit, 1,
		},
		"a cancel": {
			(*tradingtest.Misbehaving).HangCancel,
			func(_ *testing.T, ctx context.Context, m *tradingtest.Misbehaving) error {
				return m.Cancel(ctx, trading.OrderRef{ClientID: "known"})
			}, 0,
		},
		"a question": {
			(*tradingtest.Misbehaving).HangOrder,
			func(_ *testing.T, ctx context.Context, m *tradingtest.Misbehaving) error {
				_, err := m.Order(ctx, trading.OrderRef{ClientID: "known"})
				return err
			}, 0,
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				venue := goldVenue(trading.Traits{})
				m := tradingtest.Misbehave(venue)
				require.NoError(t, m.Submit(t.Context(), approvedOrder(t, "known")))
				for range 2 { // It can be asked for again.
					before := len(venue.Ledger())
					c.plan(m)
					ctx, cancel := context.WithTimeout(t.Context(), time.Second)
					defer cancel()
					ended := make(chan error, 1)
					go func() { ended <- c.call(t, ctx, m) }()
					<-m.Hanging()
					time.Sleep(time.Minute)
					require.Empty(t, ended)
					require.Len(t, venue.Ledger(), before+c.arrived)
					m.Wake()
					require.NoError(t, <-ended)
					require.NoError(t, c.call(t, t.Context(), m), "only the one call hangs")
				}
				m.Release()
				c.plan(m)
				require.NoError(t, c.call(t, t.Context(), m), "nothing hangs any more")
			})
		})
	}
}
