package certify

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// soon is how long a venue may take until one of its doors tells what has happened at another.
const soon = 10 * time.Second

// readCases change nothing.
func (f *futures) readCases() []Case {
	return []Case{
		{"time", func(s *script) {
			a := f.askAs(s, call{open: true}, "GET", "/fapi/v1/time")
			s.say("answer", "%s", a.words())
			s.say("fields", "%s", a.object().fields())
			s.say("used weight is told", "%t", a.header.Get("X-Mbx-Used-Weight-1m") != "")
		}},
		{"exchange-info", f.exchangeInfo},
		{"account-config", func(s *script) {
			a := f.ask(s, "GET", "/fapi/v1/accountConfig")
			s.say("fields", "%s", a.object().fields())
			s.say("one-way mode", "%t", a.object().text("dualSidePosition") == "false")
			s.say("other assets as margin", "%s", a.object().text("multiAssetsMargin"))
		}},
		{"symbol-config", func(s *script) {
			rows := f.ask(s, "GET", "/fapi/v1/symbolConfig", "symbol", f.symbol).rows()
			s.say("rows", "%d", len(rows))
			if len(rows) > 0 {
				s.say("fields", "%s", rows[0].fields())
				s.say("margin", "%s", rows[0].text("marginType"))
				s.say("leverage is told", "%t", rows[0].number("leverage").IsPositive())
			}
		}},
		{"account", f.account},
		{"brackets", func(s *script) {
			rows := f.ask(s, "GET", "/fapi/v1/leverageBracket", "symbol", f.symbol).rows()
			s.say("rows", "%d", len(rows))
			if len(rows) > 0 && len(rows[0].children("brackets")) > 0 {
				s.say("fields of a bracket", "%s", rows[0].children("brackets")[0].fields())
				s.say("the first begins at 0", "%t", rows[0].children("brackets")[0].number("notionalFloor").IsZero())
			}
		}},
		{"klines", f.klines},
		{"premium-index", func(s *script) {
			a := f.askAs(s, call{open: true}, "GET", "/fapi/v1/premiumIndex", "symbol", f.symbol)
			s.say("fields", "%s", a.object().fields())
			next := time.UnixMilli(a.object().number("nextFundingTime").IntPart())
			s.say("next funding is to come", "%t", next.After(f.now()))
		}},
		{"unknown-symbol", func(s *script) {
			prices := f.askAs(s, call{open: true}, "GET", "/fapi/v1/ticker/bookTicker", "symbol", "NOSUCHUSDT")
			s.say("prices", "%s", prices.words())
			s.say("order", "%s", f.ask(s, "POST", orderPath, "symbol", "NOSUCHUSDT", "side", "BUY", "type", "MARKET",
				"quantity", "1").words())
		}},
	}
}

func (f *futures) exchangeInfo(s *script) {
	a := f.askAs(s, call{open: true}, "GET", "/fapi/v1/exchangeInfo").object()
	for _, l := range a.children("rateLimits") {
		key := fmt.Sprintf("limit of %s in %s %s", l.text("rateLimitType"), l.text("intervalNum"), l.text("interval"))
		s.say(key, "%s", l.text("limit"))
	}
	for _, row := range a.children("symbols") {
		if row.text("symbol") != f.symbol {
			continue
		}
		s.say("fields of a symbol", "%s", row.fields())
		for _, name := range []string{"contractType", "status", "pricePrecision", "quantityPrecision", "marketTakeBound"} {
			s.say(name, "%s", row.text(name))
		}
		s.say("fields orderTypes", "%s", words(row["orderTypes"]))
		s.say("fields timeInForce", "%s", words(row["timeInForce"]))
		for _, filter := range row.children("filters") {
			kind := filter.text("filterType")
			s.say("fields of "+kind, "%s", filter.fields())
			for _, name := range []string{"tickSize", "stepSize", "minQty", "maxQty", "notional", "multiplierUp",
				"multiplierDown", "limit"} {
				if filter.text(name) != "" {
					s.say(kind+" "+name, "%s", filter.number(name))
				}
			}
		}
	}
}

func words(list any) string {
	all, _ := list.([]any)
	var texts []string
	for _, one := range all {
		texts = append(texts, fmt.Sprint(one))
	}
	return strings.Join(texts, " ")
}

func (f *futures) account(s *script) {
	a := f.ask(s, "GET", "/fapi/v3/account").object()
	s.say("fields", "%s", a.fields())
	for _, asset := range a.children("assets") {
		if asset.text("asset") == "USDT" {
			s.say("fields of an asset", "%s", asset.fields())
		}
	}
	s.say("positions that are zero", "%d", len(a.children("positions")))
}

// klines looks at the row that is still open: who takes it for closed trades on what is not yet.
func (f *futures) klines(s *script) {
	a := f.askAs(s, call{open: true}, "GET", "/fapi/v1/klines", "symbol", f.symbol, "interval", "1m", "limit", "3")
	var rows [][]any
	if !decode(a.raw, &rows) || len(rows) == 0 {
		s.say("answer", "%s", a.words())
		return
	}
	open := 0
	for _, row := range rows {
		if len(row) > 6 {
			ends, err := decimal.NewFromString(fmt.Sprint(row[6]))
			if err == nil && time.UnixMilli(ends.IntPart()).After(f.now()) {
				open++
			}
		}
	}
	s.say("columns", "%d", len(rows[0]))
	s.say("open rows", "%d", open)
	s.say("interval of a second", "%s", f.askAs(s, call{open: true}, "GET", "/fapi/v1/klines", "symbol", f.symbol,
		"interval", "1s").words())
}
