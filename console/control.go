package console

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/serve"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// defaultActTimeout is how long an act may take where the Control does not say.
const defaultActTimeout = time.Minute

// Control is what may be changed over HTTP, by POST /api/control/{verb}, and by whom. There is no control without a Token
// or an Authorize. A verb whose function is nil is not there; methods of a vigil.Trader fit all but Kill. With
// Config.Tree there are restart-service, stop-service, start-service, pause-service and resume-service too, each with
// {"path":"trader/store"}. Of the child signal_generation, as a vigil.Trader has it, the last two are Pause and Resume, where
// these are there.
//
// A request is a POST of application/json of at most 64 kB, with a header Idempotency-Key of 16 to 64 characters. For a
// day the same key and the same act get the answer that the first one got, and do nothing (of the last 2,000 acts); with
// another act, or while it is under way, they get a 409. It is so after a restart of the process, too, where Audit has put
// the acts into the journal of Config.History. An act that is not over within Config.Timeout is answered by a
// 202, and goes on; the same request again tells how it ended. What the host refuses is a 409 in its words, and what has
// not ended within Timeout a 504.
type Control struct {
	// Token lets those in that send it as Authorization: Bearer. It has 128 bits at least: 32 hexadecimal digits, or 22
	// characters of a larger alphabet, by a random generator.
	Token string
	// Authorize says who asks, for a host with a log-in of its own, or refuses by an error, which is logged and not
	// shown. It sees no body, and is asked where the Token was not right. The name goes into journals and audits.
	Authorize func(r *http.Request) (actor string, err error)
	// Audit gets each act that was let in and understood, when it has ended and before it is answered; nil for none. It
	// gets Config.Timeout: a later answer is not waited for. The Actor is whom Authorize named, or "token", and the Object what
	// the body named.
	Audit func(journal.Acted)
	// Timeout is how long an act may take; 0 means 1 min. It does not end with the connection of who asked.
	Timeout time.Duration

	Pause            func(ctx context.Context, by string) error                      // pause {}: no signals
	Resume           func(ctx context.Context, by string) error                      // resume {}
	SetSymbols       func(ctx context.Context, symbols []string, by string) error    // set-symbols {"symbols":["BTC/USDT"]}
	SetMinConfidence func(ctx context.Context, confidence float64, by string) error  // set-threshold {"min_confidence":0.6}
	SetCycle         func(ctx context.Context, cycle time.Duration, by string) error // set-cycle {"cycle":"5s"}
	Halt             func(ctx context.Context, reason string) error                  // halt {"reason":"..."}
	Rearm            func(ctx context.Context, halt int64, by string) error          // rearm {"halt":17}: the id in /api/status
	SetReduceOnly    func(ctx context.Context, on bool, by string) error             // reduce-only {"on":true}
	Flatten          func(ctx context.Context, symbol, by string) error              // flatten {"symbol":"BTC/USDT"}
	// convert {"conversion":"AAPL 4:1"}: it has been split 4 for 1; "FB 1:1 META" is another name
	Convert func(ctx context.Context, c trading.Conversion, by string) error
	// lock {"symbol":"BTC/USDT","for":"2h","reason":"..."}, or {..."until":"2026-03-04T12:00:00Z"...}
	Lock    func(ctx context.Context, symbol string, until time.Time, reason, by string) error
	Unlock  func(ctx context.Context, symbol, by string) error   // unlock {"symbol":"BTC/USDT"}
	Cancel  func(ctx context.Context, clientID, by string) error // cancel {"client_id":"..."}
	Approve func(ctx context.Context, signalID, by string) error // approve {"signal_id":"..."}
	GiveUp  func(ctx context.Context, clientID, by string) error // give-up {"client_id":"..."}
	Kill    func(ctx context.Context, by string) error           // kill {}: nothing is held, nothing rests
}

func (c Control) enabled() bool { return c.Token != "" || c.Authorize != nil }

