package engine_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// margined is a venue that closes what is held at a price.
type margined struct {
	*tradingtest.Misbehaving

	at *decimal.NullDecimal
}

func (m margined) Margin(string) (trading.Margin, bool) {
	return trading.Margin{Liquidation: *m.at}, m.at.Valid
}

func TestNothingIsOpenedNearLiquidation(t *testing.T) {
	t.Parallel()
	var at decimal.NullDecimal
	r := newRig(t, refuses, under(risk.Rules{LiquidationRoom: d("0.1")}), func(cfg *engine.Config) {
		cfg.Broker = margined{cfg.Broker.(*tradingtest.Misbehaving), &at}
	})
	at = decimal.NewNullDecimal(d("95"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
	require.Equal(t, "LiquidationRoom", r.seenLast().Limit)
	require.Contains(t, r.seenLast().Reason, "liquidation is at 95")
	at = decimal.NewNullDecimal(d("50"))
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "10", r.held(btc))
	at = decimal.NewNullDecimal(d("95"))
	r.clock.Add(time.Second)
	r.signals.put(says(btc, signal.Flat, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc), "what closes is never kept from it")
	r.agree()
}
