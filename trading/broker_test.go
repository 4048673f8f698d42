package trading_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

func TestFillPagesGoOnAfterTheLastFill(t *testing.T) {
	t.Parallel()
	fill := func(id string, minute int) trading.Fill {
		return trading.Fill{ID: id, Time: noon.Add(time.Duration(minute) * time.Minute)}
	}
	all := []trading.Fill{fill("a", 0), fill("b", 1), fill("c", 1), fill("late", 0), fill("d", 2)}
	at := func(minute int) trading.Cursor {
		return trading.Cursor{Since: noon.Add(time.Duration(minute) * time.Minute)}
	}
	after := func(id string, minute int) trading.Cursor { return trading.Cursor{Since: at(minute).Since, Token: id} }
	for name, c := range map[string]struct {
		from  trading.Cursor
		limit int
		want  string
		next  trading.Cursor
	}{
		"all":                             {trading.Cursor{}, math.MaxInt, "a b c late d", after("d", 2)},
		"a page of them":                  {trading.Cursor{}, 2, "a b", after("b", 1)},
		"the next page":                   {after("b", 1), 2, "c late", after("late", 0)},
		"the one that is not full":        {after("late", 0), 2, "d", after("d", 2)},
		"nothing more":                    {after("d", 2), 2, "", after("d", 2)},
		"from a time on":                  {at(1), math.MaxInt, "b c d", after("d", 2)},
		"from a time on that is to come":  {at(3), 2, "", at(3)},
		"after one that is not there now": {after("gone", 2), 2, "d", after("d", 2)},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			page, next := trading.FillPage(all, c.from, c.limit)
			got := ""
			for i, f := range page {
				if i > 0 {
					got += " "
				}
				got += f.ID
			}
			require.Equal(t, c.want, got)
			require.True(t, c.next.Equal(next), "%+v", next)
		})
	}
}

func TestTraitsThatCannotBeAreNamed(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits trading.Traits
		wrong  string
	}{
		"the least":             {trading.Traits{}, ""},
		"a gap with a bound":    {trading.Traits{Replaces: trading.ByGap, MaxGap: time.Second}, ""},
		"one of no name":        {trading.Traits{MaxGap: time.Second}, ""},
		"beside":                {trading.Traits{Replaces: trading.Beside, Remembers: trading.Forever}, ""},
		"beside and with a gap": {trading.Traits{Replaces: trading.Beside, MaxGap: 1}, `goes with "gap" only`},
		"in some other way":     {trading.Traits{Replaces: "soon"}, `"soon" is not known`},
		"a negative flight":     {trading.Traits{MaxFlight: -1}, "MaxFlight"},
		"a negative memory":     {trading.Traits{Remembers: -1}, "Remembers"},
		"a negative gap":        {trading.Traits{MaxGap: -1}, "MaxGap"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			err := c.traits.Validate()
			if c.wrong == "" {
				require.NoError(t, err)
			} else {
				require.ErrorContains(t, err, c.wrong)
			}
		})
	}
}

func TestTraitsBoundWhatABrokerCanTell(t *testing.T) {
	t.Parallel()
	sent := trading.Order{ClientID: "o", CreatedAt: noon}.Ref()
	for traits, bound := range map[trading.Traits]time.Duration{
		{}:                                24 * time.Hour,
		{Remembers: 72 * time.Hour}:       72 * time.Hour,
		{Remembers: trading.Forever}:      100 * 365 * 24 * time.Hour,
		{Remembers: time.Hour, MaxGap: 1}: time.Hour,
	} {
		require.True(t, traits.Remembered(sent, noon.Add(bound-1)), "%+v", traits)
		require.Equal(t, traits.Remembers == trading.Forever, traits.Remembered(sent, noon.Add(bound)), "%+v", traits)
	}
}

