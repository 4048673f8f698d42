package sqldb

import (
	"cmp"
	"context"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// A lease is the right to write, and the next one ends it. Each database has one for a process, which its Driver keeps:
// a file beside a file, a lock on a server. Within the process the journal has one: see Claim.

// Claim returns the order journal with a new lease on it, which ends all earlier ones: what Journal and earlier claims
// returned can still read, and their Append fails with journal.ErrTakenOver. When it returns, what they had begun to
// append is there or never will be.
func (db *DB) Claim(ctx context.Context) (*Journal, error) {
	if err := db.Enter(ctx); err != nil {
		return nil, db.Failed("claim the journal", err)
	}
	defer db.Leave()
	claimed := &Journal{db: db, lease: db.leases.Add(1)}
	// An empty transaction: those that were let in before stand in front of it.
	if err := db.group.commit(ctx, func(transaction) error { return nil }); err != nil {
		return nil, db.Failed("claim the journal", err)
	}
	return claimed, nil
}

// commit writes to the journal, unless its lease has ended. That is looked at inside the transaction, since a claim may
// come while this waits for its turn; and it is no failure of the transaction, which others share.
func (j *Journal) commit(ctx context.Context, do func(transaction) error) error {
	var refused error
	err := j.db.group.commit(ctx, func(tx transaction) error {
		if j.db.leases.Load() != j.lease {
			refused = journal.ErrTakenOver
			return nil
		}
		return do(tx)
	})
	return cmp.Or(err, refused)
}
