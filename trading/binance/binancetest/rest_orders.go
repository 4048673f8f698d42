package binancetest

import (
	"time"

	"github.com/shopspring/decimal"
)

// decimals reads several parameters, and stops at the first that is none.
func (c *call) decimals(to map[string]**decimal.Decimal) *problem {
	for name, d := range to {
		number, err := c.number(name)
		if err != nil {
			return err
		}
		*d = number
	}
	return nil
}

func (c *call) placing(idName string) (placing, *problem) {
	p := placing{
		symbol: c.get("symbol"), side: c.get("side"), typ: c.get("type"), tif: c.get("timeInForce"),
		clientID: c.get(idName), positionSide: c.get("positionSide"), stp: c.get("selfTradePreventionMode"),
		reduceOnly: c.is("reduceOnly"), matchPart: c.is(halfFill),
	}
	if err := c.decimals(map[string]**decimal.Decimal{"quantity": &p.qty, "price": &p.price}); err != nil {
		return p, err
	}
	var err *problem
	p.until, err = c.time("goodTillDate")
	return p, err
}

func (v *Venue) postOrder(c *call) (any, *problem) {
	switch match := c.get("priceMatch"); match {
	case "", "NONE":
	default:
		return nil, errNotModelled("priceMatch " + match)
	}
	p, err := c.placing("newClientOrderId")
	if err != nil {
		return nil, err
	}
	if p.symbol == "" {
		return nil, errMandatory("symbol")
	}
	kind := c.get("newOrderRespType")
	if kind != "" && kind != "ACK" && kind != "RESULT" {
		return nil, errParameter("newOrderRespType")
	}
	o, err := v.engine.place(p)
	if err != nil {
		return nil, err
	}
	spec := v.engine.markets[o.symbol].spec
	if kind == "RESULT" {
		return o.json(spec, true), nil
	}
	// ACK tells that the order was taken, and nothing of what became of it.
	taken := *o
	taken.status, taken.filled = "NEW", decimal.Zero
	return taken.json(spec, true), nil
}

// orderOf is the order that a request names; nil where there is none.
func (v *Venue) orderOf(c *call) *order {
	id, _ := c.whole("orderId")
	return v.engine.find(c.get("symbol"), id, c.get("origClientOrderId"))
}

// named checks that a request names an order.
func (v *Venue) named(c *call) (*market, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	if _, err := c.whole("orderId"); err != nil {
		return nil, err
	}
	if c.get("orderId") == "" && c.get("origClientOrderId") == "" {
		return nil, errMandatory("orderId")
	}
	return m, nil
}

func (v *Venue) getOrder(c *call) (any, *problem) {
	m, err := v.named(c)
	if err != nil {
		return nil, err
	}
	o := v.orderOf(c)
	if o == nil {
		return nil, errNoOrder
	}
	return o.json(m.spec, false), nil
}

func (v *Venue) getOpenOrder(c *call) (any, *problem) {
	m, err := v.named(c)
	if err != nil {
		return nil, err
	}
	o := v.orderOf(c)
	if o == nil || !o.live() {
		return nil, errNoOrder
	}
	return o.json(m.spec, false), nil
}

func (v *Venue) deleteOrder(c *call) (any, *problem) {
	m, err := v.named(c)
	if err != nil {
		return nil, err
	}
	o := v.orderOf(c)
	if err := v.engine.cancel(o); err != nil {
		return nil, err
	}
	return o.json(m.spec, true), nil
}

func (v *Venue) openOrders(c *call) (any, *problem) {
	if symbol := c.get("symbol"); symbol != "" {
		if _, err := v.engine.market(symbol); err != nil {
			return nil, err
		}
	}
	rows := []obj{}
	for _, o := range v.engine.open(c.get("symbol")) {
		rows = append(rows, o.json(v.engine.markets[o.symbol].spec, false))
	}
	return rows, nil
}

func (v *Venue) deleteOpenOrders(c *call) (any, *problem) {
	if _, err := v.engine.market(c.get("symbol")); err != nil {
		return nil, err
	}
	for _, o := range v.engine.open(c.get("symbol")) {
		v.engine.end(o, "CANCELED", "")
	}
	return obj{"code": 200, "msg": "The operation of cancel all open order is done."}, nil
}

