package certify

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// Alpaca is the suite for Alpaca's paper with one share, such as AAPL. Its fake is open when the exchange is by c, nil meaning
// the machine's clock: cases that need a fill run while both are open.
func Alpaca(symbol string, c clock.Clock) Suite {
	if c == nil {
		c = clock.New()
	}
	return Suite{
		fake:  func() (Place, func()) { return alpacaFake(symbol, c) },
		about: []string{symbol},
		open:  func(d desk) account { return &shares{desk: d, symbol: symbol} },
	}
}

func alpacaFake(symbol string, c clock.Clock) (Place, func()) {
	venue := alpacatest.New(alpacatest.Config{
		Now:    c.Now,
		Assets: []alpacatest.Asset{{Symbol: symbol, Price: decimal.NewFromInt(200), Shortable: true}},
	})
	venue.History(symbol, thePast())
	through, end := inMemory(venue)
	return Place{
		Name: "alpacatest", URL: "http://alpacatest", StreamURL: "ws://alpacatest/stream", Key: alpacatest.Key,
		Secret: alpacatest.Secret, Transport: through, Move: venue.Move,
	}, end
}

// thePast is what was paid in the minutes before, at a fake.
func thePast() []decimal.Decimal {
	return slices.Repeat([]decimal.Decimal{decimal.NewFromInt(200)}, 300)
}

// shares is an account at Alpaca, or at a fake of it.
type shares struct {
	desk
	symbol  string
	numbers int // of client IDs

	ahead time.Duration   // the venue's clock
	price decimal.Decimal // of the last fill; zero before there was one
}

// The prices of what is to rest, whatever the share is worth: nobody sells for the one or buys for the other.
var (
	cheap = decimal.RequireFromString("1.01")
	dear  = decimal.RequireFromString("4999.95")
)

// ask sends a request. The query stands in the path, and body is nil for none.
func (a *shares) ask(s *script, method, path string, body map[string]any) answer {
	return a.askAs(s, a.place.Key, a.place.Secret, method, path, body)
}

func (a *shares) askAs(s *script, key, secret, method, path string, body map[string]any) answer {
	if s.over() {
		return answer{}
	}
	var text []byte
	if body != nil {
		var err error
		if text, err = json.Marshal(body); err != nil {
			s.fail(err)
			return answer{}
		}
	}
	return a.exchange(s, key, secret, method, a.place.URL+path, text)
}

// askAt asks at another address of the venue.
func (a *shares) askAt(s *script, base, path string) answer {
	if s.over() {
		return answer{}
	}
	return a.exchange(s, a.place.Key, a.place.Secret, http.MethodGet, base+path, nil)
}

func (a *shares) exchange(s *script, key, secret, method, address string, text []byte) answer {
	r, err := http.NewRequest(method, address, bytes.NewReader(text)) //nolint:noctx // send gives it one
	if err != nil {
		s.fail(err)
		return answer{}
	}
	r.Header.Set("APCA-API-KEY-ID", key)
	r.Header.Set("APCA-API-SECRET-KEY", secret)
	if text != nil {
		r.Header.Set("Content-Type", "application/json")
	}
	got := send(s.ctx, a.place.Transport, r)
	switch {
	case got.err != nil:
		s.fail(got.err)
	case got.status == http.StatusTooManyRequests:
		s.fail(fmt.Errorf("the venue wants no more requests for now: %s", got.words()))
	}
	return got
}

func (a *shares) id() string {
	a.numbers++
	return fmt.Sprintf("certify-%s-%d", a.run, a.numbers)
}

// now is the venue's time.
func (a *shares) now() time.Time { return a.clock.Now().Add(a.ahead) }

// measure finds how far the venue's clock is ahead.
func (a *shares) measure(s *script) {
	told, err := time.Parse(time.RFC3339Nano, a.ask(s, "GET", "/v2/clock", nil).object().text("timestamp"))
	if err == nil {
		a.ahead = told.Sub(a.clock.Now())
	}
}

// prepare implements account.
func (a *shares) prepare(s *script) {
	a.measure(s)
	got := a.ask(s, "GET", "/v2/account", nil)
	o := got.object()
	switch {
	case !got.taken():
		s.skip("the key does not fit: " + got.words())
	case o.text("trading_blocked") == "true" || o.text("account_blocked") == "true":
		s.skip("the account may not trade: its venue has blocked it")
	case o.number("cash").LessThan(dear.Mul(decimal.NewFromInt(4))):
		s.skip(fmt.Sprintf("no money: the cases rest orders worth up to %s, and there is %s",
			dear.Mul(decimal.NewFromInt(4)), o.text("cash")))
	}
}

// openOrders are all that rest.
func (a *shares) openOrders(s *script) []object {
	got := a.ask(s, "GET", "/v2/orders?status=open&limit=500", nil)
	if !s.over() && !got.taken() {
		s.fail(fmt.Errorf("ask for open orders: %s", got.words()))
	}
	return got.rows()
}

