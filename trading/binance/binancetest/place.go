package binancetest

import (
	"fmt"
	"regexp"
	"slices"
	"time"

	"github.com/shopspring/decimal"
)

var clientIDPattern = regexp.MustCompile(`^[\.A-Z\:/a-z0-9_-]{1,36}$`)

var (
	conditionalTypes = []string{"STOP", "STOP_MARKET", "TAKE_PROFIT", "TAKE_PROFIT_MARKET", "TRAILING_STOP_MARKET"}
	timesInForce     = []string{"GTC", "IOC", "FOK", "GTX", "GTD"}
	stpModes         = []string{"EXPIRE_MAKER", "EXPIRE_TAKER", "EXPIRE_BOTH"}
)

// placing is a request for an order. Fields that it did not have are empty.
type placing struct {
	symbol, side, typ, tif, clientID, positionSide, stp string
	qty, price                                          *decimal.Decimal
	reduceOnly                                          bool
	until                                               time.Time
	matchPart                                           bool
}

// place takes an order or says why not.
func (e *engine) place(p placing) (*order, *problem) {
	m, err := e.market(p.symbol)
	if err != nil {
		return nil, err
	}
	if err := p.check(e); err != nil {
		return nil, err
	}
	o := e.newOrder(m, p)
	for _, check := range []func(*market, *order) *problem{
		e.checkPrecision, e.checkStatus, e.checkFilters, e.checkDuplicate, e.checkReduce, e.checkMargin, e.checkForce,
	} {
		if err := check(m, o); err != nil {
			return nil, err
		}
	}
	e.accept(m, o)
	return o, nil
}

// check looks at the request alone.
func (p placing) check(e *engine) *problem {
	switch {
	case p.side == "":
		return errMandatory("side")
	case p.side != "BUY" && p.side != "SELL":
		return errSide
	case p.typ == "":
		return errMandatory("type")
	case slices.Contains(conditionalTypes, p.typ):
		return errAlgoOnly
	case p.typ != "LIMIT" && p.typ != "MARKET":
		return errOrderType
	case p.qty == nil:
		return errMandatory("quantity")
	case p.typ == "LIMIT" && p.price == nil:
		return errMandatory("price")
	case p.typ == "LIMIT" && p.tif == "":
		return errMandatory("timeInForce")
	case p.typ == "LIMIT" && !slices.Contains(timesInForce, p.tif):
		return errTimeInForce
	case p.typ == "MARKET" && p.price != nil:
		return &problem{0, -1106, "Parameter 'price' sent when not required."}
	case p.typ == "MARKET" && p.tif != "":
		return &problem{0, -1106, "Parameter 'timeInForce' sent when not required."}
	case p.clientID != "" && !clientIDPattern.MatchString(p.clientID):
		return errClientID
	case p.tif == "GTD" && p.until.IsZero():
		return errMandatory("goodTillDate")
	case p.stp == "NONE":
		return errNotModelled("an order that may trade with its own account (selfTradePreventionMode NONE)")
	case p.stp != "" && !slices.Contains(stpModes, p.stp):
		return errParameter("selfTradePreventionMode")
	}
	return e.checkSide(p.positionSide)
}

func (e *engine) checkSide(positionSide string) *problem {
	switch {
	case e.dual && (positionSide == "LONG" || positionSide == "SHORT"):
		return errNotModelled("positions of the hedge mode")
	case e.dual, positionSide != "" && positionSide != "BOTH":
		return errPositionSide
	}
	return nil
}

// newOrder fills in what the venue fills in. The order is nowhere yet.
func (e *engine) newOrder(m *market, p placing) *order {
	o := &order{
		clientID: p.clientID, symbol: m.spec.Name, side: p.side, typ: p.typ, origType: p.typ, tif: p.tif, stp: p.stp,
		working: "CONTRACT_PRICE", qty: *p.qty, reduceOnly: p.reduceOnly, status: "NEW", created: e.now, updated: e.now,
		until: p.until, matchPart: p.matchPart,
	}
	if p.price != nil {
		o.price = *p.price
	}
	if o.tif == "" {
		o.tif = "GTC"
	}
	if o.stp == "" {
		o.stp = "EXPIRE_MAKER"
	}
	return o
}

