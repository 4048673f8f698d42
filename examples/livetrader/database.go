package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strconv"

	"github.com/seed-5dee1c0a/vigil/trading/sqlstore"
)

// openDB opens the database that the configuration names; a replay that names none gets a temporary one.
func (a *app) openDB(ctx context.Context, closers *[]func() error) error {
	if a.cfg.replay != "" && a.cfg.origin["db"] == fromDefault {
		folder, err := os.MkdirTemp("", "livetrader-replay-")
		if err != nil {
			return fmt.Errorf("a temporary database: %w", err)
		}
		*closers = append(*closers, func() error { return os.RemoveAll(folder) })
		a.cfg.db = filepath.Join(folder, defaultDB)
	}
	run, err := a.runConfiguration()
	if err != nil {
		return err
	}
	db, err := sqlstore.Open(ctx, a.cfg.db, sqlstore.Config{Run: run, LowWater: int64(a.cfg.lowWater) << 20})
	if err != nil {
		return fmt.Errorf("--db: %w", err)
	}
	a.db = db
	*closers = append(*closers, db.Close)
	return nil
}

// runConfiguration is what a database belongs to: what would make its positions another run's. Which symbols are traded,
// and how much of them, may change from one run to the next.
func (a *app) runConfiguration() ([]sqlstore.Setting, error) {
	spec, err := a.strategySpec()
	if err != nil {
		return nil, err
	}
	settings := []sqlstore.Setting{
		{Name: "mode", Value: a.mode()},
		{Name: "venue", Value: "paper"},
		{Name: "account", Value: fmt.Sprintf("cash %s, fee %s, slippage %s", a.cfg.cash, a.cfg.fee, a.cfg.slippage)},
		{Name: "strategy", Value: spec.Name + " " + spec.Params},
	}
	if a.cfg.replay != "" {
		return append(settings, sqlstore.Setting{Name: "feed", Value: filepath.Base(a.cfg.replay)}), nil
	}
	return append(settings,
		sqlstore.Setting{Name: "feed", Value: "synthetic"},
		sqlstore.Setting{Name: "seed", Value: strconv.FormatUint(a.cfg.seed, 10)},
		sqlstore.Setting{Name: "interval", Value: a.cfg.interval.String()},
	), nil
}
