package engine_test

import (
	"context"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// toldJournal tells what is written to it, once it is there.
type toldJournal struct {
	*frailJournal
	*transcript
}

func (j toldJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if err := j.frailJournal.Append(ctx, at, events...); err != nil {
		for _, event := range events {
			kind, _, _ := journal.Encode(event)
			j.say("journal", "does not get %s", kind)
		}
		return err
	}
	for _, event := range events {
		kind, _, err := journal.Encode(event)
		if err != nil {
			return err
		}
		j.say("journal", "%-14s %s", kind, j.words(event))
	}
	return nil
}

// counterparty is a Broker with all that an engine can use.
type counterparty interface {
	trading.Broker
	trading.Canceler
	trading.Positioner
	trading.Pricer
}

// toldBroker tells what it is asked, and what it answers. Questions for fills and positions, which come at every step,
// it leaves out.
type toldBroker struct {
	counterparty
	*transcript
	cut func() // called once, by the next Submit, in the place of sending; nil for nobody
	end func() // the same, after sending
}

func (b *toldBroker) Submit(ctx context.Context, a trading.Approved) error {
	cut, end := b.cut, b.end
	b.cut, b.end = nil, nil
	if cut != nil {
		cut()
		b.say("broker", "submit %s: is never sent", b.order(a.Order().ClientID))
		return context.Cause(ctx)
	}
	err := b.counterparty.Submit(ctx, a)
	b.say("broker", "submit %s: %s", b.order(a.Order().ClientID), answer(err))
	if end != nil {
		end()
		return context.Cause(ctx)
	}
	return err
}

func (b *toldBroker) Cancel(ctx context.Context, ref trading.OrderRef) error {
	err := b.counterparty.Cancel(ctx, ref)
	b.say("broker", "cancel %s: %s", b.order(ref.ClientID), answer(err))
	return err
}

func (b *toldBroker) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	report, err := b.counterparty.Order(ctx, ref)
	if err != nil {
		b.say("broker", "ask for %s: %s", b.order(ref.ClientID), answer(err))
		return report, err
	}
	b.say("broker", "ask for %s: %s, %s filled%s", b.order(ref.ClientID), report.Status, report.Filled,
		because(report.Reason))
	return report, nil
}

// answer is what a Broker said.
func answer(err error) string {
	if err == nil {
		return "done"
	}
	return err.Error()
}

// story is an engine whose doings are told.
type story struct {
	*rig
	*transcript
	told *toldBroker
}

// newStory is a rig with a transcript. market is its broker; nil means the rig's own.
func newStory(t *rig, market counterparty) *story {
	s := &story{rig: t, transcript: newTranscript(t.clock)}
	if market == nil {
		market = t.broker
	}
	s.told = &toldBroker{counterparty: market, transcript: s.transcript}
	t.cfg.Journal, t.cfg.Broker = toldJournal{t.journal, s.transcript}, s.told
	t.restart()
	return s
}

// waits lets time pass and takes a step.
func (s *story) waits(d time.Duration) {
	s.rig.clock.Add(d)
	s.steps()
}

// steps takes a step, and tells of its error.
func (s *story) steps() {
	if err := s.step(); err != nil {
		s.say("engine", "%s", answer(err))
	}
}
