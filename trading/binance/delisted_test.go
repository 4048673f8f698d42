package binance_test

import (
	"context"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// relist begins a process with what the venue lists by then, and a policy for what it is going to delist.
func (r *trader) relist(policy time.Duration) {
	r.restart()
	cfg := r.config(r.journal, r.broker)
	cfg.Ticket, cfg.CloseDelisted = r.ticket, policy
	var err error
	cfg.Instruments, err = r.broker.Instruments(context.Background())
	require.NoError(r, err)
	r.engine, err = engine.New(cfg)
	require.NoError(r, err)
}

func TestDelistedContractIsClosedInTime(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.True(t, r.held().IsPositive())
		r.venue.Change("BTCUSDT", func(s *binancetest.Symbol) { s.Delivery = time.Now().Add(40 * time.Minute) })
		r.relist(30 * time.Minute)
		r.steps(300)
		require.True(t, r.held().IsPositive(), "it is held until its time comes")
		r.steps(330)
		require.True(t, r.held().IsZero())
		r.wants(signal.Short)
		r.relist(30 * time.Minute)
		r.steps(60)
		require.True(t, r.held().IsZero(), "and nothing is opened, also after a restart")
		r.agree()
	})
}

func TestDelistedContractThatIsHeldIsSettledByTheVenue(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		end := time.Now().Add(5 * time.Minute)
		r.venue.Change("BTCUSDT", func(s *binancetest.Symbol) { s.Delivery = end })
		r.relist(0)
		r.steps(300)
		require.True(t, r.held().IsPositive(), "nobody has said that it is to be closed")
		r.venue.Change("BTCUSDT", func(s *binancetest.Symbol) { s.Status = "SETTLING" })
		r.venue.Settle("BTCUSDT", decimal.NewFromInt(r.price.Load()))
		r.steps(60)
		require.False(t, r.engine.Status().Halt.Active(), r.engine.Status().Halt.Reason)
		require.Empty(t, r.engine.Status().Positions)
		entries, err := r.journal.Read(t.Context(), 0, 100_000)
		require.NoError(t, err)
		settled := 0
		for _, entry := range entries {
			if e, ok := entry.Event.(journal.Filled); ok && e.Fill.Settlement {
				settled++
			}
		}
		require.Equal(t, 1, settled, "the journal has why it is closed")
		sent := r.sent()
		r.wants(signal.Short)
		r.steps(60)
		require.Equal(t, sent, r.sent(), "nothing is opened")
	})
}
