package alpacatest

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/coder/websocket"
)

// stream serves one who hears of orders, in frames of bytes as the venue's paper does.
func (v *Venue) stream(w http.ResponseWriter, r *http.Request) {
	s := &sink{frames: websocket.MessageBinary}
	v.open(w, r, s, func(ctx context.Context) bool {
		if !v.logOn(ctx, s.ws) {
			return false
		}
		v.mu.Lock()
		defer v.mu.Unlock()
		s.account = true
		s.put(encoded(map[string]any{"stream": "listening", "data": map[string]any{"streams": []string{"trade_updates"}}}))
		return true
	})
}

// logOn hears who listens, and to what; false where that is not as it should be. A client may log on in the words of today,
// or in those of before.
func (v *Venue) logOn(ctx context.Context, conn *websocket.Conn) bool {
	var hello struct {
		Action string `json:"action"`
		Key    string `json:"key"`
		Secret string `json:"secret"`
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
	before := hello.Action == "authenticate" && v.accepts(hello.Data.Key, hello.Data.Secret)
	if today := hello.Action == "auth" && v.accepts(hello.Key, hello.Secret); !before && !today {
		status = "unauthorized"
	}
	answer := map[string]any{"stream": "authorization", "data": map[string]string{"action": "authenticate", "status": status}}
	if conn.Write(ctx, websocket.MessageBinary, encoded(answer)) != nil || status != "authorized" {
		return false
	}
	return hear() && hello.Action == "listen" && slices.Contains(hello.Data.Streams, "trade_updates")
}

func encoded(what any) []byte {
	text, err := json.Marshal(what)
	if err != nil {
		panic(err) // it is ours
	}
	return text
}

// tellLocked tells what became of an order. Of a fill it says how much of it was filled, and at which price.
func (v *Venue) tellLocked(event string, o *order, more map[string]any) {
	data := map[string]any{"event": event, "order": o.alone(), "at": v.Now(), "timestamp": v.Now()}
	for name, value := range more {
		data[name] = value
	}
	text := encoded(map[string]any{"stream": "trade_updates", "data": data})
	v.sendLocked(func() {
		for _, s := range v.sinks {
			if s.account {
				s.put(text)
			}
		}
	})
}
