package book_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// netted is a signal of a strategy, with what all of them ask for.
func netted(seq int64, strategy, target string, stakes ...journal.Stake) journal.SignalSeen {
	return journal.SignalSeen{
		Store: "s", Seq: seq, SignalID: strategy, Strategy: strategy, Symbol: btc, BarTime: noon, Outcome: journal.OutcomeActed,
		Target: d(target), ValidUntil: noon.Add(time.Minute), Stakes: stakes, Price: d("100"),
	}
}

func stake(strategy, target string) journal.Stake {
	return journal.Stake{Strategy: strategy, Target: d(target)}
}

// What the target loses all stakes lose in proportion.
func TestStakesFollowTheTarget(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	for _, e := range []journal.Event{
		netted(1, "a", "6", stake("a", "6")), netted(2, "b", "9", stake("a", "6"), stake("b", "3")),
	} {
		require.NoError(t, b.Apply(noon, e))
	}
	for _, step := range []struct{ quantity, a, b, nobody string }{
		{"9", "6", "3", "0"}, {"3", "2", "1", "0"}, {"4", "2", "1", "1"}, {"2", "1", "0.5", "0.5"}, {"-1", "0", "0", "-1"},
		{"0", "0", "0", "0"},
	} {
		require.NoError(t, b.Apply(noon, journal.CloseAsked{ID: "c", Symbol: btc, Quantity: d(step.quantity)}))
		all := b.StakesOf(btc)
		require.Equal(t, []string{step.a, step.b, step.nobody},
			[]string{all[0].Target.String(), all[1].Target.String(), all[2].Target.String()})
	}
}

// What one strategy asked for and did not get is not given to it from what another one has.
func TestStakesThatWereNotFilledAreLostFirst(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ a, b, sum, keep, wantA, wantB, nobody string }{
		"all that was not filled":                   {"6", "3", "9", "6", "6", "0", "0"},
		"a part of it":                              {"6", "3", "9", "8", "6", "2", "0"},
		"more than that":                            {"6", "3", "9", "4", "4", "0", "0"},
		"on the other side of what is asked for":    {"6", "-9", "-3", "6", "6", "0", "0"},
		"what closes is not what was not filled":    {"6", "-3", "3", "1", "2", "-1", "0"},
		"what nobody asked for":                     {"6", "3", "9", "10", "6", "3", "1"},
		"what is on the side that nobody asked for": {"6", "3", "9", "-1", "0", "0", "-1"},
		"all":                       {"6", "-9", "-3", "0", "0", "0", "0"},
		"what is netted to nothing": {"6", "-6", "0", "2", "0", "0", "2"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := bookOf(t, netted(1, "a", c.a, stake("a", c.a)), intent("o1"), journal.Submitting{ClientID: "o1"},
				journal.Acknowledged{ClientID: "o1"}, fillOf("o1", "f1", c.a), netted(2, "b", c.sum, stake("a", c.a), stake("b", c.b)))
			require.NoError(t, b.Apply(noon, journal.CloseAsked{ID: "c", Symbol: btc, Quantity: d(c.keep)}))
			all := b.StakesOf(btc)
			require.Equal(t, []string{c.wantA, c.wantB, c.nobody},
				[]string{all[0].Target.String(), all[1].Target.String(), all[2].Target.String()})
		})
	}
}

func TestStakesThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	b := book.New(d("10000"))
	require.NoError(t, b.Apply(noon, netted(1, "a", "6", stake("a", "6"))))
	before := b.Digest()
	for want, e := range map[string]journal.Event{
		"has stakes of 5 for a target of 6": netted(2, "b", "6", stake("b", "5")),
		`a stake of "b", which is none or`:  netted(2, "b", "6", stake("b", "3"), stake("b", "3")),
		`a stake of "", which is none or`:   netted(2, "b", "6", stake("", "6"), stake("b", "0")),
		"has stakes of 6 for":               netted(2, "b", "6", stake("a", "6")),
		"b has no stake in":                 journal.CloseAsked{ID: "c", Symbol: btc, Strategy: "b"},
	} {
		require.ErrorContains(t, b.Apply(noon, e), want)
	}
	require.Equal(t, before, b.Digest())
}

