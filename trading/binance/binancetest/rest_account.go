package binancetest

import (
	"maps"
	"slices"
	"strconv"

	"github.com/shopspring/decimal"
)

func money(d decimal.Decimal) string { return d.StringFixed(8) }

func (v *Venue) accountConfig(*call) (any, *problem) {
	return obj{
		"feeTier": 0, "canTrade": true, "canDeposit": true, "canWithdraw": true, "dualSidePosition": v.engine.dual,
		"updateTime": 0, "multiAssetsMargin": false, "tradeGroupId": -1,
	}, nil
}

func (v *Venue) symbolConfig(c *call) (any, *problem) {
	rows := []obj{}
	for _, name := range v.engine.names {
		if want := c.get("symbol"); want == "" || want == name {
			m := v.engine.markets[name]
			rows = append(rows, obj{
				"symbol": name, "marginType": "CROSSED", "isAutoAddMargin": false, "leverage": m.leverage,
				"maxNotionalValue": m.maxNotional().String(),
			})
		}
	}
	return rows, nil
}

// assets are the wallets by name.
func (v *Venue) assets() []string { return slices.Sorted(maps.Keys(v.engine.wallets)) }

func (v *Venue) balance(*call) (any, *problem) {
	rows := []obj{}
	for _, asset := range v.assets() {
		wallet := v.engine.wallets[asset]
		unrealized, _, _, _ := v.engine.margins(asset)
		free := money(v.engine.available(asset))
		rows = append(rows, obj{
			"accountAlias": "SgsR", "asset": asset, "balance": money(wallet), "crossWalletBalance": money(wallet),
			"crossUnPnl": money(unrealized), "availableBalance": free, "maxWithdrawAmount": free, "marginAvailable": true,
			"updateTime": millis(v.engine.now),
		})
	}
	return rows, nil
}

func (v *Venue) accountV2(*call) (any, *problem) {
	account := v.account(true)
	for key, value := range map[string]any{
		"feeTier": 0, "canTrade": true, "canDeposit": true, "canWithdraw": true, "updateTime": 0, "multiAssetsMargin": false,
		"tradeGroupId": -1,
	} {
		account[key] = value
	}
	return account, nil
}

func (v *Venue) accountV3(*call) (any, *problem) { return v.account(false), nil }

// account tells wallets and positions. The totals are those of USDT, as where the account has no other margin.
func (v *Venue) account(all bool) obj {
	e := v.engine
	unrealized, initial, orders, maintenance := e.margins("USDT")
	wallet := e.wallets["USDT"]
	free := money(e.available("USDT"))
	j := obj{
		"totalInitialMargin": money(initial.Add(orders)), "totalMaintMargin": money(maintenance),
		"totalWalletBalance": money(wallet), "totalUnrealizedProfit": money(unrealized),
		"totalMarginBalance": money(wallet.Add(unrealized)), "totalPositionInitialMargin": money(initial),
		"totalOpenOrderInitialMargin": money(orders), "totalCrossWalletBalance": money(wallet),
		"totalCrossUnPnl": money(unrealized), "availableBalance": free, "maxWithdrawAmount": free,
	}
	assets, positions := []obj{}, []obj{}
	for _, asset := range v.assets() {
		assets = append(assets, v.asset(asset))
	}
	for _, name := range e.names {
		if all || !e.positions[name].qty.IsZero() || len(e.open(name)) > 0 {
			positions = append(positions, v.accountPosition(name))
		}
	}
	j["assets"], j["positions"] = assets, positions
	return j
}

func (v *Venue) asset(asset string) obj {
	wallet := v.engine.wallets[asset]
	unrealized, initial, orders, maintenance := v.engine.margins(asset)
	free := money(v.engine.available(asset))
	return obj{
		"asset": asset, "walletBalance": money(wallet), "unrealizedProfit": money(unrealized),
		"marginBalance": money(wallet.Add(unrealized)), "maintMargin": money(maintenance),
		"initialMargin": money(initial.Add(orders)), "positionInitialMargin": money(initial),
		"openOrderInitialMargin": money(orders), "crossWalletBalance": money(wallet), "crossUnPnl": money(unrealized),
		"availableBalance": free, "maxWithdrawAmount": free, "marginAvailable": true, "updateTime": millis(v.engine.now),
	}
}

