package console

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// lockView is something that keeps what opens from being opened.
type lockView struct {
	Kind     string    `json:"kind"`  // one of those below
	Scope    string    `json:"scope"` // account, instrument or strategy
	Symbol   string    `json:"symbol,omitempty"`
	Strategy string    `json:"strategy,omitempty"`
	By       string    `json:"by,omitempty"` // a person, or "limit: " and its name
	Why      string    `json:"why,omitempty"`
	Since    time.Time `json:"since,omitzero"`
	Until    time.Time `json:"until,omitzero"` // nothing for what a person has to end
	WayOut   string    `json:"way_out"`
}

// The kinds, in the order in which they are shown.
const (
	lockHalt       = "halt"
	lockReduceOnly = "reduce_only"
	lockProtection = "protection" // a rule of the limits, which nobody lifts
	lockInstrument = "lock"       // by a person or a limit, which a person can lift
	lockOrphan     = "orphan"     // the strategy speaks no more
)

// The scopes.
const (
	scopeAccount    = "account"
	scopeInstrument = "instrument"
	scopeStrategy   = "strategy"
)

// reduceOnlyKey names the override of reduce-only, as a vigil.Trader has it.
const reduceOnlyKey = "reduce_only"

const (
	haltWayOut = "find out why, then re-arm: nothing is opened until then, and what is held stays guarded"
	lockWayOut = "it ends by itself, or by the act unlock"
	endWayOut  = "it ends by itself"
)

// locks answers GET /api/locks.
func (a *api) locks(w http.ResponseWriter, r *http.Request) {
	s, as, ok := a.knownAccountAs(w, r)
	if !ok {
		return
	}
	var overrides []journal.Override
	if a.cfg.Overrides != nil {
		overrides = a.cfg.Overrides()
	}
	all := append(ofAccount(s, overrides), standingLocks(s)...)
	answerList(a, w, r, as, lockTable, append(all, orphanLocks(s)...))
}

// ofAccount is what keeps anything at all from being opened, until a person ends it.
func ofAccount(s engine.Status, overrides []journal.Override) []lockView {
	all := []lockView{}
	if h := s.Halt; h.Active() {
		all = append(all, lockView{
			Kind: lockHalt, Scope: scopeAccount, Why: haltReason(h), Since: utc(h.At), WayOut: haltWayOut,
		})
	}
	if s.ReduceOnly {
		one := lockView{
			Kind: lockReduceOnly, Scope: scopeAccount, By: "the configuration", Why: "only what reduces a position is sent",
			WayOut: "turn reduce-only off, by the act reduce-only",
		}
		if i := slices.IndexFunc(overrides, func(o journal.Override) bool { return o.Key == reduceOnlyKey }); i >= 0 {
			one.By, one.Since = overrides[i].By, utc(overrides[i].At)
		}
		all = append(all, one)
	}
	return all
}

func haltReason(h book.Halt) string {
	return strings.TrimSuffix(h.Reason+"; also: "+h.Also, "; also: ")
}

// standingLocks are the protections and locks, each with its end.
func standingLocks(s engine.Status) []lockView {
	all := make([]lockView, 0, len(s.Protections)+len(s.Locks))
	for _, l := range s.Protections {
		one := newLock(l, lockProtection, endWayOut)
		if l.Symbol == "" {
			one.Scope = scopeAccount
		}
		all = append(all, one)
	}
	for _, l := range s.Locks {
		all = append(all, newLock(l, lockInstrument, lockWayOut))
	}
	return all
}

func newLock(l book.Lock, kind, wayOut string) lockView {
	return lockView{
		Kind: kind, Scope: scopeInstrument, Symbol: l.Symbol, By: l.By, Why: l.Reason, Until: utc(l.Until), WayOut: wayOut,
	}
}

// orphanLocks are what is held for strategies that speak no more.
func orphanLocks(s engine.Status) (all []lockView) {
	add := func(symbol, strategy, orphan string) {
		all = append(all, lockView{
			Kind: lockOrphan, Scope: scopeStrategy, Symbol: symbol, Strategy: strategy,
			Why:    fmt.Sprintf("it speaks no more as it was (%s): what is held for it is only reduced", orphan),
			WayOut: "flatten it, or run the strategy again as it was",
		})
	}
	for _, t := range s.Targets {
		if t.Orphan != "" && slices.Contains(s.Orphaned, t.Symbol) {
			add(t.Symbol, t.Strategy, t.Orphan)
		}
	}
	for _, one := range s.Stakes {
		if one.Orphan != "" && !one.Quantity.IsZero() {
			add(one.Symbol, one.Strategy, one.Orphan)
		}
	}
	return all
}