func (a *shares) positions(s *script) []object {
	got := a.ask(s, "GET", "/v2/positions", nil)
	if !s.over() && !got.taken() {
		s.fail(fmt.Errorf("ask what is held: %s", got.words()))
	}
	return got.rows()
}

func (a *shares) held(s *script) (held decimal.Decimal) {
	for _, p := range a.positions(s) {
		if p.text("symbol") == a.symbol {
			held = held.Add(p.number("qty"))
		}
	}
	return held
}

// left implements account.
func (a *shares) left(s *script) (left []string) {
	for _, o := range a.openOrders(s) {
		left = append(left, "order "+o.text("client_order_id")+" of "+o.text("symbol"))
	}
	for _, p := range a.positions(s) {
		left = append(left, "position "+p.text("qty")+" "+p.text("symbol"))
	}
	return left
}

// endsWithin is how long a cancel may be pending before what is held is tried to be closed all the same.
const endsWithin = 5 * time.Second

// clean implements account.
func (a *shares) clean(s *script) (left []string) {
	for round := range 4 {
		if left = a.left(s); s.over() || len(left) == 0 {
			return nil
		}
		if round > 0 {
			s.wait(time.Second)
		}
		for _, o := range a.openOrders(s) {
			a.ask(s, "DELETE", "/v2/orders/"+o.text("id"), nil)
		}
		s.until(endsWithin, func() bool { return len(a.openOrders(s)) == 0 })
		a.flatten(s)
	}
	return left
}

// flatten closes what is held. A cancel that is pending holds the shares, and then it is refused: clean comes again.
func (a *shares) flatten(s *script) {
	held := a.held(s)
	side := "sell"
	if held.IsNegative() {
		side = "buy"
	}
	if !held.IsZero() {
		id, _ := a.put(s, side, "market", "day", held.Abs(), nil)
		a.settled(s, id)
	}
}

// put sends an order under a client ID of its own, unless more names one.
func (a *shares) put(s *script, side, kind, tif string, qty decimal.Decimal, more map[string]any) (id string, got answer) {
	body := map[string]any{"symbol": a.symbol, "side": side, "type": kind, "time_in_force": tif, "qty": qty.String()}
	for name, value := range more {
		body[name] = value
	}
	if id, _ = body["client_order_id"].(string); id == "" {
		id = a.id()
		body["client_order_id"] = id
	}
	return id, a.ask(s, "POST", "/v2/orders", body)
}

// order asks for one by its client ID.
func (a *shares) order(s *script, id string) answer {
	return a.ask(s, "GET", "/v2/orders:by_client_order_id?client_order_id="+url.QueryEscape(id), nil)
}

// cancel asks for the end of the one that an answer is about.
func (a *shares) cancel(s *script, of answer) answer {
	return a.ask(s, "DELETE", "/v2/orders/"+of.object().text("id"), nil)
}

// shareState is an answer about an order as a line has it.
func shareState(got answer) string {
	if !got.taken() {
		return got.words()
	}
	o := got.object()
	return o.text("status") + ", filled " + part(o.number("filled_qty"), o.number("qty"))
}

// settled is what becomes of an order that does not rest, or is to end: the answer that says so first.
func (a *shares) settled(s *script, id string) (last answer) {
	s.until(soon, func() bool {
		last = a.order(s, id)
		switch last.object().text("status") {
		case "filled", "canceled", "expired", "rejected", "replaced":
			return true
		}
		return !last.taken()
	})
	return last
}

// begun is an order that rests, once the venue has it in its book, or for as long as the exchange is closed: it passes from
// pending to accepted to new by itself.
func (a *shares) begun(s *script, id string) (last answer) {
	want := "accepted"
	if a.isOpen(s) {
		want = "new"
	}
	s.until(soon, func() bool {
		last = a.order(s, id)
		return last.object().text("status") == want || !last.taken()
	})
	return last
}

func (a *shares) isOpen(s *script) bool {
	return a.ask(s, "GET", "/v2/clock", nil).object().text("is_open") == "true"
}

// wantsOpen ends a case that wants a fill where there can be none.
func (a *shares) wantsOpen(s *script) {
	c := a.ask(s, "GET", "/v2/clock", nil).object()
	if c.text("is_open") != "true" {
		s.skip("the market is closed, and opens at " + c.text("next_open"))
	}
}

// buy opens a position of one share, and ends the case where that does not come about.
func (a *shares) buy(s *script) (id string, last answer) {
	a.wantsOpen(s)
	id, got := a.put(s, "buy", "market", "day", one, nil)
	last = a.settled(s, id)
	if !s.over() && last.object().text("status") != "filled" {
		s.skip("no position can be opened: " + shareState(got) + ", then " + shareState(last))
	}
	a.price = last.object().number("filled_avg_price")
	return id, last
}
