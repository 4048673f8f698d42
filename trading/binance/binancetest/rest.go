package binancetest

import (
	"encoding/json"
	"net/http"
	"slices"
	"strconv"
	"time"
)

const (
	pathOrder = "/fapi/v1/order"
	pathAlgo  = "/fapi/v1/algoOrder"
)

// security is what a request has to prove.
type security int

const (
	open   security = iota
	keyed           // it names the key
	signed          // it is signed, and in time
)

// route is one request that the venue knows.
type route struct {
	method, path string
	security     security
	weight       func(*call) int
	order        bool // it counts as an order
	handle       func(*call) (any, *problem)
}

func weighs(n int) func(*call) int { return func(*call) int { return n } }

// perSymbol is a weight that is smaller where a symbol is named.
func perSymbol(one, all int) func(*call) int {
	return func(c *call) int {
		if c.get("symbol") != "" {
			return one
		}
		return all
	}
}

// Request is one that the venue was asked, for tests of budgets and of what was sent.
type Request struct {
	At           time.Time // when it came, at the venue
	Method, Path string
	Params       map[string]string
	Weight       int
	Status, Code int // what was answered; Status 0 means nothing was, Code 0 that it was not refused
}

// Requests are those asked so far, the oldest first.
func (v *Venue) Requests() []Request {
	v.mu.Lock()
	defer v.mu.Unlock()
	return slices.Clone(v.seen)
}

func (v *Venue) mux() http.Handler {
	mux := http.NewServeMux()
	for _, route := range v.routeTable() {
		mux.HandleFunc(route.method+" "+route.path, func(w http.ResponseWriter, r *http.Request) { v.rest(w, r, route) })
	}
	for _, g := range []group{private, markets, public} {
		for _, path := range []string{"/ws", "/ws/{names...}", "/stream"} {
			mux.HandleFunc("GET /"+string(g)+path, v.stream(g))
		}
	}
	for _, path := range []string{"/ws", "/ws/{names...}", "/stream"} { // without a group: public streams alone
		mux.HandleFunc("GET "+path, v.stream(public))
	}
	mux.HandleFunc("/", func(w http.ResponseWriter, r *http.Request) {
		v.refuse(w, errNotModelled(r.Method+" "+r.URL.Path))
	})
	return mux
}

// rest takes a request along its way: the faults that meet it, the gateway, the engine, the answer.
func (v *Venue) rest(w http.ResponseWriter, r *http.Request, route route) {
	c, err := readCall(w, r)
	if err != nil {
		v.refuse(w, &problem{0, -1101, err.Error()})
		return
	}
	v.mu.Lock()
	plan := v.faults.meet(c)
	v.mu.Unlock()
	asked := v.note(c, route)
	if plan.holds > 0 {
		defer v.release(plan.holds)
	}
	if !v.wait(r, plan.before) {
		return
	}
	if plan.cut && plan.lost {
		panic(http.ErrAbortHandler)
	}
	answer, problem := v.gateway(w, c, route, plan)
	if !v.wait(r, plan.after) {
		return
	}
	if plan.cut {
		panic(http.ErrAbortHandler)
	}
	v.reply(w, answer, problem, plan, asked)
}

// note keeps a request for Requests, and answers where it is kept.
func (v *Venue) note(c *call, route route) int {
	v.mu.Lock()
	defer v.mu.Unlock()
	params := map[string]string{}
	for name := range c.params {
		params[name] = c.get(name)
	}
	v.seen = append(v.seen, Request{
		At: v.nowLocked(), Method: route.method, Path: route.path, Params: params, Weight: route.weight(c),
	})
	return len(v.seen) - 1
}

// wait reports whether the client is still there after a while.
func (v *Venue) wait(r *http.Request, d time.Duration) bool {
	if d == 0 {
		return true
	}
	select {
	case <-v.clock.After(d):
		return true
	case <-r.Context().Done():
		return false
	}
}

