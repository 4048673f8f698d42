package certify

import (
	"net/url"
	"strings"
	"time"
)

const keyPath = "/fapi/v1/listenKey"

// quiet is how long a stream is heard before it counts as silent.
const quiet = 5 * time.Second

// streamCases are the account's stream, its key, and one of the market's.
func (f *futures) streamCases() []Case {
	return []Case{
		{"listen-key", func(s *script) {
			first := f.listenKey(s, "POST").object().text("listenKey")
			s.say("a key is told", "%t", first != "")
			s.say("a second POST tells the same", "%t", f.listenKey(s, "POST").object().text("listenKey") == first)
			put := f.listenKey(s, "PUT")
			s.say("PUT", "%s", put.words())
			s.say("fields of PUT", "%s", put.object().fields())
			s.say("DELETE", "%s", f.listenKey(s, "DELETE").words())
			s.say("PUT after it", "%s", f.listenKey(s, "PUT").words())
			s.say("DELETE again", "%s", f.listenKey(s, "DELETE").words())
		}},
		{"stream-of-an-order", f.streamOfOrder},
		{"stream-of-an-algo-order", f.streamOfAlgo},
		{"stream-with-a-key-that-is-deleted", func(s *script) {
			l := f.private(s)
			defer l.close()
			s.say("DELETE", "%s", f.listenKey(s, "DELETE").words())
			id, _ := f.limit(s, "BUY", f.below(s, "0.03"))
			s.wait(quiet)
			if s.over() {
				return
			}
			s.say("an order is told", "%t", len(l.heard(ofOrder(id))) > 0)
			ended := l.heard(func(e object) bool { return e.text("e") == "listenKeyExpired" })
			s.say("the end of the key is told", "%t", len(ended) > 0)
		}},
		{"stream-with-an-unknown-key", func(s *script) {
			l, status := f.listen(s, f.place.StreamURL+"/private/ws?listenKey="+strings.Repeat("k", 64))
			defer l.close()
			s.say("opened", "%t, status %d", l != nil, status)
			if l != nil {
				s.wait(quiet)
				s.say("events", "%d", len(l.heard(func(object) bool { return true })))
			}
		}},
		{"stream-of-candles", func(s *script) {
			l, status := f.listen(s, f.place.StreamURL+"/market/ws/"+strings.ToLower(f.symbol)+"@kline_1m")
			defer l.close()
			s.say("opened", "%t, status %d", l != nil, status)
			if l == nil {
				return
			}
			if f.place.Move != nil {
				f.place.Move(f.symbol, f.below(s, "0"))
			}
			event := l.await(s, f.patience, func(e object) bool { return e.text("e") == "kline" })
			s.say("fields", "%s", event.fields())
			s.say("fields of the candle", "%s", event.child("k").fields())
		}},
	}
}

func (f *futures) listenKey(s *script, method string) answer {
	return f.askAs(s, call{keyed: true}, method, keyPath)
}

// private opens the account's stream; the case ends where that fails.
func (f *futures) private(s *script) *listener {
	key := f.listenKey(s, "POST").object().text("listenKey")
	if s.over() {
		return &listener{}
	}
	l, _ := f.listen(s, f.place.StreamURL+"/private/ws?listenKey="+url.QueryEscape(key)+
		"&events=ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/ALGO_UPDATE/TRADE_LITE/listenKeyExpired")
	if l == nil {
		s.skip("the account's stream does not open")
		return &listener{}
	}
	return l
}

func ofOrder(id string) func(object) bool {
	return func(e object) bool { return e.text("e") == "ORDER_TRADE_UPDATE" && e.child("o").text("c") == id }
}

// steps are what became of an order, as its stream told it.
func steps(l *listener, meant func(object) bool, name string) string {
	var all []string
	for _, e := range l.heard(meant) {
		all = append(all, e.child("o").text(name))
	}
	return strings.Join(all, " ")
}

func (f *futures) streamOfOrder(s *script) {
	l := f.private(s)
	defer l.close()
	id, _ := f.limit(s, "BUY", f.below(s, "0.03"))
	f.cancel(s, id)
	l.await(s, soon, func(e object) bool { return ofOrder(id)(e) && e.child("o").text("x") == "CANCELED" })
	s.say("of an order that is canceled", "%s", steps(l, ofOrder(id), "x"))
	id = f.buy(s)
	fill := l.await(s, soon, func(e object) bool { return ofOrder(id)(e) && e.child("o").text("X") == "FILLED" })
	s.say("of one that fills", "%s", steps(l, ofOrder(id), "x"))
	s.say("fields of a fill", "%s", fill.child("o").fields())
	s.say("its fee is told", "%t", fill.child("o").text("N") != "")
	money := l.await(s, soon, func(e object) bool { return e.text("e") == "ACCOUNT_UPDATE" }).child("a")
	s.say("the account is told because of", "%s", money.text("m"))
	s.say("fields of the account", "%s", money.fields())
	for _, p := range money.children("P") {
		s.say("fields of a position", "%s", p.fields())
	}
	for _, b := range money.children("B") {
		s.say("fields of a balance", "%s", b.fields())
		break
	}
	early := l.await(s, soon, func(e object) bool { return e.text("e") == "TRADE_LITE" })
	s.say("fields of the early word", "%s", early.fields())
}

func (f *futures) streamOfAlgo(s *script) {
	l := f.private(s)
	defer l.close()
	id, _ := f.algo(s, "SELL", "STOP_MARKET", "quantity", f.size.String(), "triggerPrice", f.below(s, "0.03").String())
	f.cancelAlgo(s, id)
	own := func(e object) bool { return e.text("e") == "ALGO_UPDATE" && e.child("o").text("caid") == id }
	last := l.await(s, soon, func(e object) bool { return own(e) && e.child("o").text("X") == "CANCELED" })
	s.say("its states", "%s", steps(l, own, "X"))
	s.say("fields", "%s", last.child("o").fields())
	s.say("orders without a stop under its ID", "%d", len(l.heard(ofOrder(id))))
}
