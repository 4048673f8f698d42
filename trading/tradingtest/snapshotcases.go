package tradingtest

import (
	"bytes"
	"context"
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func snapshotter(t testing.TB, j journal.Journal) journal.Snapshotter {
	t.Helper()
	s, ok := j.(journal.Snapshotter)
	if !ok {
		t.Skip("the journal keeps no snapshots")
	}
	return s
}

func noSnapshot(t testing.TB, j journal.Journal) {
	s := snapshotter(t, j)
	appendEvents(t, j, submittings("v", 0, 3)...)
	if data, seq, err := s.LastSnapshot(t.Context()); len(data) != 0 || seq != 0 || err != nil {
		t.Errorf("LastSnapshot before the first is %q, %d, %v; want none, 0 and no error", data, seq, err)
	}
}

func snapshotStandsForAll(t testing.TB, j journal.Journal) {
	s := snapshotter(t, j)
	for round, data := range [][]byte{[]byte("first"), {0, 255, '\'', '"', 0}, bytes.Repeat([]byte("large"), 1<<20)} {
		appendEvents(t, j, submittings("v", round*3, round*3+3)...)
		if err := s.KeepSnapshot(t.Context(), data); err != nil {
			t.Fatalf("KeepSnapshot of %d bytes: %v", len(data), err)
		}
		appendEvents(t, j, submittings("later", round, round+1)...)
		got, seq, err := s.LastSnapshot(t.Context())
		if err != nil {
			t.Fatalf("LastSnapshot: %v", err)
		}
		if !bytes.Equal(got, data) {
			t.Errorf("the snapshot has %d bytes, %.20q, and was %d bytes, %.20q", len(got), got, len(data), data)
		}
		rest, err := j.Read(t.Context(), seq, 100)
		if err != nil {
			t.Fatalf("Read: %v", err)
		}
		wantEvents(t, rest, submittings("later", round, round+1))
	}
	if n := len(readJournal(t, j)); n != 12 {
		t.Errorf("%d entries beside the snapshot, want all 12", n)
	}
}

func snapshotEndedContext(t testing.TB, j journal.Journal) {
	s := snapshotter(t, j)
	appendEvents(t, j, submittings("v", 0, 1)...)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.KeepSnapshot(ctx, []byte("x")); err == nil {
		t.Error("KeepSnapshot succeeded with a context that had ended")
	}
	if _, _, err := s.LastSnapshot(ctx); err == nil {
		t.Error("LastSnapshot succeeded with a context that had ended")
	}
	if _, seq, err := s.LastSnapshot(t.Context()); seq != 0 || err != nil {
		t.Errorf("LastSnapshot stands for %d entries, %v, want none", seq, err)
	}
}
