package vigil

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Status is what a Trader knows at one moment. It is a copy. Account, positions and orders are of one moment, Trading.At;
// the others are as of At.
type Status struct {
	At        time.Time
	Verdict   health.Verdict
	Reasons   []string // why it is not Healthy, worst first
	Tree      supervisor.Status
	Generator generator.Status
	Trading   *engine.Status     // nil where there is no account, or none yet
	Standing  Standing           // what trading found when Serve began; see Status.Run
	Overrides []journal.Override // what persons want in the place of what the Config says, by key
	Restarts  int                // of all parts, since New
	Rebuilt   int                // how often trading was built anew: see Config.AutoRestart
}

// Status returns what the Trader knows. It waits for no part.
func (t *Trader) Status() Status {
	report := t.cfg.Registry.Report()
	s := Status{
		At: report.At, Verdict: report.Verdict, Reasons: report.Reasons,
		Tree: t.tree.Status(), Generator: t.generator.Status(),
		Overrides: t.overrides.all(), Restarts: int(t.restarts.Load()), Rebuilt: int(t.rebuilt.Load()),
	}
	if standing := t.standing.Load(); standing != nil {
		s.Standing = *standing
	}
	if account, ok := t.Account(); ok {
		s.Trading = &account
	}
	return s
}

// Account returns what the account knows, without all that Status has besides. It is false where there is no account,
// or none yet.
func (t *Trader) Account() (engine.Status, bool) {
	account := t.account.Load()
	if account == nil {
		return engine.Status{}, false
	}
	return account.Status(), true
}

// AccountVersion returns another number after each change of what Account says of whether trading goes on: its Halt, its
// ReduceOnly, its Reconciled, and whether there is an account. It is the Version of a handler of package healthhttp that
// shows an Account, and takes nanoseconds.
func (t *Trader) AccountVersion() uint64 {
	account := t.account.Load()
	if account == nil {
		return 0
	}
	return account.StateVersion()
}
