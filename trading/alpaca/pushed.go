package alpaca

import (
	"cmp"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const (
	// keptBars are how many pushed bars of each symbol are kept to answer from; what lies before is asked for.
	keptBars = 500
	// believed is how long a stream is believed that says nothing: a symbol may be without a trade for hours, and so may a stream
	// that is broken. After that the venue is asked, and its answer held against what was pushed.
	believed = 2 * time.Minute
	// behind is by how much later than its end a bar may be pushed.
	behind = 10 * time.Second
)

// pushed are the bars of a minute that the stream has told. While it is up none is missing from a time on, so that a minute
// without a bar was one without a trade.
type pushed struct {
	mu    sync.Mutex // guards what is below
	lines map[string]*line
	heard time.Time     // when the stream has said something
	lost  error         // why the stream cannot be believed any more
	woken chan struct{} // nil while nobody waits
}

// line are the bars of a symbol that open at a time or later.
type line struct {
	from  time.Time
	bars  []signal.Bar // ascending
	asked time.Time    // when the venue was asked last, and had nothing else
}

// begin begins anew with a stream that is up. The bar of the minute that runs will be told whole.
func (p *pushed) begin(symbols []string, now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.lines, p.heard, p.lost = make(map[string]*line), now, nil
	for _, symbol := range symbols {
		p.lines[symbol] = &line{from: now.Truncate(time.Minute)}
	}
}

// end says that the stream is down.
func (p *pushed) end() {
	p.mu.Lock()
	defer p.mu.Unlock()
	clear(p.lines)
}

// answer tells from memory what was asked for; false where that may lack something.
func (p *pushed) answer(symbol string, after time.Time, limit int, now time.Time) ([]signal.Bar, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[symbol]
	if l == nil || l.from.After(after.Add(time.Minute)) || now.Sub(later(p.heard, l.asked)) > believed {
		return nil, false
	}
	first, _ := slices.BinarySearchFunc(l.bars, after, func(b signal.Bar, t time.Time) int {
		return cmp.Or(b.Time.Compare(t), -1) // the first one after it
	})
	bars := l.bars[first:]
	return slices.Clone(bars[:min(len(bars), limit)]), true
}

// push takes in a bar that has closed. One that comes twice stays as it was.
func (p *pushed) push(b signal.Bar) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[b.Symbol]
	if l == nil || b.Time.Before(l.from) {
		return
	}
	at, found := l.find(b.Time)
	if found {
		return
	}
	l.bars = slices.Insert(l.bars, at, b)
	if len(l.bars) > keptBars {
		l.from = l.bars[0].End()
		l.bars = slices.Clone(l.bars[1:])
	}
	p.wakeLocked()
}

// correct puts a bar in the place of one that was told, and returns that one; false where there is none.
func (p *pushed) correct(b signal.Bar) (before signal.Bar, told bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[b.Symbol]
	if l == nil {
		return before, false
	}
	at, found := l.find(b.Time)
	if !found {
		return before, false
	}
	before, l.bars[at] = l.bars[at], b
	return before, true
}

func (l *line) find(at time.Time) (int, bool) {
	return slices.BinarySearchFunc(l.bars, at, func(b signal.Bar, t time.Time) int { return b.Time.Compare(t) })
}

// hear notes that the stream has said something.
func (p *pushed) hear(now time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.heard = now
}

// compare holds what was asked for at a time against what was pushed.
func (p *pushed) compare(symbol string, told []signal.Bar, asked time.Time) {
	p.mu.Lock()
	defer p.mu.Unlock()
	l := p.lines[symbol]
	if l == nil {
		return
	}
	for _, b := range told {
		if _, found := l.find(b.Time); !found && !b.Time.Before(l.from) && !b.End().Add(behind).After(asked) {
			p.lost = fmt.Errorf("alpaca: the stream is open and has not told the bar of %s at %s", symbol,
				b.Time.Format(time.RFC3339))
			clear(p.lines)
			return
		}
	}
	l.asked = asked
}

// mute is why the stream cannot be believed; nil where it can.
func (p *pushed) mute() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.lost
}

func (p *pushed) wake() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.wakeLocked()
}

func (p *pushed) wakeLocked() {
	if p.woken != nil {
		close(p.woken)
		p.woken = nil
	}
}

func (p *pushed) waken() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.woken == nil {
		p.woken = make(chan struct{})
	}
	return p.woken
}
