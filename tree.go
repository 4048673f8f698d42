package vigil

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/assemble"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// The names in the tree.
const (
	monitorName     = "health_monitor"
	generationName  = "signal_generation"
	housekeeperName = "housekeeper"
	storeName       = "store"
	tradingName     = "trading"
	accountName     = "account"
	engineName      = "engine"
)

// newTree builds the tree, in the order in which its children start.
func (t *Trader) newTree() (*supervisor.Supervisor, error) {
	tree, err := supervisor.New(supervisor.Config{
		Name: t.cfg.Name, Clock: t.cfg.Clock, Registry: t.cfg.Registry, Logger: t.log,
		OnEvent: t.cfg.OnEvent, LogEvent: t.cfg.LogEvent,
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
	all := []Child{{monitorName, t.wrapped(monitorName, monitor), supervisor.Policy{}}}
	all = append(all, t.cfg.Services...)
	all = append(all,
		Child{generationName, t.wrapped(generationName, t.generator), t.generationPolicy()},
		Child{housekeeperName, t.wrapped(housekeeperName, housekeeper), supervisor.Policy{Stall: 5 * time.Minute}},
		Child{storeName, t.wrapped(storeName, service(t.watchStore)), supervisor.Policy{}},
	)
	if t.trades() {
		all = append(all, Child{tradingName, service(t.trade), t.tradingPolicy()})
	}
	return all, nil
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

// trade is one life of trading: it takes the right to write the journal, reads the account from it, and serves an engine.
func (t *Trader) trade(ctx context.Context) error {
	parts := t.parts()
	var err error
	if parts.Instruments, err = t.instruments(ctx); err != nil {
		return err
	}
	account, err := assemble.Open(ctx, parts, t.store.Claim)
	if err != nil {
		return err
	}
	t.account.Store(account.Engine)
	account.Engine.SetReduceOnly(t.reduceOnly.Load())
	if t.bars != nil {
		if err := t.bars.Feed(ctx, account); err != nil {
			return err
		}
	}
	tree, err := supervisor.New(supervisor.Config{Name: accountName})
	if err != nil {
		return err
	}
	if err := tree.Add(engineName, t.wrapped(engineName, account.Engine), supervisor.Policy{
		MaxRestarts: 5,
		Backoff:     supervisor.Backoff{Initial: time.Second, Factor: 2, Max: 30 * time.Second},
		Stall:       time.Minute,
		Exhausted:   supervisor.Escalate,
	}); err != nil {
		return err
	}
	return tree.Serve(ctx)
}

// instruments are those of the configuration, or else those of the Broker.
func (t *Trader) instruments(ctx context.Context) ([]trading.Instrument, error) {
	if len(t.cfg.Instruments) > 0 {
		return t.cfg.Instruments, nil
	}
	ctx, cancel := clockctx.WithTimeout(ctx, t.cfg.Clock, askWithin)
	defer cancel()
	all, err := t.cfg.Broker.(trading.InstrumentLister).Instruments(ctx)
	if err != nil {
		return nil, fmt.Errorf("what can be traded at the Broker: %w", err)
	}
	return all, nil
}

// askWithin is how long the Broker may take to say what can be traded.
const askWithin = 10 * time.Second

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

// storeEvery is how often the room in the store is looked at. The engine asks for itself before it opens anything; this is
// for those who read.
const storeEvery = 10 * time.Second

func (t *Trader) watchStore(ctx context.Context) error {
	const key = "room"
	for low := false; ; {
		err := t.store.Room()
		switch {
		case err != nil:
			health.Raise(ctx, health.Condition{
				Key: key, Verdict: health.Unhealthy, Text: fmt.Sprintf("nothing new is opened: %v", err),
				Remedy: "make room, or mend the store",
			})
			if !low {
				t.log.Warn("Store has no room, nothing new is opened", "error", err)
			}
		default:
			health.Clear(ctx, key) // also what a run before this one has raised
			if low {
				t.log.Info("Store has room again")
			}
		}
		low = err != nil
		health.Observe(ctx, nil)
		health.Idle(ctx, t.cfg.Clock.Now().Add(storeEvery))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.cfg.Clock.After(storeEvery):
		}
	}
}

// service makes a Service of a function.
type service func(ctx context.Context) error

func (f service) Serve(ctx context.Context) error { return f(ctx) }

var errNoTrading = errors.New("vigil: there is no account: the Trader makes signals only")
