package binancetest

import (
	"time"

	"github.com/shopspring/decimal"
)

// order is an ordinary order: LIMIT or MARKET. Conditional ones are algos until they trigger.
type order struct {
	id                                int64
	clientID, symbol, side, typ       string
	origType, tif, stp, working       string
	price, qty, stop                  decimal.Decimal
	filled, quote                     decimal.Decimal // what was traded, and its worth
	reduceOnly, closePosition, venues bool            // venues: the venue's own order, as in a liquidation
	status, expiry                    string          // expiry is the reason of an end that nobody asked for
	created, updated, until           time.Time
	algo                              *algo // that it was born from
	matchPart                         bool  // ExpireInMatch: fill a half, then expire
}

func (o *order) live() bool { return o.status == "NEW" || o.status == "PARTIALLY_FILLED" }

func (o *order) left() decimal.Decimal { return o.qty.Sub(o.filled) }

func (o *order) buys() bool { return o.side == "BUY" }

// signed is a quantity with the sign that it has in the position.
func (o *order) signed(qty decimal.Decimal) decimal.Decimal {
	if o.buys() {
		return qty
	}
	return qty.Neg()
}

func (o *order) average() decimal.Decimal {
	if o.filled.IsZero() {
		return decimal.Zero
	}
	return o.quote.DivRound(o.filled, 8)
}

// crosses reports whether the order trades at a price.
func (o *order) crosses(price decimal.Decimal) bool {
	switch {
	case o.typ == "MARKET":
		return true
	case o.buys():
		return o.price.GreaterThanOrEqual(price)
	default:
		return o.price.LessThanOrEqual(price)
	}
}

// The venue forgets what was canceled or expired without a fill 3 days after it was made, and everything after 90.
const (
	forgetsUnfilled = 3 * 24 * time.Hour
	forgetsAll      = 90 * 24 * time.Hour
)

// remembered reports whether the venue still answers for an order.
func (e *engine) remembered(o *order) bool {
	age := e.now.Sub(o.created)
	if o.live() {
		return true
	}
	if o.filled.IsZero() && age >= forgetsUnfilled {
		return false
	}
	return age < forgetsAll
}

// json is the order as REST tells it. Answers to POST and DELETE have had no avgPrice and no cumQuote since 2026-07.
func (o *order) json(s Symbol, bare bool) obj {
	j := obj{
		"orderId": o.id, "symbol": o.symbol, "status": o.status, "clientOrderId": o.clientID, "price": s.price(o.price),
		"origQty": s.quantity(o.qty), "executedQty": s.quantity(o.filled), "timeInForce": o.tif, "type": o.typ,
		"reduceOnly": o.reduceOnly, "closePosition": o.closePosition, "side": o.side, "positionSide": "BOTH",
		"stopPrice": s.price(o.stop), "workingType": o.working, "priceProtect": false, "origType": o.origType,
		"priceMatch": "NONE", "selfTradePreventionMode": o.stp, "goodTillDate": millis(o.until),
		"updateTime": millis(o.updated),
	}
	if bare {
		j["cumQty"] = s.quantity(o.filled)
		return j
	}
	j["avgPrice"], j["cumQuote"], j["time"] = o.average().StringFixed(5), o.quote.String(), millis(o.created)
	return j
}
