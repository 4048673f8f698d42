package engine_test

import (
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func bookOf(t require.TestingT, events ...journal.Event) *book.Book {
	b := book.New(d("10000"))
	for _, e := range events {
		require.NoError(t, b.Apply(noon, e))
	}
	return b
}
