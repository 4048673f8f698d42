package binance

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// intervals are those that the venue has bars of, but weeks and months: those begin on Mondays and last differently.
var intervals = map[time.Duration]string{
	time.Minute: "1m", 3 * time.Minute: "3m", 5 * time.Minute: "5m", 15 * time.Minute: "15m", 30 * time.Minute: "30m",
	time.Hour: "1h", 2 * time.Hour: "2h", 4 * time.Hour: "4h", 6 * time.Hour: "6h", 8 * time.Hour: "8h", 12 * time.Hour: "12h",
	24 * time.Hour: "1d", 3 * 24 * time.Hour: "3d",
}

const (
	maxBars = 1500
	// keptBars are how many pushed bars of each symbol are kept to answer from; more than a Generator asks for at once is
	// history, and the venue is asked.
	keptBars = 500
	// certain is how long after its end a bar counts as closed that has none behind it: our idea of the venue's clock may
	// be ahead by some of that.
	certain = time.Second
)

// Source tells the bars of the venue that have closed: history when it is asked, and, while Serve runs, each bar as it closes.
// Use Broker.Source.
type Source struct {
	broker   *Broker
	interval time.Duration

	mu     sync.Mutex // guards what is below
	pushed map[string][]signal.Bar
	woken  chan struct{} // nil while nobody waits
}

var (
	_ signal.Source = (*Source)(nil)
	_ signal.Waker  = (*Source)(nil)
)

// Source returns the bars of an interval at the Broker's venue, such as of a minute. The venue has none of a second.
func (b *Broker) Source(interval time.Duration) (*Source, error) {
	if _, ok := intervals[interval]; !ok {
		return nil, fmt.Errorf("binance: the venue has no bars of %s; it has those of 1m, 3m, 5m, 15m, 30m, 1h, 2h, 4h, 6h, 8h, "+
			"12h, 24h and 72h", interval)
	}
	return &Source{broker: b, interval: interval, pushed: make(map[string][]signal.Bar)}, nil
}

// Bars implements signal.Source.
func (s *Source) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	l, err := s.broker.listed(ctx, symbol)
	switch {
	case err != nil && !s.broker.catalog.isEmpty():
		return signal.Batch{}, fmt.Errorf("binance: %w %q", signal.ErrUnknownSymbol, symbol)
	case err != nil:
		return signal.Batch{}, err
	case ctx.Err() != nil || limit < 1:
		return signal.Batch{}, ctx.Err()
	}
	if bars, known := s.fromPushed(symbol, after, limit); known {
		return signal.Batch{Bars: bars}, nil
	}
	bars, err := s.ask(ctx, l, after, limit)
	return signal.Batch{Bars: bars}, err
}

// ask asks for history. The last row is of the bar that is still open.
func (s *Source) ask(ctx context.Context, l listing, after time.Time, limit int) (bars []signal.Bar, err error) {
	if err := s.broker.client.time.sync(ctx, s.broker.client); err != nil {
		return nil, err
	}
	rows := min(limit, maxBars-1) + 1
	var told []*futures.Kline
	err = s.broker.client.do(ctx, request{what: "ask for bars of " + l.Symbol, weight: barWeight(rows), class: bulk},
		func(ctx context.Context, f *futures.Client) (err error) {
			told, err = f.NewKlinesService().Symbol(l.venue).Interval(intervals[s.interval]).Limit(rows).
				StartTime(max(after.UnixMilli()+1, 1)).Do(ctx)
			return err
		})
	if err != nil {
		return nil, err
	}
	now := s.broker.client.time.now()
	for i, k := range told {
		closed := i < len(told)-1 || now.Sub(time.UnixMilli(k.CloseTime)) > certain
		if !closed || len(bars) == limit {
			break
		}
		b, err := s.bar(l.Symbol, k.OpenTime, [...]string{k.Open, k.High, k.Low, k.Close, k.Volume})
		if err != nil {
			return nil, err
		}
		if b.Time.After(after) {
			bars = append(bars, b)
		}
	}
	return bars, nil
}

// barWeight is what so many rows cost.
func barWeight(rows int) int {
	switch {
	case rows < 100:
		return 1
	case rows < 500:
		return 2
	case rows <= 1000:
		return 5
	}
	return 10
}

func (s *Source) bar(symbol string, opened int64, told [5]string) (signal.Bar, error) {
	b := signal.Bar{Symbol: symbol, Time: time.UnixMilli(opened).UTC(), Interval: s.interval}
	for i, into := range []*float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume} {
		value, err := strconv.ParseFloat(told[i], 64)
		if err != nil {
			return b, fmt.Errorf("binance: the bar of %s at %s: %q is no number", symbol, b.Time.Format(time.RFC3339), told[i])
		}
		*into = value
	}
	if err := b.Validate(); err != nil {
		return b, fmt.Errorf("binance: the bar of %s at %s: %w", symbol, b.Time.Format(time.RFC3339), err)
	}
	return b, nil
}

