package risk_test

import (
	"errors"
	"fmt"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// Rules stand between a decision and an order. What they cut or refuse names the limit, with its figures.
func ExampleRules() {
	number := decimal.RequireFromString
	rules := &risk.Rules{
		Limits:       risk.Limits{MaxPosition: number("2000"), MaxOrder: number("2000"), MaxDailyLoss: number("500")},
		MaxLeverage:  number("0.15"), // of the account's worth
		NoShort:      true,
		SignalCollar: number("0.02"),
	}
	account := book.New(number("10000")) // an Engine's, which fills the View
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: number("0.01"), Step: number("0.001")}
	for _, o := range []trading.Order{
		{ClientID: "a", Symbol: coin.Symbol, Side: trading.Buy, Quantity: number("20")},
		{ClientID: "b", Symbol: coin.Symbol, Side: trading.Sell, Quantity: number("20")},
	} {
		approved, err := rules.Approve(o, trading.View{
			Instrument: coin, Price: number("100"), Last: number("100"), Reference: number("99"), Account: account.Beside(o, nil),
		})
		var limit *trading.LimitError
		if errors.As(err, &limit) {
			fmt.Println("refused by", limit.Limit)
			continue
		}
		fmt.Println(approved.Order().Side, approved.Order().Quantity, "-", approved.Cut())
	}
	// Output:
	// buy 15 - MaxLeverage is 0.15: 2000 with the order, and the account is worth 10000
	// refused by NoShort
}

// evenDays is a limit of a program's own.
type evenDays struct{}

func (evenDays) Name() string    { return "EvenDays" }
func (evenDays) Validate() error { return nil }

func (evenDays) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Now.Day()%2 == 0 {
		return opening, nil
	}
	return decimal.Zero, &trading.LimitError{Limit: "EvenDays", Bound: "set", Found: v.Now.Format("2 January")}
}

// A Rule of a program's own stands beside the others.
func ExampleRule() {
	var own risk.Rule = evenDays{}
	rules := &risk.Rules{Limits: risk.NoLimits(), Also: []risk.Rule{own}}
	coin := trading.Instrument{Symbol: "BTC/USDT", Tick: decimal.New(1, -2), Step: decimal.New(1, -3)}
	_, err := rules.Approve(trading.Order{Symbol: coin.Symbol, Side: trading.Buy, Quantity: decimal.New(1, 0)}, trading.View{
		Instrument: coin, Price: decimal.New(100, 0), Now: now.AddDate(0, 0, 1),
	})
	fmt.Println(err)
	// Output: buy 1 BTC/USDT: trading: nothing of the order is allowed: EvenDays is set: 5 March
}
