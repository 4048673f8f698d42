package engine_test

import (
	"errors"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestLimitsHoldAtTheDearestPriceThatAnOrderMayHave(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) {
		cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxPosition = d("1000") })
		cfg.Ticket = ticketFunc(func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{Type: trading.StopLimit, StopPrice: d("120"), LimitPrice: d("125")}, nil
		})
	})
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	o := r.venue.Resting()[0]
	require.Equal(t, "8 125", o.Quantity.String()+" "+o.DecisionPrice.String())
}

func TestTicketThatMakesNoSenseRefusesItsSignal(t *testing.T) {
	t.Parallel()
	for want, ticket := range map[string]ticketFunc{
		"stops no loss at 101": func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{StopLoss: d("101")}, nil
		},
		"takes no profit at 99": func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{TakeProfit: d("99")}, nil
		},
		"limit price 0": func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{Type: trading.Limit}, nil
		},
		"101.001 is no price": func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{TakeProfit: d("101.001")}, nil
		},
		"not today": func(trading.Sizing, trading.Side) (trading.Ticket, error) {
			return trading.Ticket{}, errors.New("not today")
		},
		"FixedTicket.StopLoss 1 is":    trading.FixedTicket{StopLoss: d("1")}.Ticket,
		"FixedTicket.Limit -0.1 is no": trading.FixedTicket{Limit: d("-0.1")}.Ticket,
	} {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Ticket = ticket })
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(t, 1, r.engine.Status().Counts.Signals[journal.OutcomeRefused])
			require.Equal(t, 1, r.log.count(want))
		})
	}
}

type ticketFunc func(trading.Sizing, trading.Side) (trading.Ticket, error)

func (f ticketFunc) Ticket(s trading.Sizing, side trading.Side) (trading.Ticket, error) {
	return f(s, side)
}

func TestAmendNamesWhatIsWrong(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket))
	require.ErrorContains(t, r.engine.Amend(t.Context(), btc, trading.Ticket{}, "alice"), "there is no target")
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.ErrorContains(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("101")}, "alice"), "stops no loss")
	require.ErrorContains(t, r.engine.Amend(t.Context(), btc, trading.Ticket{}, " "), "name")
	r.cfg.Broker = mute{r.broker}
	_, err := engine.New(r.cfg)
	require.ErrorContains(t, err, "Config.Ticket")
}

func TestStopIsMovedToWhereItKeepsAProfitThoughNobodyGivesAPrice(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) { cfg.Pricer = priceless{} })
	r.signals.put(says(btc, signal.Long, r.now())) // which has the price to open at
	r.mustStep()
	r.venue.SetPrice(btc, d("108"))
	crossed := trading.Ticket{TakeProfit: d("104"), StopLoss: d("105")}
	require.ErrorContains(t, r.engine.Amend(t.Context(), btc, crossed, "trailing"), "takes no profit at 104")
	require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("105")}, "trailing"))
	r.settle()
	require.Equal(t, "sell 10 stop 105 reduce", r.resting())
	require.Equal(t, "10", r.held(btc))
}

// mute is a Broker that cannot cancel.
type mute struct{ trading.Broker }
