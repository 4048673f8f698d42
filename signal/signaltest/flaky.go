package signaltest

import (
	"context"
	"errors"
	"fmt"
	"math"
	"runtime"
	"slices"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// ErrFlaky is the error of a Flaky source that fails on request.
var ErrFlaky = errors.New("signaltest: the source fails on request")

// Fault is a way in which a Source misbehaves.
type Fault int

// The faults. The zero value is none.
const (
	Fine      Fault = iota // answer as the source beneath does
	Failing                // return ErrFlaky
	Panicking              // panic with ErrFlaky
	Exiting                // call runtime.Goexit
	Hanging                // wait until the context ends or Release is called
	Deaf                   // wait until Release is called, whatever the context says
	Empty                  // return no bar and no error
	Garbage                // return bars of which each is wrong in another way
	Frozen                 // return the last good answer again, whatever was asked
)

func (f Fault) String() string {
	names := []string{"fine", "failing", "panicking", "exiting", "hanging", "deaf", "empty", "garbage", "frozen"}
	if f < 0 || int(f) >= len(names) {
		return fmt.Sprintf("Fault(%d)", int(f))
	}
	return names[f]
}

// Flaky is a Source that misbehaves on request, for tests of what stands on a Source. Use NewFlaky.
type Flaky struct {
	source signal.Source

	mu      sync.Mutex // guards all below
	scripts map[string][]Fault
	calls   map[string]int
	good    map[string]signal.Batch
	hanging int
	release chan struct{}
}

var _ signal.Source = (*Flaky)(nil)

// NewFlaky returns a Source that gives what source gives until it is told otherwise.
func NewFlaky(source signal.Source) *Flaky {
	return &Flaky{
		source: source, scripts: make(map[string][]Fault), calls: make(map[string]int),
		good: make(map[string]signal.Batch), release: make(chan struct{}),
	}
}

// Set scripts what the next calls for symbol do, one fault each; the last one stays. No fault at all means Fine.
func (f *Flaky) Set(symbol string, faults ...Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.scripts[symbol] = slices.Clone(faults)
}

// Release lets all calls go that hang now: they go on and answer as the source does. Later ones hang anew.
func (f *Flaky) Release() {
	f.mu.Lock()
	defer f.mu.Unlock()
	close(f.release)
	f.release = make(chan struct{})
}

// Calls returns how often symbol was asked for.
func (f *Flaky) Calls(symbol string) int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.calls[symbol]
}

// Waiting returns how many calls hang now.
func (f *Flaky) Waiting() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.hanging
}

// next returns the fault that the script has for this call.
func (f *Flaky) next(symbol string) Fault {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.calls[symbol]++
	script := f.scripts[symbol]
	if len(script) == 0 {
		return Fine
	}
	if len(script) > 1 {
		f.scripts[symbol] = script[1:]
	}
	return script[0]
}

// Bars does what the script says, and otherwise what the source beneath does.
func (f *Flaky) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	switch f.next(symbol) {
	case Failing:
		return signal.Batch{}, ErrFlaky
	case Panicking:
		panic(ErrFlaky)
	case Exiting:
		runtime.Goexit()
	case Hanging:
		if err := f.wait(ctx.Done()); err != nil {
			return signal.Batch{}, ctx.Err()
		}
	case Deaf:
		_ = f.wait(nil)
	case Empty:
		return signal.Batch{}, nil
	case Garbage:
		return signal.Batch{Bars: garbage(symbol, after)}, nil
	case Frozen:
		f.mu.Lock()
		defer f.mu.Unlock()
		return own(f.good[symbol]), nil
	}
	batch, err := f.source.Bars(ctx, symbol, after, limit)
	if err == nil && len(batch.Bars) > 0 {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.good[symbol] = own(batch)
	}
	return batch, err
}

// own returns the Batch with bars that it shares with nobody.
func own(b signal.Batch) signal.Batch {
	b.Bars = slices.Clone(b.Bars)
	return b
}

// wait hangs until Release, or until ended is closed, which is an error.
func (f *Flaky) wait(ended <-chan struct{}) error {
	f.mu.Lock()
	release := f.release
	f.hanging++
	f.mu.Unlock()
	defer func() {
		f.mu.Lock()
		defer f.mu.Unlock()
		f.hanging--
	}()
	select {
	case <-release:
		return nil
	case <-ended:
		return context.Canceled
	}
}

// garbage returns bars that each cannot be, every one for another reason.
func garbage(symbol string, after time.Time) []signal.Bar {
	good := signal.Bar{
		Symbol: symbol, Time: after.Add(time.Second), Interval: time.Second,
		Open: 10, High: 12, Low: 9, Close: 11, Volume: 1,
	}
	spoil := []func(*signal.Bar){
		func(b *signal.Bar) { b.High = b.Low },
		func(b *signal.Bar) { b.Low = b.High },
		func(b *signal.Bar) { b.Close = math.NaN() },
		func(b *signal.Bar) { b.Open = -1 },
		func(b *signal.Bar) { b.High = math.Inf(1) },
		func(b *signal.Bar) { b.Close = 0 },
		func(b *signal.Bar) { b.Volume = -1 },
		func(b *signal.Bar) { b.Interval = 0 },
		func(b *signal.Bar) { b.Interval = -time.Minute },
		func(b *signal.Bar) { b.Time = time.Time{} },
		func(b *signal.Bar) { b.Time = after },
		func(b *signal.Bar) { b.Time = after.AddDate(100, 0, 0) },
		func(b *signal.Bar) { b.Symbol = "" },
		func(b *signal.Bar) { b.Symbol = symbol + "X" },
	}
	bars := make([]signal.Bar, 0, len(spoil))
	for _, s := range spoil {
		b := good
		s(&b)
		bars = append(bars, b)
	}
	return bars
}
