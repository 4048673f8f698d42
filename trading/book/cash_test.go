package book_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func moved(id string, kind trading.CashKind, amount, asset string) journal.CashMoved {
	return journal.CashMoved{Move: trading.CashEvent{ID: id, Kind: kind, Amount: d(amount), Asset: asset, Time: noon}}
}

func TestCashThatMovesWithoutAFillIsPartOfTheAccount(t *testing.T) {
	t.Parallel()
	b := book.New(d("1000"))
	none := func(string) (decimal.Decimal, bool) { return decimal.Zero, false }
	require.NoError(t, b.Apply(noon, journal.DayOpened{Day: "2025-03-04", Equity: d("1000")}))
	for _, e := range []journal.Event{
		moved("f", trading.CashFunding, "-3", ""), moved("f", trading.CashFunding, "-3", ""), // once
		moved("g", trading.CashFee, "-0.5", ""), moved("h", trading.CashDeposit, "500", ""),
		moved("i", trading.CashWithdrawal, "-200", ""), moved("j", trading.CashFee, "-0.01", "BNB"),
	} {
		require.NoError(t, b.Apply(noon, e))
	}
	require.Equal(t, "1296.5", b.Cash().String())
	equity, missing := b.Equity(none)
	require.Empty(t, missing)
	require.Equal(t, "1296.5", equity.String())
	require.Equal(t, "1300", b.Day().Equity.String(), "what was deposited and withdrawn is no loss of the day")
	require.Equal(t, "-3", b.Counts().Moved[trading.CashFunding].String())
	require.Equal(t, "-0.01", b.Counts().OtherAssets["BNB"].String())

	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("1000"))
	require.NoError(t, err)
	require.Equal(t, b.Digest(), again.Digest())
	require.True(t, again.HasMoved("f"))
	require.Equal(t, b.CashSince(noon), again.CashSince(noon))
	require.NoError(t, again.Apply(noon, moved("k", trading.CashFee, "-1", "")))
	require.NotEqual(t, b.Digest(), again.Digest())
}

func TestCashThatCannotMoveIsRefused(t *testing.T) {
	t.Parallel()
	for name, e := range map[string]journal.CashMoved{
		"without an id":         moved("", trading.CashFee, "1", ""),
		"of nothing":            moved("a", trading.CashFunding, "0", ""),
		"a negative deposit":    moved("a", trading.CashDeposit, "-1", ""),
		"a positive withdrawal": moved("a", trading.CashWithdrawal, "1", ""),
		"of no known kind":      moved("a", "gift", "1", ""),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Error(t, book.New(d("1")).Check(e))
		})
	}
}

func TestCashSinceBeginsWithTheJournal(t *testing.T) {
	t.Parallel()
	b := book.New(d("1"))
	require.Equal(t, noon, b.CashSince(noon))
	require.NoError(t, b.Apply(noon, journal.DayOpened{Day: "2025-03-04"}))
	require.Equal(t, noon, b.CashSince(noon.Add(time.Hour)), "what moved before is part of the capital")
	late := moved("a", trading.CashFee, "-1", "")
	late.Move.Time = noon.Add(time.Hour)
	require.NoError(t, b.Apply(noon, late))
	require.Equal(t, noon.Add(59*time.Minute), b.CashSince(noon))
}

func TestFeesAreTakenFromWhatTheyArePaidIn(t *testing.T) {
	t.Parallel()
	for asset, want := range map[string]struct{ cash, held, fees, equity string }{
		"":     {"799.9", "2", "0.1", "999.9"},
		"USDT": {"799.9", "2", "0.1", "999.9"},
		"BTC":  {"800", "1.9", "10", "990"},
		"BNB":  {"800", "2", "0", "1000"},
	} {
		t.Run("in "+asset, func(t *testing.T) {
			t.Parallel()
			b := book.New(d("1000"))
			require.NoError(t, b.Apply(noon, journal.Filled{Fill: trading.Fill{
				ID: "f", Symbol: "BTC/USDT", Side: trading.Buy, Quantity: d("2"), Price: d("100"), Fee: d("0.1"), FeeAsset: asset,
			}}))
			equity, _ := b.Equity(func(string) (decimal.Decimal, bool) { return d("100"), true })
			require.Equal(t, want.cash, b.Cash().String())
			require.Equal(t, want.held, b.Position("BTC/USDT").Quantity.String())
			require.Equal(t, want.fees, b.Counts().Fees.String())
			require.Equal(t, want.equity, equity.String())
			require.Equal(t, map[bool]string{true: "-0.1", false: "0"}[asset == "BNB"], b.Counts().OtherAssets["BNB"].String())
		})
	}
}
