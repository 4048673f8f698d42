package vigil

import (
	"context"
	"errors"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// The names in the tree.
const (
	monitorName     = "health_monitor"
	logName         = "log"
	generationName  = "signal_generation"
	housekeeperName = "housekeeper"
	storeName       = "store"
	tradingName     = "trading"
	brokerName      = "broker"
	accountName     = "account"
	engineName      = "engine"
	listingsName    = "listings"
)

// newTree builds the tree, in the order in which its children start.
func (t *Trader) newTree() (*supervisor.Supervisor, error) {
	tree, err := supervisor.New(supervisor.Config{
		Name: t.cfg.Name, Clock: t.cfg.Clock, Registry: t.cfg.Registry, Logger: t.log,
		OnEvent: t.onEvent, LogEvent: t.cfg.LogEvent,
	})
	if err != nil {
		return nil, err
	}
	children, err := t.children()
	if err != nil {
		return nil, err
	}
	for _, c := range children {
		if err := tree.Add(c.Name, c.Service, c.Policy); err != nil {
			return nil, err
		}
	}
	return tree, nil
}

func (t *Trader) children() ([]Child, error) {
	monitor, err := health.NewMonitor(health.MonitorConfig{
		Registry: t.cfg.Registry, Interval: t.cfg.Heartbeat, Clock: t.cfg.Clock, Logger: t.log,
	})
	if err != nil {
		return nil, err
	}
	housekeeper, err := generator.NewHousekeeper(generator.HousekeeperConfig{
		Store: t.store.Signals(), MaxAge: t.cfg.KeepSignals, Passed: t.passed, Clock: t.cfg.Clock, Logger: t.log,
	})
	if err != nil {
		return nil, err
	}
	all := []Child{
		{monitorName, t.wrapped(monitorName, monitor), supervisor.Policy{}}, {logName, t.lines, supervisor.Policy{}},
	}
	all = append(all, t.cfg.Services...)
	all = append(all,
		Child{generationName, t.wrapped(generationName, t.generator), t.generationPolicy()},
		Child{housekeeperName, t.wrapped(housekeeperName, housekeeper), supervisor.Policy{Stall: 5 * time.Minute}},
		Child{storeName, t.wrapped(storeName, service(t.watchStore)), supervisor.Policy{}},
	)
	if broker, ok := t.cfg.Broker.(supervisor.Service); ok {
		all = append(all, Child{brokerName, t.wrapped(brokerName, broker), supervisor.Policy{}})
	}
	if t.trades() {
		all = append(all,
			Child{accountName, service(t.watchAccount), supervisor.Policy{}},
			Child{tradingName, service(t.trade), t.tradingPolicy()})
	}
	return all, nil
}

// onEvent counts what Status tells of, and hands the event on.
func (t *Trader) onEvent(e supervisor.Event) {
	if _, restarted := e.(supervisor.Restarting); restarted {
		t.restarts.Add(1)
		if e.Stamped().Path == t.path(tradingName) {
			t.rebuilt.Add(1)
		}
	}
	if t.cfg.OnEvent != nil {
		t.cfg.OnEvent(e)
	}
}

func (t *Trader) wrapped(name string, s supervisor.Service) supervisor.Service {
	if t.cfg.Wrap == nil {
		return s
	}
	return t.cfg.Wrap(name, s)
}

// generationPolicy lets a generator that hangs be seen within two cycles.
func (t *Trader) generationPolicy() supervisor.Policy {
	cycle := t.cfg.Generator.Cycle
	if cycle == 0 {
		cycle = generator.DefaultCycle
	}
	return supervisor.Policy{Stall: max(2*cycle, 5*time.Second), Zombie: supervisor.Replace}
}

func (t *Trader) tradingPolicy() supervisor.Policy {
	if !t.cfg.AutoRestart {
		return supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.Escalate}
	}
	return supervisor.Policy{
		MaxRestarts: supervisor.Unlimited, Stable: 10 * time.Minute,
		Backoff: supervisor.Backoff{Initial: time.Second, Factor: 2, Max: time.Minute},
	}
}

// passed tells the housekeeper up to where the engine has read the signals.
func (t *Trader) passed(ctx context.Context) (store string, seq int64, err error) {
	if !t.trades() {
		store, err := t.store.Signals().Identity(ctx)
		return store, maxSeq, err
	}
	account := t.account.Load()
	if account == nil {
		return "", 0, nil // nothing is removed before the account is read
	}
	cursor := account.Status().Cursor
	return cursor.Store, cursor.Seq, nil
}

const maxSeq = 1<<63 - 1

// service makes a Service of a function.
type service func(ctx context.Context) error

func (f service) Serve(ctx context.Context) error { return f(ctx) }

var errNoTrading = errors.New("vigil: there is no account: the Trader makes signals only")
