package binancetest

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// maxAlgoOrders is how many conditional orders an account may have open.
const maxAlgoOrders = 200

// algo is a conditional order. It lives beside the ordinary ones: no margin is checked before it triggers, openOrders and
// allOpenOrders do not see it. At its trigger an ordinary order is born.
type algo struct {
	id                                      int64
	clientID, symbol, side, typ, tif        string
	stp, working                            string
	qty, price, trigger, activate, callback decimal.Decimal
	reduceOnly, closePosition, priceProtect bool
	status, reason                          string // reason of a refusal at the trigger
	created, updated, triggered             time.Time
	peak                                    decimal.Decimal // of a trailing stop that is active; zero before
	born                                    *order
}

// algoPlacing is a request for one. Fields that it did not have are empty.
type algoPlacing struct {
	placing
	algoType, working           string
	trigger, activate, callback *decimal.Decimal
	closePosition, priceProtect bool
	reduceOnlySent              bool
}

func (e *engine) placeAlgo(p algoPlacing) (*algo, *problem) {
	m, err := e.market(p.symbol)
	if err != nil {
		return nil, err
	}
	if err := p.check(e); err != nil {
		return nil, err
	}
	a := e.newAlgo(p)
	if err := e.checkAlgo(m, a); err != nil {
		return nil, err
	}
	e.lastAlgo++
	a.id = e.lastAlgo
	if a.clientID == "" {
		a.clientID = fmt.Sprintf("algo_%d", a.id)
	}
	e.algos = append(e.algos, a)
	e.tellAlgo(a)
	return a, nil
}

// check looks at the request alone.
func (p algoPlacing) check(e *engine) *problem {
	switch {
	case p.algoType != "CONDITIONAL":
		return errParameter("algoType")
	case p.side == "":
		return errMandatory("side")
	case p.side != "BUY" && p.side != "SELL":
		return errSide
	case !slices.Contains(conditionalTypes, p.typ):
		return errOrderType
	case p.clientID != "" && !clientIDPattern.MatchString(p.clientID):
		return errClientID
	case p.closePosition && (p.qty != nil || p.reduceOnlySent):
		return errCloseQuantity
	case !p.closePosition && p.qty == nil:
		return errMandatory("quantity")
	case p.typ != "TRAILING_STOP_MARKET" && p.trigger == nil:
		return errMandatory("triggerPrice")
	case p.limit() && p.price == nil:
		return errMandatory("price")
	case p.tif != "" && !slices.Contains(timesInForce, p.tif):
		return errTimeInForce
	case p.working != "" && p.working != "CONTRACT_PRICE" && p.working != "MARK_PRICE":
		return &problem{0, -4031, "Invalid parameter working type: " + p.working}
	case p.stp == "NONE":
		return errNotModelled("an order that may trade with its own account (selfTradePreventionMode NONE)")
	case p.stp != "" && !slices.Contains(stpModes, p.stp):
		return errParameter("selfTradePreventionMode")
	}
	if p.typ == "TRAILING_STOP_MARKET" && !between(p.callback, "0.1", "10") {
		return errParameter("callbackRate")
	}
	return e.checkSide(p.positionSide)
}

func between(d *decimal.Decimal, low, high string) bool {
	return d != nil && d.GreaterThanOrEqual(dec(low)) && d.LessThanOrEqual(dec(high))
}

func (p algoPlacing) limit() bool { return p.typ == "STOP" || p.typ == "TAKE_PROFIT" }

func (e *engine) newAlgo(p algoPlacing) *algo {
	a := &algo{
		clientID: p.clientID, symbol: p.symbol, side: p.side, typ: p.typ, tif: p.tif, stp: p.stp, working: p.working,
		reduceOnly: p.reduceOnly, closePosition: p.closePosition, priceProtect: p.priceProtect,
		status: "NEW", created: e.now, updated: e.now,
	}
	for to, from := range map[*decimal.Decimal]*decimal.Decimal{
		&a.qty: p.qty, &a.price: p.price, &a.trigger: p.trigger, &a.activate: p.activate, &a.callback: p.callback,
	} {
		if from != nil {
			*to = *from
		}
	}
	for field, usual := range map[*string]string{&a.tif: "GTC", &a.stp: "EXPIRE_MAKER", &a.working: "CONTRACT_PRICE"} {
		if *field == "" {
			*field = usual
		}
	}
	return a
}

