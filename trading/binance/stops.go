package binance

import (
	"context"
	"fmt"
	"time"

	"github.com/adshao/go-binance/v2/futures"
)

const (
	week = 7 * 24 * time.Hour // the longest that may be asked for at once
	// stopWeeks is how long before it triggers a stop may have been placed to be found again by a process that did not
	// place it and that was not asked for it.
	stopWeeks = 4
	stopPage  = 500
	// slow is how much later than an order the venue may show which stop it came from.
	slow = 10 * time.Second
)

// learned says which stops of an instrument are known: those that were placed from a time on, as they stood at another.
type learned struct {
	from, at time.Time
	waiting  time.Time // when the oldest of those was placed that were not done yet; at where all were
}

func (n *names) learned(venue string) (l learned, is bool) {
	n.mu.Lock()
	defer n.mu.Unlock()
	l, is = n.stops[venue]
	return l, is
}

func (n *names) learn(venue string, l learned) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.stops[venue] = l
}

// learnStops remembers what has become of the stops of an instrument that were placed in the weeks before an order was born.
// It asks for what is not known yet: those that were placed since the last time, and those that were not done then.
func (b *Broker) learnStops(ctx context.Context, venue string, born time.Time) error {
	now := b.client.time.now()
	if !b.earliest(born).Equal(born) {
		return nil // the venue tells of no stop that is older than that order
	}
	from := b.earliest(born.Add(-stopWeeks * week))
	begin := from
	if known, is := b.names.learned(venue); is && !from.Before(known.from) {
		if born.Add(slow).Before(known.at) {
			return nil
		}
		begin = later(from, known.waiting.Add(-slow))
	}
	waiting := now
	for begin.Before(now) {
		end := begin.Add(week - time.Millisecond)
		if end.After(now) {
			end = now
		}
		stops, err := b.stopsBetween(ctx, venue, begin, end)
		for i := range stops {
			s := &stops[i]
			if id := bornOf(s.ActualOrderId); id > 0 {
				b.names.putStop(s.Symbol, id, s.ClientAlgoId)
			} else if placed := time.UnixMilli(s.CreateTime); mayTrigger(s.AlgoStatus) && placed.Before(waiting) {
				waiting = placed
			}
		}
		if err != nil {
			return err
		}
		begin = end.Add(time.Millisecond)
	}
	b.names.learn(venue, learned{from: from, at: now, waiting: waiting})
	return nil
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// mayTrigger reports whether an ordinary order can come of a stop yet.
func mayTrigger(s futures.AlgoOrderStatusType) bool {
	return s == algoNew || s == algoTriggering || s == algoTriggered
}

// stopsBetween asks for the stops that were placed in a time of at most a week. Where the answer is as long as one may be, it
// asks for the halves of that time. It never asks for a page by its number, as whoever ignores that tells the same page for
// ever: here the times get shorter until the answers do, and an answer that is of another time is an error.
func (b *Broker) stopsBetween(ctx context.Context, venue string, begin, end time.Time) (
	stops []futures.GetAlgoOrderResp, err error,
) {
	err = b.signed(ctx, request{what: "ask for stops of the past", weight: 5, class: bulk},
		func(ctx context.Context, f *futures.Client) (err error) {
			stops, err = f.NewListAllAlgoOrdersService().Symbol(venue).StartTime(begin.UnixMilli()).
				EndTime(end.UnixMilli()).Limit(stopPage).Do(ctx, b.client.recv())
			return err
		})
	if err != nil || len(stops) < stopPage {
		return stops, err
	}
	for _, s := range stops {
		if s.CreateTime < begin.UnixMilli() || s.CreateTime > end.UnixMilli() {
			return stops, fmt.Errorf("binance: ask for stops of the past: the venue tells of stop %s of another time than was "+
				"asked for, so that those of %s cannot be told apart", s.ClientAlgoId, venue)
		}
	}
	middle := begin.Add(end.Sub(begin) / 2).Truncate(time.Millisecond)
	if !middle.Before(end.Truncate(time.Millisecond)) {
		return stops, fmt.Errorf("binance: ask for stops of the past: there are %d or more of %s of one instant, %s", stopPage,
			venue, begin)
	}
	first, err := b.stopsBetween(ctx, venue, begin, middle)
	if err != nil {
		return append(stops, first...), err
	}
	second, err := b.stopsBetween(ctx, venue, middle.Add(time.Millisecond), end)
	return append(first, second...), err
}
