package console

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// errNoAccount says that there is nothing to show, which is not the same as that nothing is held.
var errNoAccount = errors.New("there is no account yet: trading has not begun, or begins anew")

// standingNow is the answer of /api/status.
type standingNow struct {
	Verdict   health.Verdict       `json:"verdict"`
	Reasons   []string             `json:"reasons"`
	Trading   account              `json:"trading"` // as in /health
	Held      []heldPosition       `json:"positions"`
	Orders    []book.OrderState    `json:"orders"` // those that are not done
	Targets   []book.Target        `json:"targets"`
	Offers    []journal.SignalSeen `json:"offers"` // signals that wait for a person's word
	Halts     []namedHalt          `json:"halts"`
	Overrides []journal.Override   `json:"overrides"` // what persons want in the place of what the configuration says
}

// namedHalt is a halt and the name by which it is lifted.
type namedHalt struct {
	ID int64 `json:"id"` // its place in the journal; 0 while it is not there yet
	halt
}

// status answers GET /api/status.
func (a *api) status(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	s, ok, wrong := a.account(r, w)
	if wrong {
		return
	}
	var report health.Report
	if a.cfg.Registry != nil {
		report = a.cfg.Registry.Report()
	}
	part, _ := report.Below(a.cfg.TradingPath)
	now := standingNow{
		Verdict: report.Verdict, Reasons: append([]string{}, firstOf(report.Reasons)...),
		Trading: newAccount(part, func() (engine.Status, bool) { return s, ok }),
		Held:    heldPositions(s), Orders: some(s.Orders), Targets: some(s.Targets), Offers: some(s.Offers),
		Halts: []namedHalt{}, Overrides: []journal.Override{},
	}
	if a.cfg.Overrides != nil {
		now.Overrides = some(a.cfg.Overrides())
	}
	if h := now.Trading.figures; h != nil && h.Halt != nil {
		now.Halts = append(now.Halts, namedHalt{s.Halt.Seq, *h.Halt})
	}
	a.json(w, r, http.StatusOK, now)
}

// account asks for the account. wrong says that the request has been answered: there is none, or it hangs.
func (a *api) account(r *http.Request, w http.ResponseWriter) (s engine.Status, ok, wrong bool) {
	if a.cfg.Account == nil {
		absent(w, r, "account", "Account")
		return s, false, true
	}
	found, err := a.readAccount(r)
	if err != nil {
		a.unreadable(w, r, "account", err)
		return s, false, true
	}
	return found.status, found.ok, false
}

// shownAccount is what Config.Account returned.
type shownAccount struct {
	status engine.Status
	ok     bool
}

func (a *api) readAccount(r *http.Request) (shownAccount, error) {
	return read(a, r, "account", func() (shownAccount, error) {
		s, ok := a.cfg.Account()
		return shownAccount{s, ok}, nil
	})
}

// read calls what may hang, for as long as an answer may take.
func read[T any](a *api, r *http.Request, what string, call func() (T, error)) (T, error) {
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	return ask(ctx, a.reads, what, func(context.Context) (T, error) { return call() })
}

func (a *api) withTimeout(r *http.Request) (context.Context, context.CancelFunc) {
	return clockctx.WithTimeout(r.Context(), a.cfg.Clock, a.cfg.Timeout)
}

// unasked refuses parameters where there are none.
func unasked(r *http.Request) *answer.Problem {
	if r.URL.RawQuery == "" {
		return nil
	}
	return &answer.Problem{Status: http.StatusBadRequest, Detail: "this path has no parameters"}
}

// absent says that the host shows no such thing.
func absent(w http.ResponseWriter, r *http.Request, what, field string) {
	answer.Refuse(w, r, answer.Problem{
		Status: http.StatusNotFound, Detail: fmt.Sprintf("this host shows no %s: console.Config.%s is not set", what, field),
	})
}

func (a *api) unread(r *http.Request, what string, err error) {
	if r.Context().Err() == nil {
		a.log(r, slog.LevelError, "Console request failed", fmt.Errorf("read the %s: %w", what, err))
	}
}

func (a *api) unreadable(w http.ResponseWriter, r *http.Request, what string, err error) {
	a.unread(r, what, err)
	refuse(w, r, &answer.Problem{
		Status: http.StatusServiceUnavailable, Detail: "the " + what + " cannot be read at present",
	})
}

// json answers with v.
func (a *api) json(w http.ResponseWriter, r *http.Request, status int, v any) {
	body, err := answer.JSON(v)
	if err != nil {
		a.unreadable(w, r, "answer", err)
		return
	}
	answer.Write(w, r, status, "application/json", body)
}

// some is [] rather than null.
func some[T any](list []T) []T {
	if list == nil {
		return []T{}
	}
	return list
}

// utc is for times that may be zero: JSON leaves a zero one out.
func utc(t time.Time) time.Time {
	if t.IsZero() {
		return t
	}
	return t.UTC()
}