func (e *engine) checkAlgo(m *market, a *algo) *problem {
	s := m.spec
	if s.status() != "TRADING" && !a.reduceOnly && !a.closePosition {
		return errOpening
	}
	if len(e.openAlgos("")) >= maxAlgoOrders {
		return errStopOrders
	}
	for _, other := range e.openAlgos("") {
		if a.clientID != "" && other.clientID == a.clientID {
			return errDuplicate
		}
		if a.closePosition && other.closePosition && a.symbol == other.symbol && a.side == other.side &&
			a.takesProfit() == other.takesProfit() {
			return &problem{0, -4130,
				"An open stop or take profit order with GTE and closePosition in the direction is existing."}
		}
	}
	if finer(a.qty, s.QuantityPrecision) || finer(a.price, s.PricePrecision) || finer(a.trigger, s.PricePrecision) {
		return errPrecision
	}
	if err := a.checkGrid(s); err != nil {
		return err
	}
	if a.typ != "TRAILING_STOP_MARKET" && a.reached(m.watched(a)) {
		return errTrigger
	}
	return nil
}

func (a *algo) checkGrid(s Symbol) *problem {
	switch {
	case a.closePosition:
	case !a.qty.IsPositive():
		return errQtyZero
	case a.qty.LessThan(s.MinQty):
		return errQtyMin
	case a.qty.GreaterThan(s.MaxQty):
		return errQtyMax
	case !onGrid(a.qty, s.MinQty, s.Step):
		return errStep
	}
	for _, price := range []decimal.Decimal{a.price, a.trigger, a.activate} {
		if !price.IsZero() && !onGrid(price, s.MinPrice, s.Tick) {
			return errTick
		}
	}
	return nil
}

func (a *algo) takesProfit() bool { return strings.HasPrefix(a.typ, "TAKE_PROFIT") }

// watched is the price that triggers a conditional order.
func (m *market) watched(a *algo) decimal.Decimal {
	if a.working == "MARK_PRICE" {
		return m.mark
	}
	return m.last
}

// reached reports whether a price triggers it. A stop waits for the price to go against the position, a profit for the
// other way.
func (a *algo) reached(price decimal.Decimal) bool {
	if (a.side == "BUY") != a.takesProfit() {
		return price.GreaterThanOrEqual(a.trigger)
	}
	return price.LessThanOrEqual(a.trigger)
}

// trail follows the price and puts the trigger behind its peak.
func (a *algo) trail(price decimal.Decimal) {
	if a.peak.IsZero() {
		active := a.activate.IsZero() || a.side == "SELL" && price.GreaterThanOrEqual(a.activate) ||
			a.side == "BUY" && price.LessThanOrEqual(a.activate)
		if !active {
			return
		}
		a.peak = price
	}
	part := a.callback.Div(decimal.NewFromInt(100))
	if a.side == "SELL" {
		a.peak = decimal.Max(a.peak, price)
		a.trigger = a.peak.Sub(a.peak.Mul(part))
	} else {
		a.peak = decimal.Min(a.peak, price)
		a.trigger = a.peak.Add(a.peak.Mul(part))
	}
}

// trigger fires one conditional order whose price has come, and reports whether it did.
func (e *engine) trigger(m *market) bool {
	for _, a := range e.openAlgos(m.spec.Name) {
		price := m.watched(a)
		if a.typ == "TRAILING_STOP_MARKET" {
			a.trail(price)
			if a.peak.IsZero() {
				continue
			}
		}
		if a.reached(price) {
			e.fire(m, a)
			return true
		}
	}
	return false
}

// fire has an ordinary order born, which the matching engine may refuse.
func (e *engine) fire(m *market, a *algo) {
	a.triggered = e.now
	e.turnAlgo(a, "TRIGGERING")
	o := e.bornFrom(a)
	if o == nil {
		e.endAlgo(a, "EXPIRED", "")
		return
	}
	if reason := e.refusesAtTrigger(m, a, o); reason != "" {
		e.endAlgo(a, "REJECTED", reason)
		return
	}
	o.algo, a.born = a, o
	o.id = e.lastOrder + 1 // the one that accept gives
	e.turnAlgo(a, "TRIGGERED")
	e.accept(m, o)
}

