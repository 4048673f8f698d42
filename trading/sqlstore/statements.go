package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
)

const signalColumns = `seq, id, strategy, params, symbol, interval, direction, confidence, price,
	bar_time, created_at, valid_until, parts`

// What is inserted, and in which order the values come.
const (
	intoSignals = `signals (id, strategy, params, symbol, interval, direction, confidence, price, bar_time, created_at,
		valid_until, parts)`
	onlyNew     = "ON CONFLICT (id) DO NOTHING"
	intoJournal = "journal (at, kind, data)"
)

// statements are prepared once: to parse them costs more than to run them.
type statements struct {
	insertSignal, insertSignals *sql.Stmt // one row, and rowsPerInsert
	insertEvent, insertEvents   *sql.Stmt

	signalByID   *sql.Stmt
	keepSnapshot *sql.Stmt
	saveState    *sql.Stmt
	removeSignal *sql.Stmt
	removeEvents *sql.Stmt
	setMeta      *sql.Stmt
	signalsAfter *sql.Stmt // for readers, as are the next
	eventsAfter  *sql.Stmt
	lastSnapshot *sql.Stmt
	state        *sql.Stmt
	nthNewest    *sql.Stmt
	oldest       *sql.Stmt
	latest       [everythingAsked + 1]*sql.Stmt
}

const eventsAfter = `SELECT seq, at, kind, data FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2`

// oldestSignals finds what a Prune may remove. The newest of each strategy and symbol has none above it.
const oldestSignals = `SELECT seq FROM signals AS s WHERE seq > $1 AND seq <= $2
	AND ((CAST($3 AS BIGINT) IS NOT NULL AND (created_at IS NULL OR created_at < $3)) OR seq < $4)
	AND EXISTS (SELECT 1 FROM signals AS newer
		WHERE newer.symbol = s.symbol AND newer.strategy = s.strategy AND newer.seq > s.seq)
	ORDER BY seq LIMIT $5`

// statement is one that is to be prepared.
type statement struct {
	into *(*sql.Stmt)
	pool *sql.DB
	text string
}

// prepare prepares them; they are closed with their pools. Those that write are left out where there is no writer.
func (db *DB) prepare(ctx context.Context) (*statements, error) {
	s, writer, readers := &statements{}, db.writer, db.readers
	all := []statement{
		{&s.insertSignal, writer, db.insertText(intoSignals, 12, 1, onlyNew)},
		{&s.insertSignals, writer, db.insertText(intoSignals, 12, rowsPerInsert, onlyNew)},
		{&s.signalByID, writer, `SELECT ` + signalColumns + ` FROM signals WHERE id = $1`},
		{&s.insertEvent, writer, db.insertText(intoJournal, 3, 1, "")},
		{&s.insertEvents, writer, db.insertText(intoJournal, 3, rowsPerInsert, "")},
		{&s.keepSnapshot, writer, `INSERT INTO snapshot (id, seq, data)
			VALUES (1, (SELECT coalesce(max(seq), 0) FROM journal), $1)
			ON CONFLICT (id) DO UPDATE SET seq = excluded.seq, data = excluded.data`},
		{&s.saveState, writer, `INSERT INTO states (strategy, params, symbol, interval, bar, seen, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (strategy, params, symbol, interval)
			DO UPDATE SET bar = excluded.bar, seen = excluded.seen, data = excluded.data`},
		{&s.removeSignal, writer, `DELETE FROM signals WHERE seq = $1`},
		{&s.signalsAfter, readers, `SELECT ` + signalColumns + ` FROM signals WHERE seq > $1 ORDER BY seq LIMIT $2`},
		{&s.removeEvents, writer, `DELETE FROM journal WHERE seq <= $1`},
		{&s.setMeta, writer, `INSERT INTO meta (name, value) VALUES ($1, $2)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`},
		{&s.eventsAfter, readers, eventsAfter},
		{&s.lastSnapshot, readers, `SELECT data, seq FROM snapshot`},
		{&s.state, readers, `SELECT bar, seen, data FROM states
			WHERE strategy = $1 AND params = $2 AND symbol = $3 AND interval = $4`},
		{&s.nthNewest, readers, `SELECT seq FROM signals ORDER BY seq DESC LIMIT 1 OFFSET $1`},
		{&s.oldest, readers, oldestSignals},
	}
	for a := range s.latest {
		all = append(all, statement{&s.latest[a], readers, latestText(asked(a))})
	}
	for _, p := range all {
		if p.pool == nil {
			continue
		}
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
	insertSignal, insertSignals, insertEvent, insertEvents *sql.Stmt

	signalByID, keepSnapshot, saveState, removeSignal, removeEvents, setMeta *sql.Stmt
}

func (s *statements) bind(tx *sql.Tx) *boundStatements {
	return &boundStatements{
		insertSignal:  tx.Stmt(s.insertSignal),
		insertSignals: tx.Stmt(s.insertSignals),
		insertEvent:   tx.Stmt(s.insertEvent),
		insertEvents:  tx.Stmt(s.insertEvents),
		signalByID:    tx.Stmt(s.signalByID),
		keepSnapshot:  tx.Stmt(s.keepSnapshot),
		saveState:     tx.Stmt(s.saveState),
		removeSignal:  tx.Stmt(s.removeSignal),
		removeEvents:  tx.Stmt(s.removeEvents),
		setMeta:       tx.Stmt(s.setMeta),
	}
}
