package pagetest_test

import (
	"context"
	"encoding/json"
	"slices"
	"sync"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/tracing"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// task is something that a thread of the browser did without a break.
type task struct {
	Name    string  `json:"name"`
	Process int     `json:"pid"`
	Thread  int     `json:"tid"`
	Took    float64 `json:"dur"`  // in microseconds
	Cost    float64 `json:"tdur"` // of those the processor's, which other programs do not lengthen much
}

// recording is what the browser's threads do from some time on.
type recording struct {
	b        *tab
	forget   context.CancelFunc // ends listening
	complete chan struct{}

	mu  sync.Mutex // guards all
	all []task
}

// record begins to record. Only one tab at a time can.
func (b *tab) record() *recording {
	b.t.Helper()
	ctx, cancel := context.WithCancel(b.ctx)
	r := &recording{b: b, forget: cancel, complete: make(chan struct{})}
	require.NoError(b.t, chromedp.Listen(ctx, r.listen))
	_, err := chromedp.Call(b.ctx, tracing.Start, tracing.StartParams{
		TransferMode: tracing.StartTransferModeReportEvents,
		TraceConfig: &tracing.TraceConfig{
			IncludedCategories: []string{"toplevel", "devtools.timeline"}, ExcludedCategories: []string{"*"},
		},
	})
	require.NoError(b.t, err)
	return r
}

func (r *recording) listen(event any) {
	switch e := event.(type) {
	case *tracing.EventDataCollected:
		r.mu.Lock()
		defer r.mu.Unlock()
		for _, value := range e.Value {
			var one task
			if json.Unmarshal(value, &one) == nil {
				r.all = append(r.all, one)
			}
		}
	case *tracing.EventTracingComplete:
		close(r.complete)
	}
}

// frames returns the tasks of the threads that drew frames of pages, by what they cost in ms, the cheapest first: those
// that did something to be seen, which is more than 3 ms.
func (r *recording) frames() (costs []float64) {
	r.b.t.Helper()
	_, err := chromedp.Call(r.b.ctx, tracing.End, cdp.Empty{})
	require.NoError(r.b.t, err)
	<-r.complete
	r.forget()
	r.mu.Lock()
	defer r.mu.Unlock()
	type thread struct{ process, thread int }
	drew := map[thread]bool{}
	for _, one := range r.all {
		if one.Name == "FireAnimationFrame" {
			drew[thread{one.Process, one.Thread}] = true
		}
	}
	for _, one := range r.all {
		if ms := one.Cost / 1000; one.Name == "ThreadControllerImpl::RunTask" && drew[thread{one.Process, one.Thread}] && ms > 3 {
			costs = append(costs, ms)
		}
	}
	slices.Sort(costs)
	return costs
}
