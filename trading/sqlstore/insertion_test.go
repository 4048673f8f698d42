package sqlstore_test

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

// Whatever IDs a caller hands in, in whatever order of bars: what is stored, refused and found is what a store says that
// keeps an index of all IDs.
func TestWhateverIDsComeItDoesWhatMemoryDoes(t *testing.T) {
	t.Parallel()
	for seed := range uint64(3) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "vigil.db")
			random := rand.New(rand.NewPCG(seed, 2))
			db, theirs := openAt(t, path), signal.NewMemory(0)
			for range 25 {
				sameAppend(t, db.Signals(), theirs, randomCall(random, seed%3))
				sameLatest(t, db.Signals(), theirs, random)
				if random.IntN(20) == 0 {
					require.NoError(t, db.Close())
					db = openAt(t, path)
				}
			}
		})
	}
}

func TestWhateverIDsComePostgresDoesWhatMemoryDoes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	random := rand.New(rand.NewPCG(1, 2))
	ours, theirs := openPostgres(t, s.schema(t)).Signals(), signal.NewMemory(0)
	for range 40 {
		sameAppend(t, ours, theirs, randomCall(random, 2))
		sameLatest(t, ours, theirs, random)
	}
}

// randomCall returns signals of a world so small that they meet: of level 0 with the IDs that NewID makes of them, of 1
// with texts among them, of 2 with such as it makes of another.
func randomCall(random *rand.Rand, level uint64) []signal.Signal {
	call := make([]signal.Signal, 1+random.IntN(1+random.IntN(90)))
	for i := range call {
		s := numbered(random.IntN(40))
		s.Strategy = []string{"cross", "band"}[random.IntN(2)]
		s.Symbol = []string{"A", "B", ""}[random.IntN(3)]
		s.Params = []string{"", "n=1"}[random.IntN(2)]
		s.Confidence = float64(random.IntN(4)) / 4
		s.ID = ownID(s)
		switch random.IntN(8) {
		case 0:
			if s.Price++; level > 0 {
				s.ID = fmt.Sprint("s", random.IntN(20))
			}
		case 1:
			if s.Interval = time.Hour; level < 2 {
				s.ID = ownID(s)
			}
		case 2:
			if s.Price++; level > 0 {
				s.BarTime = time.Time{}
			}
		case 3:
			s.BarTime = time.Time{}
			s.ID = ownID(s)
		}
		call[i] = s
	}
	return call
}

func sameAppend(t *testing.T, ours, theirs signal.Store, call []signal.Signal) {
	t.Helper()
	got, want := ours.Append(t.Context(), call...), theirs.Append(t.Context(), call...)
	require.Equal(t, conflicts(want), conflicts(got), "got %v, want %v", got, want)
	mine, memory := held(t, ours), held(t, theirs)
	for i := range mine { // A server leaves gaps in its numbers.
		require.True(t, i == 0 || mine[i].Seq > mine[i-1].Seq)
		mine[i].Seq = memory[min(i, len(memory)-1)].Seq
	}
	require.Equal(t, memory, mine)
}

// conflicts counts what an Append refused.
func conflicts(err error) int {
	if err == nil {
		return 0
	}
	return strings.Count(err.Error(), signal.ErrConflict.Error())
}

func sameLatest(t *testing.T, ours, theirs signal.Store, random *rand.Rand) {
	t.Helper()
	q := signal.Query{Symbol: []string{"A", "B", ""}[random.IntN(3)], Strategy: []string{"cross", "band", ""}[random.IntN(3)],
		MinConfidence: float64(random.IntN(4)) / 4, Limit: 1 + random.IntN(12)}
	got, err := ours.Latest(t.Context(), q)
	require.NoError(t, err)
	want, err := theirs.Latest(t.Context(), q)
	require.NoError(t, err)
	require.Len(t, got, len(want), "%+v", q)
	for i := range got {
		require.True(t, got[i].Same(want[i]), "%+v: %d is\n%+v, want\n%+v", q, i, got[i], want[i])
	}
}

