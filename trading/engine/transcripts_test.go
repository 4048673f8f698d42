package engine_test

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// dayTicket is patient with an order that ends with the day.
type dayTicket struct{ trading.FixedTicket }

func (d dayTicket) Ticket(s trading.Sizing, side trading.Side) (trading.Ticket, error) {
	ticket, err := d.FixedTicket.Ticket(s, side)
	ticket.TimeInForce = trading.Day
	return ticket, err
}

// account is a paper account on which a story trades: a bar has four prices, each with a quarter of its volume.
type account struct {
	*story
	paper *paper.Broker
}

func newAccount(t *testing.T, ticket trading.TicketPolicy) *account {
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Ticket = ticket })
	broker, err := paper.New(paper.Config{
		Instruments: r.cfg.Instruments, Cash: r.cfg.Capital, FeeRate: d("0.001"), Fill: paper.BarTicks, Clock: r.clock,
	})
	require.NoError(t, err)
	return &account{newStory(r, broker), broker}
}

// bar lets a minute pass in which the price goes from open to high, low and end.
func (a *account) bar(volume, open, high, low, end float64) {
	a.say("market", "%v, %v, %v, %v with a volume of %v", open, high, low, end, volume)
	bar := signal.Bar{
		Symbol: btc, Interval: time.Minute, Time: a.now(), Open: open, High: high, Low: low, Close: end, Volume: volume,
	}
	a.rig.clock.Add(time.Minute)
	require.NoError(a.t, a.paper.OnBar(bar))
	a.steps()
}

// hears lets a signal come to go long, which is valid for so long.
func (a *account) hears(valid time.Duration) {
	s := says(btc, signal.Long, a.now())
	s.ValidUntil = a.now().Add(valid)
	a.signals.put(s)
	a.steps()
}

func TestTranscriptOfAnOrder(t *testing.T) {
	t.Parallel()
	a := newAccount(t, patient)
	a.bar(100, 100, 100, 100, 100)
	a.hears(time.Hour)
	a.bar(16, 99, 99.5, 97.5, 99)    // the limit of 98 is reached once: 4 of 10
	a.bar(100, 99, 99.5, 97, 99)     // and again: the rest
	a.bar(100, 103, 108.5, 102, 104) // the profit is taken
	a.bar(100, 104, 104, 104, 104)
	golden.Check(t, a.String(), "testdata/transcripts/order.txt")
}

func TestTranscriptOfAStop(t *testing.T) {
	t.Parallel()
	a := newAccount(t, bracket)
	a.bar(1000, 100, 100, 100, 100)
	a.hears(time.Hour)
	a.bar(1000, 99, 99.5, 94.5, 96) // the loss is stopped
	a.bar(1000, 96, 96, 96, 96)
	golden.Check(t, a.String(), "testdata/transcripts/stop.txt")
}

// An order for the day, and a signal that is not valid any more.
func TestTranscriptOfWhatExpires(t *testing.T) {
	t.Parallel()
	a := newAccount(t, dayTicket{patient})
	a.chapter("an order ends with the day")
	a.bar(100, 100, 100, 100, 100)
	a.hears(24 * time.Hour)
	a.rig.clock.Add(12 * time.Hour)
	a.bar(100, 99, 99, 99, 99)
	a.waits(time.Minute)
	b := newAccount(t, patient)
	b.chapter("an order ends with its signal")
	b.bar(100, 100, 100, 100, 100)
	b.hears(2 * time.Minute)
	b.waits(3 * time.Minute)
	b.waits(time.Minute)
	b.chapter("a signal comes too late")
	b.hears(-time.Second)
	golden.Check(t, a.String()+"\n"+b.String(), "testdata/transcripts/expired.txt")
}

// What becomes of a market order, by what goes wrong with its submission.
func TestTranscriptOfTroubleWithASubmission(t *testing.T) {
	t.Parallel()
	whole := ""
	for _, c := range []struct {
		title  string
		traits trading.Traits
		faults []tradingtest.Fault
		then   func(s *story)
	}{
		{"it is rejected", refuses, []tradingtest.Fault{tradingtest.Reject}, nil},
		{"the reply is lost", refuses, []tradingtest.Fault{tradingtest.LoseReply}, nil},
		{"the request is lost, and duplicates are refused", refuses, []tradingtest.Fault{tradingtest.LoseRequest}, nil},
		{"the request is lost, and duplicates are not refused", bounded, []tradingtest.Fault{tradingtest.LoseRequest}, nil},
		{"the request is late", bounded, []tradingtest.Fault{tradingtest.Late}, func(s *story) {
			for _, err := range s.broker.Deliver(t.Context()) {
				s.say("broker", "gets what was late: %s", answer(err))
			}
		}},
		{"nobody ever answers", trading.Traits{}, []tradingtest.Fault{tradingtest.LoseRequest}, func(s *story) {
			id := s.engine.Status().Orders[0].ClientID
			require.NoError(t, s.engine.GiveUp(t.Context(), id, "alice"))
		}},
	} {
		s := newStory(newRig(t, c.traits), nil)
		s.chapter(c.title)
		s.broker.Next(c.faults...)
		s.signals.put(says(btc, signal.Long, s.now()))
		s.steps()
		s.waits(time.Second)
		if c.then != nil {
			c.then(s)
		}
		s.waits(5 * time.Second)
		s.waits(5 * time.Second)
		whole += s.String() + "\n"
	}
	golden.Check(t, whole, "testdata/transcripts/trouble.txt")
}

