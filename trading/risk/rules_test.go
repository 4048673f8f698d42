package risk_test

import (
	"errors"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// tally is an account whose sums are given.
type tally struct {
	trading.Totals[decimal.Decimal]

	made   []time.Time
	like   time.Time
	trades []trading.ClosedTrade // the latest first
	until  time.Time             // until when all is locked
}

func (t tally) Exact() trading.Totals[decimal.Decimal] { return t.Totals }

func (t tally) Estimate() trading.Totals[float64] {
	return trading.Totals[float64]{
		Equity: t.Equity.InexactFloat64(), Free: t.Free.InexactFloat64(), Gross: t.Gross.InexactFloat64(),
		Most: t.Most.InexactFloat64(), Least: t.Least.InexactFloat64(), Positions: t.Positions, Orders: t.Orders,
	}
}

func (t tally) Made(since time.Time) (n int) {
	for _, at := range t.made {
		if !at.Before(since) {
			n++
		}
	}
	return n
}

func (t tally) Like(trading.Order) (time.Time, bool) { return t.like, !t.like.IsZero() }

func (t tally) Trade(n int) (trading.ClosedTrade, bool) {
	if n >= len(t.trades) {
		return trading.ClosedTrade{}, false
	}
	return t.trades[n], true
}

func (t tally) Lock(string) (time.Time, string) { return t.until, "alice: news" }

var now = time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)

// closedUntil is a market that is closed.
type closedUntil struct{ time.Time }

func (c closedUntil) Open(string, time.Time) (bool, time.Time) { return false, c.Time }

// noFridays is a rule of a program's own.
type noFridays struct{ wrong error }

func (noFridays) Name() string      { return "NoFridays" }
func (n noFridays) Validate() error { return n.wrong }

func (noFridays) Room(_ trading.Order, v trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
	if v.Now.Weekday() != time.Friday {
		return opening, nil
	}
	return decimal.Zero, &trading.LimitError{Limit: "NoFridays", Bound: "set", Found: "it is Friday"}
}

