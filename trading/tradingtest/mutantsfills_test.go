package tradingtest_test

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// fillMutants tell an execution as another one.
var fillMutants = []mutant{
	{fault: "sells are told as buys", says: `(?i)\bside|sell|sold`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Side = trading.Buy
	})},
	{fault: "buys are told as sells", says: `(?i)\bside|buy|bought`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Side = trading.Sell
	})},
	{fault: "a quantity is told by half", says: `(?i)fill|quantity`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Quantity = f.Quantity.Div(decimal.NewFromInt(2))
	})},
	{fault: "a quantity is told signed", says: `(?i)fill|quantity`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Quantity = f.Side.Signed(f.Quantity)
	})},
	{fault: "a quantity is told in steps", says: `(?i)fill|quantity`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Quantity = f.Quantity.Div(decimal.RequireFromString(xStep))
	})},
	{fault: "a fee has no sign", says: `(?i)fee|rebate`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Fee = f.Fee.Abs()
	})},
	{fault: "a fee has the venue's sign", says: `(?i)fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Fee = f.Fee.Neg()
	})},
	{fault: "a fee is left out", says: `(?i)fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Fee = decimal.Zero
	})},
	{fault: "a fee is told as a rate", says: `(?i)fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Fee = f.Fee.Div(f.Price.Mul(f.Quantity))
	})},
	{fault: "a fee in another asset is told as one in the quote currency", says: `(?i)fee`,
		flaws: telling(func(_ xTrade, f *trading.Fill) { f.FeeAsset = "" })},
	{fault: "a fee in what is traded is told as one in the quote currency", says: `(?i)fee`,
		flaws: telling(func(_ xTrade, f *trading.Fill) {
			if f.FeeAsset == "ETH" {
				f.FeeAsset = "USDT"
			}
		})},
	{fault: "a fill has its order's ID", says: `(?i)\bids?\b`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.ID = f.ClientID
	})},
	{fault: "a fill has the venue's number of its order as its ID", says: `(?i)\bids?\b`,
		flaws: telling(func(w xTrade, f *trading.Fill) {
			f.ID = strconv.FormatInt(w.OrderID, 10)
		})},
	{fault: "a fill has a new ID each time", says: `(?i)\bids?\b|twice|again`, flaws: flaws{
		fill: func(a *adapter, _ xTrade, f *trading.Fill) {
			n := a.once("fills", func() any { return new(int) }).(*int)
			a.mu.Lock()
			defer a.mu.Unlock()
			*n++
			f.ID = strconv.Itoa(*n)
		},
	}},
	{fault: "a fill has no ID", says: `(?i)\bids?\b`, flaws: telling(func(_ xTrade, f *trading.Fill) { f.ID = "" })},
	{fault: "a fill has its second as its ID", says: `(?i)\bids?\b`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.ID = strconv.FormatInt(f.Time.Unix(), 10)
	})},
	{fault: "a fill has its millisecond as its ID", says: `(?i)\bids?\b|instant`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.ID = strconv.FormatInt(f.Time.UnixMilli(), 10)
	})},
	{fault: "the asset of a fee is told in small letters", says: `(?i)fee`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.FeeAsset = strings.ToLower(f.FeeAsset)
	})},
	{fault: "a fill has the venue's number as its client ID", says: `(?i)client id|under`,
		flaws: telling(func(w xTrade, f *trading.Fill) {
			f.ClientID = strconv.FormatInt(w.OrderID, 10)
		})},
	{fault: "a fill has the venue's name for its symbol", says: `(?i)symbol|ETHUSDT`,
		flaws: telling(func(w xTrade, f *trading.Fill) {
			f.Symbol = w.Symbol
		})},
	{fault: "a fill's price is rounded to whole units", says: `(?i)price`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Price = f.Price.Round(0)
	})},
	{fault: "a fill's price is left out", says: `(?i)price`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Price = decimal.Zero
	})},
	{fault: "a fill's price is its notional", says: `(?i)price`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Price = f.Price.Mul(f.Quantity)
	})},
	{fault: "a fill has no time", says: `(?i)time`, flaws: telling(func(_ xTrade, f *trading.Fill) { f.Time = time.Time{} })},
	{fault: "a fill's time is of this machine's zone", says: `(?i)time|utc`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Time = f.Time.In(time.FixedZone("here", 3600))
	})},
	{fault: "a fill's milliseconds are taken for seconds", says: `(?i)time|since|from`,
		flaws: telling(func(_ xTrade, f *trading.Fill) {
			f.Time = time.Unix(f.Time.UnixMilli(), 0).UTC()
		})},
	{fault: "a liquidation is told as any fill", says: `(?i)liquidat`, flaws: telling(func(_ xTrade, f *trading.Fill) {
		f.Liquidation = false
	})},
	{fault: "what an order has filled so far is told as the last fill's quantity", says: `(?i)fill|quantity`, flaws: flaws{
		fill: func(a *adapter, w xTrade, f *trading.Fill) {
			sums := a.once("sums", func() any { return map[int64]decimal.Decimal{} }).(map[int64]decimal.Decimal)
			a.mu.Lock()
			defer a.mu.Unlock()
			if _, told := sums[-w.ID]; !told {
				sums[-w.ID] = sums[w.OrderID].Add(f.Quantity)
				sums[w.OrderID] = sums[-w.ID]
			}
			f.Quantity = sums[-w.ID]
		},
	}},
}

// turning is a fault in a page of fills.
func turning(change func(from trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor)) flaws {
	return flaws{
		page: func(_ *adapter, from trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			return change(from, page, next)
		},
	}
}

// byTime reads a cursor that is a time.
func byTime(_ *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
	if at, err := time.Parse("after "+time.RFC3339Nano, from.Token); err == nil {
		return trading.Cursor{Since: at}, limit
	}
	return from, limit
}

// pageMutants lose or repeat fills between pages.
var pageMutants = []mutant{
	{fault: "the first page is told for ever", says: `(?i)page|news`,
		flaws: turning(func(from trading.Cursor, page []trading.Fill, _ trading.Cursor) ([]trading.Fill, trading.Cursor) {
			return page, from
		})},
	{fault: "one fill is lost between two pages", says: `(?i)page|fill`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			if n, err := strconv.Atoi(next.Token); err == nil && len(page) > 1 {
				next.Token = strconv.Itoa(n + 1)
			}
			return page, next
		})},
	{fault: "one fill is lost where a page is full", says: `(?i)page|fill`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			if n, err := strconv.Atoi(next.Token); err == nil && len(page) == xPage {
				next.Token = strconv.Itoa(n + 1)
			}
			return page, next
		})},
	{fault: "fills are told newest first", says: `(?i)ascend|order in which`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			slices.Reverse(page)
			return page, next
		})},
	{fault: "an empty page sends back to the beginning", says: `(?i)page|news|again|last`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			if len(page) == 0 {
				next = trading.Cursor{Since: next.Since}
			}
			return page, next
		})},
	{fault: "of an order the last fill is told only", says: `(?i)fill`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			var last []trading.Fill
			for i, f := range page {
				if i+1 == len(page) || page[i+1].ClientID != f.ClientID {
					last = append(last, f)
				}
			}
			return last, next
		})},
	{fault: "what others have traded on the account is left out", says: `(?i)hand|other|position`,
		flaws: turning(func(_ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			return slices.DeleteFunc(page, func(f trading.Fill) bool { return len(f.ClientID) > 4 && f.ClientID[:4] == "web_" }), next
		})},
	{fault: "the limit is not passed on", says: `(?i)page|at most`, flaws: flaws{
		fills: func(_ *adapter, from trading.Cursor, _ int) (trading.Cursor, int) { return from, 0 },
	}},
	{fault: "the time asked for is not passed on", says: `(?i)since|time asked|from`, flaws: flaws{
		fills: func(_ *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			from.Since = time.Time{}
			return from, limit
		},
	}},
	{fault: "a fill at the very time asked for is left out", says: `(?i)since|time asked|from`, flaws: flaws{
		fills: func(_ *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			from.Since = from.Since.Add(1)
			return from, limit
		},
	}},
	{fault: "the time asked for is taken to the second", says: `(?i)since|time asked|from`, flaws: flaws{
		fills: func(_ *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			if !from.Since.IsZero() {
				from.Since = from.Since.Truncate(time.Second).Add(time.Second)
			}
			return from, limit
		},
	}},
	{fault: "a page goes on behind the time of the last fill", says: `(?i)page|instant`, flaws: flaws{
		fills: byTime,
		page: func(_ *adapter, _ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			if len(page) > 0 {
				next.Token = "after " + page[len(page)-1].Time.Add(time.Millisecond).Format(time.RFC3339Nano)
			}
			return page, next
		},
	}},
	{fault: "a page goes on at the time of the last fill", says: `(?i)page|instant`, flaws: flaws{
		fills: byTime,
		page: func(_ *adapter, _ trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor) {
			if len(page) > 0 {
				next.Token = "after " + page[len(page)-1].Time.Format(time.RFC3339Nano)
			}
			return page, next
		},
	}},
	{fault: "a cursor is known by the process that made it only", says: `(?i)page|cursor|fill`, flaws: flaws{
		fills: func(a *adapter, from trading.Cursor, limit int) (trading.Cursor, int) {
			if from.Token != "" && a.once("cursor "+from.Token, func() any { return false }) == false {
				return trading.Cursor{Token: fmt.Sprint(1 << 40)}, limit
			}
			return from, limit
		},
	}},
}