func (e *engine) checkPrecision(m *market, o *order) *problem {
	if finer(o.qty, m.spec.QuantityPrecision) || finer(o.price, m.spec.PricePrecision) {
		return errPrecision
	}
	return nil
}

func finer(d decimal.Decimal, digits int32) bool { return !d.Equal(d.Truncate(digits)) }

func (e *engine) checkStatus(m *market, o *order) *problem {
	switch m.spec.status() {
	case "TRADING":
		return nil
	case "SETTLING", "PENDING_TRADING", "DELIVERING", "PRE_SETTLE":
		if o.reduceOnly || o.closePosition {
			return nil
		}
		return errOpening
	default:
		return errClosed
	}
}

func (e *engine) checkFilters(m *market, o *order) *problem {
	s := m.spec
	limit, most := o.typ == "LIMIT", s.MaxQty
	if !limit {
		most = s.MarketMaxQty
	}
	switch {
	case !o.qty.IsPositive():
		return errQtyZero
	case o.qty.LessThan(s.MinQty):
		return errQtyMin
	case o.qty.GreaterThan(most):
		return errQtyMax
	case !onGrid(o.qty, s.MinQty, s.Step):
		return errStep
	case limit && o.price.LessThan(s.MinPrice):
		return errPriceMin
	case limit && o.price.GreaterThan(s.MaxPrice):
		return errPriceMax
	case limit && !onGrid(o.price, s.MinPrice, s.Tick):
		return errTick
	}
	if err := checkPercent(m, o); err != nil {
		return err
	}
	if !o.reduceOnly && !o.closePosition && m.worth(o).LessThan(s.MinNotional) {
		return errNotional
	}
	if len(e.open(s.Name)) >= s.MaxOrders {
		return errOpenOrders
	}
	return nil
}

// checkPercent is PERCENT_PRICE for limits, and the bound of market orders: both are about the mark price.
func checkPercent(m *market, o *order) *problem {
	top, bottom := m.mark.Mul(m.spec.MultiplierUp), m.mark.Mul(m.spec.MultiplierDown)
	one := decimal.NewFromInt(1)
	best := m.best(o)
	switch {
	case o.typ == "LIMIT" && o.buys() && o.price.GreaterThan(top):
		return &problem{0, -4016, fmt.Sprintf("Limit price can't be higher than %s.", m.spec.price(top))}
	case o.typ == "LIMIT" && !o.buys() && o.price.LessThan(bottom):
		return &problem{0, -4024, fmt.Sprintf("Limit price can't be lower than %s.", m.spec.price(bottom))}
	case o.typ == "MARKET" && o.buys() && best.GreaterThan(m.mark.Mul(one.Add(m.spec.MarketTakeBound))),
		o.typ == "MARKET" && !o.buys() && best.LessThan(m.mark.Mul(one.Sub(m.spec.MarketTakeBound))):
		return errTakeBound
	}
	return nil
}

// checkDuplicate knows of open orders alone: the venue accepts an id again once its order is over.
func (e *engine) checkDuplicate(_ *market, o *order) *problem {
	if o.clientID == "" {
		return nil
	}
	for _, other := range e.resting {
		if other.clientID == o.clientID {
			return errDuplicate
		}
	}
	return nil
}

// checkReduce refuses a reduce-only order that would do more than end the position.
func (e *engine) checkReduce(_ *market, o *order) *problem {
	if o.reduceOnly && o.qty.GreaterThan(e.reducible(o)) {
		return errReduceOnly
	}
	return nil
}

// reducible is what an order on its side can take from the position.
func (e *engine) reducible(o *order) decimal.Decimal {
	held := e.positions[o.symbol].qty
	if o.buys() {
		held = held.Neg()
	}
	return decimal.Max(held, decimal.Zero)
}

// checkForce refuses what its time in force does not let rest or trade.
func (e *engine) checkForce(m *market, o *order) *problem {
	if o.typ != "LIMIT" {
		return nil
	}
	meets := o.crosses(m.best(o)) || len(e.ownAgainst(o)) > 0
	switch {
	case o.tif == "GTX" && meets:
		return errPostOnly
	case o.tif == "FOK" && (!o.crosses(m.best(o)) || !m.has(o, o.qty)):
		return errFillOrKill
	}
	return nil
}
