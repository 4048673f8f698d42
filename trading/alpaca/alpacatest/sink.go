package alpacatest

import (
	"bufio"
	"context"
	"net"
	"net/http"
	"slices"

	"github.com/coder/websocket"
)

// maxBehind is how many messages a client may be behind before it is cut.
const maxBehind = 1000

// sink is a stream that somebody listens to. Venue.mu guards it, but for what its own goroutines use.
type sink struct {
	frames  websocket.MessageType
	raw     *rawConn
	ws      *websocket.Conn
	queue   chan []byte
	end     context.CancelFunc // once what is queued is written
	how     ending
	account bool                // it hears of orders
	known   bool                // it hears of market data
	wants   map[string][]string // symbols by channel, of market data
	encode  func(any) []byte    // of market data
}

// ending is how a stream ends.
type ending int

const (
	clean ending = iota // by a close frame
	half                // within a frame
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

// open upgrades a connection and serves it until it ends: hello says who is there, and is told to s before it is told
// anything else.
func (v *Venue) open(w http.ResponseWriter, r *http.Request, s *sink, hello func(ctx context.Context) bool) {
	s.raw, s.queue = &rawConn{ResponseWriter: w}, make(chan []byte, maxBehind)
	// The request's context ends when the connection is upgraded.
	life, cut := context.WithCancel(context.WithoutCancel(r.Context()))
	defer cut()
	ctx, end := context.WithCancel(life)
	defer end()
	s.end = end
	var err error
	if s.ws, err = websocket.Accept(s.raw, r, &websocket.AcceptOptions{InsecureSkipVerify: true}); err != nil {
		return // it has been answered
	}
	defer func() { _ = s.ws.CloseNow() }() // it is at its end, however that came
	v.enter(s)
	defer v.leave(s)
	if !hello(ctx) {
		return
	}
	listening := make(chan struct{})
	go func() {
		defer close(listening)
		defer end() // a client that has gone
		v.listen(life, s)
	}()
	s.write(ctx, life)
	v.hangUp(s)
	<-listening
}

// write writes what is queued until ctx ends.
func (s *sink) write(ctx, life context.Context) {
	for {
		select {
		case text := <-s.queue:
			if s.ws.Write(life, s.frames, text) != nil {
				return
			}
		case <-ctx.Done():
			return
		}
	}
}

func (v *Venue) hangUp(s *sink) {
	v.mu.Lock()
	how := s.how
	v.mu.Unlock()
	if how == clean {
		_ = s.ws.Close(websocket.StatusNormalClosure, "") // the client may have gone before
		return
	}
	// The beginning of a text of 256 bytes.
	_, _ = s.raw.conn.Write(append([]byte{0x81, 0x7e, 0x01, 0x00}, `{"stream":"trade_upd`...))
	_ = s.ws.CloseNow()
}

func (v *Venue) enter(s *sink) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.dialed++
	v.sinks = append(v.sinks, s)
}

func (v *Venue) leave(s *sink) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.sinks = slices.DeleteFunc(v.sinks, func(one *sink) bool { return one == s })
}

// listen reads what a client says once it is known.
func (v *Venue) listen(ctx context.Context, s *sink) {
	for {
		_, text, err := s.ws.Read(ctx)
		if err != nil {
			return
		}
		if !s.account {
			v.askedOfData(s, text)
		}
	}
}

// put queues a message. A client that is far behind is cut.
func (s *sink) put(text []byte) {
	select {
	case s.queue <- text:
	default:
		s.end()
	}
}

func (v *Venue) endStreamsLocked(how ending) {
	for _, s := range v.sinks {
		s.how = how
		s.end()
	}
}

// CutStreams closes all streams cleanly, as the venue does for a restart.
func (v *Venue) CutStreams() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.endStreamsLocked(clean)
}

// HalfFrame sends a part of a frame on each stream and hangs up.
func (v *Venue) HalfFrame() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.endStreamsLocked(half)
}

// MuteStreams has streams stay open and say nothing, or speak again; what happened meanwhile is not told.
func (v *Venue) MuteStreams(mute bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mute = mute
}

// RepeatEvents sends each of the next n messages of the streams twice.
func (v *Venue) RepeatEvents(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.repeat = n
}

// ReorderEvents has the next n pairs of messages of the streams change places. A first that no second follows waits.
func (v *Venue) ReorderEvents(n int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.swap = n
}

// Dialed is how often a stream was opened.
func (v *Venue) Dialed() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.dialed
}

// sendLocked has a message told, or told wrongly where a test wants that.
func (v *Venue) sendLocked(send func()) {
	if v.mute {
		return
	}
	if v.repeat > 0 {
		v.repeat--
		once := send
		send = func() { once(); once() }
	}
	switch {
	case v.swapped != nil:
		first := v.swapped
		v.swapped = nil
		send()
		first()
	case v.swap > 0:
		v.swap--
		v.swapped = send
	default:
		send()
	}
}
