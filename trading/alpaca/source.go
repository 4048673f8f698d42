package alpaca

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const day24 = 24 * time.Hour

// intervals are those whose bars begin at multiples of them in every zone, and days, which begin at midnight in New York.
var intervals = map[time.Duration]string{
	time.Minute: "1Min", 2 * time.Minute: "2Min", 3 * time.Minute: "3Min", 4 * time.Minute: "4Min", 5 * time.Minute: "5Min",
	6 * time.Minute: "6Min", 10 * time.Minute: "10Min", 12 * time.Minute: "12Min", 15 * time.Minute: "15Min",
	20 * time.Minute: "20Min", 30 * time.Minute: "30Min", time.Hour: "1Hour", day24: "1Day",
}

const (
	// A page has as many rows as are wanted and at least minRows, as many may lie outside the hours; the venue gives maxRows.
	minRows, maxRows = 1000, 10_000
	maxPages         = 100
	// certain is how long after its end a bar counts as closed that was asked for: our clock may be ahead by some of that.
	certain = 2 * time.Second
)

// epoch is before all that the venue has.
var epoch = time.Date(2015, 1, 1, 0, 0, 0, 0, time.UTC)

// Source tells the bars of the venue that have closed: history when it is asked, and, while Serve runs, each minute as it
// closes. Use Broker.Source. It is safe for concurrent use.
//
// Prices are as they were traded, not adjusted to splits and dividends. A minute without a trade has no bar, and a Source says
// of nothing that it is complete: a trade may be reported late. A bar that such a trade corrects is not told again to whoever
// has it; whoever asks later is told the corrected one.
//
// Where the Config has IsOpen, bars are told that lie in these hours, if only in part; see Config.OutOfHours. Bars of a day
// are told always, 24 hours after their begin.
type Source struct {
	broker   *Broker
	interval time.Duration
	listed   listed
	pushed   *pushed
}

var (
	_ signal.Source = (*Source)(nil)
	_ signal.Waker  = (*Source)(nil)
)

// Source returns the bars of an interval at the Broker's venue, such as of a minute. The Config's DataURL is needed.
func (b *Broker) Source(interval time.Duration) (*Source, error) {
	if b.client.cfg.DataURL == "" {
		return nil, errors.New("alpaca: Config.DataURL is empty: a Source asks for bars there, see DataURL")
	}
	if _, ok := intervals[interval]; !ok {
		return nil, fmt.Errorf("alpaca: there is no Source of bars of %s, but of 1m, 2m, 3m, 4m, 5m, 6m, 10m, 12m, 15m, 20m, "+
			"30m, 1h and 24h", interval)
	}
	return &Source{
		broker: b, interval: interval, listed: listed{symbols: make(map[string]bool)},
		pushed: &pushed{lines: make(map[string]*line)},
	}, nil
}

// Bars implements signal.Source. An answer may be a request to the venue, and waits where more were sent than the venue takes
// in a minute.
func (s *Source) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if err := s.lists(ctx, symbol); err != nil {
		return signal.Batch{}, err
	}
	if ctx.Err() != nil || limit < 1 {
		return signal.Batch{}, ctx.Err()
	}
	now := s.broker.client.cfg.Clock.Now()
	if bars, known := s.pushed.answer(symbol, after, limit, now); known {
		return signal.Batch{Bars: bars}, nil
	}
	if now.Add(-certain).Before(s.nextEnd(after)) {
		return signal.Batch{}, nil
	}
	bars, err := s.ask(ctx, symbol, after, limit, now)
	if err != nil {
		return signal.Batch{}, err
	}
	s.pushed.compare(symbol, bars, now)
	return signal.Batch{Bars: bars}, nil
}

// nextEnd is before when no bar closes that opens after a time.
func (s *Source) nextEnd(after time.Time) time.Time {
	if s.interval >= day24 {
		return after.Add(s.interval) // it begins at midnight elsewhere
	}
	return after.Truncate(s.interval).Add(2 * s.interval)
}

// barPage is a page of bars as the venue tells it.
type barPage struct {
	Symbol string   `json:"symbol"`
	Bars   []barRow `json:"bars"`
	Next   *string  `json:"next_page_token"`
}

