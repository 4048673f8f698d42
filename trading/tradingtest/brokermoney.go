package tradingtest

import (
	"errors"
	"slices"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// moneyCases are about fills, and what they cost.
var moneyCases = []brokerCase{
	{"many fills come in pages of each size, and none is lost, repeated under another id or out of order", manyPages},
	{"fills of one instant are all told, whatever the page", oneInstant},
	{"a fill has the price at which it was executed", fillPrice},
	{"who rested pays what the venue says, and is told a rebate below zero", makerFee},
	{"a fee in another asset is told with its asset", otherFee},
	{"what others trade on the account is among the fills", tradeByHand},
	{"a liquidation is told as one", liquidation},
	{"cash that moves is told with its sign, and keeps its id", cashSigned},
}

func manyPages(b brokerTest) {
	const orders = 13
	b.have(100, 2)
	begin := b.fills(time.Time{})[0].Time
	want := b.steps(2)
	for i := range orders {
		o := trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Market}
		b.send(o, int64(1+i%3), int64(10+i))
		want = want.Add(b.steps(int64(1 + i%3)))
	}
	all := b.fills(time.Time{})
	if got := filled(all); !got.Equal(want) {
		b.Errorf("%d orders bought %s, and the fills, of which the ids differ, add up to %s", orders+1, want, got)
	}
	for _, limit := range []int{1, 3, 5, 7, 10, 1000} {
		paged, end := b.walk(trading.Cursor{Since: begin}, limit)
		b.samePages(all, paged, limit)
		if again, _ := b.page(end, limit); len(again) > 0 {
			b.Errorf("behind the last page of %d there are %d fills again", limit, len(again))
		}
	}
}

// samePages demands the same fills from pages of one size as from those of another.
func (b brokerTest) samePages(all, paged []trading.Fill, limit int) {
	b.Helper()
	id := func(f trading.Fill) string { return f.ID }
	want, got := make([]string, 0, len(all)), make([]string, 0, len(paged))
	for _, f := range all {
		want = append(want, id(f))
	}
	for _, f := range once(paged) {
		got = append(got, id(f))
	}
	if !slices.Equal(want, got) {
		b.Errorf("fills asked for again, in pages of %d, have the ids %q, want %q: none is lost, and an id stays",
			limit, got, want)
	}
}

// oneInstant lets several orders fill at once, as one that walks a book does.
func oneInstant(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	const orders = 6
	limit := b.odd(0.97)
	for i := range orders {
		b.send(trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Limit, LimitPrice: limit}, 2, 0)
	}
	b.price(limit)
	all := b.fills(time.Time{})
	if got := filled(all); !got.Equal(b.steps(2 * orders)) {
		b.Errorf("%d orders filled at one instant, %s in all, and the fills, of which the ids differ, add up to %s",
			orders, b.steps(2*orders), got)
	}
	for _, size := range []int{1, 2, 4} {
		paged, _ := b.walk(trading.Cursor{}, size)
		b.samePages(all, paged, size)
	}
}

func fillPrice(b brokerTest) {
	b.drives(b.Drive.SetPrice != nil, "Drive.SetPrice")
	for i, side := range []trading.Side{trading.Buy, trading.Sell} {
		price := b.odd(1.011 + 0.01*float64(i))
		b.price(price)
		a := b.send(trading.Order{ClientID: longID(i), Side: side, Type: trading.Market}, 7, int64(7*i))
		for _, f := range b.executed(a.Order(), "a market order", b.steps(7)) {
			if f.Price.Sub(price).Abs().GreaterThan(b.ticks(5)) {
				b.Errorf("a fill of %s has the price %s, and the market is at %s", words(a.Order()), f.Price, price)
			}
		}
	}
}

