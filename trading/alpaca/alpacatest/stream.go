package alpacatest

import (
	"context"
	"encoding/json"
	"net/http"

	"github.com/coder/websocket"
)

// listener is who is told what becomes of orders.
type listener struct {
	messages chan []byte
	cut      context.CancelFunc
}

// maxBehind is how far a listener may be behind before it is cut.
const maxBehind = 1000

// CutStreams closes all streams cleanly, as the venue does for a restart.
func (v *Venue) CutStreams() {
	v.mu.Lock()
	defer v.mu.Unlock()
	for l := range v.listeners {
		l.cut()
	}
}

// MuteStreams has streams stay open and say nothing, or speak again; what happened meanwhile is not told.
func (v *Venue) MuteStreams(mute bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.mute = mute
}

// Dialed is how often a stream was opened.
func (v *Venue) Dialed() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.dialed
}

// stream serves one listener, in frames of bytes as the venue's paper does.
func (v *Venue) stream(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return // it has been answered
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	if !logOn(ctx, conn) {
		return
	}
	l := &listener{messages: make(chan []byte, maxBehind), cut: cancel}
	v.mu.Lock()
	v.dialed++
	v.listeners[l] = true
	v.mu.Unlock()
	defer func() {
		v.mu.Lock()
		defer v.mu.Unlock()
		delete(v.listeners, l)
	}()
	listening := map[string]any{"streams": []string{"trade_updates"}}
	if say(ctx, conn, map[string]any{"stream": "listening", "data": listening}) != nil {
		return
	}
	gone := conn.CloseRead(r.Context())
	for {
		select {
		case <-gone.Done():
			return
		case <-ctx.Done():
			_ = conn.Close(websocket.StatusNormalClosure, "") // nobody is left to be told
			return
		case text := <-l.messages:
			if conn.Write(ctx, websocket.MessageBinary, text) != nil {
				return
			}
		}
	}
}

// logOn hears who listens, and to what; false where that is not as it should be.
func logOn(ctx context.Context, conn *websocket.Conn) bool {
	var hello struct {
		Action string `json:"action"`
		Data   struct {
			Key     string   `json:"key_id"`
			Secret  string   `json:"secret_key"`
			Streams []string `json:"streams"`
		} `json:"data"`
	}
	hear := func() bool {
		_, text, err := conn.Read(ctx)
		return err == nil && json.Unmarshal(text, &hello) == nil
	}
	if !hear() {
		return false
	}
	status := "authorized"
	if hello.Action != "authenticate" || hello.Data.Key != Key || hello.Data.Secret != Secret {
		status = "unauthorized"
	}
	answer := map[string]any{"stream": "authorization", "data": map[string]string{"action": "authenticate", "status": status}}
	if say(ctx, conn, answer) != nil || status != "authorized" {
		return false
	}
	return hear() && hello.Action == "listen" && len(hello.Data.Streams) == 1 && hello.Data.Streams[0] == "trade_updates"
}

func say(ctx context.Context, conn *websocket.Conn, what any) error {
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	return conn.Write(ctx, websocket.MessageBinary, text)
}

func (v *Venue) tellLocked(event string, o *order) {
	if v.mute {
		return
	}
	text, err := json.Marshal(map[string]any{
		"stream": "trade_updates",
		"data":   map[string]any{"event": event, "order": o.alone(), "at": v.Now(), "timestamp": v.Now()},
	})
	if err != nil {
		panic(err) // it is ours
	}
	for l := range v.listeners {
		select {
		case l.messages <- text:
		default:
			l.cut()
		}
	}
}
