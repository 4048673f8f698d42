package sqlstore

import (
	"cmp"
	"context"
	"fmt"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// ClaimJournal returns the order journal for a new Engine and takes it away from every other: what Journal and earlier
// claims returned can still read, and their Append fails with trading.ErrTakenOver. When it returns, what they had begun
// to append is there or never will be.
//
// A program that builds a second Engine in the same process needs it, as after an escalation: the first one may hang in
// a call to the Broker, and wake up when the second has long decided otherwise.
func (db *DB) ClaimJournal(ctx context.Context) (*Journal, error) {
	if err := db.enter(ctx); err != nil {
		return nil, fmt.Errorf("sqlstore: claim the journal: %w", err)
	}
	defer db.leave()
	claimed := *db.journal
	claimed.claim = db.claims.Add(1)
	// An empty transaction: those that were let in before stand in front of it.
	if err := claimed.group.commit(ctx, func(transaction) error { return nil }); err != nil {
		return nil, fmt.Errorf("sqlstore: claim the journal: %w", err)
	}
	return &claimed, nil
}

// commit writes to the journal, unless it has been claimed since this one was handed out. That is looked at inside the
// transaction, since a claim may come while this waits for its turn; and it is no failure of the transaction, which
// others share.
func (j *Journal) commit(ctx context.Context, do func(transaction) error) error {
	var refused error
	err := j.group.commit(ctx, func(tx transaction) error {
		if j.db.claims.Load() != j.claim {
			refused = journal.ErrTakenOver
			return nil
		}
		return do(tx)
	})
	return cmp.Or(err, refused)
}