func (v *Venue) accountPosition(name string) obj {
	p := v.engine.positions[name]
	return obj{
		"symbol": name, "positionSide": "BOTH", "positionAmt": v.engine.markets[name].spec.quantity(p.qty),
		"unrealizedProfit": money(v.engine.unrealized(name)), "isolatedMargin": "0", "notional": v.notional(name),
		"isolatedWallet": "0", "initialMargin": money(v.engine.positionMargin(name).Add(v.engine.orderMargin(name, nil))),
		"maintMargin": money(v.engine.maintenance(name)), "updateTime": millis(p.updated), "entryPrice": p.entry().String(),
		"leverage": strconv.Itoa(v.engine.markets[name].leverage), "isolated": false,
		"positionInitialMargin": money(v.engine.positionMargin(name)), "bidNotional": "0", "askNotional": "0",
		"openOrderInitialMargin": money(v.engine.orderMargin(name, nil)),
		"maxNotional":            v.engine.markets[name].maxNotional().String(),
	}
}

func (v *Venue) notional(name string) string {
	return money(v.engine.positions[name].qty.Mul(v.engine.markets[name].mark))
}

// positionRiskV3 tells only the symbols that have a position or an open order; V2 tells all.
func (v *Venue) positionRiskV3(c *call) (any, *problem) { return v.positionRisk(c, false) }

func (v *Venue) positionRiskV2(c *call) (any, *problem) { return v.positionRisk(c, true) }

func (v *Venue) positionRisk(c *call, all bool) (any, *problem) {
	e := v.engine
	rows := []obj{}
	for _, name := range e.names {
		if want := c.get("symbol"); want != "" && want != name {
			continue
		}
		p, m := e.positions[name], e.markets[name]
		if !all && p.qty.IsZero() && len(e.open(name)) == 0 {
			continue
		}
		row := obj{
			"symbol": name, "positionSide": "BOTH", "positionAmt": m.spec.quantity(p.qty), "entryPrice": p.entry().String(),
			"breakEvenPrice": p.entry().String(), "markPrice": money(m.mark), "unRealizedProfit": money(e.unrealized(name)),
			"liquidationPrice": e.liquidationPrice(name).String(), "isolatedMargin": "0", "notional": v.notional(name),
			"marginAsset": m.spec.Quote, "isolatedWallet": "0",
			"maintMargin":           money(e.maintenance(name)),
			"initialMargin":         money(e.positionMargin(name).Add(e.orderMargin(name, nil))),
			"positionInitialMargin": money(e.positionMargin(name)), "openOrderInitialMargin": money(e.orderMargin(name, nil)),
			"adl": 1, "bidNotional": "0", "askNotional": "0", "updateTime": millis(p.updated),
		}
		if all {
			row["leverage"], row["marginType"] = strconv.Itoa(m.leverage), "cross"
			row["maxNotionalValue"], row["isAutoAddMargin"] = m.maxNotional().String(), "false"
		}
		rows = append(rows, row)
	}
	return rows, nil
}

// liquidationPrice is where the margin no longer holds a position, all other prices staying: wallet + other profit +
// qty * price - cost = other maintenance + |qty| * price * ratio - cum.
func (e *engine) liquidationPrice(name string) decimal.Decimal {
	p, m := e.positions[name], e.markets[name]
	if p.qty.IsZero() {
		return decimal.Zero
	}
	unrealized, _, _, maintenance := e.margins(m.spec.Quote)
	b := m.spec.bracket(p.qty.Mul(m.mark).Abs())
	others := e.wallets[m.spec.Quote].Add(unrealized).Sub(e.unrealized(name)).Sub(maintenance.Sub(e.maintenance(name)))
	slope := p.qty.Abs().Mul(b.Ratio).Sub(p.qty)
	if slope.IsZero() {
		return decimal.Zero
	}
	price := others.Sub(p.cost).Add(b.Cum).DivRound(slope, 8)
	return decimal.Max(price, decimal.Zero)
}

func (v *Venue) getDual(*call) (any, *problem) { return obj{"dualSidePosition": v.engine.dual}, nil }

func (v *Venue) postDual(c *call) (any, *problem) {
	if c.get("dualSidePosition") == "" {
		return nil, errMandatory("dualSidePosition")
	}
	switch want := c.is("dualSidePosition"); {
	case want == v.engine.dual:
		return nil, errPositionMode
	case len(v.engine.resting) > 0 || len(v.engine.openAlgos("")) > 0:
		return nil, errModeOrders
	case v.engine.holds(""):
		return nil, errModeHeld
	default:
		v.engine.dual = want
	}
	return success(), nil
}