func TestRulesNameWhatTheyRefuseWithItsFigures(t *testing.T) {
	t.Parallel()
	rich := tally{Totals: trading.Totals[decimal.Decimal]{
		Equity: d("5000"), Free: d("450"), Gross: d("900"), Most: d("-100"), Least: d("-900"), Positions: 2, Orders: 3,
	}}
	rich.made = []time.Time{now.Add(-time.Minute), now.Add(-2 * time.Second), now.Add(-time.Second + 1), now}
	rich.like = now.Add(-4 * time.Second)
	for name, c := range map[string]struct {
		side    trading.Side
		held    string
		rules   risk.Rules
		allowed string // of 5 at 100; "0" is a refusal
		why     string
		passes  bool
	}{
		"gross":                    {trading.Buy, "1", risk.Rules{MaxGross: d("1300")}, "3", "MaxGross is 1300: 1500 with the order", false},
		"gross is kept":            {trading.Buy, "1", risk.Rules{MaxGross: d("1500")}, "5", "", false},
		"net of what is bought":    {trading.Buy, "1", risk.Rules{MaxNet: d("350")}, "3.5", "MaxNet is 350: 500 with the order", false},
		"net of what is sold":      {trading.Sell, "-1", risk.Rules{MaxNet: d("1350")}, "3.5", "MaxNet is 1350: 1500 with the order", false},
		"net towards zero":         {trading.Buy, "0", risk.Rules{MaxNet: d("400")}, "5", "", false},
		"leverage":                 {trading.Buy, "0", risk.Rules{MaxLeverage: d("0.26")}, "4", "MaxLeverage is 0.26: 1400 with the order, and the account is worth 5000", false},
		"cash":                     {trading.Buy, "0", risk.Rules{CashOnly: true}, "4.5", "CashOnly is set: 500 with the order, and 450 of the cash is free", false},
		"cash for what is closed":  {trading.Buy, "-1", risk.Rules{CashOnly: true}, "4.5", "CashOnly is set: 500 with the order, and 450 of the cash is free", false},
		"positions":                {trading.Buy, "0", risk.Rules{MaxPositions: 2}, "0", "MaxPositions is 2: 3 with the order", false},
		"one of the positions":     {trading.Buy, "1", risk.Rules{MaxPositions: 2}, "5", "", false},
		"orders":                   {trading.Buy, "0", risk.Rules{MaxOrders: 3}, "0", "MaxOrders is 3: 4 with the order", false},
		"the price has moved":      {trading.Buy, "0", risk.Rules{SignalCollar: d("0.05")}, "0", "SignalCollar is 0.05: the price is 99, and was 90", false},
		"the price has moved some": {trading.Buy, "0", risk.Rules{SignalCollar: d("0.1")}, "5", "", false},
		"an order far away":        {trading.Buy, "0", risk.Rules{OrderCollar: d("0.01")}, "0", "OrderCollar is 0.01: the order is at 100, and the price is 99", false},
		"a duplicate":              {trading.Buy, "0", risk.Rules{DuplicateWindow: 5 * time.Second}, "0", "DuplicateWindow is 5s: one like it was made 4s ago", false},
		"one like it, long ago":    {trading.Buy, "0", risk.Rules{DuplicateWindow: 4 * time.Second}, "5", "", false},
		"no short":                 {trading.Sell, "2", risk.Rules{NoShort: true}, "2", "NoShort is set: 2 is held", false},
		"restricted":               {trading.Buy, "0", risk.Rules{Restricted: []string{eth, btc}}, "0", "Restricted is set: BTC/USDT is on the list", false},
		"closed":                   {trading.Buy, "0", risk.Rules{Hours: closedUntil{now.Add(time.Hour)}}, "0", "Hours is set: the market is closed until 2025-03-04T13:00:00Z", true},
		"closed for good":          {trading.Buy, "0", risk.Rules{Hours: closedUntil{}}, "0", "Hours is set: the market is closed", false},
		"orders in a second":       {trading.Buy, "0", risk.Rules{MaxPerSecond: 2}, "0", "MaxPerSecond is 2: 3 with the order", true},
		"fewer in a second":        {trading.Buy, "0", risk.Rules{MaxPerSecond: 3}, "5", "", false},
		"orders in a minute":       {trading.Buy, "0", risk.Rules{MaxPerMinute: 3}, "0", "MaxPerMinute is 3: 4 with the order", true},
		"fewer in a minute":        {trading.Buy, "0", risk.Rules{MaxPerMinute: 4}, "5", "", false},
		"a rule of one's own":      {trading.Buy, "0", risk.Rules{Also: []risk.Rule{noFridays{}}}, "5", "", false},
		"the narrowest is named":   {trading.Buy, "0", risk.Rules{MaxGross: d("1300"), MaxLeverage: d("0.2")}, "1", "MaxLeverage is 0.2: 1300 with the order, and the account is worth 5000", false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			rules := c.rules
			rules.Limits = risk.NoLimits()
			require.NoError(t, rules.Validate())
			o := trading.Order{ClientID: "o", Symbol: btc, Side: c.side, Type: trading.Limit, Quantity: d("5"), LimitPrice: d("100")}
			view := trading.View{
				Instrument: instrument(btc), Held: d(c.held), Price: d("100"), Last: d("99"), Reference: d("90"), Now: now, Account: rich,
			}
			got, err := rules.Approve(o, view)
			var limit *trading.LimitError
			if c.allowed == "0" {
				require.ErrorIs(t, err, trading.ErrLimit)
				require.ErrorAs(t, err, &limit)
				require.ErrorContains(t, err, c.side.String()+" 5 BTC/USDT: trading: nothing of the order is allowed: "+c.why)
			} else {
				require.NoError(t, err)
				require.Equal(t, c.allowed, got.Order().Quantity.String())
				limit = got.Cut()
			}
			if c.why == "" {
				require.Nil(t, limit)
				return
			}
			require.Equal(t, c.why, limit.Error())
			require.ErrorIs(t, limit, trading.ErrLimit)
			require.Equal(t, c.passes, limit.Passes)
			require.Equal(t, limit.Limit+" is "+limit.Bound+": "+limit.Found, limit.Error())

			closing, err := rules.Approve(trading.Order{Symbol: btc, Side: -c.side, Quantity: d("5")}, trading.View{
				Instrument: instrument(btc), Held: c.side.Signed(d("5")), Price: d("100"), Now: now, Account: rich,
			})
			require.NoError(t, err, "what closes always passes")
			require.Nil(t, closing.Cut())
		})
	}
}

