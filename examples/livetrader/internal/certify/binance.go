package certify

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// Binance is the suite for Binance USD-M futures with one instrument, such as BTC/USDT:USDT. Its fake is one like the
// venue's demo, but for what cfg says otherwise: the zero value says nothing.
func Binance(symbol string, cfg binancetest.Config) Suite {
	name := venueName(symbol)
	if cfg.Symbols == nil {
		demo := binancetest.Demo()
		cfg.Symbols, cfg.Weight = demo.Symbols, demo.Weight
	}
	return Suite{
		fake:  func() (Place, func()) { return binanceFake(cfg) },
		about: []string{name},
		open:  func(d desk) account { return &futures{desk: d, symbol: name, vigils: symbol} },
	}
}

// venueName is BTCUSDT of BTC/USDT:USDT.
func venueName(symbol string) string {
	name, _, _ := strings.Cut(symbol, ":")
	return strings.ReplaceAll(name, "/", "")
}

// binanceFake serves a fresh fake over a network in memory.
func binanceFake(cfg binancetest.Config) (Place, func()) {
	venue := binancetest.New(cfg)
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = venue.Listen(ctx) }) // it ends by ctx, and only by that
	return Place{
		Name: "binancetest", URL: "http://binancetest", StreamURL: "ws://binancetest", Key: binancetest.Key,
		Secret: binancetest.Secret, Transport: venue.Client().Transport, Move: venue.Move,
	}, func() { cancel(); serving.Wait() }
}

// futures is an account at Binance USD-M futures, or at a fake of it.
type futures struct {
	desk
	symbol, vigils string // as the venue calls it, and as vigil does

	ahead   time.Duration // the venue's clock
	terms   terms
	size    decimal.Decimal // of the smallest order that has its worth 10 % below the market, too
	numbers int             // of client IDs
}

// terms are what the venue's filters allow of the instrument.
type terms struct {
	row                                          object
	tick, step, minQty, marketMax, notional, top decimal.Decimal
	digits                                       int // of a quantity
	weight                                       int // that may be asked in a minute
}

// call is what may be wrong on purpose with a signed request.
type call struct {
	late        time.Duration // how old its time is; below zero for one that is ahead
	key, secret string        // "" for the right ones
	open        bool          // without key and signature
	keyed       bool          // with the key alone
}

// ask sends a request with parameters in pairs, a name and a value.
func (f *futures) ask(s *script, method, path string, pairs ...string) answer {
	return f.askAs(s, call{}, method, path, pairs...)
}

func (f *futures) askAs(s *script, c call, method, path string, pairs ...string) answer {
	if s.over() {
		return answer{}
	}
	values := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		values.Set(pairs[i], pairs[i+1])
	}
	if !c.open && !c.keyed {
		values.Set("timestamp", strconv.FormatInt(f.now().Add(-c.late).UnixMilli(), 10))
	}
	query := values.Encode()
	if !c.open && !c.keyed {
		query += "&signature=" + sign(orElse(c.secret, f.place.Secret), query)
	}
	r, err := http.NewRequest(method, f.place.URL+path+"?"+query, nil) //nolint:noctx // send gives it one
	if err != nil {
		s.fail(err)
		return answer{}
	}
	if !c.open {
		r.Header.Set("X-MBX-APIKEY", orElse(c.key, f.place.Key))
	}
	a := send(s.ctx, f.place.Transport, r)
	if a.err != nil {
		s.fail(a.err)
	}
	f.mind(s, a)
	return a
}

// mind leaves a quarter of the venue's budget alone, and ends a case to which the venue says that it wants no more.
func (f *futures) mind(s *script, a answer) {
	if a.status == http.StatusTooManyRequests || a.status == http.StatusTeapot {
		s.fail(fmt.Errorf("the venue wants no more requests for %s s: %s", a.header.Get("Retry-After"), a.words()))
		return
	}
	used, err := strconv.Atoi(a.header.Get("X-Mbx-Used-Weight-1m"))
	if err == nil && f.terms.weight > 0 && used > f.terms.weight*3/4 {
		s.wait(f.now().Truncate(time.Minute).Add(time.Minute).Sub(f.now()))
	}
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}