func success() obj { return obj{"code": 200, "msg": "success"} }

// holds reports whether there is a position; symbol "" means anywhere.
func (e *engine) holds(symbol string) bool {
	for name, p := range e.positions {
		if (symbol == "" || symbol == name) && !p.qty.IsZero() {
			return true
		}
	}
	return false
}

func (v *Venue) getMultiAssets(*call) (any, *problem) { return obj{"multiAssetsMargin": false}, nil }

func (v *Venue) postLeverage(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	n, err := c.whole("leverage")
	if err != nil {
		return nil, err
	}
	if n < 1 || n > int64(m.spec.Brackets[0].Leverage) {
		return nil, &problem{0, -4028, "Leverage " + c.get("leverage") + " is not valid"}
	}
	m.leverage = int(n)
	return obj{"leverage": m.leverage, "maxNotionalValue": m.maxNotional().String(), "symbol": m.spec.Name}, nil
}

func (v *Venue) postMarginType(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	switch kind := c.get("marginType"); {
	case kind == "CROSSED":
		return nil, errMarginType
	case kind != "ISOLATED":
		return nil, errParameter("marginType")
	case len(v.engine.open(m.spec.Name)) > 0:
		return nil, errMarginOrders
	case v.engine.holds(m.spec.Name):
		return nil, errMarginHeld
	default:
		return nil, errNotModelled("isolated margin")
	}
}

func (v *Venue) leverageBracket(c *call) (any, *problem) {
	rows := []obj{}
	for _, name := range v.engine.names {
		if want := c.get("symbol"); want != "" && want != name {
			continue
		}
		brackets, floor := []obj{}, decimal.Zero
		for i, b := range v.engine.markets[name].spec.Brackets {
			brackets = append(brackets, obj{
				"bracket": i + 1, "initialLeverage": b.Leverage, "notionalCap": number(b.Cap), "notionalFloor": number(floor),
				"maintMarginRatio": number(b.Ratio), "cum": number(b.Cum),
			})
			floor = b.Cap
		}
		rows = append(rows, obj{"symbol": name, "brackets": brackets})
	}
	return rows, nil
}

// number is one that the venue writes without quotes.
func number(d decimal.Decimal) float64 { return d.InexactFloat64() }

func (v *Venue) commissionRate(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	return obj{
		"symbol": m.spec.Name, "makerCommissionRate": v.cfg.Maker.String(), "takerCommissionRate": v.cfg.Taker.String(),
	}, nil
}

// income tells at most 1000 rows; without a start those of the last 7 days.
func (v *Venue) income(c *call) (any, *problem) {
	limit, err := c.limit(100, 1000)
	if err != nil {
		return nil, err
	}
	from, err := c.time("startTime")
	if err != nil {
		return nil, err
	}
	to, err := c.time("endTime")
	if err != nil {
		return nil, err
	}
	if from.IsZero() {
		from = v.engine.now.AddDate(0, 0, -7)
	}
	if to.IsZero() {
		to = v.engine.now
	}
	rows := []obj{}
	for _, r := range v.engine.incomes {
		symbol, kind := c.get("symbol"), c.get("incomeType")
		if (symbol == "" || symbol == r.symbol) && (kind == "" || kind == r.kind) && within(r.at, from, to) {
			rows = append(rows, r.json())
		}
	}
	return page(rows, limit, c.get("startTime") != ""), nil
}

func (r income) json() obj {
	trade := ""
	if r.trade != 0 {
		trade = strconv.FormatInt(r.trade, 10)
	}
	return obj{
		"symbol": r.symbol, "incomeType": r.kind, "income": money(r.amount), "asset": r.asset, "info": r.info,
		"time": millis(r.at), "tranId": r.id, "tradeId": trade,
	}
}

func (v *Venue) apiRestrictions(*call) (any, *problem) {
	j := obj{"createTime": int64(1623840271000)}
	for _, name := range []string{
		"ipRestrict", "enableReading", "enableWithdrawals", "enableInternalTransfer", "enableMargin", "enableFutures",
		"permitsUniversalTransfer", "enableVanillaOptions", "enableFixApiTrade", "enableFixReadOnly",
		"enableSpotAndMarginTrading", "enablePortfolioMarginTrading",
	} {
		j[name] = v.cfg.Rights[name]
	}
	return j, nil
}
