package engine_test

import (
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// identity stands for that of the journals of rigs.
const identity = "rig"

func clientID(signalID string, attempt int) string {
	return engine.ClientID(identity, signalID, attempt)
}

func bookOf(t require.TestingT, events ...journal.Event) *book.Book {
	b := book.New(d("10000"))
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}
