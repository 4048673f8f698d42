package risk_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// accountOf is an account that holds so many instruments, and their prices.
func accountOf(t testing.TB, instruments int) (*book.Book, book.PriceFunc) {
	t.Helper()
	b := book.New(d("1000000"))
	for n := range instruments {
		symbol := fmt.Sprintf("C%d/USDT", n)
		o := trading.Order{
			ClientID: symbol, Symbol: symbol, Side: trading.Buy, Quantity: d("1.234"), CreatedAt: now.Add(-time.Hour),
			DecisionPrice: d("100.05"), SignalID: symbol,
		}
		f := trading.Fill{ID: symbol, ClientID: symbol, Symbol: symbol, Side: o.Side, Price: d("100.05"), Quantity: o.Quantity}
		for _, e := range []journal.Event{journal.IntentMade{Order: o}, journal.Filled{Fill: f}} {
			if err := b.Apply(now, e); err != nil {
				t.Fatal(err)
			}
		}
	}
	price := d("101.07")
	return b, func(string) (decimal.Decimal, bool) { return price, true }
}

// One check of an order that is far from all limits, in a replay: the simple set, and all rules on an account that holds
// so many instruments. It costs at most 1 us.
func BenchmarkApprove(b *testing.B) {
	limits := risk.Limits{MaxPosition: d("20000"), MaxOrder: d("20000"), MaxDailyLoss: d("500")}
	all := &risk.Rules{
		Limits: limits, MaxGross: d("1000000"), MaxNet: d("1000000"), MaxLeverage: d("3"), CashOnly: true, MaxPositions: 50,
		MaxOrders: 100, SignalCollar: d("0.05"), OrderCollar: d("0.05"), DuplicateWindow: time.Minute, NoShort: true,
		Restricted: []string{eth}, MaxPerSecond: 10, MaxPerMinute: 100,
		CoolDown: time.Hour, StopGuard: risk.Pause{After: 3, Within: time.Hour, For: time.Hour},
		LosingStreak: risk.Pause{After: 4, For: time.Hour},
	}
	order := trading.Order{ClientID: "o", Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("1.5"), SignalID: "s"}
	check := func(b *testing.B, approve func(trading.Order, trading.View) (trading.Approved, error), instruments int) {
		account, prices := accountOf(b, instruments)
		view := trading.View{
			Instrument: instrument(btc), Price: d("300.01"), Last: d("300.01"), Reference: d("300"), Now: now,
		}
		b.ReportAllocs()
		for b.Loop() {
			view.Account = account.Beside(order, prices)
			if _, err := approve(order, view); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.Run("limits", func(b *testing.B) { check(b, limits.Approve, 1) })
	for _, instruments := range []int{1, 10} {
		b.Run(fmt.Sprintf("rules/instruments=%d", instruments), func(b *testing.B) { check(b, all.Approve, instruments) })
	}
}