func approved(t *testing.T) trading.Approved {
	t.Helper()
	a, err := risk.NoLimits().Approve(trading.Order{
		ClientID: "o", Symbol: btc, Side: trading.Buy, Type: trading.Market, Quantity: d("1"),
	}, trading.View{Instrument: instrument(btc), Price: d("100")})
	require.NoError(t, err)
	return a
}

func TestApprovedBeginsAsItsGateSays(t *testing.T) {
	t.Parallel()
	a := approved(t)
	require.NoError(t, a.Begin(t.Context()), "no gate is an open one")
	shut, asked := errors.New("shut"), 0
	gated := a.Gated(func(context.Context) error {
		asked++
		return shut
	})
	require.Equal(t, a.Order(), gated.Order())
	require.ErrorIs(t, gated.Begin(t.Context()), shut)
	require.NoError(t, gated.Gated(nil).Begin(t.Context()))
	ended, end := context.WithCancel(t.Context())
	end()
	require.ErrorIs(t, gated.Begin(ended), context.Canceled)
	require.ErrorIs(t, a.Begin(ended), context.Canceled)
	require.Equal(t, 1, asked, "what has ended asks no gate")
}

func TestApprovedKeepsItsGateWhereItIsConfirmed(t *testing.T) {
	t.Parallel()
	shut := errors.New("shut")
	a, err := approved(t).Gated(func(context.Context) error { return shut }).Confirm(approved(t).Order())
	require.NoError(t, err)
	require.ErrorIs(t, a.Begin(t.Context()), shut)
}

func TestFeesCountInTheAssetThatTheyArePaidIn(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		symbol, asset                  string
		side                           trading.Side
		cash, held, fees, after, worth string // worth: cash and what is held at the fill's price
	}{
		"in the quote currency":    {btc, "", trading.Buy, "-200.1", "2", "0.1", "2", "-0.1"},
		"in it by its name":        {btc, "USDT", trading.Buy, "-200.1", "2", "0.1", "2", "-0.1"},
		"in what was bought":       {btc, "BTC", trading.Buy, "-200", "1.9", "10", "1.9", "-10"},
		"in what was sold":         {btc, "BTC", trading.Sell, "200", "-2.1", "10", "-2.1", "-10"},
		"in another asset":         {btc, "BNB", trading.Buy, "-200", "2", "0", "2", "0"},
		"of a perpetual contract":  {"BTC/USDT:USDT", "USDT", trading.Buy, "-200.1", "2", "0.1", "2", "-0.1"},
		"of a symbol without them": {"AAPL", "USD", trading.Buy, "-200", "2", "0", "2", "0"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := trading.Fill{
				ID: "f", Symbol: c.symbol, Side: c.side, Quantity: d("2"), Price: d("100"), Fee: d("0.1"), FeeAsset: c.asset,
			}
			require.Equal(t, c.cash, f.CashAfter(d("0")).String())
			require.Equal(t, c.held, f.Held().String())
			require.Equal(t, c.fees, f.QuoteFee().String())
			p := trading.Position{}.After(f)
			require.Equal(t, c.after, p.Quantity.String())
			require.Equal(t, c.fees, p.Fees.String())
			require.Equal(t, c.worth, f.CashAfter(d("0")).Add(p.Quantity.Mul(f.Price)).String())
			require.Equal(t, c.worth, p.Realized.Add(p.Unrealized(f.Price)).Sub(p.Fees).String(), "the same by its profit")
		})
	}
}

func TestFeesThatAreTakenFromAPositionCloseItsPart(t *testing.T) {
	t.Parallel()
	p := trading.Position{}.After(trading.Fill{Symbol: btc, Side: trading.Buy, Quantity: d("10"), Price: d("100")})
	p = p.After(trading.Fill{
		Symbol: btc, Side: trading.Sell, Quantity: d("4"), Price: d("110"), Fee: d("1"), FeeAsset: "BTC",
	})
	require.Equal(t, "5 500 50 110", fmt.Sprint(p.Quantity, p.Cost, p.Realized, p.Fees))
}