func sign(secret, text string) string {
	mac := hmac.New(sha256.New, []byte(secret))
	mac.Write([]byte(text))
	return hex.EncodeToString(mac.Sum(nil))
}

// now is the venue's time.
func (f *futures) now() time.Time { return f.clock.Now().Add(f.ahead) }

// id is a client ID that nobody has used.
func (f *futures) id() string {
	f.numbers++
	return fmt.Sprintf("certify-%s-%d", f.run, f.numbers)
}

const (
	orderPath = "/fapi/v1/order"
	algoPath  = "/fapi/v1/algoOrder"
)

// prepare implements account.
func (f *futures) prepare(s *script) {
	f.measure(s)
	info := f.askAs(s, call{open: true}, "GET", "/fapi/v1/exchangeInfo")
	for _, row := range info.object().children("symbols") {
		if row.text("symbol") == f.symbol {
			f.terms = termsOf(row)
		}
	}
	for _, l := range info.object().children("rateLimits") {
		if l.text("rateLimitType") == "REQUEST_WEIGHT" {
			f.terms.weight = int(l.number("limit").IntPart())
		}
	}
	if !f.terms.step.IsPositive() || !f.terms.tick.IsPositive() {
		s.skip(fmt.Sprintf("%s is not traded there, or its filters say nothing (%s): --symbols names another one",
			f.symbol, info.words()))
		return
	}
	if config := f.ask(s, "GET", "/fapi/v1/accountConfig"); !config.taken() || config.object().text("canTrade") != "true" {
		s.skip("the account may not trade, or the key does not fit: " + config.words())
		return
	} else if config.object().text("dualSidePosition") == "true" {
		s.skip("the account is in hedge mode, and the cases are for one-way mode: change it at the venue")
		return
	}
	bid, _ := f.quote(s)
	if !bid.IsPositive() {
		s.skip("the venue tells no price of " + f.symbol)
		return
	}
	f.size = decimal.Max(f.terms.minQty, up(f.terms.notional.Div(bid.Mul(nine)), f.terms.step))
	free := f.ask(s, "GET", "/fapi/v3/account").object().number("availableBalance")
	if needs := f.size.Mul(bid).Mul(decimal.NewFromInt(3)); free.LessThan(needs) {
		s.skip(fmt.Sprintf("no money: %s is free, and at a leverage of 1 the cases need up to %s", free, needs.Round(2)))
	}
}

// nine is 90 %.
var nine = decimal.RequireFromString("0.9")

// measure finds how far the venue's clock is ahead.
func (f *futures) measure(s *script) {
	before := f.clock.Now()
	told := f.askAs(s, call{open: true}, "GET", "/fapi/v1/time").object().number("serverTime")
	after := f.clock.Now()
	if told.IsPositive() {
		f.ahead = time.UnixMilli(told.IntPart()).Sub(before.Add(after.Sub(before) / 2))
	}
}

func termsOf(row object) terms {
	t := terms{row: row}
	t.digits, _ = strconv.Atoi(row.text("quantityPrecision"))
	for _, f := range row.children("filters") {
		switch f.text("filterType") {
		case "PRICE_FILTER":
			t.tick = f.number("tickSize")
		case "LOT_SIZE":
			t.step, t.minQty = f.number("stepSize"), f.number("minQty")
		case "MARKET_LOT_SIZE":
			t.marketMax = f.number("maxQty")
		case "MIN_NOTIONAL":
			t.notional = f.number("notional")
		case "PERCENT_PRICE":
			t.top = f.number("multiplierUp")
		}
	}
	return t
}

