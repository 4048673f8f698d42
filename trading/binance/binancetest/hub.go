package binancetest

import (
	"context"
	"encoding/json"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
)

// group is one of the three families of streams. Each has a path of its own: what is asked of the wrong one stays
// silent.
type group string

// The groups of streams.
const (
	private group = "private"
	markets group = "market"
	public  group = "public"
)

// groupOf is where a market's stream is carried.
func groupOf(stream string) group {
	if strings.HasPrefix(stream, "bookTicker") {
		return public
	}
	return markets
}

// A connection ends after a day.
const longestConnection = 24 * time.Hour

// hub has the connections of streams. Venue.mu guards it, and its connections but for what their own goroutines use.
type hub struct {
	venue *Venue
	conns map[*conn]bool

	held    []func() // events that wait for the reply of a request; nil while none holds
	holding bool
	repeat  int    // events of the user that will be sent twice
	swap    int    // pairs of events of the user that will change places
	swapped func() // the first of a pair
	mutes   map[group]time.Time
}

// conn is one WebSocket.
type conn struct {
	group    group
	listen   string // the listenKey in the address of a private one
	kinds    []string
	streams  map[string]bool
	combined bool
	opened   time.Time

	ws    *websocket.Conn
	raw   *rawConn
	queue [][]byte
	wake  chan struct{}
	end   context.CancelFunc // once what is queued is written
	cut   context.CancelFunc // at once
	how   ending
}

// ending is how a connection ends.
type ending int

const (
	abrupt ending = iota
	clean         // by a close frame
	half          // within a frame
)

// key is the listenKey, of those that live, by which a connection hears of the account: that of its address, or one that it
// has subscribed to as to a stream. It is "" where there is none.
func (c *conn) key(alive map[string]time.Time) string {
	for key := range alive {
		if c.group == private && (c.listen == key || c.streams[key]) {
			return key
		}
	}
	return ""
}

func newHub(v *Venue) *hub {
	return &hub{venue: v, conns: map[*conn]bool{}, mutes: map[group]time.Time{}}
}

// user sends an event of the account to every private connection whose listenKey lives and which wants its kind.
func (h *hub) user(kind string, event obj) {
	send := func() {
		for c := range h.conns {
			key := c.key(h.venue.keys)
			if key != "" && (len(c.kinds) == 0 || slices.Contains(c.kinds, kind)) {
				h.push(c, key, event)
			}
		}
	}
	if h.repeat > 0 {
		h.repeat--
		once := send
		send = func() { once(); once() }
	}
	switch {
	case h.swapped != nil:
		first := h.swapped
		h.swapped = nil
		second := send
		send = func() { second(); first() }
	case h.swap > 0:
		h.swap--
		h.swapped = send
		return
	}
	if h.holding {
		h.held = append(h.held, send)
		return
	}
	send()
}

// release sends what was held back.
func (h *hub) release() {
	h.holding = false
	for _, send := range h.held {
		send()
	}
	h.held = nil
}

// feed sends an event of a market to those that have subscribed to it. Making it costs, so it is made once, if at all.
func (h *hub) feed(symbol, stream string, tell func() obj) {
	name := strings.ToLower(symbol) + "@" + stream
	var event obj
	for c := range h.conns {
		if c.group != groupOf(stream) || !c.streams[name] {
			continue
		}
		if event == nil {
			event = tell()
		}
		h.push(c, name, event)
	}
}

// watched reports whether anybody listens to markets.
func (h *hub) watched() bool {
	for c := range h.conns {
		if c.group == markets {
			return true
		}
	}
	return false
}

func (h *hub) push(c *conn, stream string, event any) {
	if h.venue.nowLocked().Before(h.mutes[c.group]) {
		return
	}
	if c.combined {
		event = obj{"stream": stream, "data": event}
	}
	h.write(c, event)
}

func (h *hub) write(c *conn, event any) {
	text, err := json.Marshal(event)
	if err != nil {
		panic(err) // an event is made of strings and numbers
	}
	c.queue = append(c.queue, text)
	wakeUp(c.wake)
}

func wakeUp(wake chan struct{}) {
	select {
	case wake <- struct{}{}:
	default:
	}
}

// cutOld ends the connections whose day is over.
func (h *hub) cutOld(now time.Time) {
	for c := range h.conns {
		if !now.Before(c.opened.Add(longestConnection)) {
			h.drop(c, clean)
		}
	}
}

func (h *hub) nextCut() time.Time {
	var next time.Time
	for c := range h.conns {
		if cut := c.opened.Add(longestConnection); next.IsZero() || cut.Before(next) {
			next = cut
		}
	}
	return next
}

func (h *hub) drop(c *conn, how ending) {
	c.how = how
	delete(h.conns, c)
	if how == abrupt {
		c.cut()
	}
	c.end()
}

// each calls do for the connections of a group; "" means all.
func (h *hub) each(g group, do func(*conn)) {
	for _, c := range slices.Collect(maps.Keys(h.conns)) {
		if g == "" || c.group == g {
			do(c)
		}
	}
}
