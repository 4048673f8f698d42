package console

import (
	"bytes"
	"cmp"
	"context"
	"crypto/rand"
	"encoding/json"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/internal/wake"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

const (
	defaultEvents = 1000
	maxEventText  = 2 << 10 // bytes of one text in an event, such as an error
)

// EventsConfig configures Events.
type EventsConfig struct {
	Registry *health.Registry // whose verdict is told; nil for none
	// History is the journal, of which orders, fills, halts and what changes the account are told; nil for none.
	History  journal.History
	Capacity int          // how many events are held; 0 means 1,000
	Clock    health.Clock // nil means the machine's clock
	Logger   *slog.Logger // nil means slog.Default()
}

// Events holds what happened lately, for /api/events: what the tree says, changes of the verdict, acts of people, and what
// the journal says of orders, fills and halts. It holds a bounded number and forgets the oldest; nothing waits for who reads
// it. Its numbers mean something within one life of the process.
//
// Give Service to vigil.Config.OnEvent or supervisor.Config.OnEvent, and Act to Control.Audit. Serve is a service, which
// follows the Registry and the History. Everything is safe for concurrent use. Use NewEvents.
type Events struct {
	cfg   EventsConfig
	run   string
	added wake.Bell

	mu   sync.Mutex  // guards all below
	ring []eventView // the event of number n is at (n-1) % capacity
	last int64
}

// eventView is one event as it is shown.
type eventView struct {
	Seq  int64           `json:"seq"`
	At   time.Time       `json:"at"`
	Kind string          `json:"kind"` // service, verdict, act or journal
	Text string          `json:"text"`
	Data json.RawMessage `json:"data"`
}

// The kinds of events.
const (
	eventOfService = "service"
	eventOfVerdict = "verdict"
	eventOfAct     = "act"
	eventOfJournal = "journal"
)

// NewEvents returns Events that hold nothing yet.
func NewEvents(cfg EventsConfig) (*Events, error) {
	if cfg.Capacity < 0 {
		return nil, fmt.Errorf("console: EventsConfig.Capacity %d is negative", cfg.Capacity)
	}
	cfg.Capacity = cmp.Or(cfg.Capacity, defaultEvents)
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Logger == nil {
		cfg.Logger = slog.Default()
	}
	return &Events{cfg: cfg, run: "events-" + rand.Text()}, nil
}

// Service takes an event of the tree.
func (e *Events) Service(event supervisor.Event) {
	var said record
	supervisor.LogEvent(slog.New(&said), event)
	e.add(event.Stamped().Time, eventOfService, event.Stamped().Path+": "+said.message, said.attrs)
}

// Act takes an act of a person.
func (e *Events) Act(a journal.Acted) {
	text := because(a.Actor+" asked to "+a.Verb, a.Object)
	if a.Error != "" {
		text += " (refused or failed: " + foreign.Cut(a.Error, maxEventText) + ")"
		a.Error = foreign.Cut(a.Error, maxEventText)
	}
	e.add(a.Ended, eventOfAct, text, struct {
		journal.Acted
		Code string `json:"reason_code,omitempty"`
	}{a, codeOfRefusal(a.Error)})
}

// add holds one more event.
func (e *Events) add(at time.Time, kind, text string, data any) {
	body, err := answer.JSON(data)
	if err != nil {
		body, _ = answer.JSON(map[string]string{"error": "it cannot be shown: " + err.Error()})
	}
	one := eventView{At: at.UTC(), Kind: kind, Text: text, Data: bytes.TrimSpace(body)}
	e.mu.Lock()
	e.last++
	one.Seq = e.last
	if len(e.ring) < e.cfg.Capacity {
		e.ring = append(e.ring, one)
	} else {
		e.ring[(e.last-1)%int64(e.cfg.Capacity)] = one
	}
	e.mu.Unlock()
	e.added.Ring()
}

// eventPage is what is held after a number.
type eventPage struct {
	events []eventView
	whole  int64 // nothing is missing after it
	last   int64 // the newest number
}

// after returns the events after a number, oldest first, at most limit.
func (e *Events) after(seq int64, limit int) (p eventPage) {
	e.mu.Lock()
	defer e.mu.Unlock()
	p.last, p.whole = e.last, e.last-int64(len(e.ring))
	for n := max(seq, p.whole) + 1; n <= e.last && len(p.events) < limit; n++ {
		p.events = append(p.events, e.ring[(n-1)%int64(e.cfg.Capacity)])
	}
	return p
}

// before returns the events before a number, 0 for the newest, newest first, at most limit. more says that there are more.
func (e *Events) before(seq int64, limit int) (found []eventView, more bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	found = []eventView{}
	whole, n := e.last-int64(len(e.ring)), e.last
	if seq > 0 {
		n = min(seq-1, n)
	}
	for ; n > whole && len(found) < limit; n-- {
		found = append(found, e.ring[(n-1)%int64(e.cfg.Capacity)])
	}
	return found, n > whole
}

// record is a slog.Handler that keeps one line as JSON.
type record struct {
	message string
	attrs   map[string]any
}

func (r *record) Enabled(context.Context, slog.Level) bool { return true }
func (r *record) WithAttrs([]slog.Attr) slog.Handler       { return r }
func (r *record) WithGroup(string) slog.Handler            { return r }

func (r *record) Handle(_ context.Context, line slog.Record) error {
	r.message, r.attrs = line.Message, map[string]any{"level": line.Level.String()}
	line.Attrs(func(a slog.Attr) bool {
		if a.Key == "stack" { // it is in the log
			return true
		}
		switch v := a.Value.Resolve(); v.Kind() {
		case slog.KindBool, slog.KindInt64, slog.KindUint64, slog.KindFloat64, slog.KindTime:
			r.attrs[a.Key] = v.Any()
		default:
			r.attrs[a.Key] = foreign.Cut(v.String(), maxEventText)
		}
		return true
	})
	return nil
}
