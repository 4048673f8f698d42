package supervisor

import (
	"fmt"
	"strings"
	"time"
)

// EscalatedError says which child's failure stopped its supervisor.
type EscalatedError struct {
	Path string // of the child
	End  End    // how its last run ended
}

func (e *EscalatedError) Error() string {
	return fmt.Sprintf("supervisor: %s spent its restarts: %s", e.Path, e.End.Error())
}

// Unwrap returns the error of the child's last run.
func (e *EscalatedError) Unwrap() error { return e.End.Err }

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

// StallError is why a stalled run's context was cancelled: context.Cause returns it.
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
