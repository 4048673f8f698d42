package certify

import (
	"context"
	"encoding/json"
	"strings"

	"github.com/coder/websocket"
)

// streamCases are the stream of the account's orders.
func (a *shares) streamCases() []Case {
	return []Case{
		{"stream-of-an-order", func(s *script) {
			l := a.listenTo(s, a.place.Secret)
			defer l.close()
			listening := l.await(s, soon, func(e object) bool { return e.text("stream") == "listening" })
			s.say("what is listened to", "%s", words(listening.child("data")["streams"]))
			id, _ := a.rest(s)
			got := a.begun(s, id)
			a.cancel(s, got)
			last := l.await(s, soon, func(e object) bool { return isOf(e, id) && e.child("data").text("event") == "canceled" })
			s.say("its events end with", "%s", last.child("data").text("event"))
			s.say("fields of an event", "%s", last.child("data").fields())
			s.say("fields of its order", "%s", last.child("data").child("order").fields())
		}},
		{"stream-of-a-fill", func(s *script) {
			a.wantsOpen(s)
			l := a.listenTo(s, a.place.Secret)
			defer l.close()
			l.await(s, soon, func(e object) bool { return e.text("stream") == "listening" })
			id, _ := a.buy(s)
			fill := l.await(s, soon, func(e object) bool { return isOf(e, id) && e.child("data").text("event") == "fill" })
			s.say("it is told", "%t", fill != nil)
			s.say("fields of an event", "%s", fill.child("data").fields())
		}},
		{"stream-with-a-wrong-secret", func(s *script) {
			l := a.listenTo(s, "no such secret")
			defer l.close()
			said := l.await(s, soon, func(e object) bool { return e.text("stream") == "authorization" })
			s.say("status", "%s", said.child("data").text("status"))
		}},
	}
}

// listenTo opens the stream and asks for the updates of orders; the case ends where that fails.
func (a *shares) listenTo(s *script, secret string) *listener {
	l, _ := a.listen(s, a.place.StreamURL)
	if l == nil {
		s.skip("the account's stream does not open")
		return &listener{}
	}
	l.say(s, map[string]any{"action": "authenticate", "data": map[string]string{"key_id": a.place.Key, "secret_key": secret}})
	if l.await(s, soon, func(e object) bool { return e.text("stream") == "authorization" }) != nil && secret == a.place.Secret {
		l.say(s, map[string]any{"action": "listen", "data": map[string]any{"streams": []string{"trade_updates"}}})
	}
	return l
}

// say sends a message.
func (l *listener) say(s *script, what any) {
	text, err := json.Marshal(what)
	if err == nil {
		ctx, cancel := context.WithTimeout(s.ctx, longestAsk) //vigil:wallclock the venue's answer is waited for
		defer cancel()
		err = l.conn.Write(ctx, websocket.MessageText, text)
	}
	if err != nil {
		s.fail(err)
	}
}

func isOf(e object, id string) bool {
	return strings.EqualFold(e.text("stream"), "trade_updates") && e.child("data").child("order").text("client_order_id") == id
}