// fromPushed answers from the bars that were pushed, where none is missing between the time asked from and them.
func (s *Source) fromPushed(symbol string, after time.Time, limit int) ([]signal.Bar, bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.pushed[symbol]
	if len(kept) == 0 || kept[0].Time.After(after.Add(s.interval)) || kept[len(kept)-1].End().Add(s.interval).Before(
		s.broker.client.time.now()) {
		return nil, false
	}
	first, _ := slices.BinarySearchFunc(kept, after, func(b signal.Bar, t time.Time) int {
		return cmp.Or(b.Time.Compare(t), -1) // the first one after it
	})
	bars := kept[first:]
	return slices.Clone(bars[:min(len(bars), limit)]), true
}

// push takes in a bar that has closed. After a gap it begins anew, and what lies before is asked for.
func (s *Source) push(b signal.Bar) {
	s.mu.Lock()
	defer s.mu.Unlock()
	kept := s.pushed[b.Symbol]
	if n := len(kept); n > 0 {
		if !b.Time.After(kept[n-1].Time) {
			return // it comes twice
		}
		if !b.Time.Equal(kept[n-1].End()) {
			kept = nil
		}
	}
	kept = append(kept, b)
	s.pushed[b.Symbol] = slices.Clip(kept[max(0, len(kept)-keptBars):])
	if s.woken != nil {
		close(s.woken)
		s.woken = nil
	}
}

// Wake implements signal.Waker.
func (s *Source) Wake() <-chan struct{} {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.woken == nil {
		s.woken = make(chan struct{})
	}
	return s.woken
}

// Serve listens to the bars of the Config's Symbols until ctx ends, and connects anew whenever the stream breaks. Without it a
// Source works, and the venue is asked each time.
func (s *Source) Serve(ctx context.Context) error {
	c := s.broker.client
	if c.cfg.StreamURL == "" {
		return errors.New("binance: Config.StreamURL is empty")
	}
	health.Ready(ctx)
	pauses := pauses{first: 250 * time.Millisecond, longest: 30 * time.Second}
	for ctx.Err() == nil {
		began := c.cfg.Clock.Now()
		err := s.listen(ctx)
		if ctx.Err() != nil {
			break
		}
		if errors.Is(err, errOld) {
			continue
		}
		health.Observe(ctx, err)
		c.cfg.Logger.Warn("The stream of bars is down, and they are asked for", "error", err)
		if !c.wait(ctx, pauses.next(c.cfg.Clock.Now().Sub(began))) {
			break
		}
	}
	return ctx.Err()
}

func (s *Source) listen(ctx context.Context) error {
	if err := s.broker.known(ctx); err != nil {
		return err
	}
	var streams []string
	for _, name := range s.broker.client.cfg.Symbols {
		l, ok := s.broker.catalog.find(name)
		if !ok {
			return fmt.Errorf("binance: Config.Symbols: the venue lists no %q", name)
		}
		streams = append(streams, url.PathEscape(strings.ToLower(l.venue))+"@kline_"+intervals[s.interval])
	}
	conn, err := s.broker.client.dial(ctx, s.broker.client.cfg.StreamURL+"/market/stream?streams="+strings.Join(streams, "/"))
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	look := func(context.Context, time.Time) error { return nil }
	hear := func(ctx context.Context, text []byte) error { s.hear(ctx, text); return nil }
	return s.broker.client.follow(ctx, conn, look, hear)
}

// klineMessage is a bar as the stream tells it, open or closed. Names that differ only in case are both here.
type klineMessage struct {
	Data struct {
		Kind string `json:"e"`
		At   int64  `json:"E"`
		Bar  struct {
			Opened int64  `json:"t"`
			Closes int64  `json:"T"`
			Venue  string `json:"s"`
			Open   string `json:"o"`
			High   string `json:"h"`
			Low    string `json:"l"`
			Last   int64  `json:"L"`
			Close  string `json:"c"`
			Volume string `json:"v"`
			Taken  string `json:"V"`
			Closed bool   `json:"x"`
		} `json:"k"`
	} `json:"data"`
}

// hear takes in one message. What cannot be read is told and left out: the gap makes the next question one to the venue.
func (s *Source) hear(ctx context.Context, text []byte) {
	health.Beat(ctx)
	var m klineMessage
	if err := json.Unmarshal(text, &m); err != nil {
		s.broker.client.cfg.Logger.Warn("A message of the stream makes no sense", "error", err)
		return
	}
	k := m.Data.Bar
	if m.Data.Kind != "kline" || !k.Closed {
		return
	}
	b, err := s.bar(s.broker.catalog.nameOf(k.Venue), k.Opened, [...]string{k.Open, k.High, k.Low, k.Close, k.Volume})
	if err != nil {
		s.broker.client.cfg.Logger.Warn("A bar of the stream makes no sense", "error", err)
		return
	}
	s.push(b)
}