// gateway counts and judges a request, and hands it to the engine unless a fault has it lost.
func (v *Venue) gateway(w http.ResponseWriter, c *call, route route, p plan) (any, *problem) {
	if err := v.judge(w.Header(), c, route, p); err != nil {
		return nil, err
	}
	if p.lost {
		return nil, p.refuse
	}
	if !v.wait(c.r, p.between) {
		return nil, errUnexpected
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.advanceLocked()
	if p.between > 0 && route.security == signed {
		if err := checkTime(c, v.nowLocked(), errEngineWindow); err != nil {
			return nil, err
		}
	}
	answer, err := v.execute(c, route, p)
	if err == nil && route.order {
		v.limits.counts(w.Header())
	}
	if p.refuse != nil {
		return nil, p.refuse
	}
	return answer, err
}

func (v *Venue) execute(c *call, route route, p plan) (any, *problem) {
	v.hub.holding = v.hub.holding || p.holds > 0
	if p.fillOld {
		v.engine.fillWhole(c.get("symbol"), v.orderOf(c))
	}
	if p.halfFill {
		c.params.Set(halfFill, "true")
	}
	answer, err := route.handle(c)
	v.wakeLocked()
	return answer, err
}

// halfFill is the name under which ExpireInMatch travels with a request; no client sends it.
const halfFill = "binancetest.halfFill"

func (v *Venue) judge(h http.Header, c *call, route route, p plan) *problem {
	v.mu.Lock()
	defer v.mu.Unlock()
	now := v.nowLocked()
	if p.refuse != nil && p.retry > 0 {
		retryAfter(h, p.retry)
		if p.refuse.status == http.StatusTeapot {
			v.limits.banned = now.Add(p.retry)
			return p.ban(now)
		}
		return p.refuse
	}
	if err := v.limits.take(h, now, route.weight(c)); err != nil {
		return err
	}
	if route.security >= keyed {
		if err := v.checkKey(c); err != nil {
			return err
		}
	}
	if route.security == signed {
		if err := v.checkSignature(c); err != nil {
			return err
		}
		if err := checkTime(c, now, errTimestampOld); err != nil {
			return err
		}
	}
	if route.order {
		return v.limits.order(h, now)
	}
	return nil
}

func (v *Venue) reply(w http.ResponseWriter, answer any, err *problem, p plan, asked int) {
	status, code := http.StatusOK, 0
	switch {
	case err != nil && p.page != "" && err == p.refuse:
		status = err.status
		w.Header().Set("Content-Type", "text/html")
		w.WriteHeader(status)
		_, _ = w.Write([]byte(p.page))
	case err != nil:
		status, code = v.refuse(w, err), err.code
	default:
		writeJSON(w, status, answer)
	}
	v.mu.Lock()
	defer v.mu.Unlock()
	v.seen[asked].Status, v.seen[asked].Code = status, code
	if p.holds > 0 {
		_ = http.NewResponseController(w).Flush()
	}
}

// release lets the events go that waited for an answer, a while after it was written or nobody waited for it any more.
func (v *Venue) release(after time.Duration) {
	<-v.clock.After(after)
	v.mu.Lock()
	defer v.mu.Unlock()
	v.hub.release()
}

func (v *Venue) refuse(w http.ResponseWriter, err *problem) int {
	status := err.status
	if status == 0 {
		status = http.StatusBadRequest
	}
	writeJSON(w, status, err.body())
	return status
}

// writeJSON answers. A client that has gone does not hear it, which is its own affair.
func writeJSON(w http.ResponseWriter, status int, answer any) {
	text, err := json.Marshal(answer)
	if err != nil {
		panic(err) // an answer is made of strings and numbers
	}
	w.Header().Set("Content-Type", "application/json")
	w.Header().Set("Content-Length", strconv.Itoa(len(text))) // so that it is whole before the handler returns
	w.WriteHeader(status)
	_, _ = w.Write(text)
}
