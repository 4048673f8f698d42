package storetest

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var idTests = map[string]func(*testing.T, Kind){
	"ID of whatever kind does what it does in memory":   idsLikeMemory,
	"ID of Stream.ID does what it does in memory":       ownIDsLikeMemory,
	"ID of another signal is refused":                   idOfAnother,
	"ID that contradicts is named, of a call of many":   conflictsOfMany(Numbered),
	"ID of Stream.ID that contradicts is named as well": conflictsOfMany(Generated),
}

// Whatever IDs a caller hands in, in whatever order of bars: what is stored, refused and found is what a store says that
// keeps an index of all IDs.
func idsLikeMemory(t *testing.T, kind Kind) { likeMemory(t, kind, true) }

func ownIDsLikeMemory(t *testing.T, kind Kind) { likeMemory(t, kind, false) }

func likeMemory(t *testing.T, kind Kind, texts bool) {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	place := kind(t)
	db, theirs := place.Open(t), signal.NewMemory(0)
	for range 40 {
		sameAppend(t, db.Signals(), theirs, randomCall(random, texts))
		sameLatest(t, db.Signals(), theirs, random)
		if random.IntN(10) == 0 {
			noError(t, db.Close())
			db = place.Open(t)
		}
	}
}

// randomCall returns signals of a world so small that they meet: with the IDs that Stream.ID makes of them, and with
// texts if it is to.
func randomCall(random *rand.Rand, texts bool) []signal.Signal {
	call := make([]signal.Signal, 1+random.IntN(1+random.IntN(90)))
	for i := range call {
		s := Numbered(random.IntN(40))
		s.Strategy = []string{"cross", "band"}[random.IntN(2)]
		s.Symbol = []string{"A", "B", ""}[random.IntN(3)]
		s.Params = []string{"", "n=1"}[random.IntN(2)]
		s.Confidence = float64(random.IntN(4)) / 4
		s.ID = s.Stream().ID(s.BarTime)
		switch random.IntN(8) {
		case 0:
			if s.Price++; texts {
				s.ID = fmt.Sprint("s", random.IntN(20))
			}
		case 1:
			s.Interval = time.Hour
			s.ID = s.Stream().ID(s.BarTime)
		case 2:
			s.BarTime = time.Time{}
			s.ID = s.Stream().ID(s.BarTime)
		}
		call[i] = s
	}
	return call
}

func sameAppend(t *testing.T, ours, theirs signal.Store, call []signal.Signal) {
	t.Helper()
	got, want := ours.Append(t.Context(), call...), theirs.Append(t.Context(), call...)
	equal(t, conflicts(want), conflicts(got), got, want)
	mine, memory := Held(t, ours), Held(t, theirs)
	for i := range mine { // A server leaves gaps in its numbers.
		equal(t, true, i == 0 || mine[i].Seq > mine[i-1].Seq)
		mine[i].Seq = memory[min(i, len(memory)-1)].Seq
	}
	equal(t, memory, mine)
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
	if random.IntN(3) == 0 {
		q.Stream = signal.Stream{Strategy: "cross", Params: []string{"", "n=1"}[random.IntN(2)],
			Symbol: []string{"A", ""}[random.IntN(2)], Interval: []time.Duration{time.Minute, time.Hour}[random.IntN(2)]}
	}
	got, err := ours.Latest(t.Context(), q)
	noError(t, err)
	want, err := theirs.Latest(t.Context(), q)
	noError(t, err)
	length(t, got, len(want))
	for i := range got {
		equal(t, true, got[i].Same(want[i]), q, i, got[i], want[i])
	}
}

// A statement inserts many rows and tells only how many of them were new, so what the others are is looked up.
func conflictsOfMany(made func(int) signal.Signal) func(*testing.T, Kind) {
	return func(t *testing.T, kind Kind) {
		store := kind.open(t).Signals()
		noError(t, store.Append(t.Context(), made(10), made(40)))
		many := make([]signal.Signal, 0, 101)
		for n := range 100 {
			many = append(many, made(n))
		}
		many[40].Direction = signal.Short
		many = append(many, many[99])
		many[100].Price++ // The same ID twice in one call: the first stays.

		err := store.Append(t.Context(), many...)
		errorIs(t, err, signal.ErrConflict)
		says(t, err, "signal "+made(40).ID+":")
		says(t, err, "signal "+made(99).ID+":")
		equal(t, 2, conflicts(err)) // The same once more is none.
		all := Held(t, store)
		length(t, all, 100) // The others are stored.
		for _, s := range all {
			equal(t, signal.Long, s.Direction)
			equal(t, false, s.Price == 100)
		}
	}
}

// Such an ID could be there twice: stored, and made of the signal that it belongs to.
func idOfAnother(t *testing.T, kind Kind) {
	store := kind.open(t).Signals()
	owner, borrower := Generated(1), Generated(2)
	borrower.ID = owner.ID
	err := store.Append(t.Context(), Generated(3), borrower)
	says(t, err, ": append signals: signal "+owner.ID+": the ID looks like one of Stream.ID, which makes "+
		Generated(2).ID+" of this signal")
	length(t, Held(t, store), 0) // The whole call is refused.
	for _, id := range []string{strings.ToUpper(owner.ID), owner.ID + "0", owner.ID[:23], "24 letters with no sense"} {
		borrower.ID = id
		noError(t, store.Append(t.Context(), borrower))
	}
}