// up and down are the multiples of a step beside a number.
func up(d, step decimal.Decimal) decimal.Decimal   { return d.Div(step).Ceil().Mul(step) }
func down(d, step decimal.Decimal) decimal.Decimal { return d.Div(step).Floor().Mul(step) }

// quote is the best of the book.
func (f *futures) quote(s *script) (bid, ask decimal.Decimal) {
	a := f.askAs(s, call{open: true}, "GET", "/fapi/v1/ticker/bookTicker", "symbol", f.symbol).object()
	return a.number("bidPrice"), a.number("askPrice")
}

// below is a price a part below the best bid, and above one beyond the best ask, both on the grid.
func (f *futures) below(s *script, part string) decimal.Decimal {
	bid, _ := f.quote(s)
	return down(bid.Mul(decimal.NewFromInt(1).Sub(decimal.RequireFromString(part))), f.terms.tick)
}

func (f *futures) above(s *script, part string) decimal.Decimal {
	_, ask := f.quote(s)
	return up(ask.Mul(decimal.NewFromInt(1).Add(decimal.RequireFromString(part))), f.terms.tick)
}

// left implements account.
func (f *futures) left(s *script) (left []string) {
	for _, o := range f.list(s, "/fapi/v1/openOrders") {
		left = append(left, "order "+o.text("clientOrderId")+" of "+o.text("symbol"))
	}
	for _, o := range f.list(s, "/fapi/v1/openAlgoOrders") {
		left = append(left, "conditional order "+o.text("clientAlgoId")+" of "+o.text("symbol"))
	}
	for _, p := range f.list(s, "/fapi/v3/positionRisk") {
		if !p.number("positionAmt").IsZero() {
			left = append(left, "position "+p.text("positionAmt")+" "+p.text("symbol"))
		}
	}
	return left
}

// list asks for what rests or is held. An answer that is no list fails: it is not that there is nothing.
func (f *futures) list(s *script, path string, pairs ...string) []object {
	got := f.ask(s, "GET", path, pairs...)
	rows := got.rows()
	if !s.over() && (!got.taken() || rows == nil) {
		s.fail(fmt.Errorf("ask for %s, which says what is left: %s", path, got.words()))
	}
	return rows
}

// held is the position of the instrument.
func (f *futures) held(s *script) (held decimal.Decimal) {
	for _, p := range f.list(s, "/fapi/v3/positionRisk", "symbol", f.symbol) {
		held = held.Add(p.number("positionAmt"))
	}
	return held
}

// clean implements account.
func (f *futures) clean(s *script) (left []string) {
	for round := range 4 {
		if left = f.leftHere(s); s.over() || len(left) == 0 {
			return nil
		}
		if round > 0 {
			s.wait(time.Second)
		}
		f.ask(s, "DELETE", "/fapi/v1/allOpenOrders", "symbol", f.symbol)
		f.ask(s, "DELETE", "/fapi/v1/algoOpenOrders", "symbol", f.symbol)
		f.flatten(s)
	}
	return left
}

// flatten closes what is held of the instrument.
func (f *futures) flatten(s *script) {
	held := f.held(s)
	switch {
	case held.IsPositive():
		f.put(s, "SELL", "MARKET", held, "reduceOnly", "true")
	case held.IsNegative():
		f.put(s, "BUY", "MARKET", held.Abs(), "reduceOnly", "true")
	}
}

// leftHere is left for the instrument alone, which costs the venue a fortieth of the weight.
func (f *futures) leftHere(s *script) (left []string) {
	for _, o := range f.list(s, "/fapi/v1/openOrders", "symbol", f.symbol) {
		left = append(left, "order "+o.text("clientOrderId"))
	}
	for _, o := range f.list(s, "/fapi/v1/openAlgoOrders", "symbol", f.symbol) {
		left = append(left, "conditional order "+o.text("clientAlgoId"))
	}
	if held := f.held(s); !held.IsZero() {
		left = append(left, "position "+held.String())
	}
	return left
}