func TestTranscriptOfAHalt(t *testing.T) {
	t.Parallel()
	s := newStory(newRig(t, refuses, with(patient)), nil)
	s.signals.put(says(btc, signal.Long, s.now()))
	s.steps()
	s.chapter("a person halts, and what rests goes")
	require.NoError(t, s.engine.Halt(t.Context(), "odd prices"))
	s.waits(time.Second)
	s.chapter("a restart does not lift it")
	s.restart()
	s.rig.clock.Add(time.Minute)
	s.signals.put(says(btc, signal.Long, s.now()))
	s.steps()
	s.chapter("a person re-arms")
	require.NoError(t, rearm(t.Context(), s.engine, "alice"))
	s.waits(time.Second)
	s.rig.clock.Add(time.Minute)
	s.signals.put(says(btc, signal.Short, s.now()))
	s.steps()

	l := newStory(newRig(t, refuses, func(cfg *engine.Config) { cfg.Risk = limits(cfg, func(l *risk.Limits) { l.MaxDailyLoss = d("50") }) }), nil)
	l.chapter("the daily loss halts, and what reduces passes")
	l.signals.put(says(btc, signal.Long, l.now()))
	l.steps()
	l.venue.SetPrice(btc, d("94"))
	l.waits(time.Second)
	l.rig.clock.Add(time.Minute)
	l.signals.put(says(btc, signal.Short, l.now()), says(eth, signal.Long, l.now()))
	l.steps()
	golden.Check(t, s.String()+"\n"+l.String(), "testdata/transcripts/halt.txt")
}

func TestTranscriptOfAStoppedEngine(t *testing.T) {
	t.Parallel()
	whole := ""
	for _, policy := range []engine.StopPolicy{engine.LeaveOrders, engine.CancelOrders, engine.FlattenAll} {
		synctest.Test(t, func(t *testing.T) { // where a stop without an end is a deadlock that is seen
			whole += tellStop(t, policy) + "\n"
		})
	}
	golden.Check(t, whole, "testdata/transcripts/stopped.txt")
}

// tellStop stops an engine that holds one instrument, guarded, and wants another one.
func tellStop(t *testing.T, policy engine.StopPolicy) string {
	s := newStory(newRig(t, refuses, with(patient)), nil)
	s.signals.put(says(btc, signal.Long, s.now()))
	s.steps()
	s.venue.SetPrice(btc, d("97"))
	s.waits(time.Second)
	s.signals.put(says(eth, signal.Long, s.now()))
	s.waits(time.Second)
	s.chapter("stop: " + string(policy))
	report, err := s.engine.Stop(t.Context(), policy, time.Minute)
	require.NoError(t, err)
	s.say("engine", "stop is done: %t, %d orders open, %d positions",
		report.Done, len(report.Open), len(report.Positions))
	return s.String()
}

var errKilled = errors.New("killed")

// The process is killed within a submission, and another one goes on from its journal.
func TestTranscriptOfAKillAndARestart(t *testing.T) {
	t.Parallel()
	whole := ""
	for _, c := range []struct {
		title   string
		traits  trading.Traits
		ticket  trading.FixedTicket
		arrived bool
	}{
		{"killed before the broker got it, which refuses duplicates", refuses, trading.FixedTicket{}, false},
		{"killed before the broker got it, which takes duplicates", bounded, trading.FixedTicket{}, false},
		{"killed after the broker got it, and it filled", bounded, trading.FixedTicket{}, true},
		{"killed after the broker got it, and it rests", bounded, patient, true},
	} {
		s := newStory(newRig(t, c.traits, with(c.ticket)), nil)
		s.chapter(c.title)
		s.killedWithin(c.arrived)
		s.chapter("another engine, on the same journal")
		s.restart()
		for range 7 {
			s.waits(time.Second)
		}
		s.rig.clock.Add(time.Minute)
		s.signals.put(says(btc, signal.Flat, s.now()))
		s.steps()
		s.agree()
		whole += s.String() + "\n"
	}
	golden.Check(t, whole, "testdata/transcripts/kill.txt")
}

// killedWithin abandons the engine within its first submission: nothing that it does then gets to the journal any more.
func (s *story) killedWithin(arrived bool) {
	ctx, cancel := context.WithCancelCause(context.Background())
	kill := func() {
		s.say("engine", "is killed")
		cancel(errKilled)
		s.journal.failAt = s.journal.appends + 1
	}
	if arrived {
		s.told.end = kill
	} else {
		s.told.cut = kill
	}
	s.signals.put(says(btc, signal.Long, s.now()))
	require.Error(s.t, s.engine.Step(ctx))
}
