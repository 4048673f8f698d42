package main

import (
	"context"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// liveTree builds the tree that trades on the synthetic market:
//
//	livetrader
//	├── health_monitor     a heartbeat at each interval
//	├── log                says in health when lines of the log are lost
//	├── api                /health and /api
//	├── signal_generation  parks when its restarts are spent, and goes on later: nothing stops for good
//	├── disk               says in health and in the log when the disk is nearly full
//	├── account            says in the log, each minute, how the account stands
//	├── task_monitor       tells in the log, every now and then, that signal generation works
//	├── housekeeper        removes signals of more than a month ago that the engine has dealt with
//	└── trading            a failure that restarts cannot mend ends the whole tree
//	    └── engine
//
// What is added last stops first: no order is placed any more when the signals stop.
func (a *app) liveTree(ctx context.Context) (*supervisor.Supervisor, error) {
	sys, err := a.liveSystem(ctx)
	if err != nil {
		return nil, err
	}
	a.totals.watch(sys)
	if err := a.rearm(ctx, sys); err != nil {
		return nil, err
	}

	tree, err := a.newTree()
	if err != nil {
		return nil, err
	}
	if err := a.addGeneration(tree, sys); err != nil {
		return nil, err
	}
	a.log.Info("STARTING PRODUCTION TRADING LOOP", "mode", a.cfg.mode())
	return tree, a.addTrading(tree, a.engine())
}

// liveSystem builds the system that trades on the synthetic market.
func (a *app) liveSystem(ctx context.Context) (*system, error) {
	synthetic, err := feed.NewSynthetic(feed.SyntheticConfig{
		Seed: a.cfg.seed, Symbols: a.known(), Interval: a.cfg.interval, Clock: a.clock,
	})
	if err != nil {
		return nil, err
	}
	bars, err := a.bars(synthetic)
	if err != nil {
		return nil, err
	}
	m := market{
		source: &announced{Source: bars, log: a.log}, interval: a.cfg.interval, states: a.db.Signals(),
		quote: synthetic.Price, tick: synthetic.Tick, allow: a.allow,
	}
	return a.newSystem(ctx, m, a.clock)
}

// dryStart prints what the engine would do first.
func (a *app) dryStart(ctx context.Context) error {
	sys, err := a.liveSystem(ctx)
	if err != nil {
		return err
	}
	report, err := engine.DryRun(ctx, sys.setup)
	fmt.Fprint(a.stdout, report)
	return err
}

// stopWithin is how long open orders are dealt with at the end.
const stopWithin = 10 * time.Second

// stopEngine deals with open orders as --on-stop says. ctx has ended by then, and does not count.
func (a *app) stopEngine(ctx context.Context) error {
	sys := a.totals.watched()
	if sys == nil || a.cfg.onStop == engine.LeaveOrders {
		return nil
	}
	report, err := sys.engine.Stop(context.WithoutCancel(ctx), a.cfg.onStop, stopWithin)
	a.log.Info("Trading stopped", "policy", report.Policy, "done", report.Done,
		"open_orders", len(report.Open), "positions", len(report.Positions))
	if err != nil {
		return fmt.Errorf("--on-stop %s: %w", a.cfg.onStop, err)
	}
	return nil
}

// newTree makes a tree with what every run has: the heartbeat and the API.
func (a *app) newTree() (*supervisor.Supervisor, error) {
	tree, err := supervisor.New(supervisor.Config{
		Name: treeName, Clock: a.clock, Registry: a.registry, LogEvent: a.logEvent, OnEvent: a.onEvent, Seed: a.cfg.seed,
	})
	if err != nil {
		return nil, err
	}
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: a.registry, Interval: a.cfg.healthInterval, Clock: a.clock, Logger: a.log,
	})
	if err != nil {
		return nil, err
	}
	if err := tree.Add("health_monitor", monitor, supervisor.Policy{}); err != nil {
		return nil, err
	}
	if err := tree.Add("log", a.logQueue, supervisor.Policy{}); err != nil {
		return nil, err
	}
	if a.server == nil {
		return tree, nil
	}
	return tree, tree.Add("api", a.server, supervisor.Policy{})
}

// keepSignals is how long signals stay in the database.
const keepSignals = 30 * 24 * time.Hour

// addGeneration adds what makes signals and what looks after them.
func (a *app) addGeneration(tree *supervisor.Supervisor, sys *system) error {
	if err := tree.Add(generationName, a.generation(sys), supervisor.Policy{
		Stall:  max(2*a.cfg.interval, 5*time.Second),
		Zombie: supervisor.Replace,
	}); err != nil {
		return err
	}
	if err := tree.Add("disk", a.diskMonitor(), supervisor.Policy{}); err != nil {
		return err
	}
	if err := tree.Add("account", a.accountant(), supervisor.Policy{}); err != nil {
		return err
	}
	if err := tree.Add("task_monitor", a.taskMonitor(), supervisor.Policy{}); err != nil {
		return err
	}
	housekeeper, err := generator.NewHousekeeper(generator.HousekeeperConfig{
		Store: a.db.Signals(), MaxAge: keepSignals, Clock: a.clock, Logger: a.log,
		Passed: func(context.Context) (string, int64, error) {
			cursor := a.totals.watched().engine.Status().Cursor
			return cursor.Store, cursor.Seq, nil
		},
	})
	if err != nil {
		return err
	}
	return tree.Add("housekeeper", housekeeper, supervisor.Policy{Stall: 5 * time.Minute})
}

// addTrading adds the subtree whose failure is the whole system's: it ends the run, or with --auto-restart trading begins
// anew after a pause that grows from 1 s to 1 min, while all else goes on.
func (a *app) addTrading(tree *supervisor.Supervisor, engine supervisor.Service) error {
	sub, err := supervisor.New(supervisor.Config{Name: tradingName})
	if err != nil {
		return err
	}
	if err := sub.Add("engine", engine, supervisor.Policy{
		MaxRestarts: 5,
		Backoff:     supervisor.Backoff{Initial: time.Second, Factor: 2, Max: 30 * time.Second},
		Stall:       time.Minute,
		Exhausted:   supervisor.Escalate,
	}); err != nil {
		return err
	}
	policy := supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate}
	if a.cfg.autoRestart {
		policy = supervisor.Policy{
			MaxRestarts: supervisor.Unlimited, Stable: 10 * time.Minute,
			Backoff: supervisor.Backoff{Initial: time.Second, Factor: 2, Max: time.Minute},
		}
	}
	return tree.Add(tradingName, sub, policy)
}