// heldStakes say what each has and asks for, and what came of it.
func heldStakes(t *testing.T, b *book.Book) (all []string) {
	t.Helper()
	for _, one := range b.StakesOf(btc) {
		all = append(all, fmt.Sprintf("%s %s of %s, %s, fees %s", one.Strategy, one.Quantity, one.Target, one.Realized, one.Fees))
	}
	return all
}

func TestStakesShareTheFeeOfAFill(t *testing.T) {
	t.Parallel()
	fill := fillOf("o1", "f1", "9")
	fill.Fill.Fee = d("1")
	b := bookOf(t, netted(1, "a", "6", stake("a", "6")), netted(2, "b", "9", stake("a", "6"), stake("b", "3")), intent("o1"),
		journal.Submitting{ClientID: "o1"}, journal.Acknowledged{ClientID: "o1"}, fill)
	require.Equal(t, []string{
		"a 6 of 6, 0, fees 0.666666666666666667", "b 3 of 3, 0, fees 0.333333333333333333", " 0 of 0, 0, fees 0",
	}, heldStakes(t, b))
}

// Where nobody knows the price of the decision, what changes hands does so at that of the last fill.
func TestStakesChangeHandsAtTheLastPriceThatIsKnown(t *testing.T) {
	t.Parallel()
	fill := fillOf("o1", "f1", "6")
	fill.Fill.Price = d("120")
	b := bookOf(t, netted(1, "a", "6", stake("a", "6")), intent("o1"), journal.Submitting{ClientID: "o1"},
		journal.Acknowledged{ClientID: "o1"}, fill)
	unpriced := netted(2, "b", "6", stake("b", "6"))
	unpriced.Price = d("0")
	require.NoError(t, b.Apply(noon, unpriced))
	require.Equal(t, []string{"a 0 of 0, 0, fees 0", "b 6 of 6, 0, fees 0", " 0 of 0, 0, fees 0"}, heldStakes(t, b))
}

// What is netted to nothing and closed is over for all, without an order.
func TestStakesThatAreNettedToNothingAreClosedAmongEachOther(t *testing.T) {
	t.Parallel()
	sell, sold := intent("o2"), fillOf("o2", "f2", "6")
	sell.Order.Side, sold.Fill.Side = trading.Sell, trading.Sell
	b := bookOf(t, netted(1, "a", "6", stake("a", "6")), intent("o1"), journal.Submitting{ClientID: "o1"},
		journal.Acknowledged{ClientID: "o1"}, fillOf("o1", "f1", "6"), netted(2, "b", "0", stake("a", "6"), stake("b", "-6")), sell,
		journal.Submitting{ClientID: "o2"}, journal.Acknowledged{ClientID: "o2"}, sold)
	require.Equal(t, []string{"a 6 of 6, 0, fees 0", "b -6 of -6, 0, fees 0"}, heldStakes(t, b)[:2])
	require.NoError(t, b.Apply(noon, journal.CloseAsked{ID: "c", Symbol: btc}))
	require.Equal(t, []string{"a 0 of 0, 0, fees 0", "b 0 of 0, 0, fees 0", " 0 of 0, 0, fees 0"}, heldStakes(t, b))
}

// A strategy that speaks no more keeps what it has, and gets no more of what it asked for.
func TestStakeOfAnOrphanIsNoMoreThanItHas(t *testing.T) {
	t.Parallel()
	b := bookOf(t, netted(1, "a", "6", stake("a", "6")), intent("o1"), journal.Submitting{ClientID: "o1"},
		journal.Acknowledged{ClientID: "o1"}, fillOf("o1", "f1", "4"), journal.SettingsChanged{
			By: "a start", Orphans: []journal.Orphan{{Symbol: btc, Strategy: "a", Was: "x", Fate: journal.FateReduced}},
		})
	require.Equal(t, "a 4 of 4, 0, fees 0", heldStakes(t, b)[0])
	target, _ := b.Target(btc)
	require.Equal(t, "4", target.Quantity.String())
	orphan := b.StakesOf(btc)[0]
	require.True(t, orphan.ValidUntil.After(noon))
	require.Equal(t, "4", orphan.Reachable(d("6"), noon).String())
	require.Equal(t, "2", orphan.Reachable(d("2"), noon).String())
}