// checked returns the Control with its defaults.
func (c Control) checked() (Control, error) {
	if c.Token != "" {
		if wrong := weak(c.Token); wrong != "" {
			return c, errors.New("console: Control.Token " + wrong)
		}
	}
	if c.Timeout < 0 {
		return c, fmt.Errorf("console: Control.Timeout %s is negative", c.Timeout)
	}
	c.Timeout = cmp.Or(c.Timeout, defaultActTimeout)
	return c, nil
}

// control answers /api/control/...: it lets in who may act, reads what is asked, and has it done once.
type control struct {
	api   *api
	verbs map[string]verb
	acts  *acts
	door  *door
}

func newControl(a *api) *control {
	return &control{api: a, verbs: a.verbs(), acts: newActs(a.cfg), door: a.control}
}

func noControl(w http.ResponseWriter, r *http.Request) {
	answer.Refuse(w, r, answer.Problem{
		Status: http.StatusNotFound,
		Detail: "there is no control: the host enables it by a token (console.Control.Token) or a log-in (Control.Authorize)",
	})
}

// ServeHTTP answers one request. What is refused here is not remembered under its key: it can be mended and sent again.
func (c *control) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if wrong := form(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	who, wrong := c.door.open(r)
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	name := r.PathValue("verb")
	verb, known := c.verbs[name]
	if !known {
		refuse(w, r, &answer.Problem{
			Status: http.StatusNotFound, Detail: fmt.Sprintf("control has no verb %.100q; there are %s", name, listOr(c.verbs)),
		})
		return
	}
	key, wrong := idempotencyKey(r)
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	body, wrong := c.api.body(w, r)
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	do, object, wrong := verb(body)
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	what := journal.Acted{Actor: who.actor, Verb: name, Object: object, Key: key}
	c.answer(w, r, what, do)
}

// answer has it done, or finds it done or under way, and says how it ended.
func (c *control) answer(w http.ResponseWriter, r *http.Request, what journal.Acted, do act) {
	one, began, wrong := c.acts.begin(r.Context(), what, do)
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	if !c.await(r, one) {
		w.Header().Set("Location", "/api/status")
		w.Header().Set("Retry-After", "1")
		what.Began = one.what.Began
		c.api.json(w, r, http.StatusAccepted, map[string]any{
			"act": what, "state": "under_way",
			"detail": "it goes on; /api/status shows what it does, and the same request with the same key how it ended",
		})
		return
	}
	if !began {
		w.Header().Set("Idempotency-Replayed", "true")
	}
	if one.refusal != nil {
		refuse(w, r, one.refusal)
		return
	}
	c.api.json(w, r, http.StatusOK, one.what)
}

// stoppingGrace is how long an act may take once the server is asked to end: the act may wait for the server, as one that
// stops it does, and the server waits for the answer.
const stoppingGrace = 500 * time.Millisecond

// await waits for the end of an act for as long as an answer may take, and reports whether it has ended.
func (c *control) await(r *http.Request, one *oneAct) bool {
	patience, cancel := c.api.withTimeout(r)
	defer cancel()
	select {
	case <-one.done:
		return true
	case <-patience.Done():
		return false
	case <-serve.Stopping(r.Context()):
	}
	grace, cancel := clockctx.WithTimeout(patience, c.api.cfg.Clock, stoppingGrace)
	defer cancel()
	select {
	case <-one.done:
		return true
	case <-grace.Done():
		return false
	}
}

// refuse is answer.Refuse with the headers that belong to a status.
func refuse(w http.ResponseWriter, r *http.Request, p *answer.Problem) {
	switch p.Status {
	case http.StatusUnauthorized:
		w.Header().Set("WWW-Authenticate", `Bearer realm="vigil"`)
	case http.StatusMethodNotAllowed:
		w.Header().Set("Allow", http.MethodPost)
	case http.StatusServiceUnavailable, http.StatusTooManyRequests:
		w.Header().Set("Retry-After", "1")
	case http.StatusRequestTimeout:
		w.Header().Set("Connection", "close")
	}
	if p.Retry {
		w.Header().Set("Retry-After", "1")
	}
	answer.Refuse(w, r, *p)
}
