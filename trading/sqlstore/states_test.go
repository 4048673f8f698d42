package sqlstore_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

func TestSignalsKeepStates(t *testing.T) {
	t.Parallel()
	signaltest.TestStates(t, func(t *testing.T) signal.States { return openNew(t).Signals() })
}

func someState() signal.State {
	return signal.State{
		Stream: signal.Stream{Strategy: "cross", Params: "fast=8", Symbol: "BTC/USDT:USDT", Interval: time.Minute},
		Bar:    time.Date(2026, 1, 2, 3, 4, 0, 0, time.UTC),
		Seen:   21, Data: []byte{0, 1, 0xff},
	}
}

func TestAStateIsThereAfterReopening(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	first := openAt(t, path)
	newer := someState()
	newer.Data = []byte("newer")
	require.NoError(t, first.Signals().SaveStates(t.Context(), someState(), newer), "the last of a key counts")
	require.NoError(t, first.Close())
	got, ok, err := openAt(t, path).Signals().LoadState(t.Context(), newer.Stream)
	require.NoError(t, err)
	require.True(t, ok)
	require.Equal(t, newer, got)
}

func TestAStateThatCannotBeStoredRefusesItsCall(t *testing.T) {
	t.Parallel()
	store := openNew(t).Signals()
	bad := someState()
	bad.Stream.Symbol, bad.Bar = "ETH", time.Date(2300, 1, 1, 0, 0, 0, 0, time.UTC)
	require.EqualError(t, store.SaveStates(t.Context(), someState(), bad), "sqlstore: save states: state of cross for "+
		"ETH: the Bar 2300-01-01T00:00:00Z is not between the years 1678 and 2262")
	_, ok, err := store.LoadState(t.Context(), someState().Stream)
	require.NoError(t, err)
	require.False(t, ok)
}

func TestStatesOfAClosedDatabase(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Close())
	require.ErrorIs(t, db.Signals().SaveStates(t.Context(), someState()), sqlstore.ErrClosed)
	_, _, err := db.Signals().LoadState(t.Context(), someState().Stream)
	require.ErrorIs(t, err, sqlstore.ErrClosed)
}
