package binancetest

import (
	"fmt"
	"net/http"
	"slices"
	"time"
)

// faults are those that wait for their request.
type faults []*waiting

type waiting struct {
	on   On
	plan plan
}

// Inject has faults wait for the requests that they meet. One request meets the first of them alone.
func (v *Venue) Inject(all ...Fault) {
	v.mu.Lock()
	defer v.mu.Unlock()
	for _, f := range all {
		on, plan := f.fault()
		if plan.stop != nil {
			v.engine.rejectTriggers = append(v.engine.rejectTriggers, *plan.stop)
			continue
		}
		if on.Times == 0 {
			on.Times = 1
		}
		v.faults = append(v.faults, &waiting{on, plan})
	}
}

// Clear takes back the faults that still wait, and says how many those were.
func (v *Venue) Clear() int {
	v.mu.Lock()
	defer v.mu.Unlock()
	waiting := len(v.faults) + len(v.engine.rejectTriggers)
	v.faults, v.engine.rejectTriggers = nil, nil
	return waiting
}

// meet is the plan of the first fault that meets a request.
func (f *faults) meet(c *call) plan {
	for i, w := range *f {
		on := w.on
		if on.Method == "*" {
			on.Method = c.r.Method
		}
		if !on.meets(c) || w.plan.refuse == errThrottled && spared(c) {
			continue
		}
		if w.on.Skip > 0 {
			w.on.Skip--
			continue
		}
		if w.on.Times--; w.on.Times == 0 {
			*f = slices.Delete(*f, i, i+1)
		}
		return w.plan
	}
	return plan{}
}

// spared is what the protection of the system never throttles.
func spared(c *call) bool {
	return c.r.Method != http.MethodPost || c.is("reduceOnly") || c.is("closePosition")
}

func (p plan) ban(now time.Time) *problem {
	return &problem{418, -1003, fmt.Sprintf("Way too many requests; IP banned until %d. "+
		"Please use the websocket for live updates to avoid bans.", now.Add(p.retry).UnixMilli())}
}
