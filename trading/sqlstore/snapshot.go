package sqlstore

import (
	"context"
	"database/sql"
	"errors"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

var _ journal.Snapshotter = (*Journal)(nil)

// KeepSnapshot implements trading.Snapshotter. The Seq is read in the same transaction, so whatever was appended before
// the call is what the snapshot stands for.
func (j *Journal) KeepSnapshot(ctx context.Context, data []byte) error {
	if err := j.db.enter(ctx); err != nil {
		return fmt.Errorf("sqlstore: keep a snapshot: %w", err)
	}
	defer j.db.leave()
	err := j.commit(ctx, func(tx transaction) error {
		_, err := tx.exec(tx.keepSnapshot, data)
		return err
	})
	if err != nil {
		return fmt.Errorf("sqlstore: keep a snapshot: %w", err)
	}
	return nil
}

// LastSnapshot implements trading.Snapshotter.
func (j *Journal) LastSnapshot(ctx context.Context) (data []byte, seq int64, err error) {
	if err := j.db.enter(ctx); err != nil {
		return nil, 0, fmt.Errorf("sqlstore: read the snapshot: %w", err)
	}
	defer j.db.leave()
	err = j.snapshot.QueryRowContext(ctx).Scan(&data, &seq)
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	if err != nil {
		return nil, 0, fmt.Errorf("sqlstore: read the snapshot: %w", err)
	}
	return data, seq, nil
}
