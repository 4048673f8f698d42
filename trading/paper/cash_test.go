package paper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
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
