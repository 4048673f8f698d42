package alpacatest

import (
	"net/http"
	"slices"

	"github.com/shopspring/decimal"
)

// multiple is an answer of which each part has a status of its own.
type multiple []any

// positionsLocked lists what is held, by symbol.
func (v *Venue) positionsLocked() []map[string]any {
	list := []map[string]any{}
	for _, a := range v.cfg.Assets {
		if quantity := v.held[a.Symbol]; !quantity.IsZero() {
			list = append(list, v.positionOf(a.Symbol, quantity))
		}
	}
	return list
}

func (v *Venue) positionOf(symbol string, quantity decimal.Decimal) map[string]any {
	side, price := "long", v.assets[symbol].Price
	if quantity.IsNegative() {
		side = "short"
	}
	return map[string]any{
		"asset_id": symbol, "symbol": symbol, "asset_class": "us_equity", "exchange": "NASDAQ", "qty": quantity, "side": side,
		"qty_available": v.freeLocked(symbol), "current_price": price, "market_value": quantity.Mul(price),
	}
}

// freeLocked is what is held and not held back by orders that close it.
func (v *Venue) freeLocked(symbol string) decimal.Decimal {
	free, closes := v.held[symbol].Abs(), "sell"
	if v.held[symbol].IsNegative() {
		closes = "buy"
	}
	for _, o := range v.orders {
		if !o.done() && !o.isLeg && o.Symbol == symbol && o.Side == closes {
			free = free.Sub(o.left())
		}
	}
	return free
}

// positionLocked tells of a position, or closes it at market, all of it or a part.
func (v *Venue) positionLocked(method, symbol, part string) (any, *problem) {
	held := v.held[symbol]
	switch {
	case held.IsZero():
		return nil, no(404, 40410000, "position does not exist")
	case method == http.MethodGet:
		return v.positionOf(symbol, held), nil
	case method != http.MethodDelete:
		return nil, no(405, 0, "method not allowed")
	}
	quantity, side := held.Abs(), "sell"
	if part != "" {
		var err error
		if quantity, err = decimal.NewFromString(part); err != nil {
			return nil, no(422, 42210000, "qty %q is no number", part)
		}
	}
	if held.IsNegative() {
		side = "buy"
	}
	return answerOf(v.placeLocked(wanted{Symbol: symbol, Quantity: &quantity, Side: side, Type: "market", TimeInForce: "day"}))
}

func (v *Venue) cancelAllLocked() multiple {
	all := multiple{}
	for _, o := range slices.Clone(v.orders) {
		if o.done() || o.isLeg || o.Status == "pending_cancel" {
			continue
		}
		status := http.StatusOK
		if p := v.cancelLocked(o.ID); p != nil {
			status = p.status
		}
		all = append(all, map[string]any{"id": o.ID, "status": status})
	}
	return all
}

// accountLocked leaves out what the venue has dropped.
func (v *Venue) accountLocked() any {
	told := map[string]any{
		"id": "alpacatest", "account_number": "PA0000000", "status": "ACTIVE", "currency": "USD", "cash": v.cash,
		"equity": v.equityLocked(), "buying_power": v.buyingPowerLocked(), "multiplier": "2",
		"shorting_enabled": true, "account_blocked": false, "trading_blocked": false, "trade_suspended_by_user": false,
	}
	if v.blocked != "" {
		told[v.blocked] = true
	}
	return told
}

func (v *Venue) assetsLocked() any {
	list := []map[string]any{}
	for _, a := range v.cfg.Assets {
		list = append(list, v.assetOf(a.Symbol))
	}
	return list
}

func (v *Venue) assetLocked(symbol string) (any, *problem) {
	if v.assets[symbol] == nil {
		return nil, no(404, 40410000, "asset not found for %s", symbol)
	}
	return v.assetOf(symbol), nil
}

func (v *Venue) assetOf(symbol string) map[string]any {
	a := v.assets[symbol]
	return map[string]any{
		"id": symbol, "class": "us_equity", "exchange": "NASDAQ", "symbol": symbol, "name": symbol, "status": "active",
		"tradable": !a.Halted, "marginable": true, "shortable": a.Shortable, "easy_to_borrow": a.Shortable, "fractionable": false,
	}
}

// equityLocked is what all would be worth in cash.
func (v *Venue) equityLocked() decimal.Decimal {
	equity := v.cash
	for symbol, quantity := range v.held {
		equity = equity.Add(quantity.Mul(v.assets[symbol].Price))
	}
	return equity
}

// buyingPowerLocked is for how much more can be opened: what is held may be worth twice the equity.
func (v *Venue) buyingPowerLocked() decimal.Decimal {
	gross := decimal.Zero
	for symbol, quantity := range v.held {
		gross = gross.Add(quantity.Mul(v.assets[symbol].Price).Abs())
	}
	return v.equityLocked().Mul(decimal.NewFromInt(2)).Sub(gross)
}