// span is the window of a question about the past: 7 days at most, and the last 7 where none is named.
func (c *call) span(now time.Time) (from, to time.Time, err *problem) {
	const most = 7 * 24 * time.Hour
	if from, err = c.time("startTime"); err != nil {
		return from, to, err
	}
	if to, err = c.time("endTime"); err != nil {
		return from, to, err
	}
	switch {
	case from.IsZero() && to.IsZero():
		from, to = now.Add(-most), now
	case to.IsZero():
		to = from.Add(most)
	case from.IsZero():
		from = to.Add(-most)
	case from.After(to):
		return from, to, &problem{0, -1023, "Start time is greater than end time."}
	case to.Sub(from) > most:
		return from, to, &problem{0, -4165, "Maximum time interval is 7 days."}
	}
	return from, to, nil
}

func within(t, from, to time.Time) bool {
	ms := t.UnixMilli()
	return ms >= from.UnixMilli() && ms <= to.UnixMilli()
}

func (v *Venue) allOrders(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(500, 1000)
	if err != nil {
		return nil, err
	}
	from, to, err := c.span(v.engine.now)
	if err != nil {
		return nil, err
	}
	least, err := c.whole("orderId")
	if err != nil {
		return nil, err
	}
	rows := []obj{}
	for _, o := range v.engine.orders {
		fits := o.id >= least
		if least == 0 {
			fits = within(o.created, from, to)
		}
		if o.symbol == m.spec.Name && fits && v.engine.remembered(o) {
			rows = append(rows, o.json(m.spec, false))
		}
	}
	return page(rows, limit, c.get("startTime") != "" || least != 0), nil
}

// page is the first rows where a begin is named, and otherwise the last.
func page(rows []obj, limit int, first bool) []obj {
	switch {
	case len(rows) <= limit:
		return rows
	case first:
		return rows[:limit]
	default:
		return rows[len(rows)-limit:]
	}
}

// The venue tells of trades of the last three months.
const tradesLive = 90 * 24 * time.Hour

func (v *Venue) userTrades(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(500, 1000)
	if err != nil {
		return nil, err
	}
	fromID, err := c.whole("fromId")
	if err != nil {
		return nil, err
	}
	timed := c.get("startTime") != "" || c.get("endTime") != ""
	if c.get("fromId") != "" && timed {
		return nil, errCombination
	}
	from, to, err := c.span(v.engine.now)
	if err != nil {
		return nil, err
	}
	order, err := c.whole("orderId")
	if err != nil {
		return nil, err
	}
	rows := []obj{}
	for _, f := range v.engine.fills {
		fits := f.id >= fromID
		if c.get("fromId") == "" {
			fits = within(f.at, from, to)
		}
		if f.order.symbol == m.spec.Name && fits && (order == 0 || f.order.id == order) && v.engine.now.Sub(f.at) < tradesLive {
			rows = append(rows, f.json(m.spec))
		}
	}
	return page(rows, limit, c.get("startTime") != "" || c.get("fromId") != ""), nil
}

// json is the fill as userTrades tells it: with the order's id, and not with the client's.
func (f *fill) json(s Symbol) obj {
	return obj{
		"symbol": s.Name, "id": f.id, "orderId": f.order.id, "side": f.order.side, "price": s.price(f.price),
		"qty": s.quantity(f.qty), "realizedPnl": f.realized.StringFixed(8), "quoteQty": f.price.Mul(f.qty).StringFixed(8),
		"commission": f.fee.StringFixed(8), "commissionAsset": f.feeAsset, "time": millis(f.at), "positionSide": "BOTH",
		"buyer": f.order.buys(), "maker": f.maker,
	}
}

func (v *Venue) countdown(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	if c.get("countdownTime") == "" {
		return nil, errMandatory("countdownTime")
	}
	ms, err := c.whole("countdownTime")
	if err != nil {
		return nil, err
	}
	delete(v.engine.deadlines, m.spec.Name)
	if ms > 0 {
		v.engine.deadlines[m.spec.Name] = v.engine.now.Add(time.Duration(ms) * time.Millisecond)
	}
	return obj{"symbol": m.spec.Name, "countdownTime": c.get("countdownTime")}, nil
}
