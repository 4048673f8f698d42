package sqlstore_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// A statement inserts many rows and tells only how many of them were new, so what the others are is looked up.
func TestACallOfManyTellsWhichContradictWhatIsStored(t *testing.T) {
	t.Parallel()
	store := openNew(t).Signals()
	require.NoError(t, store.Append(t.Context(), numbered(10), numbered(40)))
	many := make([]signal.Signal, 0, 101)
	for n := range 100 {
		many = append(many, numbered(n))
	}
	many[40].Direction = signal.Short
	many = append(many, many[99])
	many[100].Price++ // The same ID twice in one call: the first stays.

	err := store.Append(t.Context(), many...)
	require.ErrorIs(t, err, signal.ErrConflict)
	require.ErrorContains(t, err, "signal s40:")
	require.ErrorContains(t, err, "signal s99:")
	require.NotContains(t, err.Error(), "signal s10:", "the same once more is no conflict")
	all := held(t, store)
	require.Len(t, all, 100, "and the others are stored")
	for _, s := range all {
		require.Equal(t, signal.Long, s.Direction)
		require.NotEqual(t, 100.0, s.Price)
	}
}
