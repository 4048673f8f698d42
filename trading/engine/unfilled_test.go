package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

func TestEntryThatIsNotFilledIsTriedAsItsTicketSays(t *testing.T) {
	t.Parallel()
	waits := func(u trading.Unfilled) trading.FixedTicket {
		return trading.FixedTicket{Limit: d("0.02"), TakeProfit: d("0.1"), StopLoss: d("0.05"), Unfilled: u}
	}
	later := func(r *rig, price string) {
		r.clock.Add(10 * time.Second)
		r.venue.SetPrice(btc, d(price))
		r.mustStep()
		r.mustStep()
	}
	ten := 10 * time.Second
	for name, c := range map[string]struct {
		ticket  trading.FixedTicket
		story   func(r *rig)
		held    string
		resting string
		decided []string
	}{
		"it waits": {waits(trading.Unfilled{}), func(r *rig) { later(r, "105") }, "0", "buy 10 limit 98", nil},
		"it waits until its time is over": {waits(trading.Unfilled{After: 11 * time.Second}), func(r *rig) { later(r, "105") }, "0",
			"buy 10 limit 98", nil},
		"it is dropped": {waits(trading.Unfilled{After: ten}), func(r *rig) { later(r, "105") }, "0", "",
			[]string{"keep 0 by the entry was not filled within 10s, dropped"}},
		"it follows the price, and is dropped then": {waits(trading.Unfilled{After: ten, Reprice: 2}), func(r *rig) {
			later(r, "105")
			require.Equal(r.t, "buy 10 limit 102.9", r.resting())
			later(r, "103")
			require.Equal(r.t, "buy 10 limit 100.94", r.resting())
			later(r, "103")
		}, "0", "", []string{
			"stop 97.76 profit 113.19 by the entry was not filled within 10s, 1 more",
			"stop 95.9 profit 111.03 by the entry was not filled within 10s, 0 more",
			"keep 0 by the entry was not filled within 10s, dropped",
		}},
		"a signal that confirms it gives it no more time": {waits(trading.Unfilled{After: ten}), func(r *rig) {
			r.clock.Add(5 * time.Second)
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			require.Equal(r.t, "buy 10 limit 98", r.resting())
			r.clock.Add(5 * time.Second)
			r.mustStep()
		}, "0", "", []string{"keep 0 by the entry was not filled within 10s, dropped"}},
		"it stays where it is while the price does, and has its time again": {waits(
			trading.Unfilled{After: ten, Reprice: 1, Cross: true}),
			func(r *rig) {
				later(r, "100")
				require.Equal(r.t, "buy 10 limit 98", r.resting())
				r.clock.Add(9 * time.Second)
				r.mustStep()
				require.Equal(r.t, "buy 10 limit 98", r.resting())
				require.Equal(r.t, 1, r.broker.Submits())
				r.clock.Add(time.Second)
				r.mustStep()
				r.mustStep()
			}, "10", "sell 10 limit 110 reduce, sell 10 stop 95 reduce", []string{
				"stop 93.1 profit 107.8 by the entry was not filled within 10s, 0 more",
				"stop 95 profit 110 by the entry was not filled within 10s, at market",
			}},
		"it is bought at market in the end": {waits(trading.Unfilled{After: ten, Cross: true}), func(r *rig) { later(r, "105") }, "10",
			"sell 10 limit 115.5 reduce, sell 10 stop 99.75 reduce",
			[]string{"stop 99.75 profit 115.5 by the entry was not filled within 10s, at market"}},
		"a part that is held keeps its guard": {waits(trading.Unfilled{After: ten, Reprice: 1}), func(r *rig) {
			r.venue.Trade("1", btc, trading.Buy, d("4"))
			r.mustStep()
			r.clock.Add(3 * time.Second)
			r.mustStep()
			later(r, "101")
		}, "4", "buy 6 limit 98.98, sell 4 limit 107.8 reduce, sell 4 stop 93.1 reduce",
			[]string{"stop 93.1 profit 107.8 by the entry was not filled within 10s, 0 more"}},
		"a part that is held is all there is": {waits(trading.Unfilled{After: ten}), func(r *rig) {
			r.venue.Trade("1", btc, trading.Buy, d("4"))
			r.mustStep()
			r.clock.Add(3 * time.Second)
			r.mustStep()
			later(r, "101")
		}, "4", "sell 4 limit 107.8 reduce, sell 4 stop 93.1 reduce", []string{"keep 4 by the entry was not filled within 10s, dropped"}},
		"nothing is bought once the signal has expired": {waits(trading.Unfilled{After: 55 * time.Second, Cross: true}), func(r *rig) {
			r.clock.Add(61 * time.Second)
			r.settle()
		}, "0", "", []string{"stop 95 profit 110 by the entry was not filled within 55s, at market"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(c.ticket))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.restart() // It goes on through a restart.
			c.story(r)
			require.Equal(t, c.held, r.held(btc))
			require.Equal(t, c.resting, r.resting())
			require.Equal(t, c.decided, r.decided())
		})
	}
}

// What is dropped is what the strategy asked for whose entry it was: it gets nothing of what another one has.
func TestEntryThatIsDroppedIsLostByItsOwnShare(t *testing.T) {
	t.Parallel()
	ticket := trading.FixedTicket{Limit: d("0.02"), Unfilled: trading.Unfilled{After: 10 * time.Second}}
	r := newRig(t, refuses, sharing, with(ticket))
	r.signals.put(saysAs("cross", btc, signal.Long, r.now()))
	r.mustStep()
	r.venue.SetPrice(btc, d("98"))
	r.settle()
	require.Equal(t, map[string]string{"cross": "6 of 6"}, r.has())
	r.signals.put(saysAs("other", btc, signal.Long, r.now()))
	r.settle()
	require.Equal(t, []string{"keep 6 by the entry was not filled within 10s, dropped"}, r.decided())
	require.Equal(t, map[string]string{"cross": "6 of 6", "other": "0 of 0"}, r.has())
	r.by("other", signal.Flat)
	require.Equal(t, "6", r.held(btc))
	r.agree()
	r.addsUp()
}

func TestTicketSaysWhatOfUnfilledCannotBe(t *testing.T) {
	t.Parallel()
	for want, u := range map[string]trading.Unfilled{
		"Unfilled.After -1s is negative":                           {After: -time.Second},
		"Unfilled.Reprice -1 is negative":                          {After: time.Second, Reprice: -1},
		"Unfilled.After is not set: it would never be":             {Cross: true},
		"Unfilled.Price 0 is not above zero: nobody knows how far": {After: time.Second, Reprice: 1},
	} {
		ticket := trading.Ticket{Type: trading.Limit, LimitPrice: d("98"), Unfilled: u}
		require.ErrorContains(t, ticket.Validate(trading.Buy, instrument(btc), d("100")), want)
	}
}
