package tradingtest_test

import (
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// sentMutants write an order to the venue that is another one than was approved.
var sentMutants = []mutant{
	{fault: "sells are sent as buys", says: `(?i)\bside|sell|sold`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Side = "BUY"
	})},
	{fault: "buys are sent as sells", says: `(?i)\bside|buy|bought`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Side = "SELL"
	})},
	{fault: "sells that open are sent as buys", says: `(?i)\bside|sell|short`, flaws: sending(func(o trading.Order, w *xOrder) {
		if !o.ReduceOnly {
			w.Side = "BUY"
		}
	})},
	{fault: "reduce-only is dropped", says: `(?i)reduce`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Reduce = false
	})},
	{fault: "reduce-only is dropped where an order has a stop", says: `(?i)reduce`,
		flaws: sending(func(_ trading.Order, w *xOrder) {
			w.Reduce = w.Reduce && w.StopPrice.IsZero()
		})},
	{fault: "reduce-only is dropped where an order has a limit", says: `(?i)reduce`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			w.Reduce = w.Reduce && o.Type != trading.Limit
		})},
	{fault: "every sell only reduces", says: `(?i)short|sell|sold`, flaws: sending(func(o trading.Order, w *xOrder) {
		w.Reduce = w.Reduce || o.Side == trading.Sell
	})},
	{fault: "post-only is dropped", says: `(?i)post`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.PostOnly = false
	})},
	{fault: "every limit order is post-only", says: `(?i)limit`, flaws: sending(func(o trading.Order, w *xOrder) {
		w.PostOnly = o.Type == trading.Limit
	})},
	{fault: "time in force is dropped", says: `(?i)\b(ioc|fok|day)\b`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Force = "GTC"
	})},
	{fault: "IOC is sent as GTC", says: `(?i)\bioc\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == trading.IOC {
			w.Force = "GTC"
		}
	})},
	{fault: "IOC is sent as FOK", says: `(?i)\bioc\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == trading.IOC {
			w.Force = "FOK"
		}
	})},
	{fault: "FOK is sent as IOC", says: `(?i)\bfok\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == trading.FOK {
			w.Force = "IOC"
		}
	})},
	{fault: "FOK is sent as GTC", says: `(?i)\bfok\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == trading.FOK {
			w.Force = "GTC"
		}
	})},
	{fault: "day is sent as GTC", says: `(?i)\bday\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == trading.Day {
			w.Force = "GTC"
		}
	})},
	{fault: "GTC is sent as day", says: `(?i)\bgtc\b|\bday\b`, flaws: sending(func(_ trading.Order, w *xOrder) {
		if w.Force == "GTC" {
			w.Force = "DAY"
		}
	})},
	{fault: "no time in force is sent as IOC", says: `(?i)rest|open|\bgtc\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.TimeInForce == "" {
			w.Force = "IOC"
		}
	})},
	{fault: "a guard that is tied to an entry has its prices swapped", says: `(?i)guard`,
		flaws: sending(func(_ trading.Order, w *xOrder) { w.Profit, w.Loss = w.Loss, w.Profit })},
	{fault: "a guard's stop-loss is dropped", says: `(?i)guard|stop-loss`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Loss = decimal.Zero
	})},
	{fault: "a guard's take-profit is dropped", says: `(?i)guard|take-profit`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Profit = decimal.Zero
	})},
	{fault: "client IDs are cut to 20 characters", says: `(?i)client id|order`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Client = w.Client[:min(20, len(w.Client))]
	})},
	{fault: "client IDs lose their hyphens, and nobody puts them back", says: `(?i)client id|order`, flaws: flaws{
		sent: func(_ trading.Order, w *xOrder) { w.Client = strings.ReplaceAll(w.Client, "-", "") },
		find: func(_ *adapter, ref *trading.OrderRef) { ref.ClientID = strings.ReplaceAll(ref.ClientID, "-", "") },
		order: func(_ *adapter, ref trading.OrderRef, _ xOrder, r *trading.OrderReport, err error) error {
			r.ClientID = ref.ClientID
			return err
		},
	}},
}

