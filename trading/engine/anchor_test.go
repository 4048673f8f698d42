package engine_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// fixedPrice is a Pricer that knows one price.
type fixedPrice string

func (p fixedPrice) Price(string) (decimal.Decimal, bool) { return d(string(p)), true }

func TestBracketIsAnchoredToWhatWasPaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ticket    trading.FixedTicket
		direction signal.Direction
		paid      string
		resting   string
	}{
		"a profit below the entry would sell at once": {trading.FixedTicket{TakeProfit: d("0.02"), StopLoss: d("0.05")},
			signal.Long, "103", "sell 10 limit 105.06 reduce, sell 10 stop 97.85 reduce"},
		"a stop above the entry would, too": {trading.FixedTicket{TakeProfit: d("0.02"), StopLoss: d("0.05")},
			signal.Long, "94", "sell 10 limit 95.88 reduce, sell 10 stop 89.3 reduce"},
		"a short position likewise": {trading.FixedTicket{TakeProfit: d("0.02"), StopLoss: d("0.05")},
			signal.Short, "97", "buy 10 limit 95.06 reduce, buy 10 stop 101.85 reduce"},
		"what stands on its side stays": {trading.FixedTicket{TakeProfit: d("0.02"), StopLoss: d("0.05")},
			signal.Long, "101", "sell 10 limit 102 reduce, sell 10 stop 95 reduce"},
		"by choice it counts from the fill": {trading.FixedTicket{TakeProfit: d("0.02"), StopLoss: d("0.05"), FromFill: true},
			signal.Long, "101", "sell 10 limit 103.02 reduce, sell 10 stop 95.95 reduce"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(c.ticket), func(cfg *engine.Config) { cfg.Pricer = fixedPrice("100") })
			r.venue.SetPrice(btc, d(c.paid))
			r.signals.put(says(btc, c.direction, r.now()))
			r.mustStep()
			require.Equal(t, c.resting, r.resting())
			r.restart()
			r.settle()
			require.Equal(t, c.resting, r.resting(), "and stays there")
		})
	}
}

// A signal that confirms an entry on its way keeps the entry's ticket, and the bracket counts from the entry as before.
func TestBracketOfAnEntryThatWasConfirmedIsAnchoredToWhatWasPaid(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		ticket  trading.FixedTicket
		resting string
	}{
		"a stop above the entry would execute at once": {
			trading.FixedTicket{Limit: d("0.02"), TakeProfit: d("0.1"), StopLoss: d("0.05")},
			"sell 10 limit 55 reduce, sell 10 stop 47.5 reduce"},
		"by choice it counts from the fill": {
			trading.FixedTicket{Limit: d("0.02"), TakeProfit: d("0.1"), StopLoss: d("0.5"), FromFill: true},
			"sell 10 limit 55 reduce, sell 10 stop 25 reduce"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(c.ticket))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.clock.Add(30e9)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.venue.SetPrice(btc, d("50"))
			r.settle()
			require.Equal(t, c.resting, r.resting())
			require.Equal(t, "10", r.held(btc))
			r.restart()
			r.settle()
			require.Equal(t, c.resting, r.resting(), "and stays there")
		})
	}
}

// A stop that a person has moved beyond the entry is no leg on the wrong side, whatever has become of its order.
func TestBracketThatAPersonMovedStaysWhereItIs(t *testing.T) {
	t.Parallel()
	price := fixedPrice("100")
	r := newRig(t, refuses, with(trading.FixedTicket{StopLoss: d("0.05")}), func(cfg *engine.Config) { cfg.Pricer = &price })
	r.venue.SetPrice(btc, d("101"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("120"))
	price = "120"
	require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("110")}, "alice"))
	r.settle()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	for _, o := range r.venue.Resting() {
		require.NoError(t, r.venue.Cancel(t.Context(), o.Ref()))
	}
	r.settle()
	require.Equal(t, "10 sell 10 stop 110 reduce", r.held(btc)+" "+r.resting())
}

func TestCollarRefusesAnEntryWhoseTwoPricesCannotBothBeRight(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		pricer string
		collar float64
		held   string
	}{
		"a hundred times less":     {"1", 0, "0"},
		"a hundred times more":     {"10000", 0, "0"},
		"ten times is the default": {"10", 0, "100"},
		"a factor of one's own":    {"60", 1.5, "0"},
		"and what lies within it":  {"70", 1.5, "14.285"},
		"not looked at":            {"1", -1, "1000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, func(cfg *engine.Config) {
				cfg.Pricer, cfg.Collar = fixedPrice(c.pricer), c.collar
			})
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Equal(t, c.held, r.held(btc))
		})
	}
}

func TestCollarClosesAllTheSame(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("1"))
	r.clock.Add(60e9)
	r.signals.put(says(btc, signal.Short, r.now()))
	r.mustStep()
	require.Equal(t, "0", r.held(btc))
}

// A person who moves the stop beyond the entry means it there: the loss can be none any more.
func TestStopThatWasAmendedBeyondTheEntryStays(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(trading.FixedTicket{}), func(cfg *engine.Config) { cfg.Pricer = fixedPrice("100") })
	r.venue.SetPrice(btc, d("103")) // so that another price is paid than that of the decision
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	r.moves("110")
	r.cfg.Pricer = nil
	r.restart()
	require.NoError(t, r.engine.Amend(t.Context(), btc, trading.Ticket{StopLoss: d("105")}, "alice"))
	r.settle()
	require.Equal(t, "sell 10 stop 105 reduce", r.resting())
}

// An entry that rests in the shape that it has is none to be made anew.
func TestAmendOfTheBracketLeavesTheEntryAsItIs(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(patient))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	ticket := r.engine.Status().Targets[0].Ticket
	ticket.StopLoss = d("90")
	require.NoError(t, r.engine.Amend(t.Context(), btc, ticket, "alice"))
	require.False(t, r.engine.Status().Targets[0].Deferred)
	r.mustStep()
	require.Zero(t, r.broker.CancelCalls())
	r.moves("97.5")
	require.Equal(t, "sell 10 limit 107.8 reduce, sell 10 stop 90 reduce", r.resting())
}
