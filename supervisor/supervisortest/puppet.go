package supervisortest

import (
	"context"
	"errors"
	"runtime"
	"sync"

	"github.com/seed-5dee1c0a/vigil/health"
)

// Act is what a Puppet is told to do.
type Act struct {
	do   act
	err  error
	with any
}

type act int

const (
	actReturn act = iota
	actFail
	actPanic
	actExit
	actHang
	actDeaf
	actBeat
	actReady
)

// Return lets Serve return nil.
func Return() Act { return Act{do: actReturn} }

// Fail lets Serve return err.
func Fail(err error) Act { return Act{do: actFail, err: err} }

// Panic lets Serve panic with v.
func Panic(v any) Act { return Act{do: actPanic, with: v} }

// Exit lets Serve call runtime.Goexit.
func Exit() Act { return Act{do: actExit} }

// Hang lets Serve do nothing more but wait for its context: silent, and yet polite.
func Hang() Act { return Act{do: actHang} }

// Deaf lets Serve ignore its context, until Release.
func Deaf() Act { return Act{do: actDeaf} }

// Beat lets Serve call health.Beat and go on.
func Beat() Act { return Act{do: actBeat} }

// Ready lets Serve call health.Ready and go on.
func Ready() Act { return Act{do: actReady} }

// Puppet is a Service that works until it is asked to stop, and does what Do tells it before. Use NewPuppet.
type Puppet struct {
	acts chan Act

	mu      sync.Mutex // guards all below
	runs    int
	release chan struct{}
}

// NewPuppet returns a Puppet that was never served.
func NewPuppet() *Puppet { return &Puppet{acts: make(chan Act), release: make(chan struct{})} }

// ErrDeaf is what a run returns that was deaf and released.
var ErrDeaf = errors.New("supervisortest: released")

// Serve does as it is told.
func (p *Puppet) Serve(ctx context.Context) error {
	p.mu.Lock()
	p.runs++
	p.mu.Unlock()
	for {
		release := p.released() // before an act is taken: who told it to be deaf may release it in the next moment
		select {
		case <-ctx.Done():
			return ctx.Err()
		case a := <-p.acts:
			if over, err := a.perform(ctx, release); over {
				return err
			}
		}
	}
}

func (a Act) perform(ctx context.Context, release <-chan struct{}) (over bool, err error) {
	switch a.do {
	case actBeat:
		health.Beat(ctx)
		return false, nil
	case actReady:
		health.Ready(ctx)
		return false, nil
	case actFail:
		return true, a.err
	case actPanic:
		panic(a.with)
	case actExit:
		runtime.Goexit()
	case actHang:
		<-ctx.Done()
		return true, ctx.Err()
	case actDeaf:
		<-release
		return true, ErrDeaf
	}
	return true, nil
}

// Do hands an act to the run that waits for one. It returns when the run has taken it, or the cause when ctx ends first:
// where no run waits, nobody takes it.
func (p *Puppet) Do(ctx context.Context, a Act) error {
	select {
	case p.acts <- a:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

// Runs returns how often Serve was called.
func (p *Puppet) Runs() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.runs
}

// Release lets the runs that are deaf return. A test should defer it: their goroutines stay otherwise.
func (p *Puppet) Release() {
	p.mu.Lock()
	defer p.mu.Unlock()
	close(p.release)
	p.release = make(chan struct{})
}

func (p *Puppet) released() <-chan struct{} {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.release
}
