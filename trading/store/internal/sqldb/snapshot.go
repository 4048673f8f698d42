package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"strings"
)

// snapshotTries is how often a snapshot is read that a writer replaces meanwhile.
const snapshotTries = 10

// ofSnapshots are the statements for snapshots.
func (s *statements) ofSnapshots(writer, readers *sql.DB) []statement {
	return []statement{
		{&s.keepSnapshot, writer, `INSERT INTO snapshot (id, seq, data, parts)
			VALUES (1, (SELECT coalesce(max(seq), 0) FROM journal), $1, $2)
			ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, data = excluded.data, parts = excluded.parts`},
		{&s.partHashes, writer, `SELECT hash FROM snapshot_parts`},
		{&s.addPart, writer, `INSERT INTO snapshot_parts (hash, data) VALUES ($1, $2)`},
		{&s.removePart, writer, `DELETE FROM snapshot_parts WHERE hash = $1`},
		{&s.lastSnapshot, readers, `SELECT data, seq, parts FROM snapshot`},
		{&s.parts, readers, `SELECT hash, data FROM snapshot_parts`},
	}
}

// KeepSnapshot implements journal.Snapshotter. The Seq is read in the same transaction, so whatever was appended before
// the call is what the snapshot stands for.
func (j *Journal) KeepSnapshot(ctx context.Context, data []byte) error {
	return j.db.Failed("keep a snapshot", j.keepSnapshot(ctx, data))
}

func (j *Journal) keepSnapshot(ctx context.Context, data []byte) error {
	if err := j.db.Enter(ctx); err != nil {
		return err
	}
	defer j.db.Leave()
	parts := split(data)
	hashes := make([]string, len(parts))
	for i, part := range parts {
		hashes[i] = hashOf(part)
	}
	return j.commit(ctx, func(tx transaction) error {
		if err := replaceParts(tx, parts, hashes); err != nil {
			return err
		}
		_, err := tx.exec(tx.keepSnapshot, []byte{}, strings.Join(hashes, " "))
		return err
	})
}

// replaceParts stores the parts that are not there yet, and removes those that are not wanted any more.
func replaceParts(tx transaction, parts [][]byte, hashes []string) error {
	there, err := storedParts(tx)
	if err != nil {
		return err
	}
	wanted := make(map[string]bool, len(parts))
	for i, hash := range hashes {
		if !there[hash] && !wanted[hash] {
			if _, err := tx.exec(tx.addPart, hash, parts[i]); err != nil {
				return err
			}
		}
		wanted[hash] = true
	}
	for hash := range there {
		if wanted[hash] {
			continue
		}
		if _, err := tx.exec(tx.removePart, hash); err != nil {
			return err
		}
	}
	return nil
}

func storedParts(tx transaction) (map[string]bool, error) {
	there := make(map[string]bool)
	rows, err := tx.tx.Stmt(tx.partHashes).Query() //nolint:sqlclosecheck // see transaction and eachRow
	if err != nil {
		return nil, err
	}
	return there, eachRow(rows, func() error {
		var hash string
		err := rows.Scan(&hash)
		there[hash] = true
		return err
	})
}

// LastSnapshot implements journal.Snapshotter.
func (j *Journal) LastSnapshot(ctx context.Context) (data []byte, seq int64, err error) {
	for range snapshotTries {
		var replaced bool
		data, seq, replaced, err = j.lastSnapshot(ctx)
		if !replaced {
			break
		}
	}
	if errors.Is(err, sql.ErrNoRows) {
		return nil, 0, nil
	}
	return data, seq, j.db.Failed("read the snapshot", err)
}

// lastSnapshot reads the list of parts and then the parts. Where one is missing, the snapshot may have been replaced in
// between.
func (j *Journal) lastSnapshot(ctx context.Context) (data []byte, seq int64, replaced bool, err error) {
	if err := j.db.Enter(ctx); err != nil {
		return nil, 0, false, err
	}
	defer j.db.Leave()
	var list sql.NullString // none in one that an earlier version kept
	if err := j.db.prepared.lastSnapshot.QueryRowContext(ctx).Scan(&data, &seq, &list); err != nil || !list.Valid {
		return data, seq, false, err
	}
	parts := make(map[string][]byte)
	rows, err := j.db.prepared.parts.QueryContext(ctx) //nolint:sqlclosecheck // see eachRow
	if err != nil {
		return nil, 0, false, err
	}
	if err := eachRow(rows, func() error {
		var hash string
		var part []byte
		err := rows.Scan(&hash, &part)
		parts[hash] = part
		return err
	}); err != nil {
		return nil, 0, false, err
	}
	for hash := range strings.FieldsSeq(list.String) {
		part, there := parts[hash]
		if !there {
			return nil, 0, true, fmt.Errorf("its part %s is not there", hash)
		}
		if hashOf(part) != hash {
			return nil, 0, false, fmt.Errorf("its part %s is not what was stored", hash)
		}
		data = append(data, part...)
	}
	return data, seq, false, nil
}
