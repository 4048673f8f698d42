package risk_test

import (
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// closed is a trade that was closed so long ago.
func closed(symbol string, ago time.Duration, profit string, stopped bool) trading.ClosedTrade {
	return trading.ClosedTrade{Symbol: symbol, At: now.Add(-ago), Profit: d(profit), Stopped: stopped}
}

// opens asks whether anything may be opened at a time, and of a limit that refuses it.
func opens(t require.TestingT, rules risk.Rules, account tally, at time.Time) *trading.LimitError {
	rules.Limits = risk.NoLimits()
	require.NoError(t, rules.Validate())
	o := trading.Order{ClientID: "o", Symbol: btc, Side: trading.Buy, Quantity: d("1")}
	v := trading.View{Instrument: instrument(btc), Price: d("100"), Now: at, Account: account}
	_, err := rules.Approve(o, v)
	var limit *trading.LimitError
	if err != nil {
		require.True(t, errors.As(err, &limit), err)
	}
	return limit
}

func TestProtectionsSayUntilWhenAndEndThen(t *testing.T) {
	t.Parallel()
	guard := risk.Pause{After: 2, Within: time.Hour, For: 30 * time.Minute}
	for name, c := range map[string]struct {
		rules  risk.Rules
		trades []trading.ClosedTrade // the latest first
		until  time.Duration         // from now on; 0 for no pause
		why    string
	}{
		"a stop": {risk.Rules{CoolDown: time.Hour}, []trading.ClosedTrade{closed(btc, 20*time.Minute, "-5", true)}, 40 * time.Minute,
			"CoolDown is 1h0m0s: a stop-loss closed BTC/USDT at 2025-03-04T11:40:00Z; nothing is opened until 2025-03-04T12:40:00Z"},
		"a stop that was moved up":       {risk.Rules{CoolDown: time.Hour}, []trading.ClosedTrade{closed(btc, 0, "5", true)}, time.Hour, ""},
		"a stop of another instrument":   {risk.Rules{CoolDown: time.Hour}, []trading.ClosedTrade{closed(eth, 0, "-5", true)}, 0, ""},
		"the stop behind others":         {risk.Rules{CoolDown: time.Hour}, []trading.ClosedTrade{closed(eth, 0, "-5", true), closed(btc, 1, "-5", false), closed(btc, time.Minute, "-5", true)}, 59 * time.Minute, ""},
		"no stop":                        {risk.Rules{CoolDown: time.Hour}, []trading.ClosedTrade{closed(btc, 0, "-5", false)}, 0, ""},
		"two stops":                      {risk.Rules{StopGuard: guard}, []trading.ClosedTrade{closed(btc, 10*time.Minute, "-5", true), closed(eth, 70*time.Minute, "-5", true)}, 20 * time.Minute, "StopGuard is 2 within 1h0m0s: the last stop-loss closed BTC/USDT at 2025-03-04T11:50:00Z; nothing is opened until 2025-03-04T12:20:00Z"},
		"two stops too far apart":        {risk.Rules{StopGuard: guard}, []trading.ClosedTrade{closed(btc, 10*time.Minute, "-5", true), closed(eth, 70*time.Minute+1, "-5", true)}, 0, ""},
		"two stops of which one has won": {risk.Rules{StopGuard: guard}, []trading.ClosedTrade{closed(btc, 10*time.Minute, "5", true), closed(eth, 70*time.Minute, "-5", true)}, 0, ""},
		"two stops of one instrument":    {risk.Rules{InstrumentStopGuard: guard}, []trading.ClosedTrade{closed(eth, 0, "-5", true), closed(btc, 10*time.Minute, "-5", true), closed(btc, 20*time.Minute, "-5", true)}, 20 * time.Minute, ""},
		"two stops of two":               {risk.Rules{InstrumentStopGuard: guard}, []trading.ClosedTrade{closed(btc, 10*time.Minute, "-5", true), closed(eth, 20*time.Minute, "-5", true)}, 0, ""},
		"three losses": {risk.Rules{LosingStreak: risk.Pause{After: 3, For: time.Hour}}, []trading.ClosedTrade{closed(btc, 0, "-5", false), closed(eth, 1, "-1", true), closed(eth, 100*time.Hour, "-1", true)}, time.Hour,
			"LosingStreak is 3: the last of the losing trades closed BTC/USDT at 2025-03-04T12:00:00Z; nothing is opened until 2025-03-04T13:00:00Z"},
		"a gain among the losses":         {risk.Rules{LosingStreak: risk.Pause{After: 2, For: time.Hour}}, []trading.ClosedTrade{closed(btc, 0, "-5", false), closed(eth, 1, "1", true), closed(eth, 2, "-1", true)}, 0, ""},
		"a gain after the losses":         {risk.Rules{LosingStreak: risk.Pause{After: 2, For: time.Hour}}, []trading.ClosedTrade{closed(btc, 0, "5", false), closed(eth, time.Minute, "-1", true), closed(eth, 2*time.Minute, "-1", true)}, 59 * time.Minute, ""},
		"an instrument that loses":        {risk.Rules{LosingInstrument: guard}, []trading.ClosedTrade{closed(btc, 0, "4", false), closed(btc, time.Hour, "-5", true)}, 30 * time.Minute, "LosingInstrument is 2 within 1h0m0s: its trades had lost 1 at 2025-03-04T12:00:00Z; nothing is opened until 2025-03-04T12:30:00Z"},
		"an instrument that gains":        {risk.Rules{LosingInstrument: guard}, []trading.ClosedTrade{closed(btc, 0, "5", false), closed(btc, time.Hour, "-5", true)}, 0, ""},
		"an instrument that lost earlier": {risk.Rules{LosingInstrument: guard}, []trading.ClosedTrade{closed(btc, 0, "-5", false), closed(btc, time.Hour+1, "-5", true), closed(eth, time.Hour+1, "-5", true)}, 0, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			account := tally{trades: c.trades}
			got := opens(t, c.rules, account, now)
			if c.until == 0 {
				require.Nil(t, got)
				require.Nil(t, c.rules.Protection(btc, now, account))
				return
			}
			until := now.Add(c.until)
			require.NotNil(t, got)
			require.Equal(t, until, got.Until)
			require.False(t, got.Passes, "a signal from before does not wait for its end")
			if c.why != "" {
				require.Equal(t, c.why, got.Error())
			}
			require.Equal(t, got, c.rules.Protection(btc, now, account))
			require.NotNil(t, opens(t, c.rules, account, until.Add(-1)))
			require.NotNil(t, c.rules.Protection(btc, until.Add(-1), account))
			require.Nil(t, opens(t, c.rules, account, until))
			require.Nil(t, c.rules.Protection(btc, until, account))
		})
	}
}