type barRow struct {
	Time   time.Time `json:"t"`
	Open   float64   `json:"o"`
	High   float64   `json:"h"`
	Low    float64   `json:"l"`
	Close  float64   `json:"c"`
	Volume float64   `json:"v"`
}

// ask asks for history, page after page, until there is enough.
func (s *Source) ask(ctx context.Context, symbol string, after time.Time, limit int, now time.Time) ([]signal.Bar, error) {
	p := pages{source: s, symbol: symbol, after: after, limit: limit, closed: now.Add(-certain)}
	asked := url.Values{
		"timeframe": {intervals[s.interval]}, "adjustment": {"raw"}, "feed": {s.broker.client.cfg.Feed}, "sort": {"asc"},
		"start": {later(epoch, after.Truncate(time.Second).Add(time.Second)).UTC().Format(time.RFC3339)},
		"end":   {now.UTC().Format(time.RFC3339)}, "limit": {strconv.Itoa(min(max(limit+1, minRows), maxRows))},
	}
	told := make(map[string]bool)
	for range maxPages {
		var page barPage
		// Nothing else is asked for there that would have to wait.
		err := s.broker.client.askData(ctx, request{what: "ask for bars of " + symbol, class: urgent},
			"/v2/stocks/"+url.PathEscape(symbol)+"/bars", asked, &page)
		if err != nil {
			return nil, err
		}
		if err := p.add(page); err != nil {
			return nil, err
		}
		if p.full || page.Next == nil || *page.Next == "" {
			return p.bars, nil
		}
		if told[*page.Next] {
			return nil, fmt.Errorf("alpaca: ask for bars of %s: the venue repeats the page %.100q", symbol, *page.Next)
		}
		told[*page.Next] = true
		asked.Set("page_token", *page.Next)
	}
	if len(p.bars) == 0 {
		return nil, fmt.Errorf("alpaca: ask for bars of %s: in %d pages none is of the hours that Config.IsOpen tells", symbol,
			maxPages)
	}
	return p.bars, nil
}

func later(x, y time.Time) time.Time {
	if x.After(y) {
		return x
	}
	return y
}

// pages are what the pages of one question come to.
type pages struct {
	source *Source
	symbol string
	after  time.Time
	limit  int
	closed time.Time // bars that end later are open

	last time.Time
	bars []signal.Bar
	full bool // nothing is wanted of what follows
}

func (p *pages) add(page barPage) error {
	if page.Symbol != "" && page.Symbol != p.symbol {
		return fmt.Errorf("alpaca: ask for bars of %s: the venue answers with those of %q", p.symbol, page.Symbol)
	}
	for _, row := range page.Bars {
		b, err := p.source.bar(p.symbol, row)
		if err != nil {
			return err
		}
		if !b.Time.After(p.last) {
			return fmt.Errorf("alpaca: ask for bars of %s: the venue tells the one of %s behind that of %s", p.symbol,
				b.Time.Format(time.RFC3339), p.last.Format(time.RFC3339))
		}
		p.last = b.Time
		if p.full = b.End().After(p.closed); p.full {
			return nil
		}
		if b.Time.After(p.after) && p.source.tells(b) {
			p.bars = append(p.bars, b)
		}
		if p.full = len(p.bars) == p.limit; p.full {
			return nil
		}
	}
	return nil
}

func (s *Source) bar(symbol string, row barRow) (signal.Bar, error) {
	b := signal.Bar{
		Symbol: symbol, Time: row.Time.UTC(), Interval: s.interval,
		Open: row.Open, High: row.High, Low: row.Low, Close: row.Close, Volume: row.Volume,
	}
	if err := b.Validate(); err != nil {
		return b, fmt.Errorf("alpaca: the bar of %s at %s: %w", symbol, b.Time.Format(time.RFC3339), err)
	}
	return b, nil
}

// tells reports whether a bar lies in the hours, if only in part, as the first hour of a day does.
func (s *Source) tells(b signal.Bar) bool {
	isOpen := s.broker.client.cfg.IsOpen
	return isOpen == nil || s.broker.client.cfg.OutOfHours || s.interval >= day24 ||
		isOpen(b.Time) || isOpen(b.End().Add(-time.Nanosecond))
}
