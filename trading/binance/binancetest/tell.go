package binancetest

import (
	"github.com/shopspring/decimal"
)

// Events of the user's stream, as the venue writes them. Those of one type are in the order in which they happened; no
// number says whether one is missing.

// tell is ORDER_TRADE_UPDATE, and before it the early TRADE_LITE, which has no fee.
func (e *engine) tell(o *order, what string, f *fill) {
	s := e.markets[o.symbol].spec
	j := obj{
		"s": o.symbol, "c": o.clientID, "S": o.side, "o": o.typ, "f": o.tif, "q": s.quantity(o.qty), "p": s.price(o.price),
		"ap": o.average().StringFixed(5), "sp": s.price(o.stop), "x": what, "X": o.status, "i": o.id,
		"l": s.quantity(decimal.Zero), "z": s.quantity(o.filled), "L": s.price(decimal.Zero),
		"T": millis(e.now), "t": 0, "b": "0", "a": "0", "m": false,
		"R": o.reduceOnly, "wt": o.working, "ot": o.origType, "ps": "BOTH", "cp": o.closePosition, "rp": "0", "pP": false,
		"si": 0, "ss": 0, "V": o.stp, "pm": "NONE", "gtd": millis(o.until), "er": reasonOf(o),
	}
	if f != nil {
		if o.venues {
			j["x"] = "CALCULATED"
		}
		j["l"], j["L"], j["t"], j["m"] = s.quantity(f.qty), s.price(f.price), f.id, f.maker
		j["rp"] = f.realized.StringFixed(8)
		if !f.fee.IsZero() {
			j["N"], j["n"] = f.feeAsset, f.fee.StringFixed(8)
		}
		e.user("TRADE_LITE", obj{
			"e": "TRADE_LITE", "E": millis(e.now), "T": millis(e.now), "s": o.symbol, "q": j["q"], "p": j["p"], "m": f.maker,
			"c": o.clientID, "S": o.side, "L": j["L"], "l": j["l"], "t": f.id, "i": o.id,
		})
	}
	e.user("ORDER_TRADE_UPDATE", obj{"e": "ORDER_TRADE_UPDATE", "T": millis(e.now), "E": millis(e.now), "o": j})
}

func reasonOf(o *order) string {
	if o.expiry == "" {
		return "0"
	}
	return o.expiry
}

// tellAccount is ACCOUNT_UPDATE with the wallets that trading in a market touches, and its position.
func (e *engine) tellAccount(why string, m *market) {
	e.account(why, decimal.Zero, m, true)
}

// tellFunding has no position in it: the account's margin is crossed.
func (e *engine) tellFunding(m *market, paid decimal.Decimal) {
	e.account("FUNDING_FEE", paid, m, false)
}

func (e *engine) account(why string, change decimal.Decimal, m *market, position bool) {
	assets := []string{m.spec.Quote}
	if e.cfg.FeesInBNB && position {
		assets = append(assets, "BNB")
	}
	balances := []obj{}
	for _, asset := range assets {
		wallet := e.wallets[asset].StringFixed(8)
		balances = append(balances, obj{"a": asset, "wb": wallet, "cw": wallet, "bc": change.String()})
	}
	a := obj{"m": why, "B": balances, "P": []obj{}}
	if position {
		p := e.positions[m.spec.Name]
		a["P"] = []obj{{
			"s": p.symbol, "pa": m.spec.quantity(p.qty), "ep": p.entry().String(), "bep": p.entry().String(),
			"cr": p.realized.String(), "up": e.unrealized(p.symbol).StringFixed(8), "mt": "cross", "iw": "0",
			"ps": "BOTH",
		}}
	}
	e.user("ACCOUNT_UPDATE", obj{"e": "ACCOUNT_UPDATE", "T": millis(e.now), "E": millis(e.now), "a": a})
}

// tellAlgo is ALGO_UPDATE.
func (e *engine) tellAlgo(a *algo) {
	s := e.markets[a.symbol].spec
	id, price, qty := a.actual()
	act := "0"
	if a.born != nil {
		act = a.born.typ
	}
	j := obj{
		"caid": a.clientID, "aid": a.id, "at": "CONDITIONAL", "o": a.typ, "s": a.symbol, "S": a.side, "ps": "BOTH",
		"f": a.tif, "q": s.quantity(a.qty), "X": a.status, "ai": id, "ap": price.StringFixed(5), "aq": s.quantity(qty),
		"act": act, "tp": s.price(a.trigger), "p": s.price(a.price), "V": a.stp, "wt": a.working, "pm": "NONE",
		"cp": a.closePosition, "pP": a.priceProtect, "R": a.reduceOnly, "tt": millis(a.triggered), "gtd": 0,
	}
	if a.reason != "" {
		j["rm"] = a.reason
	}
	e.user("ALGO_UPDATE", obj{"e": "ALGO_UPDATE", "T": millis(e.now), "E": millis(e.now), "o": j})
}

// tellMarket tells the public streams of a market what its prices are now.
func (e *engine) tellMarket(m *market) {
	s := m.spec
	m.updates++
	e.feed(s.Name, "bookTicker", func() obj { return m.bookTicker(e) })
	e.feed(s.Name, "markPrice", func() obj { return m.markPrice(e) })
	e.feed(s.Name, "markPrice@1s", func() obj { return m.markPrice(e) })
	for _, i := range intervals {
		e.feed(s.Name, "kline_"+i.name, func() obj { return m.klineEvent(i, i.begin(m.minute), e.now, false) })
	}
}

func (m *market) bookTicker(e *engine) obj {
	return obj{
		"e": "bookTicker", "u": m.updates, "E": millis(e.now), "T": millis(e.now), "s": m.spec.Name,
		"b": m.spec.price(m.quote.Bid), "B": m.sizeOf(m.quote.BidQty), "a": m.spec.price(m.quote.Ask),
		"A": m.sizeOf(m.quote.AskQty), "st": 1, "ps": m.spec.Name,
	}
}

// sizeOf is a quantity of the book; where the test has set none, it is the most that one order may have.
func (m *market) sizeOf(qty *decimal.Decimal) string {
	if qty == nil {
		return m.spec.quantity(m.spec.MaxQty)
	}
	return m.spec.quantity(*qty)
}

func (m *market) markPrice(e *engine) obj {
	return obj{
		"e": "markPriceUpdate", "E": millis(e.now), "s": m.spec.Name, "p": m.mark.StringFixed(8), "i": m.mark.StringFixed(8),
		"P": m.mark.StringFixed(8), "r": m.rate.StringFixed(8), "T": millis(m.funding), "st": 1,
	}
}
