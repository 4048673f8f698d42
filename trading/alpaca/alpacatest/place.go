package alpacatest

import (
	"fmt"

	"github.com/shopspring/decimal"
)

// wanted is a request for an order.
type wanted struct {
	Symbol      string           `json:"symbol"`
	Quantity    *decimal.Decimal `json:"qty"`
	Notional    *decimal.Decimal `json:"notional"`
	Side        string           `json:"side"`
	Type        string           `json:"type"`
	TimeInForce string           `json:"time_in_force"`
	Limit       *decimal.Decimal `json:"limit_price"`
	Stop        *decimal.Decimal `json:"stop_price"`
	ClientID    string           `json:"client_order_id"`
	Class       string           `json:"order_class"`
	Intent      string           `json:"position_intent"`
	Extended    bool             `json:"extended_hours"`
	TakeProfit  *exit            `json:"take_profit"`
	StopLoss    *exit            `json:"stop_loss"`
}

// exit is one of a pair.
type exit struct {
	Limit *decimal.Decimal `json:"limit_price"`
	Stop  *decimal.Decimal `json:"stop_price"`
}

// problem is an answer that says no.
type problem struct {
	status int
	Code   int    `json:"code"`
	Text   string `json:"message"`
}

func no(status, code int, format string, args ...any) *problem {
	return &problem{status, code, fmt.Sprintf(format, args...)}
}

// placeLocked takes an order, or says why not.
func (v *Venue) placeLocked(w wanted) (*order, *problem) {
	pair := w.Class == "oco"
	if pair && (w.TakeProfit == nil || w.TakeProfit.Limit == nil || w.StopLoss == nil || w.StopLoss.Stop == nil) {
		return nil, no(422, 42210000, "oco orders require take_profit.limit_price and stop_loss.stop_price")
	}
	if pair {
		w.Limit = w.TakeProfit.Limit
	}
	if p := v.checkLocked(w); p != nil {
		return nil, p
	}
	if pair && w.Limit.Sub(*w.StopLoss.Stop).IsPositive() != (w.Side == "sell") {
		return nil, no(422, 42210000, "stop_loss.stop_price must be beyond take_profit.limit_price")
	}
	now := v.Now().UTC()
	o := &order{
		ID: v.idLocked(), ClientID: w.ClientID, Created: now, Updated: now, Submitted: now, Symbol: w.Symbol, Class: "us_equity",
		OrderClass: "simple", Quantity: *w.Quantity, Type: w.Type, Side: w.Side, TimeInForce: w.TimeInForce, Limit: w.Limit,
		Stop: w.Stop, Status: "accepted",
	}
	if o.ClientID == "" {
		o.ClientID = o.ID
	}
	if o.Type == "stop" && o.Side == "buy" { // the venue's guard against gaps
		beyond := decimal.RequireFromString("1.025")
		if o.Stop.LessThan(decimal.NewFromInt(50)) {
			beyond = decimal.RequireFromString("1.04")
		}
		limit := o.Stop.Mul(beyond).Round(2)
		o.Limit = &limit
	}
	if o.TimeInForce == "day" {
		_, o.expires = v.next(now)
	}
	v.orders = append(v.orders, o)
	if pair {
		v.legLocked(o, w.StopLoss)
	}
	v.startLocked(o)
	return o, nil
}

// legLocked makes the stop of a pair, which waits under an ID of the venue's own.
func (v *Venue) legLocked(o *order, stop *exit) {
	leg := *o
	leg.ID, leg.isLeg, leg.other, leg.Status = v.idLocked(), true, o, "held"
	leg.ClientID, leg.Type, leg.Limit, leg.Stop = leg.ID, "stop", stop.Limit, stop.Stop
	if stop.Limit != nil {
		leg.Type = "stop_limit"
	}
	o.OrderClass, leg.OrderClass = "oco", "oco"
	o.Legs, o.other = []*order{&leg}, &leg
	v.orders = append(v.orders, &leg)
}

// startLocked gives an order its first chance to fill.
func (v *Venue) startLocked(o *order) {
	if !v.isOpen(v.Now()) {
		return
	}
	v.matchLocked(o)
	switch {
	case o.done():
	case o.TimeInForce == "ioc" || o.TimeInForce == "fok":
		v.becomeLocked(o, "canceled")
	default:
		v.becomeLocked(o, "new")
	}
}