func TestRulesRefuseWhatOpensWhereNobodyKnowsTheAccount(t *testing.T) {
	t.Parallel()
	for name, rules := range map[string]risk.Rules{
		"MaxGross": {MaxGross: d("1e9")}, "MaxNet": {MaxNet: d("1e9")}, "MaxLeverage": {MaxLeverage: d("9")},
		"CashOnly": {CashOnly: true}, "MaxPositions": {MaxPositions: 9}, "MaxOrders": {MaxOrders: 9},
		"CoolDown": {CoolDown: 1}, "StopGuard": {StopGuard: risk.Pause{After: 1, For: 1}},
		"InstrumentStopGuard": {InstrumentStopGuard: risk.Pause{After: 1, For: 1}},
		"LosingStreak":        {LosingStreak: risk.Pause{After: 1, For: 1}},
		"LosingInstrument":    {LosingInstrument: risk.Pause{After: 1, For: 1}},
		"DuplicateWindow":     {DuplicateWindow: time.Hour}, "MaxPerSecond": {MaxPerSecond: 9}, "MaxPerMinute": {MaxPerMinute: 9},
	} {
		rules.Limits = risk.NoLimits()
		o := trading.Order{Symbol: btc, Side: trading.Buy, Quantity: d("1")}
		_, err := rules.Approve(o, trading.View{Instrument: instrument(btc), Price: d("100"), Now: now})
		require.ErrorContains(t, err, name+" is ")
		require.ErrorContains(t, err, "nobody knows the account")
	}
}

func TestRulesRefuseSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, rules := range map[string]risk.Rules{
		"Limits.MaxOrder is not set":                               {Limits: risk.Limits{MaxPosition: d("1"), MaxDailyLoss: d("1")}},
		"Rules.MaxGross is negative":                               {MaxGross: d("-1")},
		"Rules.MaxNet is negative":                                 {MaxNet: d("-1")},
		"Rules.MaxLeverage is negative":                            {MaxLeverage: d("-1")},
		"Rules.MaxDailyLossPart 1 is not a fraction":               {MaxDailyLossPart: d("1")},
		"Rules.MaxWeeklyLossPart 1.5 is not a fraction":            {MaxWeeklyLossPart: d("1.5")},
		"Rules.MaxDrawdownPart -0.1 is negative":                   {MaxDrawdownPart: d("-0.1")},
		"Rules.MaxWeeklyLoss -1 is negative":                       {MaxWeeklyLoss: d("-1")},
		"Rules.MaxDrawdown -1 is negative":                         {MaxDrawdown: d("-1")},
		"Rules.MaxInstrumentLoss -1 is negative":                   {MaxInstrumentLoss: d("-1")},
		"Rules.MaxInstrumentLossPart 1 is not a fraction":          {MaxInstrumentLossPart: d("1")},
		"Rules.MaxPositions is negative":                           {MaxPositions: -1},
		"Rules.MaxOrders is negative":                              {MaxOrders: -1},
		"Rules.SignalCollar is negative":                           {SignalCollar: d("-1")},
		"Rules.OrderCollar is negative":                            {OrderCollar: d("-1")},
		"Rules.DuplicateWindow is negative":                        {DuplicateWindow: -1},
		"Rules.Restricted has an empty symbol":                     {Restricted: []string{""}},
		"Rules.CoolDown is negative":                               {CoolDown: -1},
		"Rules.StopGuard does not say After how many":              {StopGuard: risk.Pause{For: 1}},
		"Rules.InstrumentStopGuard does not say For how long":      {InstrumentStopGuard: risk.Pause{After: 1}},
		"Rules.LosingStreak is negative":                           {LosingStreak: risk.Pause{After: 1, For: 1, Within: -1}},
		"Rules.LosingInstrument 257 is more than the 256 trades":   {LosingInstrument: risk.Pause{After: 257, For: 1}},
		"Rules.MaxPerSecond is negative":                           {MaxPerSecond: -1},
		"Rules.MaxPerMinute 257 is more than the 256 orders":       {MaxPerMinute: 257},
		"Rules.NoFridays has no calendar":                          {Also: []risk.Rule{noFridays{errors.New("has no calendar")}}},
		"Rules.MaxOrders is negative\nrisk: Rules.MaxNet is negat": {MaxNet: d("-1"), MaxOrders: -1},
	} {
		if rules.Limits == (risk.Limits{}) {
			rules.Limits = risk.NoLimits()
		}
		require.ErrorContains(t, rules.Validate(), want)
	}
	require.NoError(t, (&risk.Rules{Limits: risk.NoLimits()}).Validate())
}

