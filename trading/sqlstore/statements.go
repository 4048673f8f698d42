package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
)

const signalColumns = `seq, id, strategy, params, symbol, interval, direction, confidence, price,
	bar_time, created_at, valid_until`

// statements are prepared once: to parse them costs more than to run them.
type statements struct {
	insertSignal *sql.Stmt
	signalByID   *sql.Stmt
	insertEvent  *sql.Stmt
	keepSnapshot *sql.Stmt
	signalsAfter *sql.Stmt // for readers, as are the next
	eventsAfter  *sql.Stmt
	lastSnapshot *sql.Stmt
}

// prepare prepares them; they are closed with their pools.
func prepare(ctx context.Context, writer, readers *sql.DB) (*statements, error) {
	s := &statements{}
	for _, p := range []struct {
		into *(*sql.Stmt)
		pool *sql.DB
		text string
	}{
		{&s.insertSignal, writer, `INSERT INTO signals (id, strategy, params, symbol, interval, direction, confidence,
			price, bar_time, created_at, valid_until) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
			ON CONFLICT (id) DO NOTHING`},
		{&s.signalByID, writer, `SELECT ` + signalColumns + ` FROM signals WHERE id = $1`},
		{&s.insertEvent, writer, `INSERT INTO journal (at, kind, data) VALUES ($1, $2, $3)`},
		{&s.keepSnapshot, writer, `INSERT INTO snapshot (id, seq, data)
			VALUES (1, (SELECT coalesce(max(seq), 0) FROM journal), $1)
			ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, data = excluded.data`},
		{&s.signalsAfter, readers, `SELECT ` + signalColumns + ` FROM signals WHERE seq > $1 ORDER BY seq LIMIT $2`},
		{&s.eventsAfter, readers, `SELECT seq, at, kind, data FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2`},
		{&s.lastSnapshot, readers, `SELECT data, seq FROM snapshot`},
	} {
		var err error
		*p.into, err = p.pool.PrepareContext(ctx, p.text) //nolint:sqlclosecheck // they are closed with their pools
		if err != nil {
			return nil, fmt.Errorf("prepare: %w", err)
		}
	}
	return s, nil
}

// boundStatements are those of one transaction.
type boundStatements struct {
	insertSignal, signalByID, insertEvent, keepSnapshot *sql.Stmt
}

func (s *statements) bind(tx *sql.Tx) *boundStatements {
	return &boundStatements{tx.Stmt(s.insertSignal), tx.Stmt(s.signalByID), tx.Stmt(s.insertEvent), tx.Stmt(s.keepSnapshot)}
}