func TestLockedInstrumentOpensNothingUnderAnyRisk(t *testing.T) {
	t.Parallel()
	until := now.Add(time.Hour)
	o := trading.Order{ClientID: "o", Symbol: btc, Side: trading.Buy, Quantity: d("3")}
	v := trading.View{Instrument: instrument(btc), Price: d("100"), Now: until.Add(-1), Account: tally{until: until}}
	_, err := risk.NoLimits().Approve(o, v)
	require.EqualError(t, err,
		"buy 3 BTC/USDT: trading: nothing of the order is allowed: Lock is until 2025-03-04T13:00:00Z: alice: news")
	v.Held = d("-2")
	got, err := risk.NoLimits().Approve(o, v)
	require.NoError(t, err)
	require.Equal(t, "2", got.Order().Quantity.String(), "what closes passes")
	v.Now = until
	got, err = risk.NoLimits().Approve(o, v)
	require.NoError(t, err)
	require.Equal(t, "3", got.Order().Quantity.String())
}

// paused walks through the trades as they happened, and says whether any pause has begun and has not ended at now.
func paused(p risk.Pause, trades []trading.ClosedTrade, counts, breaks func(trading.ClosedTrade) bool) bool {
	var row []time.Time
	on := false
	for i := len(trades) - 1; i >= 0; i-- {
		t := trades[i]
		switch {
		case breaks(t):
			row = nil
		case counts(t):
			row = append(row, t.At)
			first := len(row) - p.After
			if first >= 0 && (p.Within == 0 || t.At.Sub(row[first]) <= p.Within) && t.At.Add(p.For).After(now) {
				on = true
			}
		}
	}
	return on
}

