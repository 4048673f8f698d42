package storetest

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var pruneTests = map[string]func(*testing.T, Kind){
	"Prune does what it does in memory":               pruneLikeMemory,
	"Prune takes more than one transaction":           pruneOfMany,
	"Prunes at once remove each signal once":          prunesAtOnce,
	"Prune that is broken off says how far it came":   pruneBrokenOff,
	"Prune and reopening do not give a Seq out again": pruneKeepsSeq,
	"Prune is known to who missed something":          pruneIsKnown,
	"Prune names a bad retention":                     pruneRefuses,
}

// Any row of appends and prunes leaves what it leaves in memory.
func pruneLikeMemory(t *testing.T, kind Kind) {
	for seed := range uint64(4) {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			random := rand.New(rand.NewPCG(seed, 1))
			ours, theirs := kind.open(t).Signals(), signal.NewMemory(0)
			for n := range 60 {
				if random.IntN(4) > 0 {
					s := randomSignal(random, n)
					noError(t, ours.Append(t.Context(), s))
					noError(t, theirs.Append(t.Context(), s))
					continue
				}
				r := randomRetention(random, n)
				want, err := theirs.Prune(t.Context(), r)
				noError(t, err)
				got, err := ours.Prune(t.Context(), r)
				noError(t, err)
				equal(t, want, got, r)
				equal(t, Held(t, theirs), Held(t, ours), r)
			}
		})
	}
}

// randomSignal returns one of a dozen streams, created about when its number says, or with no such time.
func randomSignal(random *rand.Rand, n int) signal.Signal {
	s := Numbered(n)
	s.Symbol = []string{"A", "B"}[random.IntN(2)]
	s.Strategy = []string{"cross", "band"}[random.IntN(2)]
	s.Params = []string{"", "", "n=1"}[random.IntN(3)]
	s.Interval = []time.Duration{time.Minute, time.Minute, time.Hour}[random.IntN(3)]
	s.CreatedAt = s.CreatedAt.Add(time.Duration(random.IntN(5)) * time.Minute)
	if random.IntN(8) == 0 {
		s.CreatedAt = time.Time{}
	}
	return s
}

func randomRetention(random *rand.Rand, n int) signal.Retention {
	var never time.Time
	some := Numbered(random.IntN(n + 1)).CreatedAt
	befores := []time.Time{never, some, some, time.Date(1500, 1, 1, 0, 0, 0, 0, time.UTC),
		time.Date(2500, 1, 1, 0, 0, 0, 0, time.UTC)}
	return signal.Retention{Before: befores[random.IntN(len(befores))], Count: random.IntN(6),
		Passed: random.Int64N(int64(n) + 2)}
}

// appendRow stores signals of one stream, in one call.
func appendRow(t testing.TB, store signal.Store, count int) {
	t.Helper()
	row := make([]signal.Signal, count)
	for n := range row {
		row[n] = Numbered(n + 1)
	}
	noError(t, store.Append(t.Context(), row...))
}

func pruneOfMany(t *testing.T, kind Kind) {
	store := kind.open(t).Signals()
	appendRow(t, store, 1234)
	removed, err := store.Prune(t.Context(), signal.Retention{Count: 3, Passed: 1 << 40})
	noError(t, err)
	equal(t, 1231, removed)
	left := Held(t, store)
	length(t, left, 3)
	equal(t, int64(1232), left[0].Seq)
}

func prunesAtOnce(t *testing.T, kind Kind) {
	store := kind.open(t).Signals()
	appendRow(t, store, 1300)
	var running sync.WaitGroup
	var mu sync.Mutex // guards total
	total := 0
	for range 4 {
		running.Go(func() {
			removed, err := store.Prune(t.Context(), signal.Retention{Count: 1, Passed: 1 << 40})
			mu.Lock()
			defer mu.Unlock()
			total += removed
			if err != nil {
				t.Errorf("Prune: %v", err)
			}
		})
	}
	running.Wait()
	equal(t, 1299, total)
	length(t, Held(t, store), 1)
}

// What is gone by then is counted, and the next Prune goes on with the rest.
func pruneBrokenOff(t *testing.T, kind Kind) {
	store := kind.open(t).Signals()
	appendRow(t, store, 1234)
	all := signal.Retention{Count: 1, Passed: 1 << 40}
	sum, broken := 0, 0
	for looks := range 100 {
		ctx := EndsAfter(t.Context(), looks)
		removed, err := store.Prune(ctx, all)
		sum += removed
		length(t, Held(t, store), 1234-sum)
		if err == nil {
			break
		}
		errorIs(t, err, context.Canceled)
		broken++
	}
	equal(t, 1233, sum)
	greater(t, broken, 0)
}

func pruneKeepsSeq(t *testing.T, kind Kind) {
	place := kind(t)
	first := place.Open(t)
	appendRow(t, first.Signals(), 10)
	_, err := first.Signals().Prune(t.Context(), signal.Retention{Count: 1, Passed: 1 << 40})
	noError(t, err)
	noError(t, first.Close())

	second := place.Open(t).Signals()
	length(t, Held(t, second), 1)                       // What was pruned stays away.
	noError(t, second.Append(t.Context(), Numbered(3))) // An ID that was removed is new again.
	left := Held(t, second)
	length(t, left, 2)
	equal(t, int64(10), left[0].Seq)
	greater(t, left[1].Seq, left[0].Seq)
}

func whole(t *testing.T, store signal.Store) int64 {
	t.Helper()
	seq, err := store.(signal.Window).Whole(t.Context())
	noError(t, err)
	return seq
}

// The newest of a stream stays, so the oldest that is left does not tell what is missing.
func pruneIsKnown(t *testing.T, kind Kind) {
	place := kind(t)
	db := place.Open(t)
	store := db.Signals()
	equal(t, int64(0), whole(t, store))
	other := Numbered(1000)
	other.Symbol = "ETH/USDT:USDT"
	noError(t, store.Append(t.Context(), other))
	appendRow(t, store, 10)
	noError(t, store.Append(t.Context(), Numbered(1))) // A number may be left out for one that is there.
	equal(t, int64(0), whole(t, store))
	held := Held(t, store)
	removed, err := store.Prune(t.Context(), signal.Retention{Count: 3, Passed: 1 << 40})
	noError(t, err)
	equal(t, 7, removed)
	equal(t, held[7].Seq, whole(t, store))
	_, err = store.Prune(t.Context(), signal.Retention{Count: 3, Passed: 1 << 40})
	noError(t, err)
	noError(t, db.Close())
	again := place.Open(t).Signals()
	equal(t, held[7].Seq, whole(t, again))
	equal(t, held[0].Seq, Held(t, again)[0].Seq)
}

func pruneRefuses(t *testing.T, kind Kind) {
	_, err := kind.open(t).Signals().Prune(t.Context(), signal.Retention{Count: -2})
	says(t, err, ": prune signals: Retention.Count -2 is negative")
}

// EndsAfter returns a context that ends once Err was asked so many times.
func EndsAfter(parent context.Context, looks int) context.Context {
	ctx := &endsAfter{}
	ctx.Context, ctx.end = context.WithCancel(parent)
	ctx.looks.Store(int64(looks))
	return ctx
}

type endsAfter struct {
	context.Context
	end   context.CancelFunc
	looks atomic.Int64
}

func (e *endsAfter) Err() error {
	if e.looks.Add(-1) < 0 {
		e.end()
	}
	return e.Context.Err()
}
