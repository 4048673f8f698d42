package binancetest

import "github.com/shopspring/decimal"

func (v *Venue) postAlgo(c *call) (any, *problem) {
	common, err := c.placing("clientAlgoId")
	if err != nil {
		return nil, err
	}
	p := algoPlacing{
		placing: common, algoType: c.get("algoType"), working: c.get("workingType"), closePosition: c.is("closePosition"),
		priceProtect: c.is("priceProtect"), reduceOnlySent: c.is("reduceOnly"),
	}
	if err := c.decimals(map[string]**decimal.Decimal{
		"triggerPrice": &p.trigger, "activatePrice": &p.activate, "callbackRate": &p.callback,
	}); err != nil {
		return nil, err
	}
	a, err := v.engine.placeAlgo(p)
	if err != nil {
		return nil, err
	}
	return a.json(v.engine.markets[a.symbol].spec), nil
}

func (v *Venue) algoOf(c *call) (*algo, *problem) {
	id, err := c.whole("algoId")
	if err != nil {
		return nil, err
	}
	if id == 0 && c.get("clientAlgoId") == "" {
		return nil, errMandatory("algoId")
	}
	return v.engine.findAlgo(id, c.get("clientAlgoId")), nil
}

func (v *Venue) getAlgo(c *call) (any, *problem) {
	a, err := v.algoOf(c)
	if err != nil {
		return nil, err
	}
	if a == nil {
		return nil, errNoOrder
	}
	return a.json(v.engine.markets[a.symbol].spec), nil
}

func (v *Venue) deleteAlgo(c *call) (any, *problem) {
	a, err := v.algoOf(c)
	if err != nil {
		return nil, err
	}
	if err := v.engine.cancelAlgo(a); err != nil {
		return nil, err
	}
	return obj{"algoId": a.id, "clientAlgoId": a.clientID, "code": "200", "msg": "success"}, nil
}

func (v *Venue) openAlgos(c *call) (any, *problem) {
	rows := []obj{}
	for _, a := range v.engine.openAlgos(c.get("symbol")) {
		rows = append(rows, a.json(v.engine.markets[a.symbol].spec))
	}
	return rows, nil
}

func (v *Venue) deleteOpenAlgos(c *call) (any, *problem) {
	if _, err := v.engine.market(c.get("symbol")); err != nil {
		return nil, err
	}
	for _, a := range v.engine.openAlgos(c.get("symbol")) {
		v.engine.endAlgo(a, "CANCELED", "")
	}
	return obj{"code": 200, "msg": "The operation of cancel all open order is done."}, nil
}

func (v *Venue) allAlgos(c *call) (any, *problem) {
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
	number, err := c.whole("page")
	if err != nil {
		return nil, err
	}
	if number < 0 {
		return nil, errParameter("page")
	}
	rows := []obj{}
	for _, a := range v.engine.algos {
		if a.symbol == m.spec.Name && within(a.created, from, to) && v.engine.findAlgo(a.id, "") != nil {
			rows = append(rows, a.json(m.spec))
		}
	}
	if number > 0 {
		rows = rows[min(len(rows), (int(number)-1)*limit):]
	}
	return page(rows, limit, c.get("startTime") != "" || number > 0), nil
}
