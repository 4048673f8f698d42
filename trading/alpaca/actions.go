package alpaca

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var _ trading.ActionReporter = (*Broker)(nil)

// What the venue calls what companies do besides splits and new names.
const (
	kindMerger         = "MA"
	kindReorganization = "REORG"
	kindSpinOff        = "SSO"
)

var actionKinds = map[string]string{
	kindMerger: "merger", kindReorganization: "reorganization", kindSpinOff: "spin-off",
}

// Actions implements trading.ActionReporter: mergers, reorganizations and spin-offs, as the account's activities tell of them.
// Of what the venue tells in several rows of a share and a day there is one.
func (b *Broker) Actions(ctx context.Context, since time.Time) (found []trading.Action, err error) {
	rows, err := b.allActivities(ctx, since, kindMerger, kindReorganization, kindSpinOff)
	if err != nil {
		return nil, err
	}
	told := make(map[trading.Action]bool)
	for _, row := range rows {
		at, err := idTime(row.ID)
		if err != nil {
			return nil, fmt.Errorf("alpaca: mergers and spin-offs: %w", err)
		}
		a := trading.Action{Symbol: row.Symbol, Kind: actionKinds[row.ActivityType], Time: day(at)}
		if at.Before(since) || a.Symbol == "" || a.Kind == "" || told[a] {
			continue
		}
		told[a] = true
		found = append(found, a)
	}
	return found, nil
}