// Whatever the account, the order and the rules: what is approved stays within every rule to the last digit after it is
// rounded, and a step more would not.
func TestRulesApproveAllThatStaysWithinThemAndNoMore(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		amount := func(low, high int64, name string) decimal.Decimal {
			return decimal.New(rapid.Int64Range(low, high).Draw(rt, name), -2)
		}
		i := instrument(btc)
		i.MinNotional = decimal.Zero
		acc := tally{Totals: trading.Totals[decimal.Decimal]{
			Equity: amount(-1e5, 1e6, "equity"), Free: amount(-1e5, 1e6, "free"), Gross: amount(0, 1e6, "gross"),
			Positions: rapid.IntRange(0, 3).Draw(rt, "positions"), Orders: rapid.IntRange(0, 3).Draw(rt, "orders"),
		}}
		acc.Least = amount(-1e6, 1e6, "least")
		acc.Most = acc.Least.Add(amount(0, 1e5, "most"))
		held := decimal.New(rapid.Int64Range(-1e5, 1e5).Draw(rt, "held"), -3)
		side := rapid.SampledFrom([]trading.Side{trading.Buy, trading.Sell}).Draw(rt, "side")
		o := trading.Order{ClientID: "o", Symbol: btc, Side: side, Quantity: decimal.New(rapid.Int64Range(1, 1e5).Draw(rt, "quantity"), -3)}
		v := trading.View{Instrument: i, Held: held, Price: amount(1, 1e5, "price"), Now: now, Account: acc}
		closing := trading.ClosingPart(side, o.Quantity, held)

		// after are the figures that the rules limit, with so much bought or sold.
		after := func(quantity decimal.Decimal) (gross, net, cost decimal.Decimal) {
			own := held.Add(side.Signed(quantity)).Mul(v.Price)
			net = acc.Most.Add(own)
			if side == trading.Sell {
				net = acc.Least.Add(own).Neg()
			}
			return acc.Gross.Add(own.Abs()), net, quantity.Mul(v.Price)
		}
		// Limits stand where the order just fits, a digit beside that, or anywhere.
		gross, net, cost := after(o.Quantity)
		limit := func(at decimal.Decimal, name string) decimal.Decimal {
			switch rapid.SampledFrom([]string{"none", "at", "below", "anywhere"}).Draw(rt, name) {
			case "at":
				return decimal.Max(at, decimal.Zero)
			case "below":
				return decimal.Max(at.Sub(decimal.New(1, -15)), decimal.Zero)
			case "anywhere":
				return amount(1, 1e7, name+" anywhere")
			}
			return decimal.Zero
		}
		seldom := func(name string) bool { return rapid.IntRange(0, 4).Draw(rt, name) == 4 }
		rules := risk.Rules{
			Limits: risk.NoLimits(), MaxGross: limit(gross, "MaxGross"), MaxNet: limit(net, "MaxNet"),
			CashOnly: rapid.Bool().Draw(rt, "CashOnly"), NoShort: seldom("NoShort"),
		}
		if seldom("with MaxLeverage") {
			rules.MaxLeverage = decimal.New(rapid.Int64Range(0, 50).Draw(rt, "MaxLeverage"), -1)
		}
		if seldom("with counts") {
			rules.MaxPositions = rapid.IntRange(0, 4).Draw(rt, "MaxPositions")
			rules.MaxOrders = rapid.IntRange(0, 4).Draw(rt, "MaxOrders")
		}
		if rapid.Bool().Draw(rt, "cash just suffices") {
			acc.Free = cost
			v.Account = acc
		}
		// broken is what would be broken with so much bought or sold, in exact figures.
		broken := func(quantity decimal.Decimal) string {
			gross, net, cost := after(quantity)
			switch {
			case rules.MaxGross.IsPositive() && gross.GreaterThan(rules.MaxGross):
				return "MaxGross"
			case rules.MaxNet.IsPositive() && net.GreaterThan(rules.MaxNet):
				return "MaxNet"
			case rules.MaxLeverage.IsPositive() && gross.GreaterThan(acc.Equity.Mul(rules.MaxLeverage)):
				return "MaxLeverage"
			case rules.CashOnly && side == trading.Buy && cost.GreaterThan(acc.Free):
				return "CashOnly"
			case rules.MaxPositions > 0 && held.IsZero() && acc.Positions >= rules.MaxPositions:
				return "MaxPositions"
			case rules.MaxOrders > 0 && acc.Orders >= rules.MaxOrders:
				return "MaxOrders"
			case rules.NoShort && side == trading.Sell:
				return "NoShort"
			}
			return ""
		}
		got := decimal.Zero
		a, err := rules.Approve(o, v)
		if err == nil {
			got = a.Order().Quantity
		} else {
			require.ErrorIs(rt, err, trading.ErrLimit)
		}
		require.False(rt, got.LessThan(closing), "of %s that closes only %s passes", closing, got)
		if got.GreaterThan(closing) {
			require.Empty(rt, broken(got), "with %s", got)
		}
		if more := got.Add(i.Step); !more.GreaterThan(o.Quantity) {
			require.NotEmpty(rt, broken(more), "%s would be all right", more)
		}
	})
}
