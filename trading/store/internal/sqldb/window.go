package sqldb

import (
	"context"
	"database/sql"
	"fmt"
	"strconv"
)

// pruned is the name under which meta keeps the highest Seq that was ever pruned.
const pruned = "pruned"

// lastGap finds it in a database of an earlier version, which did not keep it: it is below the last signal without one
// right before it. A number that never was a signal's looks the same, as a server leaves some out: then somebody is told
// that he may have missed something, and nobody is not told who has.
const lastGap = `SELECT coalesce(max(seq), 1) - 1 FROM signals AS s
	WHERE NOT EXISTS (SELECT 1 FROM signals AS b WHERE b.seq = s.seq - 1)`

// initPruned sees to it that meta has the row. A new database has lost nothing.
func initPruned(ctx context.Context, tx *sql.Tx) error {
	var has bool
	err := tx.QueryRowContext(ctx, `SELECT EXISTS (SELECT 1 FROM meta WHERE name = $1)`, pruned).Scan(&has)
	if err != nil || has {
		return err
	}
	var gap int64
	if err := tx.QueryRowContext(ctx, lastGap).Scan(&gap); err != nil {
		return fmt.Errorf("look for what was pruned: %w", err)
	}
	_, err = setOnce(ctx, tx, pruned, strconv.FormatInt(gap, 10))
	return err
}

// notePruned notes that signals as far as last are not whole any more.
func notePruned(tx transaction, last int64) error {
	_, err := tx.exec(tx.notePruned, strconv.FormatInt(last, 10))
	return err
}

// Whole implements signal.Window.
func (s *Signals) Whole(ctx context.Context) (seq int64, err error) {
	seq, err = s.whole(ctx)
	return seq, s.db.Failed("read what was pruned", err)
}

func (s *Signals) whole(ctx context.Context) (seq int64, err error) {
	if err := s.db.Enter(ctx); err != nil {
		return 0, err
	}
	defer s.db.Leave()
	err = s.db.prepared.whole.QueryRowContext(ctx).Scan(&seq)
	return seq, err
}
