package engine

import (
	"cmp"
	"context"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// snapshotEvery is how many events pass between two snapshots: a restart reads at most about twice as many, in about
// a tenth of a second.
const snapshotEvery = 10_000

// maySnapshot keeps a snapshot if enough has happened since the last one. The pen is held. That it fails is told, and
// harms nothing.
func (e *Engine) maySnapshot(ctx context.Context, added int) {
	s, ok := e.cfg.Journal.(journal.Snapshotter)
	e.sinceSnapshot += added
	if !ok || e.sinceSnapshot < cmp.Or(e.cfg.SnapshotEvery, snapshotEvery) {
		return
	}
	e.sinceSnapshot = 0
	data, err := e.book.Snapshot()
	if err == nil {
		limited, cancel := e.limited(context.WithoutCancel(ctx))
		defer cancel()
		err = s.KeepSnapshot(limited, data)
	}
	if err != nil {
		e.log.Warn("Snapshot failed", "error", err)
	}
}