func (v *Venue) checkLocked(w wanted) *problem {
	asset := v.assets[w.Symbol]
	switch {
	case w.Notional != nil || w.Extended || !oneOf(w.Class, "", "simple", "oco"):
		return no(501, 0, "alpacatest does not model notional orders, extended hours and the order class %q", w.Class)
	case v.blocked != "":
		return no(403, 40310000, "account is not allowed to trade: %s", v.blocked)
	case asset == nil:
		return no(422, 42210000, "asset %q not found", w.Symbol)
	case asset.Halted:
		return no(422, 42210000, "asset %s is not tradable", w.Symbol)
	case w.Quantity == nil || !w.Quantity.IsPositive():
		return no(422, 42210000, "qty must be > 0")
	case !w.Quantity.IsInteger():
		return no(422, 42210000, "asset %q is not fractionable", w.Symbol)
	case w.Side != "buy" && w.Side != "sell":
		return no(422, 42210000, "side must be buy or sell")
	case len(w.ClientID) > 128:
		return no(422, 40010001, "client_order_id must be no more than 128 characters")
	case !oneOf(w.TimeInForce, "day", "gtc", "ioc", "fok"):
		return no(422, 42210000, "invalid time_in_force %q", w.TimeInForce)
	case !oneOf(w.Type, "market", "limit", "stop", "stop_limit"):
		return no(422, 42210000, "invalid order type %q", w.Type)
	case (w.Limit != nil) != oneOf(w.Type, "limit", "stop_limit"):
		return no(422, 42210000, "limit_price does not go with a %s order, or is missing", w.Type)
	case (w.Stop != nil) != oneOf(w.Type, "stop", "stop_limit"):
		return no(422, 42210000, "stop_price does not go with a %s order, or is missing", w.Type)
	}
	for _, price := range []*decimal.Decimal{w.Limit, w.Stop} {
		if price == nil {
			continue
		}
		places := int32(2)
		if price.LessThan(decimal.NewFromInt(1)) {
			places = 4
		}
		if !price.IsPositive() || !price.Equal(price.Truncate(places)) {
			return no(422, 42210000, "invalid price %s. sub-penny increment does not fulfill minimum pricing criteria", price)
		}
	}
	for _, o := range v.orders {
		if w.ClientID != "" && o.ClientID == w.ClientID {
			return no(422, 40010001, "client_order_id must be unique")
		}
	}
	if p := v.washLocked(w); p != nil {
		return p
	}
	return v.affordLocked(w, asset)
}

func oneOf(text string, all ...string) bool {
	for _, one := range all {
		if text == one {
			return true
		}
	}
	return false
}

// washLocked refuses an order that might trade with another one of the account.
func (v *Venue) washLocked(w wanted) *problem {
	for _, o := range v.orders {
		if o.done() || o.Symbol != w.Symbol || o.Side == w.Side {
			continue
		}
		crossing := o.Type == "limit" && w.Type == "limit" &&
			(w.Limit.Equal(*o.Limit) || w.Limit.GreaterThan(*o.Limit) == (w.Side == "buy"))
		if o.Type != "limit" || crossing {
			return no(403, 40310000, "potential wash trade detected. use complex orders: opposite side %s order exists", o.Type)
		}
	}
	return nil
}

// affordLocked refuses what the account does not have: shares to sell, leave to sell short, money to buy with.
func (v *Venue) affordLocked(w wanted, asset *Asset) *problem {
	held, sells := v.held[w.Symbol], w.Side == "sell"
	closes := sells && held.IsPositive() || !sells && held.IsNegative()
	intent := w.Side + "_to_open"
	if closes {
		intent = w.Side + "_to_close"
	}
	if w.Class == "oco" && (!closes || w.Type != "limit") {
		return no(422, 42210000, "oco orders must be exit orders of type limit")
	}
	if w.Intent != "" && w.Intent != intent {
		return no(422, 42210000, "position intent mismatch, inferred: %s, specified: %s", intent, w.Intent)
	}
	if closes {
		if free := v.freeLocked(w.Symbol); w.Quantity.GreaterThan(free) {
			return no(403, 40310000, "insufficient qty available for order (requested: %s, available: %s)", w.Quantity, free)
		}
		return nil
	}
	if sells && !asset.Shortable {
		return no(422, 42210000, "asset %s cannot be sold short", w.Symbol)
	}
	if w.Quantity.Mul(asset.Price).GreaterThan(v.buyingPowerLocked()) {
		return no(403, 40310000, "insufficient buying power")
	}
	return nil
}
