package vigil

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

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
				Remedy: remedyOf(err),
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

// remedyOf is what mends what a Room says.
func remedyOf(err error) string {
	var told interface{ Remedy() string }
	if errors.As(err, &told) {
		return told.Remedy()
	}
	return "make room, or mend the store"
}

// The account is looked at every accountLook, and every accountLine-th time the log says how it stands.
const (
	accountLook = 10 * time.Second
	accountLine = 6
)

func (t *Trader) watchAccount(ctx context.Context) error {
	told := make(map[string]bool) // symbols of which health says that they are held and not traded
	for n := 1; ; n++ {
		health.Idle(ctx, t.cfg.Clock.Now().Add(accountLook))
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-t.cfg.Clock.After(accountLook):
		}
		if account := t.account.Load(); account != nil {
			s := account.Status()
			t.tellLeftOut(ctx, s, told)
			if n%accountLine == 0 {
				t.log.Info("Account", "mode", t.mode(), "equity", s.Equity, "cash", s.Cash, "unrealized", s.Unrealized,
					"realized", s.Counts.Realized, "fees", s.Counts.Fees,
					"positions", len(s.Positions), "open_orders", len(s.Orders))
			}
		}
		health.Observe(ctx, nil)
	}
}

// tellLeftOut says in health what is held and not traded: no signal will close it.
func (t *Trader) tellLeftOut(ctx context.Context, s engine.Status, told map[string]bool) {
	still := make(map[string]bool)
	for _, p := range s.Positions {
		if len(t.leftOut([]string{p.Symbol})) > 0 {
			still[p.Symbol], told[p.Symbol] = true, true
			health.Raise(ctx, health.Condition{
				Key: "not_traded/" + p.Symbol, Verdict: health.Degraded, Person: true,
				Text:   fmt.Sprintf("%s of %s is held and not traded any more: no signal closes it", p.Quantity, p.Symbol),
				Remedy: "add it to the symbols again, or flatten it",
			})
		}
	}
	for symbol := range told {
		if !still[symbol] {
			health.Clear(ctx, "not_traded/"+symbol)
			delete(told, symbol)
		}
	}
}

// mode is what kind of account it is.
func (t *Trader) mode() string {
	if t.cfg.Paper != nil {
		return "paper"
	}
	return "venue"
}
