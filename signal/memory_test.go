package signal_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

func TestMemoryIsAStore(t *testing.T) {
	t.Parallel()
	signaltest.TestStore(t, func(*testing.T) signal.Store { return signal.NewMemory(0) })
}

// numbered returns a signal that is told from others by n.
func numbered(n int) signal.Signal {
	bar := time.Date(2026, 1, 1, 0, n, 0, 0, time.UTC)
	return signal.Signal{ID: fmt.Sprint("s", n), Symbol: "BTC/USDT:USDT", Confidence: 0.5, Price: float64(n), BarTime: bar}
}

// ids reads everything that the store holds.
func ids(t require.TestingT, m *signal.Memory) []string {
	all, err := m.After(context.Background(), 0, 1_000_000)
	require.NoError(t, err)
	var got []string
	for _, s := range all {
		got = append(got, fmt.Sprintf("%s@%d", s.ID, s.Seq))
	}
	return got
}

func TestMemoryDropsTheOldestBeyondItsCapacity(t *testing.T) {
	t.Parallel()
	m := signal.NewMemory(3)
	for n := range 5 {
		require.NoError(t, m.Append(t.Context(), numbered(n)))
	}
	require.Equal(t, []string{"s2@3", "s3@4", "s4@5"}, ids(t, m))
	latest, err := m.Latest(t.Context(), signal.Query{})
	require.NoError(t, err)
	require.Len(t, latest, 3)
	require.Equal(t, "s4", latest[0].ID)

	require.NoError(t, m.Append(t.Context(), numbered(2)), "one that is held is known")
	require.Equal(t, []string{"s2@3", "s3@4", "s4@5"}, ids(t, m))
	require.NoError(t, m.Append(t.Context(), numbered(0)), "one that was dropped is new again")
	require.Equal(t, []string{"s3@4", "s4@5", "s0@6"}, ids(t, m))
}

func TestMemoryWithoutACapacityHoldsTheDefault(t *testing.T) {
	t.Parallel()
	for _, capacity := range []int{0, -5} {
		m := signal.NewMemory(capacity)
		for n := range 10_001 {
			require.NoError(t, m.Append(t.Context(), numbered(n)))
		}
		require.Len(t, ids(t, m), 10_000)
	}
}

func TestMemoryLeavesTheSignalsOfItsCallerAlone(t *testing.T) {
	t.Parallel()
	m := signal.NewMemory(0)
	mine := []signal.Signal{numbered(0), numbered(1)}
	require.NoError(t, m.Append(t.Context(), mine...))
	require.Zero(t, mine[1].Seq)
	got, err := m.After(t.Context(), 0, 10)
	require.NoError(t, err)
	got[0].ID = "changed by a reader"
	require.Equal(t, []string{"s0@1", "s1@2"}, ids(t, m))
}

// Any row of appends, against a plain list.
func TestMemoryHoldsTheNewestOfAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 6).Draw(t, "capacity")
		m := signal.NewMemory(capacity)
		var held []string // "id@seq", the oldest first
		for last := 0; last < 30; {
			n := rapid.IntRange(0, 12).Draw(t, "n")
			require.NoError(t, m.Append(context.Background(), numbered(n)))
			name := fmt.Sprintf("s%d@", n)
			known := slices.ContainsFunc(held, func(h string) bool { return strings.HasPrefix(h, name) })
			if !known {
				last++
				held = append(held, fmt.Sprintf("s%d@%d", n, last))
				held = held[max(0, len(held)-capacity):]
			}
			require.Equal(t, held, ids(t, m))
			if rapid.IntRange(0, 20).Draw(t, "stop") == 0 {
				break
			}
		}
	})
}

func BenchmarkMemoryAppend(b *testing.B) {
	m := signal.NewMemory(0)
	b.ReportAllocs()
	n := 0
	s := numbered(0)
	for b.Loop() {
		n++
		s.ID = fmt.Sprint(n)
		if err := m.Append(b.Context(), s); err != nil {
			b.Fatal(err)
		}
	}
}