// bornFrom is the order of a conditional one; nil where there is no position to close.
func (e *engine) bornFrom(a *algo) *order {
	o := &order{
		clientID: e.cfg.BornID(a.clientID), symbol: a.symbol, side: a.side, typ: "MARKET", origType: a.typ, tif: a.tif,
		stp: a.stp, working: a.working, qty: a.qty, stop: a.trigger, reduceOnly: a.reduceOnly,
		closePosition: a.closePosition, status: "NEW", created: e.now, updated: e.now,
	}
	if a.typ == "STOP" || a.typ == "TAKE_PROFIT" {
		o.typ, o.price = "LIMIT", a.price
	}
	if a.closePosition {
		o.qty = e.reducible(o)
	}
	if o.qty.IsZero() {
		return nil
	}
	return o
}

func (e *engine) refusesAtTrigger(m *market, a *algo, o *order) string {
	for i, fault := range e.rejectTriggers {
		if (fault.Symbol == "" || fault.Symbol == a.symbol) && (fault.ClientID == "" || fault.ClientID == a.clientID) {
			e.rejectTriggers = slices.Delete(e.rejectTriggers, i, i+1)
			return fault.reason()
		}
	}
	for _, check := range []func(*market, *order) *problem{e.checkReduce, e.checkMargin, e.checkForce} {
		if err := check(m, o); err != nil {
			return err.msg
		}
	}
	return ""
}

// finishAlgo follows the end of the order that was born. Whether that was filled is to be read from its quantity.
func (e *engine) finishAlgo(a *algo) { e.turnAlgo(a, "FINISHED") }

func (e *engine) endAlgo(a *algo, status, reason string) {
	a.reason = reason
	e.turnAlgo(a, status)
}

func (e *engine) turnAlgo(a *algo, status string) {
	a.status, a.updated = status, e.now
	e.tellAlgo(a)
}

func (e *engine) cancelAlgo(a *algo) *problem {
	if a == nil || a.status != "NEW" {
		return errUnknownOrder
	}
	e.endAlgo(a, "CANCELED", "")
	return nil
}

// findAlgo looks one up by its id or by the client's, without a symbol.
func (e *engine) findAlgo(id int64, clientID string) *algo {
	for _, a := range slices.Backward(e.algos) {
		if id != 0 && a.id == id || id == 0 && clientID != "" && a.clientID == clientID {
			if a.status != "NEW" && a.born == nil && e.now.Sub(a.created) >= forgetsUnfilled {
				return nil
			}
			return a
		}
	}
	return nil
}

// actual is the order that was born: its id as a string, its average price and what was filled.
func (a *algo) actual() (id string, price, qty decimal.Decimal) {
	if a.born == nil {
		return "", decimal.Zero, decimal.Zero
	}
	return strconv.FormatInt(a.born.id, 10), a.born.average(), a.born.filled
}

func (a *algo) json(s Symbol) obj {
	id, price, _ := a.actual()
	j := obj{
		"algoId": a.id, "clientAlgoId": a.clientID, "algoType": "CONDITIONAL", "orderType": a.typ, "symbol": a.symbol,
		"side": a.side, "positionSide": "BOTH", "timeInForce": a.tif, "quantity": s.quantity(a.qty), "algoStatus": a.status,
		"actualOrderId": id, "actualPrice": price.StringFixed(5), "triggerPrice": s.price(a.trigger),
		"price": s.price(a.price), "icebergQuantity": nil, "tpTriggerPrice": "0.000", "tpPrice": "0.000",
		"slTriggerPrice": "0.000", "slPrice": "0.000", "tpOrderType": "", "selfTradePreventionMode": a.stp,
		"workingType": a.working, "priceMatch": "NONE", "closePosition": a.closePosition, "priceProtect": a.priceProtect,
		"reduceOnly": a.reduceOnly, "createTime": millis(a.created), "updateTime": millis(a.updated),
		"triggerTime": millis(a.triggered), "goodTillDate": 0,
	}
	if a.typ == "TRAILING_STOP_MARKET" {
		j["activatePrice"], j["callbackRate"] = s.price(a.activate), a.callback.String()
	}
	return j
}
