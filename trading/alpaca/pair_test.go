package alpaca_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// guarded buys ten shares and returns the pair that guards them.
func (d desk) guarded(t *testing.T, b *alpaca.Broker) (profit, loss trading.Approved) {
	t.Helper()
	require.NoError(t, b.Submit(t.Context(), approved(t, buy("v-1"), "0")))
	profit = approved(t, trading.Order{
		ClientID: "v-2", Side: trading.Sell, Type: trading.Limit, LimitPrice: num("220"), CreatedAt: d.Now(),
	}, "10")
	loss = approved(t, trading.Order{
		ClientID: "v-3", Side: trading.Sell, Type: trading.Stop, StopPrice: num("180"), CreatedAt: d.Now(),
	}, "10")
	return profit, loss
}

func TestPairIsKnownToAProcessThatRemembersNothing(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ price, filled, canceled string }{
		"the profit is taken": {"221", "v-2", "v-3"},
		"the loss is stopped": {"179", "v-3", "v-2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			b := d.broker(t)
			profit, loss := d.guarded(t, b)
			require.NoError(t, b.SubmitPair(t.Context(), profit, loss))

			all, err := d.broker(t).OpenOrders(t.Context())
			require.NoError(t, err)
			ids := make(map[string]trading.OrderType)
			for _, r := range all {
				ids[r.ClientID] = r.Type
			}
			require.Equal(t, map[string]trading.OrderType{"v-2": trading.Limit, "v-3": trading.Stop}, ids)

			d.Move("AAPL", num(c.price))
			for _, a := range []trading.Approved{profit, loss} {
				r, err := d.broker(t).Order(t.Context(), a.Order().Ref())
				require.NoError(t, err)
				want := trading.StatusFilled
				if a.Order().ClientID == c.canceled {
					want = trading.StatusCanceled
				}
				require.Equal(t, want, r.Status, r.ClientID)
			}
			fills, _, err := d.broker(t).Fills(t.Context(), trading.Cursor{}, 10)
			require.NoError(t, err)
			require.Len(t, fills, 2)
			require.Equal(t, c.filled, fills[1].ClientID)
			require.True(t, d.Held("AAPL").IsZero())
		})
	}
}

func TestPairIsToldOverTheStreamUnderItsOwnIDs(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	listen(t, b)
	profit, loss := d.guarded(t, b)
	require.NoError(t, b.SubmitPair(t.Context(), profit, loss))
	d.Move("AAPL", num("179"))
	await(t, b, "v-3")
}

func TestPairWhoseReplyIsLostIsThere(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	profit, loss := d.guarded(t, b)
	d.Inject(alpacatest.Fault{Method: "POST", Path: "/v2/orders", Taken: true})
	err := b.SubmitPair(t.Context(), profit, loss)
	require.Error(t, err)
	require.NotErrorIs(t, err, trading.ErrRejected)
	r, err := b.Order(t.Context(), loss.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusOpen, r.Status)
	require.ErrorIs(t, b.SubmitPair(t.Context(), profit, loss), trading.ErrDuplicate)
}

func TestTwoOrdersToSellOneHoldingAreRefused(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	profit, loss := d.guarded(t, b)
	require.NoError(t, b.Submit(t.Context(), profit))
	require.ErrorIs(t, b.Submit(t.Context(), loss), trading.ErrRejected)
}