func TestProtectionsHoldWhereAWalkThroughTheTradesSaysSo(t *testing.T) {
	t.Parallel()
	never := func(trading.ClosedTrade) bool { return false }
	isBTC := func(c trading.ClosedTrade) bool { return c.Symbol == btc }
	lost := func(c trading.ClosedTrade) bool { return c.Profit.IsNegative() }
	rapid.Check(t, func(rt *rapid.T) {
		minutes := func(least int, name string) time.Duration {
			return time.Duration(rapid.IntRange(least, 20).Draw(rt, name)) * time.Minute
		}
		var account tally
		ago := time.Duration(0)
		for range rapid.IntRange(0, 12).Draw(rt, "trades") {
			ago += minutes(0, "before")
			account.trades = append(account.trades, closed(rapid.SampledFrom([]string{btc, eth}).Draw(rt, "symbol"), ago,
				fmt.Sprint(rapid.IntRange(-2, 1).Draw(rt, "profit")), rapid.Bool().Draw(rt, "stopped")))
		}
		p := risk.Pause{After: rapid.IntRange(1, 4).Draw(rt, "after"), Within: minutes(0, "within"), For: minutes(1, "for")}
		for name, c := range map[string]struct {
			rules risk.Rules
			want  bool
		}{
			"CoolDown": {risk.Rules{CoolDown: p.For}, paused(risk.Pause{After: 1, For: p.For}, account.trades,
				func(c trading.ClosedTrade) bool { return isBTC(c) && c.Stopped }, never)},
			"StopGuard": {risk.Rules{StopGuard: p}, paused(p, account.trades,
				func(c trading.ClosedTrade) bool { return c.Stopped && lost(c) }, never)},
			"InstrumentStopGuard": {risk.Rules{InstrumentStopGuard: p}, paused(p, account.trades,
				func(c trading.ClosedTrade) bool { return isBTC(c) && c.Stopped && lost(c) }, never)},
			"LosingStreak": {risk.Rules{LosingStreak: p}, paused(p, account.trades, lost,
				func(c trading.ClosedTrade) bool { return !lost(c) })},
			"LosingInstrument": {risk.Rules{LosingInstrument: p}, lostTogether(p, account.trades)},
		} {
			got := opens(rt, c.rules, account, now)
			require.Equal(rt, c.want, got != nil, "%s: %v", name, got)
			if got != nil {
				require.NotNil(rt, opens(rt, c.rules, account, got.Until.Add(-1)), "%s: it ended before %s", name, got.Until)
				require.Nil(rt, opens(rt, c.rules, account, got.Until), "%s: it ended later than it said", name)
			}
		}
	})
}

// lostTogether walks through the trades of one instrument.
func lostTogether(p risk.Pause, trades []trading.ClosedTrade) bool {
	for i, t := range trades {
		sum, count := decimal.Zero, 0
		for _, earlier := range trades[i:] {
			if earlier.Symbol == btc && (p.Within == 0 || t.At.Sub(earlier.At) <= p.Within) {
				sum, count = sum.Add(earlier.Profit), count+1
			}
		}
		if t.Symbol == btc && count >= p.After && sum.IsNegative() && t.At.Add(p.For).After(now) {
			return true
		}
	}
	return false
}
