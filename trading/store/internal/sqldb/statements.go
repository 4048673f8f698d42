package sqldb

import (
	"context"
	"database/sql"
	"fmt"
)

// What is inserted, and in which order the values come.
const (
	intoSignals = "signals (stream, bar_time, id, direction, confidence, price, created_at, valid_until, parts)"
	onlyNew     = "ON CONFLICT DO NOTHING"
	intoJournal = "journal (at, kind, data, ref, cause)"
)

// statements are prepared once: to parse them costs more than to run them.
type statements struct {
	insertSignal, insertSignals *sql.Stmt // one row, and rowsPerInsert
	insertEvent, insertEvents   *sql.Stmt

	signalByID   *sql.Stmt
	signalByBar  *sql.Stmt
	addStream    *sql.Stmt
	streamID     *sql.Stmt
	keepSnapshot *sql.Stmt
	keepMark     *sql.Stmt
	keepHour     *sql.Stmt
	saveState    *sql.Stmt
	partHashes   *sql.Stmt
	addPart      *sql.Stmt
	removePart   *sql.Stmt
	removeSignal *sql.Stmt
	notePruned   *sql.Stmt
	signalsAfter *sql.Stmt // for readers, as are the next
	allStreams   *sql.Stmt
	eventsAfter  *sql.Stmt
	eventsBefore *sql.Stmt
	eventsAbout  *sql.Stmt
	lastSnapshot *sql.Stmt
	parts        *sql.Stmt
	lastMark     *sql.Stmt
	hours        *sql.Stmt
	state        *sql.Stmt
	nthNewest    *sql.Stmt
	whole        *sql.Stmt
	oldest       *sql.Stmt
	latest       [allFilters + 1]*sql.Stmt
	recent       [allFilters + 1]*sql.Stmt // none where the filter is not by stream
}

// eventsAfter reads entries of a journal: those behind a Seq, and how many.
const eventsAfter = `SELECT seq, at, kind, data FROM journal WHERE seq > $1 ORDER BY seq LIMIT $2`

// oldestSignals finds what a Prune may remove: not the newest of a stream.
const oldestSignals = `SELECT seq FROM signals WHERE seq > $1 AND seq <= $2
	AND ((CAST($3 AS BIGINT) IS NOT NULL AND (created_at IS NULL OR created_at < $3)) OR seq < $4)
	AND seq NOT IN (SELECT newest
		FROM (SELECT (SELECT max(seq) FROM signals WHERE stream = streams.id) AS newest FROM streams) AS s
		WHERE newest IS NOT NULL)
	ORDER BY seq LIMIT $5`

// statement is one that is to be prepared.
type statement struct {
	into *(*sql.Stmt)
	pool *sql.DB
	text string
}

// prepare prepares them; they are closed with their pools. Those that write are left out where there is no writer.
func (setup Setup) prepare(ctx context.Context) (*statements, error) {
	s, writer, readers := &statements{}, setup.Writer, setup.Readers
	all := []statement{
		{&s.insertSignal, writer, setup.insertText(intoSignals, 9, 1, onlyNew)},
		{&s.insertSignals, writer, setup.insertText(intoSignals, 9, rowsPerInsert, onlyNew)},
		{&s.signalByID, writer, `SELECT ` + signalColumns + ` FROM signals WHERE id = $1`},
		{&s.signalByBar, writer, `SELECT ` + signalColumns + ` FROM signals
			WHERE bar_time = $1 AND stream = $2 AND id IS NULL`},
		{&s.addStream, writer, setup.insertText("streams ("+streamColumns+")", 4, 1, onlyNew)},
		{&s.streamID, writer, `SELECT id FROM streams
			WHERE strategy = $1 AND params = $2 AND symbol = $3 AND interval = $4`},
		{&s.insertEvent, writer, setup.insertText(intoJournal, 5, 1, "")},
		{&s.insertEvents, writer, setup.insertText(intoJournal, 5, rowsPerInsert, "")},
		{&s.keepMark, writer, `INSERT INTO meta (name, value) VALUES ('mark', $1)
			ON CONFLICT (name) DO UPDATE SET value = excluded.value`},
		{&s.keepHour, writer, `INSERT INTO marks (hour, data) VALUES ($1, $2)
			ON CONFLICT (hour) DO UPDATE SET data = excluded.data`},
		{&s.saveState, writer, `INSERT INTO states (strategy, params, symbol, interval, bar, seen, data)
			VALUES ($1, $2, $3, $4, $5, $6, $7) ON CONFLICT (strategy, params, symbol, interval)
			DO UPDATE SET bar = excluded.bar, seen = excluded.seen, data = excluded.data`},
		{&s.removeSignal, writer, `DELETE FROM signals WHERE seq = $1`},
		{&s.notePruned, writer, `UPDATE meta SET value = CAST($1 AS TEXT)
			WHERE name = '` + pruned + `' AND CAST(value AS BIGINT) < CAST(CAST($1 AS TEXT) AS BIGINT)`},
		{&s.signalsAfter, readers, `SELECT ` + signalColumns + ` FROM signals WHERE seq > $1 ORDER BY seq LIMIT $2`},
		{&s.allStreams, readers, `SELECT ` + streamColumns + `, id FROM streams`},
		{&s.eventsAfter, readers, eventsAfter},
		{&s.eventsBefore, readers, eventsBefore},
		{&s.eventsAbout, readers, eventsAbout},
		{&s.lastMark, readers, `SELECT value FROM meta WHERE name = 'mark'`},
		{&s.hours, readers, `SELECT data FROM marks WHERE hour >= $1 ORDER BY hour`},
		{&s.state, readers, `SELECT bar, seen, data FROM states
			WHERE strategy = $1 AND params = $2 AND symbol = $3 AND interval = $4`},
		{&s.nthNewest, readers, `SELECT seq FROM signals ORDER BY seq DESC LIMIT 1 OFFSET $1`},
		{&s.oldest, readers, oldestSignals},
		{&s.whole, readers, `SELECT coalesce((SELECT CAST(value AS BIGINT) FROM meta WHERE name = '` + pruned + `'),
			(` + lastGap + `))`}, // the latter in one that was never opened to write by this version
	}
	all = append(all, s.ofSnapshots(writer, readers)...)
	for n := range s.latest {
		f := filter(n)
		if !f.is() {
			continue
		}
		all = append(all, statement{&s.latest[f], readers, latestText(f)})
		if f.byStream() && f&exactly == 0 {
			all = append(all, statement{&s.recent[f], readers, recentText(f)})
		}
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

// transaction is one in which the prepared statements are used. It closes what it makes of them.
type transaction struct {
	tx *sql.Tx
	*statements
}

func (t transaction) exec(s *sql.Stmt, args ...any) (sql.Result, error) {
	return t.tx.Stmt(s).Exec(args...) //nolint:sqlclosecheck // see transaction
}

func (t transaction) row(s *sql.Stmt, args ...any) *sql.Row {
	return t.tx.Stmt(s).QueryRow(args...) //nolint:sqlclosecheck // see transaction
}
