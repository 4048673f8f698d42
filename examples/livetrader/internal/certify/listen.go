package certify

import (
	"context"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/coder/websocket"
)

// listener is a stream that is open. What it has told is kept until it is asked for.
type listener struct {
	conn *websocket.Conn
	end  context.CancelFunc
	done sync.WaitGroup

	mu     sync.Mutex // guards events
	events []object
}

// maxFrame is more than any event has.
const maxFrame = 4 << 20

// listen opens a stream. It says nil where that is refused, and the status then.
func (d desk) listen(s *script, address string) (l *listener, status int) {
	opening, cancel := context.WithTimeout(s.ctx, longestAsk) //vigil:wallclock the venue's answer is waited for
	defer cancel()
	//nolint:bodyclose // Dial has closed it, or the connection is its body
	conn, response, err := websocket.Dial(opening, address, &websocket.DialOptions{
		HTTPClient: &http.Client{Transport: d.place.Transport},
	})
	if response != nil {
		status = response.StatusCode
	}
	if err != nil {
		if status == 0 {
			s.fail(bare(err))
		}
		return nil, status
	}
	conn.SetReadLimit(maxFrame)
	path := ""
	if u, err := url.Parse(address); err == nil {
		path = scrubPath(u.Path)
	}
	d.tape.note(Entry{Frame: &Frame{Path: path, First: true}})
	ctx, end := context.WithCancel(context.WithoutCancel(s.ctx)) // close ends it
	l = &listener{conn: conn, end: end}
	l.done.Go(func() { l.read(ctx, d.tape, path) })
	return l, status
}

func (l *listener) read(ctx context.Context, tape *Tape, path string) {
	for {
		_, text, err := l.conn.Read(ctx)
		if err != nil {
			return
		}
		tape.note(Entry{Frame: &Frame{Path: path, Text: scrubText(text)}})
		var event object
		events := []object{}
		if decode(text, &event) {
			events = append(events, event)
		} else if !decode(text, &events) { // market data come in lists
			continue
		}
		l.mu.Lock()
		l.events = append(l.events, events...)
		l.mu.Unlock()
	}
}

// close ends a stream that is open; a nil one is not, and an empty one neither.
func (l *listener) close() {
	if l != nil && l.conn != nil {
		_ = l.conn.Close(websocket.StatusNormalClosure, "") // it may have ended before
		l.end()
		l.done.Wait()
	}
}

// heard are the events so far that are meant.
func (l *listener) heard(meant func(object) bool) (events []object) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, e := range l.events {
		if meant(e) {
			events = append(events, e)
		}
	}
	return events
}

// await waits until an event has come, and returns the first; nil where none did.
func (l *listener) await(s *script, within time.Duration, meant func(object) bool) (event object) {
	s.until(within, func() bool {
		if all := l.heard(meant); len(all) > 0 {
			event = all[0]
		}
		return event != nil
	})
	return event
}
