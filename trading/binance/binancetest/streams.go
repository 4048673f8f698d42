package binancetest

import (
	"bufio"
	"context"
	"encoding/json"
	"net"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// rawConn keeps the connection under a WebSocket, for faults that no WebSocket library would send.
type rawConn struct {
	http.ResponseWriter
	conn net.Conn
}

// Hijack is what upgrades a connection.
func (r *rawConn) Hijack() (net.Conn, *bufio.ReadWriter, error) {
	c, buffer, err := http.NewResponseController(r.ResponseWriter).Hijack()
	r.conn = c
	return c, buffer, err
}

// The venue asks whether a client is there every 3 min, and gives it 10 to answer; a client may send 10 messages a
// second.
const (
	pingEvery      = 3 * time.Minute
	pongWithin     = 10 * time.Minute
	messagesSecond = 10
)

// stream opens a WebSocket: raw events of one or more streams at /ws, wrapped ones at /stream.
func (v *Venue) stream(g group) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		c := newConn(g, r)
		c.raw = &rawConn{ResponseWriter: w}
		// The request's context ends when the connection is upgraded. A WebSocket whose read or write is canceled is
		// cut, so that a polite end must not cancel them.
		life, cut := context.WithCancel(context.WithoutCancel(r.Context()))
		defer cut()
		ctx, end := context.WithCancel(life)
		defer end()
		c.end, c.cut = end, cut
		v.enter(c) // before the client knows that it is connected: what happens from then on it is told
		defer v.leave(c)
		ws, err := websocket.Accept(c.raw, r, &websocket.AcceptOptions{InsecureSkipVerify: true})
		if err != nil {
			return // Accept has answered
		}
		c.ws = ws
		var listening sync.WaitGroup
		listening.Go(func() { v.listen(life, c) })
		v.talk(ctx, life, c)
		listening.Wait()
	}
}

func (v *Venue) enter(c *conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	c.opened = v.nowLocked()
	v.hub.conns[c] = true
	v.wakeLocked()
}

func (v *Venue) leave(c *conn) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.hub.conns, c)
}

func newConn(g group, r *http.Request) *conn {
	query := r.URL.Query()
	c := &conn{group: g, streams: map[string]bool{}, wake: make(chan struct{}, 1)}
	path, rest, _ := strings.Cut(r.URL.Path, "/ws")
	c.combined = strings.HasSuffix(path, "/stream")
	if g == private {
		rest = "" // a listenKey in the path is not among the venue's forms
	}
	for _, name := range strings.FieldsFunc(rest+"/"+query.Get("streams"), func(r rune) bool { return r == '/' }) {
		c.streams[name] = true
	}
	if g == private {
		c.listen = query.Get("listenKey")
		c.kinds = strings.FieldsFunc(query.Get("events"), func(r rune) bool { return r == '/' })
	}
	return c
}

// talk writes what is queued, asks whether the client is there, and ends the connection when ctx ends.
func (v *Venue) talk(ctx, life context.Context, c *conn) {
	defer v.hangUp(c)
	pings := v.clock.After(pingEvery)
	for {
		for _, text := range v.queued(c) {
			if c.ws.Write(life, websocket.MessageText, text) != nil {
				return
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-c.wake:
		case <-pings:
			go v.ping(life, c) // at most pongWithin
			pings = v.clock.After(pingEvery)
		}
	}
}

func (v *Venue) queued(c *conn) [][]byte {
	v.mu.Lock()
	defer v.mu.Unlock()
	queued := c.queue
	c.queue = nil
	return queued
}

// ping ends a connection whose client does not answer.
func (v *Venue) ping(life context.Context, c *conn) {
	answered := make(chan struct{})
	go func() {
		defer close(answered)
		_ = c.ws.Ping(life) // it fails when the connection ends
	}()
	select {
	case <-answered:
	case <-v.clock.After(pongWithin):
		c.cut()
		<-answered
	}
}

func (v *Venue) hangUp(c *conn) {
	v.mu.Lock()
	delete(v.hub.conns, c)
	how := c.how
	v.mu.Unlock()
	switch how {
	case clean:
		_ = c.ws.Close(websocket.StatusNormalClosure, "")
		return
	case half: // the beginning of a text of 256 bytes
		_, _ = c.raw.conn.Write(append([]byte{0x81, 0x7e, 0x01, 0x00}, `{"e":"ORDER_TRADE_UPD`...))
	}
	_ = c.ws.CloseNow()
}

// listen reads what the client asks of its streams.
func (v *Venue) listen(ctx context.Context, c *conn) {
	defer c.end() // a client that has gone
	perSecond := window{every: time.Second}
	for {
		_, text, err := c.ws.Read(ctx)
		if err != nil {
			return
		}
		v.mu.Lock()
		now := v.nowLocked()
		if perSecond.at(now).count++; perSecond.count > messagesSecond {
			v.hub.drop(c, clean)
			v.mu.Unlock()
			return
		}
		v.hub.write(c, c.answer(text))
		v.mu.Unlock()
	}
}

// answer does what a message asks for: {"method":"SUBSCRIBE","params":["btcusdt@kline_1m"],"id":1}.
func (c *conn) answer(text []byte) obj {
	var ask struct {
		Method string          `json:"method"`
		Params []string        `json:"params"`
		ID     json.RawMessage `json:"id"`
	}
	if err := json.Unmarshal(text, &ask); err != nil {
		return obj{"error": obj{"code": 3, "msg": "Invalid JSON: " + err.Error()}}
	}
	switch ask.Method {
	case "SUBSCRIBE":
		for _, name := range ask.Params {
			c.streams[name] = true
		}
	case "UNSUBSCRIBE":
		for _, name := range ask.Params {
			delete(c.streams, name)
		}
	case "LIST_SUBSCRIPTIONS":
		names := []string{}
		for name := range c.streams {
			names = append(names, name)
		}
		return obj{"result": names, "id": ask.ID}
	default:
		return obj{"error": obj{"code": 2, "msg": "Invalid request: unknown method"}, "id": ask.ID}
	}
	return obj{"result": nil, "id": ask.ID}
}