// someMutants are wrong for some orders only.
var someMutants = []mutant{
	{fault: "reduce-only is dropped where an order buys", says: `(?i)reduce`, flaws: sending(func(o trading.Order, w *xOrder) {
		w.Reduce = w.Reduce && o.Side == trading.Sell
	})},
	{fault: "post-only is dropped where an order sells", says: `(?i)post`, flaws: sending(func(o trading.Order, w *xOrder) {
		w.PostOnly = w.PostOnly && o.Side == trading.Buy
	})},
	{fault: "IOC is dropped where an order sells", says: `(?i)\bioc\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Side == trading.Sell && w.Force == "IOC" {
			w.Force = "GTC"
		}
	})},
	{fault: "FOK is dropped where an order sells", says: `(?i)\bfok\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Side == trading.Sell && w.Force == "FOK" {
			w.Force = "GTC"
		}
	})},
	{fault: "time in force is dropped where an order has a stop", says: `(?i)\bday\b`, flaws: sending(func(_ trading.Order, w *xOrder) {
		if w.StopPrice.IsPositive() {
			w.Force = "GTC"
		}
	})},
	{fault: "a guard is sent with market orders only", says: `(?i)guard`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type != trading.Market {
			w.Profit, w.Loss = decimal.Zero, decimal.Zero
		}
	})},
	{fault: "the fee of a sell has the venue's sign", says: `(?i)fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		if f.Side == trading.Sell {
			f.Fee = f.Fee.Neg()
		}
	})},
	{fault: "the client ID is sent in capitals", says: `(?i)client id|order`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Client = strings.ToUpper(w.Client)
	})},
}

// priceMutants get the type, the prices or the quantity of an order wrong.
var priceMutants = []mutant{
	{fault: "a stop is sent as a market order", says: `(?i)stop`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.Stop {
			w.Type, w.StopPrice = "MARKET", decimal.Zero
		}
	})},
	{fault: "a stop-limit is sent as a limit order", says: `(?i)stop.limit`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.StopLimit {
			w.Type, w.StopPrice = "LIMIT", decimal.Zero
		}
	})},
	{fault: "a stop-limit is sent as a stop", says: `(?i)stop.limit`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.StopLimit {
			w.Type, w.Price = "STOP", decimal.Zero
		}
	})},
	{fault: "a stop is sent as a stop-limit", says: `(?i)\bstop\b`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.Stop {
			w.Type, w.Price = "STOP_LIMIT", w.StopPrice
		}
	})},
	{fault: "a stop is sent as a limit order", says: `(?i)stop`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.Stop {
			w.Type, w.Price, w.StopPrice = "LIMIT", w.StopPrice, decimal.Zero
		}
	})},
	{fault: "a limit order is sent as a market order", says: `(?i)limit`, flaws: sending(func(o trading.Order, w *xOrder) {
		if o.Type == trading.Limit {
			w.Type, w.Price = "MARKET", decimal.Zero
		}
	})},
	{fault: "a market order is sent as a limit order at the decision price", says: `(?i)market`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Type == trading.Market {
				w.Type, w.Price = "LIMIT", o.DecisionPrice
			}
		})},
	{fault: "the two prices of a stop-limit are swapped", says: `(?i)stop.limit`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Type == trading.StopLimit {
				w.Price, w.StopPrice = w.StopPrice, w.Price
			}
		})},
	{fault: "a quantity is cut to whole units", says: `(?i)quantity|\bof\b|fill`,
		flaws: sending(func(_ trading.Order, w *xOrder) {
			if whole := w.Quantity.Floor(); whole.IsPositive() {
				w.Quantity = whole
			} else {
				w.Quantity = w.Quantity.Ceil()
			}
		})},
	{fault: "a quantity is cut to two places", says: `(?i)quantity|\bof\b|fill`, flaws: sending(func(_ trading.Order, w *xOrder) {
		if cut := w.Quantity.RoundFloor(2); cut.IsPositive() {
			w.Quantity = cut
		}
	})},
	{fault: "a quantity is sent to four digits", says: `(?i)quantity|\bof\b|fill`,
		flaws: sending(func(_ trading.Order, w *xOrder) {
			w.Quantity = w.Quantity.Round(4 - int32(w.Quantity.NumDigits()) - w.Quantity.Exponent())
		})},
	{fault: "half of a quantity is sent", says: `(?i)quantity|\bof\b|fill`, flaws: sending(func(_ trading.Order, w *xOrder) {
		half := w.Quantity.Div(decimal.NewFromInt(2))
		w.Quantity = decimal.Max(half.RoundFloor(3), decimal.RequireFromString(xStep))
	})},
	{fault: "a quantity is sent in steps", says: `(?i)quantity|\bof\b|fill`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Quantity = w.Quantity.Div(decimal.RequireFromString(xStep))
	})},
	{fault: "limit prices are rounded to whole units", says: `(?i)limit`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Price = w.Price.Round(0)
	})},
	{fault: "limit prices are rounded to one place", says: `(?i)limit`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.Price = w.Price.Round(1)
	})},
	{fault: "stop prices are rounded to whole units", says: `(?i)stop`, flaws: sending(func(_ trading.Order, w *xOrder) {
		w.StopPrice = w.StopPrice.Round(0)
	})},
	{fault: "a limit is moved by five ticks, so that it fills", says: `(?i)limit`,
		flaws: sending(func(o trading.Order, w *xOrder) {
			if o.Type == trading.Limit {
				w.Price = w.Price.Add(o.Side.Signed(decimal.RequireFromString("0.05")))
			}
		})},
}
