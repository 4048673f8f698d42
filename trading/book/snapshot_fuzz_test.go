package book_test

import (
	"regexp"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var exponent = regexp.MustCompile(`[0-9.][eE]`)

// Whatever stands where a snapshot should be, reading it does not panic, and a Book that comes of it can be used and
// written down again.
func FuzzFromSnapshot(f *testing.F) {
	b := book.New(d("10000"))
	for _, e := range []journal.Event{
		intent("o"), journal.Submitting{ClientID: "o"}, fillOf("o", "f", "4"), journal.Halted{Reason: "enough"},
	} {
		require.NoError(f, b.Apply(noon, e))
		data, err := b.Snapshot()
		require.NoError(f, err)
		f.Add(data)
	}
	f.Add([]byte(`{"version":4,"capital":"10000","orders":[{"client_id":"o"},{"client_id":"o","status":"filled"}],"done":["x","o"]}`))
	f.Add([]byte(`{"version":4,"capital":"10000","cash":"-1","positions":null,"counts":{"signals":null}}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		if len(data) > 5000 || exponent.Match(data) {
			return // decimals of a million places are slow, and no disk makes them up
		}
		restored, err := book.FromSnapshot(data, d("10000"))
		if err != nil {
			return
		}
		_ = restored.Apply(noon, fillOf("o", "late", "1"))
		_ = restored.Apply(noon, journal.Canceled{ClientID: "o"})
		again, err := restored.Snapshot()
		if err != nil {
			return // such as a time in the year 10000, or a side that is none
		}
		twice, err := book.FromSnapshot(again, d("10000"))
		require.NoError(t, err)
		require.Equal(t, restored.Digest(), twice.Digest())
	})
}