// A statement inserts many rows and tells only how many of them were new, so what the others are is looked up.
func TestACallOfManyTellsWhichContradictWhatIsStored(t *testing.T) {
	t.Parallel()
	for name, made := range map[string]func(int) signal.Signal{"own IDs": generated, "IDs of another kind": numbered} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			store := openNew(t).Signals()
			require.NoError(t, store.Append(t.Context(), made(10), made(40)))
			many := make([]signal.Signal, 0, 101)
			for n := range 100 {
				many = append(many, made(n))
			}
			many[40].Direction = signal.Short
			many = append(many, many[99])
			many[100].Price++ // The same ID twice in one call: the first stays.

			err := store.Append(t.Context(), many...)
			require.ErrorIs(t, err, signal.ErrConflict)
			require.ErrorContains(t, err, "signal "+made(40).ID+":")
			require.ErrorContains(t, err, "signal "+made(99).ID+":")
			require.NotContains(t, err.Error(), "signal "+made(10).ID+":", "the same once more is no conflict")
			all := held(t, store)
			require.Len(t, all, 100, "and the others are stored")
			for _, s := range all {
				require.Equal(t, signal.Long, s.Direction)
				require.NotEqual(t, 100.0, s.Price)
			}
		})
	}
}

// The ID of one signal under another: whichever comes first has it.
func TestABorrowedIDIsAConflict(t *testing.T) {
	t.Parallel()
	owner, borrower := generated(1), generated(2)
	borrower.ID = owner.ID // not of its own bar
	for name, order := range map[string][2]signal.Signal{"the owner first": {owner, borrower}, "the borrower first": {borrower, owner}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := filepath.Join(t.TempDir(), "vigil.db")
			first := openAt(t, path)
			require.NoError(t, first.Signals().Append(t.Context(), generated(0), order[0]))
			require.ErrorIs(t, first.Signals().Append(t.Context(), generated(3), order[1], generated(4)), signal.ErrConflict)
			require.NoError(t, first.Close())
			second := openAt(t, path).Signals()
			require.ErrorIs(t, second.Append(t.Context(), order[1]), signal.ErrConflict)
			require.NoError(t, second.Append(t.Context(), order[0]))
			var ids []string
			for _, s := range held(t, second) {
				ids = append(ids, s.ID)
			}
			require.Equal(t, []string{generated(0).ID, owner.ID, generated(3).ID, generated(4).ID}, ids)

			elsewhere := order[1]
			elsewhere.Symbol = "of which there is nothing"
			require.ErrorIs(t, second.Append(t.Context(), elsewhere), signal.ErrConflict)
			removed, err := second.Prune(t.Context(), signal.Retention{Count: 1, Passed: 100})
			require.NoError(t, err)
			require.Equal(t, 3, removed)
		})
	}
}

// A number that a stream got in a transaction that failed goes to the next one.
func TestAStreamOfATransactionThatFailedIsForgotten(t *testing.T) {
	t.Parallel()
	db := openNew(t)
	require.NoError(t, db.Signals().Append(t.Context(), generated(0)))
	writer, _ := db.Pools()
	_, err := writer.ExecContext(t.Context(), "PRAGMA max_page_count = 20")
	require.NoError(t, err)
	tooMany := make([]signal.Signal, 1000)
	for n := range tooMany {
		tooMany[n] = numbered(n)
		tooMany[n].Symbol = "lost"
	}
	require.ErrorContains(t, db.Signals().Append(t.Context(), tooMany...), "full")
	_, err = writer.ExecContext(t.Context(), "PRAGMA max_page_count = 2000")
	require.NoError(t, err)

	var want []string
	for n, symbol := range []string{"next", "lost"} {
		s := numbered(2000 + n)
		s.Symbol = symbol
		require.NoError(t, db.Signals().Append(t.Context(), s))
		want = append(want, symbol)
	}
	var got []string
	for _, s := range held(t, db.Signals())[1:] {
		got = append(got, s.Symbol)
	}
	require.Equal(t, want, got)
}

func TestWhoOnlyReadsLearnsOfNewStreams(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "vigil.db")
	db := openAt(t, path)
	reader, err := sqlstore.Open(t.Context(), path, sqlstore.Config{ReadOnly: true})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, reader.Close()) })
	for n, symbol := range []string{"A", "B", "A", "C"} {
		s := numbered(n)
		s.Symbol = symbol
		require.NoError(t, db.Signals().Append(t.Context(), s))
		got := held(t, reader.Signals())
		require.Len(t, got, n+1)
		require.Equal(t, symbol, got[n].Symbol)
	}
	writer, _ := db.Pools()
	_, err = writer.ExecContext(t.Context(), "INSERT INTO signals SELECT 9, 9, bar_time, 's9', 0, 0, 0, 0, 0, NULL FROM signals LIMIT 1")
	require.NoError(t, err)
	_, err = db.Signals().After(t.Context(), 0, 10)
	require.EqualError(t, err, "sqlstore: read signals: its stream 9 is not there")
}
