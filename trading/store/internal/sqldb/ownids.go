package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"time"

	"github.com/pressly/goose/v3"
)

// ownIDs is the step of the schema between streams and signal_indexes: the IDs that Stream.ID makes are not stored any more.
// SQL cannot tell which they are.
func ownIDs(version int64) *goose.Migration {
	return goose.NewGoMigration(version, &goose.GoFunc{RunTx: forgetOwnIDs}, nil)
}

func forgetOwnIDs(ctx context.Context, tx *sql.Tx) (err error) {
	seqs, err := storedOwnIDs(ctx, tx)
	if err != nil {
		return err
	}
	forget, err := tx.PrepareContext(ctx, `UPDATE signals SET id = NULL WHERE seq = $1`)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, forget.Close()) }()
	for _, seq := range seqs {
		if _, err := forget.ExecContext(ctx, seq); err != nil {
			return err
		}
	}
	return nil
}

func storedOwnIDs(ctx context.Context, tx *sql.Tx) (seqs []int64, err error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+streamColumns+`, seq, s.id, bar_time
		FROM signals AS s JOIN streams AS t ON t.id = s.stream WHERE s.id IS NOT NULL AND bar_time IS NOT NULL`)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, rows.Close()) }()
	for rows.Next() {
		var row streamRow
		var id string
		var seq, bar int64
		if err := rows.Scan(append(row.fields(), &seq, &id, &bar)...); err != nil {
			return nil, err
		}
		if id == row.stream().ID(time.Unix(0, bar)) {
			seqs = append(seqs, seq)
		}
	}
	return seqs, rows.Err()
}
