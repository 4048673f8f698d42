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
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// The names in the tree.
const (
	monitorName     = "health_monitor"
	logName         = "log"
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

// trade is one life of trading. A refusal ends Serve.
func (t *Trader) trade(ctx context.Context) error {
	err := t.live(ctx)
	if giveUp := t.giveUp.Load(); giveUp != nil && refusal(err) {
		(*giveUp)(err)
	}
	return err
}

// live takes the right to write the journal, reads the account from it, and serves an engine.
func (t *Trader) live(ctx context.Context) error {
	parts, err := t.partsOfTrading(ctx)
	if err != nil {
		return err
	}
	account, err := assemble.Open(ctx, parts, t.store.Claim)
	if err != nil {
		return err
	}
	t.account.Store(account.Engine)
	if err := t.takeOver(ctx, account.Engine); err != nil {
		return err
	}
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

// takeOver has an account go on with what stands from before, and with what a person wants.
func (t *Trader) takeOver(ctx context.Context, account *engine.Engine) error {
	if err := t.goOn(ctx); err != nil {
		return err
	}
	if by := t.cfg.RearmBy; by != "" && !t.rearmed.Load() {
		if err := account.Rearm(ctx, by); err != nil {
			return fmt.Errorf("re-arm as %s: %w", by, err)
		}
		t.rearmed.Store(true)
	}
	if t.reduceOnly.Load() {
		account.SetReduceOnly(true)
	}
	return nil
}

// partsOfTrading are the parts with what can be traded, for which a Broker may have to be asked.
func (t *Trader) partsOfTrading(ctx context.Context) (parts assemble.Config, err error) {
	parts = t.parts()
	parts.Instruments, err = t.instruments(ctx)
	return parts, err
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

// service makes a Service of a function.
type service func(ctx context.Context) error

func (f service) Serve(ctx context.Context) error { return f(ctx) }

var errNoTrading = errors.New("vigil: there is no account: the Trader makes signals only")
