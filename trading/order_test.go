package trading_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestOrderFieldsThatGoTogether(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		order trading.Order
		wrong string // "" for nothing
	}{
		"a market order":                  {trading.Order{Type: trading.Market}, ""},
		"one of a journal of old":         {trading.Order{}, ""},
		"a market order at once or never": {trading.Order{Type: trading.Market, TimeInForce: trading.IOC}, ""},
		"a limit order that only rests":   {trading.Order{Type: trading.Limit, LimitPrice: d("1"), PostOnly: true, TimeInForce: trading.Day}, ""},
		"a stop order":                    {trading.Order{Type: trading.Stop, StopPrice: d("1")}, ""},
		"a stop limit order":              {trading.Order{Type: trading.StopLimit, StopPrice: d("1"), LimitPrice: d("1")}, ""},
		"a type that is none":             {trading.Order{Type: "iceberg"}, `type "iceberg"`},
		"a time in force that is none":    {trading.Order{Type: trading.Market, TimeInForce: "gtd"}, `time in force "gtd"`},
		"a limit order without a limit":   {trading.Order{Type: trading.Limit}, "limit price 0"},
		"a limit below zero":              {trading.Order{Type: trading.StopLimit, StopPrice: d("1"), LimitPrice: d("-1")}, "limit price -1"},
		"a market order with a limit":     {trading.Order{Type: trading.Market, LimitPrice: d("1")}, "no limit price"},
		"a stop order without a stop":     {trading.Order{Type: trading.Stop}, "stop price 0"},
		"a limit order with a stop":       {trading.Order{Type: trading.Limit, LimitPrice: d("1"), StopPrice: d("1")}, "no stop price"},
		"a market order that only rests":  {trading.Order{Type: trading.Market, PostOnly: true}, "post only"},
		"post only and at once":           {trading.Order{Type: trading.Limit, LimitPrice: d("1"), PostOnly: true, TimeInForce: trading.FOK}, "post only"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			o := c.order
			o.ClientID, o.Symbol, o.Side, o.Quantity = "o", btc, trading.Buy, d("1")
			booked := book.New(d("1")).Check(journal.IntentMade{Order: o})
			limits := risk.NoLimits()
			_, approved := limits.Approve(o, trading.View{Instrument: instrument(btc), Held: d("0"), Price: d("100")})
			for who, err := range map[string]error{"shape": o.Validate(), "book": booked, "risk": approved} {
				if c.wrong == "" {
					require.NoError(t, err, who)
				} else {
					require.ErrorContains(t, err, c.wrong, who)
				}
			}
		})
	}
}

func TestPricesOffTheTickAreNotApproved(t *testing.T) {
	t.Parallel()
	limits := risk.NoLimits()
	for _, o := range []trading.Order{{Type: trading.Limit, LimitPrice: d("1.005")}, {Type: trading.Stop, StopPrice: d("1.005")}} {
		o.ClientID, o.Symbol, o.Side, o.Quantity = "o", btc, trading.Buy, d("1")
		_, err := limits.Approve(o, trading.View{Instrument: instrument(btc), Held: d("0"), Price: d("100")})
		require.ErrorContains(t, err, "1.005")
	}
}
