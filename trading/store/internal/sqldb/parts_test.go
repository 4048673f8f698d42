package sqldb_test

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/sqldb"
)

// text looks like a book: records that differ from each other.
func text(from, to int) []byte {
	var b bytes.Buffer
	for n := from; n < to; n++ {
		fmt.Fprintf(&b, `{"client_id":"v-%x","quantity":"1","price":"%d"},`, n*n*7919, n)
	}
	return b.Bytes()
}

func TestSnapshotWritesWhatChanged(t *testing.T) {
	t.Parallel()
	db, inside := openNew(t)
	s := db.Journal().(journal.Snapshotter)
	keep := func(data []byte) (written int) {
		before := sqldb.Parts(t.Context(), inside)
		require.NoError(t, s.KeepSnapshot(t.Context(), data))
		got, _, err := s.LastSnapshot(t.Context())
		require.NoError(t, err)
		require.True(t, bytes.Equal(data, got))
		stored := 0
		for hash, size := range sqldb.Parts(t.Context(), inside) {
			stored += size
			if _, there := before[hash]; !there {
				written += size
			}
		}
		require.LessOrEqual(t, stored, len(data), "what is not wanted any more is gone")
		return written
	}
	whole := text(0, 40_000)
	require.Equal(t, len(whole), keep(whole))
	require.Zero(t, keep(whole))
	require.Less(t, keep(text(0, 40_100)), 300_000, "more at the end")
	require.Less(t, keep(text(100, 40_200)), 500_000, "less at the beginning, more at the end")
	require.Less(t, keep(append([]byte("{changed"), text(100, 40_200)...)), 300_000)
	require.Equal(t, 1, keep([]byte("x")))
	require.Zero(t, keep(nil))
}

// Cutting loses nothing, and no part is larger than it may be.
func TestPartsAreTheWhole(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(1, 1))
	for _, size := range []int{0, 1, 8 << 10, 8<<10 + 1, 128 << 10, 128<<10 + 1, 1 << 20} {
		for _, data := range [][]byte{make([]byte, size), noise(random, size)} {
			var whole []byte
			for _, part := range sqldb.Split(data) {
				require.NotEmpty(t, part)
				require.LessOrEqual(t, len(part), 128<<10)
				whole = append(whole, part...)
			}
			require.True(t, bytes.Equal(data, whole))
		}
	}
}

func noise(random *rand.Rand, size int) []byte {
	data := make([]byte, size)
	for i := range data {
		data[i] = byte(random.Uint32())
	}
	return data
}

func TestSnapshotWithABrokenPartIsNotReturned(t *testing.T) {
	t.Parallel()
	db, inside := openNew(t)
	s := db.Journal().(journal.Snapshotter)
	require.NoError(t, s.KeepSnapshot(t.Context(), text(0, 10_000)))
	require.NoError(t, inside.Run(t.Context(), "UPDATE snapshot_parts SET data = x'00' WHERE rowid = 2"))
	_, _, err := s.LastSnapshot(t.Context())
	require.ErrorContains(t, err, "is not what was stored")
	require.NoError(t, inside.Run(t.Context(), "DELETE FROM snapshot_parts WHERE rowid = 2"))
	_, _, err = s.LastSnapshot(t.Context())
	require.ErrorContains(t, err, "is not there")
	require.NoError(t, s.KeepSnapshot(t.Context(), []byte("x")))
}

// A reader beside the writer gets one snapshot or another, whole.
func TestSnapshotIsReadWholeWhileItIsReplaced(t *testing.T) {
	t.Parallel()
	db, _ := openNew(t)
	s := db.Journal().(journal.Snapshotter)
	one, two := bytes.Repeat([]byte("1"), 300_000), text(0, 5_000)
	require.NoError(t, s.KeepSnapshot(t.Context(), one))
	done := make(chan error, 1)
	go func() {
		var err error
		for n := 0; n < 40 && err == nil; n++ {
			if err = s.KeepSnapshot(t.Context(), [][]byte{two, one}[n%2]); err == nil {
				err = db.Journal().Append(t.Context(), time.Unix(0, 0), journal.Halted{Reason: "x"})
			}
		}
		done <- err
	}()
	for range 40 {
		got, _, err := s.LastSnapshot(t.Context())
		require.NoError(t, err)
		require.True(t, bytes.Equal(got, one) || bytes.Equal(got, two))
	}
	require.NoError(t, <-done)
}