func makerFee(b brokerTest) {
	b.canRest()
	b.drives(b.Drive.SetPrice != nil && b.Drive.MakerRate.Valid, "Drive.SetPrice and Drive.MakerRate")
	limit := b.odd(0.97)
	a := b.send(trading.Order{ClientID: longID(1), Side: trading.Buy, Type: trading.Limit, LimitPrice: limit}, 17, 0)
	b.price(limit)
	for _, f := range b.executed(a.Order(), "a limit order that rested", b.steps(17)) {
		want := f.Price.Mul(f.Quantity).Mul(b.Drive.MakerRate.Decimal)
		if !f.QuoteFee().Round(6).Equal(want.Round(6)) {
			b.Errorf("a fill of what rested has a fee of %s, want %s: what is paid is above zero, and a rebate below",
				f.QuoteFee(), want)
		}
	}
}

// otherFee pays in what is traded, and in something else.
func otherFee(b brokerTest) {
	b.drives(b.Drive.PayFeesIn != nil, "Drive.PayFeesIn")
	for i, asset := range []string{"BNB", base(b.Instrument.Symbol)} {
		if asset == "" {
			continue
		}
		b.Drive.PayFeesIn(asset)
		a := b.send(trading.Order{ClientID: longID(i), Side: trading.Buy, Type: trading.Market}, 20, 0)
		for _, f := range b.executed(a.Order(), "an order whose fee is paid in "+asset, b.steps(20)) {
			if f.FeeAsset != asset || f.Fee.IsZero() {
				b.Errorf("the fee of a fill is paid in %s, and it is told as %s in the asset %q", asset, f.Fee, f.FeeAsset)
			}
		}
	}
}

// base is what a symbol says is traded; "" where it does not.
func base(symbol string) string {
	for i, r := range symbol {
		if r == '/' {
			return symbol[:i]
		}
	}
	return ""
}

func tradeByHand(b brokerTest) {
	b.drives(b.Drive.Trade != nil, "Drive.Trade")
	b.have(1, 10)
	b.Drive.Trade(trading.Buy, b.steps(7))
	b.Advance()
	fills := b.fills(time.Time{})
	if got := filled(fills); !got.Equal(b.steps(17)) {
		b.Errorf("the account has bought %s, of which %s by another hand, and the fills add up to %s",
			b.steps(17), b.steps(7), got)
	}
	for _, f := range fills {
		if f.Side != trading.Buy || f.ID == "" || f.Symbol != b.Instrument.Symbol {
			b.Errorf("a fill of a buy by hand or of the Broker's is %+v", f)
		}
	}
	b.holds(17, "after a trade by another hand")
}

func liquidation(b brokerTest) {
	b.drives(b.Drive.Liquidate != nil, "Drive.Liquidate")
	b.have(1, 10)
	b.Drive.Liquidate()
	b.Advance()
	sold := decimal.Zero
	for _, f := range b.fills(time.Time{}) {
		if f.Liquidation != (f.Side == trading.Sell) {
			b.Errorf("of the liquidation of what was bought, the fill %+v says Liquidation: %t", f, f.Liquidation)
		}
		if f.Side == trading.Sell {
			sold = sold.Add(f.Quantity)
		}
	}
	if !sold.Equal(b.steps(10)) {
		b.Errorf("the venue has liquidated %s, and the fills that sell add up to %s", b.steps(10), sold)
	}
}

func cashSigned(b brokerTest) {
	r, ok := b.Broker.(trading.CashReporter)
	if !ok || b.MoveCash == nil {
		b.Skip("the broker tells of no cash, or the subject does not move any")
	}
	b.MoveCash()
	page, _, err := r.CashEvents(b.Context(), trading.Cursor{}, 10)
	if errors.Is(err, errors.ErrUnsupported) {
		b.Skip("the broker tells of no cash")
	}
	if err != nil || len(page) == 0 {
		b.Fatalf("CashEvents: %d, %v", len(page), err)
	}
	again, _, err := r.CashEvents(b.Context(), trading.Cursor{}, 10)
	if err != nil || len(again) != len(page) || again[0].ID != page[0].ID {
		b.Errorf("CashEvents asked twice tell the same event under other ids: %+v and %+v, %v", page, again, err)
	}
	if last := page[len(page)-1]; !b.CashMoved.IsZero() && !last.Amount.Equal(b.CashMoved) {
		b.Errorf("cash moved by %s, and the event has the amount %s: it is signed", b.CashMoved, last.Amount)
	}
}
