package supervisor

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/thejerf/suture/v4"
)

// Errors of a Supervisor's methods.
var (
	ErrRunning    = errors.New("supervisor: already running")
	ErrNotRunning = errors.New("supervisor: not running")
	ErrStopping   = errors.New("supervisor: stopping") // also a run's context's cause, beside that of Serve's context
	ErrNotFound   = errors.New("supervisor: no such child")
	ErrDuplicate  = errors.New("supervisor: the name is taken")
	ErrStarted    = errors.New("supervisor: the child is started already")
	ErrNotStopped = errors.New("supervisor: the child is not stopped")
	ErrZombie     = errors.New("supervisor: an abandoned run of the child still lives")
	ErrOwned      = errors.New("supervisor: the supervisor is a child already")
)

// Causes of a run's context, besides ErrStopping and a *StallError: why it was asked to end.
var (
	ErrPaused    = errors.New("supervisor: paused")
	ErrHalted    = errors.New("supervisor: stopped on request")
	ErrRestarted = errors.New("supervisor: restarted on request")
	ErrGroup     = errors.New("supervisor: restarted together with a sibling")
)

// stopError is the cause of a run's context where the tree stops because the context of its Serve has ended.
type stopError struct{ cause error }

func (e *stopError) Error() string   { return ErrStopping.Error() + ": " + e.cause.Error() }
func (e *stopError) Unwrap() []error { return []error{ErrStopping, e.cause} }

// stopCause makes the cause of runs' contexts out of that of the session's. It asks a foreign error nothing.
func stopCause(cause error) error {
	if _, known := cause.(*stopError); known || cause == ErrStopping { //nolint:errorlint // as it is
		return cause
	}
	if cause == context.Canceled { //nolint:errorlint // as it is: it says nothing
		return ErrStopping
	}
	return &stopError{cause}
}

// EscalatedError says which child's failure stopped its supervisor.
type EscalatedError struct {
	Path string // of the child
	End  End    // how its last run ended

	Intensity int           // where all children together were restarted more often than that: the Config's
	Period    time.Duration // within that time
}

func (e *EscalatedError) Error() string {
	if e.Intensity > 0 {
		return fmt.Sprintf("supervisor: more than %d restarts within %s, the last of %s: %s",
			e.Intensity, e.Period, e.Path, e.End.Error())
	}
	return fmt.Sprintf("supervisor: %s spent its restarts: %s", e.Path, e.End.Error())
}

// Unwrap returns the error of the child's last run; not one that wraps a sentinel of suture, which would have a meaning
// for a suture tree above that it did not have here.
func (e *EscalatedError) Unwrap() error {
	err := e.End.Err
	if err == suture.ErrDoNotRestart || err == suture.ErrTerminateSupervisorTree { //nolint:errorlint // as they are
		return err
	}
	if errors.Is(err, suture.ErrDoNotRestart) || errors.Is(err, suture.ErrTerminateSupervisorTree) {
		return nil
	}
	return err
}

// UnstoppedError says what was still running when a stop was over.
type UnstoppedError struct {
	Unstopped []Unstopped
}

// Unstopped is something that did not stop.
type Unstopped struct {
	Path  string
	Since time.Time // when it was asked to stop
}

func (e *UnstoppedError) Error() string {
	paths := make([]string, len(e.Unstopped))
	for i, u := range e.Unstopped {
		paths[i] = u.Path
	}
	return "supervisor: did not stop: " + strings.Join(paths, ", ")
}

// StallError is why a stalled run's context was canceled: context.Cause returns it.
type StallError struct {
	Silence time.Duration // since the last health.Beat, to one tick of the watch
	Limit   time.Duration // Policy.Stall
}

func (e *StallError) Error() string {
	return fmt.Sprintf("stalled: silent for %s (limit %s)", e.Silence, e.Limit)
}

// PanicError is a panic of a service.
type PanicError struct {
	Value any
}

func (e *PanicError) Error() string { return fmt.Sprintf("panic: %v", e.Value) }

// Unwrap returns the panic's value if it is an error.
func (e *PanicError) Unwrap() error {
	err, _ := e.Value.(error)
	return err
}
