package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

var _ signal.Pruner = (*Signals)(nil)

// maxPruned bounds how many signals one transaction removes, and with it how long an Append may have to wait for it:
// 20 ms, measured with a hundred thousand signals on a busy machine.
const maxPruned = 200

// Prune implements signal.Pruner. What may go is looked up by a reader, which keeps nobody waiting, and removed in
// transactions of a few hundred. On an error, as when ctx ends in the middle, removed says how many are gone already,
// and the next Prune goes on with the rest. The file does not shrink: its free pages are used for what comes next.
func (s *Signals) Prune(ctx context.Context, r signal.Retention) (removed int, err error) {
	removed, err = s.prune(ctx, r)
	return removed, s.db.Failed("prune signals", err)
}

func (s *Signals) prune(ctx context.Context, r signal.Retention) (removed int, err error) {
	if r.Count < 0 {
		return 0, fmt.Errorf("Retention.Count %d is negative", r.Count)
	}
	few, err := s.seqOfNewest(ctx, r.Count)
	if err != nil {
		return 0, err
	}
	old := tooOld(r.Before)
	if !old.Valid && few == 0 {
		return 0, nil
	}
	for from := int64(math.MinInt64); ; {
		seqs, err := s.prunable(ctx, from, r.Passed, old, few)
		if err != nil || len(seqs) == 0 {
			return removed, err
		}
		n, err := s.remove(ctx, seqs)
		removed += n
		if err != nil {
			return removed, err
		}
		from = seqs[len(seqs)-1]
	}
}

// tooOld returns the instant before which a signal is too old, or NULL if none is. One that cannot be told in
// nanoseconds becomes the nearest that can: every signal that is stored has its CreatedAt in between, or none.
func tooOld(before time.Time) sql.NullInt64 {
	switch {
	case !before.After(time.Time{}):
		return sql.NullInt64{}
	case before.Before(earliest):
		before = earliest
	case before.After(latest):
		before = latest
	}
	return sql.NullInt64{Int64: before.UnixNano(), Valid: true}
}

// seqOfNewest returns the Seq of the count-th newest signal: those below it are too many. It is 0 if none is. It is
// looked up once for a Prune, or what is appended meanwhile would make others too many.
func (s *Signals) seqOfNewest(ctx context.Context, count int) (seq int64, err error) {
	if err := s.db.Enter(ctx); err != nil {
		return 0, err
	}
	defer s.db.Leave()
	if count == 0 {
		return 0, nil
	}
	err = s.db.prepared.nthNewest.QueryRowContext(ctx, count-1).Scan(&seq)
	if errors.Is(err, sql.ErrNoRows) {
		return 0, nil
	}
	return seq, err
}

// prunable returns the next signals above from that may go. Those that it names may go at any later time too, whatever
// is appended or pruned meanwhile: each has a newer one of its stream, and the newest of these always stays.
func (s *Signals) prunable(ctx context.Context, from, passed int64, old sql.NullInt64, few int64) ([]int64, error) {
	var seqs []int64
	query := func() (*sql.Rows, error) {
		return s.db.prepared.oldest.QueryContext(ctx, from, passed, old, few, maxPruned)
	}
	err := s.db.read(ctx, query, func(rows *sql.Rows) error {
		var seq int64
		err := rows.Scan(&seq)
		seqs = append(seqs, seq)
		return err
	})
	return seqs, err
}

// remove removes signals in one transaction, and returns how many of them were still there.
func (s *Signals) remove(ctx context.Context, seqs []int64) (removed int, err error) {
	if err := s.db.Enter(ctx); err != nil {
		return 0, err
	}
	defer s.db.Leave()
	there := 0
	err = s.db.group.commit(ctx, func(tx transaction) error {
		for _, seq := range seqs {
			n, err := affected(tx.exec(tx.removeSignal, seq))
			if err != nil {
				return err
			}
			there += n
		}
		return notePruned(tx, seqs[len(seqs)-1])
	})
	if err != nil {
		return 0, err
	}
	return there, nil
}
