package paper_test

import (
	"testing"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

func TestCashMovesOnlyWhereItsOwnerSaysSo(t *testing.T) {
	t.Parallel()
	b := broker(t)
	none, begin, err := b.CashEvents(t.Context(), trading.Cursor{}, 10)
	require.NoError(t, err)
	require.Empty(t, none)
	news := b.Updated()
	require.NoError(t, b.MoveCash(trading.CashFunding, d("-3"), btc))
	require.NoError(t, b.MoveCash(trading.CashDeposit, d("500"), ""))
	require.Error(t, b.MoveCash(trading.CashDeposit, d("-500"), ""))
	<-news
	require.Equal(t, "10497", b.Cash().String())
	told, _, err := b.CashEvents(t.Context(), begin, 10)
	require.NoError(t, err)
	require.Len(t, told, 2)
	require.NotEqual(t, told[0].ID, told[1].ID)

	j := journal.NewMemory()
	require.NoError(t, j.Append(t.Context(), noon, journal.CashMoved{Move: told[0]}, journal.CashMoved{Move: told[1]}))
	again := broker(t)
	require.NoError(t, again.Resume(t.Context(), j))
	require.Equal(t, "10497", again.Cash().String(), "the journal brings it back")
}

// began is a journal of an account that began with 10,000, and what happened to it since.
func began(t *testing.T, events ...journal.Event) journal.Journal {
	t.Helper()
	j := journal.NewMemory()
	require.NoError(t, j.Append(t.Context(), noon, journal.SettingsChanged{By: "start", Capital: d("10000")}))
	require.NoError(t, j.Append(t.Context(), noon, events...))
	return j
}

func TestCashOfAnotherConfigurationIsPaidInOrOut(t *testing.T) {
	t.Parallel()
	bought := journal.Filled{Fill: trading.Fill{
		ID: "f", ClientID: "by hand", Symbol: btc, Side: trading.Buy, Price: d("100"), Quantity: d("40"), Time: noon,
	}}
	paid := func(amount string, configured bool) journal.Event {
		return journal.CashMoved{Move: trading.CashEvent{
			ID: "m" + amount, Kind: trading.CashDeposit, Amount: d(amount), Time: noon, Configured: configured,
		}}
	}
	for name, c := range map[string]struct {
		events []journal.Event
		cash   string
		moved  string // "" for nothing
	}{
		"the same":                          {[]journal.Event{bought}, "10000", ""},
		"more":                              {[]journal.Event{bought}, "15000", "5000"},
		"less":                              {[]journal.Event{bought}, "4000", "-6000"},
		"less than what is held needs":      {[]journal.Event{bought}, "3999", ""},
		"what was paid in before":           {[]journal.Event{paid("5000", true)}, "15000", ""},
		"less than what was paid in before": {[]journal.Event{paid("5000", true)}, "12000", "-3000"},
		"what a host has paid in stays":     {[]journal.Event{paid("5000", false)}, "10000", ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			j := began(t, c.events...)
			after := broker(t, func(cfg *paper.Config) { cfg.Cash = d(c.cash) })
			require.NoError(t, after.Resume(t.Context(), j))
			told, _, err := after.CashEvents(t.Context(), trading.Cursor{}, 10)
			require.NoError(t, err)
			if c.moved == "" {
				require.Empty(t, told)
				return
			}
			require.Len(t, told, 1)
			require.Equal(t, c.moved, told[0].Amount.String())
			require.True(t, told[0].Configured)
			require.NoError(t, told[0].Validate())
			require.Equal(t, c.moved, after.Cash().Sub(cashOf(t, j)).String())

			require.NoError(t, j.Append(t.Context(), noon, journal.CashMoved{Move: told[0]}))
			again := broker(t, func(cfg *paper.Config) { cfg.Cash = d(c.cash) })
			require.NoError(t, again.Resume(t.Context(), j))
			told, _, err = again.CashEvents(t.Context(), trading.Cursor{}, 10)
			require.NoError(t, err)
			require.Empty(t, told, "it is paid once")
			require.Equal(t, after.Cash().String(), again.Cash().String())
		})
	}
}

func cashOf(t *testing.T, j journal.Journal) decimal.Decimal {
	t.Helper()
	b, err := book.Restore(d("1"), journal.Load(t.Context(), j))
	require.NoError(t, err)
	return b.Cash()
}
