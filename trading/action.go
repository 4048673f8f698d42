package trading

import (
	"context"
	"fmt"
	"time"
)

// Action is what a company has done that changes what its holders have, and that is no Conversion: a merger, a spin-off. What
// came of it nobody can say but a person.
type Action struct {
	Symbol string
	Kind   string // in the words of a person, such as merger
	Time   time.Time
}

// String says it like "merger of X on 2026-11-30".
func (a Action) String() string {
	return fmt.Sprintf("%s of %s on %s", a.Kind, a.Symbol, a.Time.UTC().Format(time.DateOnly))
}

// ActionReporter is a Broker that tells what companies have done. An Engine asks it where positions differ, and names it to a
// person.
type ActionReporter interface {
	// Actions returns those of the account since a time, oldest first.
	Actions(ctx context.Context, since time.Time) ([]Action, error)
}