func ExampleMemory() {
	store := signal.NewMemory(1000)
	wake := store.Appended() // asked for before reading, so that nothing falls in between
	_ = store.Append(context.Background(), numbered(1), numbered(2), numbered(1))
	<-wake
	latest, _ := store.Latest(context.Background(), signal.Query{Symbol: "BTC/USDT:USDT", Limit: 1})
	fmt.Println(latest[0].ID, "is number", latest[0].Seq)
	// Output: s2 is number 2
}

func ExampleMemory_Prune() {
	store := signal.NewMemory(0)
	_ = store.Append(context.Background(), numbered(1), numbered(2), numbered(3), numbered(4))
	removed, _ := store.Prune(context.Background(), signal.Retention{Count: 1, Passed: 2}) // a follower has read two
	left, _ := store.After(context.Background(), 0, 10)
	fmt.Println(removed, "removed, the oldest left is number", left[0].Seq)
	// Output: 2 removed, the oldest left is number 3
}

// Any row of appends and prunes in a store that also drops, against a plain list.
func TestMemoryPrunesWhatIsTooMuchOfAnyHistory(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		capacity := rapid.IntRange(1, 8).Draw(t, "capacity")
		m := signal.NewMemory(capacity)
		type kept struct {
			s   signal.Signal
			seq int64
		}
		var held []kept
		last := int64(0)
		for range rapid.IntRange(1, 40).Draw(t, "steps") {
			if rapid.IntRange(0, 3).Draw(t, "what") > 0 {
				last++
				s := numbered(int(last))
				s.Symbol = rapid.SampledFrom([]string{"A", "B"}).Draw(t, "symbol")
				s.CreatedAt = origin.Add(time.Duration(last) * second)
				require.NoError(t, m.Append(context.Background(), s))
				held = append(held, kept{s, last})
				for held[0].seq <= last-int64(capacity) {
					held = held[1:]
				}
			} else {
				r := signal.Retention{
					Before: origin.Add(time.Duration(rapid.Int64Range(0, last+1).Draw(t, "before")) * second),
					Count:  rapid.IntRange(0, 5).Draw(t, "count"), Passed: rapid.Int64Range(0, last).Draw(t, "passed"),
				}
				removed, err := m.Prune(context.Background(), r)
				require.NoError(t, err)
				newest, size, before := map[string]int64{}, len(held), len(held)
				for _, k := range held {
					newest[k.s.Symbol] = k.seq
				}
				i := -1
				held = slices.DeleteFunc(held, func(k kept) bool {
					i++
					tooMany := r.Count > 0 && size-i > r.Count
					return newest[k.s.Symbol] != k.seq && k.seq <= r.Passed && (tooMany || k.s.CreatedAt.Before(r.Before))
				})
				require.Equal(t, before-len(held), removed)
			}
			var want []string
			for _, k := range held {
				want = append(want, fmt.Sprintf("%s@%d", k.s.ID, k.seq))
			}
			require.Equal(t, want, ids(t, m))
		}
	})
}

func TestMemorySaysWhatIsWhole(t *testing.T) {
	t.Parallel()
	m := signal.NewMemory(10)
	whole := func() int64 {
		seq, err := m.Whole(t.Context())
		require.NoError(t, err)
		return seq
	}
	require.Zero(t, whole())
	stored := 0
	add := func(symbol string, n int) {
		for range n {
			one := numbered(stored)
			one.Symbol = symbol
			require.NoError(t, m.Append(t.Context(), one))
			stored++
		}
	}
	add("BTC", 1)
	add("ETH", 5)
	require.Zero(t, whole())
	_, err := m.Prune(t.Context(), signal.Retention{Count: 1, Passed: 4})
	require.NoError(t, err)
	require.EqualValues(t, 4, whole(), "2 to 4 are gone, 1 is the newest of its symbol")
	add("SOL", 9)
	require.EqualValues(t, 5, whole(), "beyond its capacity")
	_, err = m.Prune(t.Context(), signal.Retention{Before: time.Unix(0, 0)})
	require.NoError(t, err)
	require.EqualValues(t, 5, whole())
}
