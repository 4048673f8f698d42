package book_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestTargetThatASignalConfirmsKeepsTheOrderThatWorksForIt(t *testing.T) {
	t.Parallel()
	working := []journal.Event{
		acted("s", 1, "10"), intent("o1"), journal.Submitting{ClientID: "o1"}, journal.Acknowledged{ClientID: "o1"},
	}
	b := bookOf(t, append(working, acted("s2", 2, "10"))...)
	target, _ := b.Target(btc)
	require.Equal(t, "o1", target.Last)
	require.Zero(t, target.Attempts, "the signal has all of its own")
	require.NoError(t, b.Apply(noon, journal.Canceled{ClientID: "o1"}))
	require.Equal(t, "o1", b.Holding(btc).Last.ClientID, "so that what is missing is asked for again")

	b = bookOf(t, append(working, fillOf("o1", "f1", "10"), acted("s2", 2, "10"))...)
	target, _ = b.Target(btc)
	require.Empty(t, target.Last, "it is done")

	deferred := acted("s2", 2, "10")
	deferred.Deferred = true
	b = bookOf(t, append(working, deferred)...)
	target, _ = b.Target(btc)
	require.Empty(t, target.Last, "it has an order of its own to come")
}
