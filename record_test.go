package vigil_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// mute is a Store whose journal can only be read from one end to the other.
type mute struct{ *disk }

func (m mute) Journal() journal.Journal { return struct{ journal.Journal }{m.disk.Journal()} }

func TestTraderShowsWhatHasHappened(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := onPaper(t)
		cfg.Store = newDisk()
		trader := build(t, cfg)
		require.Nil(t, trader.Orders())
		require.Nil(t, trader.Performance())
		serve(t, trader, 30*time.Minute, func() {
			counts := trader.Status().Trading.Counts
			orders := trader.Orders()
			require.Len(t, orders, counts.Orders)
			require.Positive(t, counts.Fills)
			var sum book.Day
			for _, day := range trader.Performance() {
				sum.Fills, sum.Fees = sum.Fills+day.Fills, sum.Fees.Add(day.Fees)
			}
			require.Equal(t, counts.Fills, sum.Fills)
			require.Equal(t, counts.Fees.String(), sum.Fees.String())
			about, err := trader.History().About(t.Context(), orders[0].ClientID, 10)
			require.NoError(t, err)
			require.IsType(t, journal.IntentMade{}, about[0].Event)
		})
		newest, err := trader.History().Before(t.Context(), 0, nil, 1)
		require.NoError(t, err)
		require.Len(t, newest, 1, "also after the end")
	})
}

func TestTraderHistoryOfAJournalThatHasNoneSaysSo(t *testing.T) {
	t.Parallel()
	cfg := onPaper(t)
	cfg.Store = mute{newDisk()}
	history := build(t, cfg).History()
	_, err := history.Before(t.Context(), 0, nil, 1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
	_, err = history.About(t.Context(), "x", 1)
	require.ErrorIs(t, err, errors.ErrUnsupported)
}
