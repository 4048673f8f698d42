package risk_test

import (
	"os"
	"reflect"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// The guide names every limit, and has the words of each refusal that it shows.
func TestGuideNamesEveryLimitAndHowItsRefusalReads(t *testing.T) {
	t.Parallel()
	data, err := os.ReadFile("../../docs/guides/limits.md")
	require.NoError(t, err)
	guide := string(data)
	for field := range fields(reflect.TypeFor[risk.Rules]()) {
		require.Contains(t, guide, "`"+field+"`", field)
	}
	account := tally{trades: []trading.ClosedTrade{closed(btc, 20*time.Minute, "-5", true)}}
	require.Contains(t, guide, opens(t, risk.Rules{CoolDown: time.Hour}, account, now).Error())
	account.trades = []trading.ClosedTrade{closed(btc, 10*time.Minute, "-5", true), closed(eth, time.Hour, "-5", true)}
	guard := risk.Pause{After: 2, Within: time.Hour, For: 30 * time.Minute}
	require.Contains(t, guide, opens(t, risk.Rules{StopGuard: guard}, account, now).Error())
	account.trades = []trading.ClosedTrade{closed(btc, 0, "-5", false), closed(eth, 1, "-5", false), closed(eth, 2, "-5", false)}
	require.Contains(t, guide, opens(t, risk.Rules{LosingStreak: risk.Pause{After: 3, For: time.Hour}}, account, now).Error())
	require.Contains(t, guide, opens(t, risk.Rules{}, tally{until: now.Add(time.Hour)}, now).Error())
}

// fields yields the names of a struct's limits.
func fields(of reflect.Type) func(yield func(string) bool) {
	return func(yield func(string) bool) {
		for _, f := range reflect.VisibleFields(of) {
			if f.Anonymous || f.Name == "Also" || f.Name == "Flatten" {
				continue
			}
			if !yield(f.Name) {
				return
			}
		}
	}
}
