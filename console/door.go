package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// credential opens a door: a token, a log-in of the host's, or both. Who has it is called actor where the log-in does not say.
type credential struct {
	token     string
	authorize func(r *http.Request) (actor string, err error)
	actor     string
	mayAct    bool
}

// door lets in who has one of its keys.
type door struct {
	cfg      Config
	name     string // of what is behind it
	keys     []credential
	sessions *sessions

	mu     sync.Mutex // guards all below
	said   time.Time  // when a refusal was last logged
	silent int        // refusals since
}

const refusalEvery = 10 * time.Second // the log is not for guessers to fill

// newReaders returns the door before what is read. Who may act may read.
func newReaders(a *api) *door {
	read, control := a.cfg.Read, ofControl(a.cfg.Control)
	return &door{cfg: a.cfg, name: "reading", sessions: a.sessions, keys: []credential{
		{token: read.Token, authorize: read.Authorize, actor: "reader"}, control,
	}}
}

func ofControl(c Control) credential {
	return credential{token: c.Token, authorize: c.Authorize, actor: "token", mayAct: true}
}

// newControlDoor returns the door before what changes something.
func newControlDoor(a *api) *door {
	return &door{cfg: a.cfg, name: "control", sessions: a.sessions, keys: []credential{ofControl(a.cfg.Control)}}
}

// open returns who asks: by a token, by the cookie of a session, or by a log-in of the host's.
func (d *door) open(r *http.Request) (session, *answer.Problem) {
	if who, ok := d.sessions.of(r); ok && d.admits(who) {
		return who, nil
	}
	return d.identify(r)
}

// admits reports whether whoever began a session may pass here: one to read is none to act.
func (d *door) admits(who session) bool {
	for _, k := range d.keys {
		if !k.mayAct {
			return true
		}
	}
	return who.mayAct
}

// look is open for who only asks whether he would be let in: nobody is refused, and nothing is logged.
func (d *door) look(r *http.Request) (session, bool) {
	if who, ok := d.sessions.of(r); ok && d.admits(who) {
		return who, true
	}
	who, err := d.find(r)
	return who, err == nil
}

// identify is open without sessions.
func (d *door) identify(r *http.Request) (session, *answer.Problem) {
	who, err := d.find(r)
	if err != nil {
		return session{}, d.unknown(r, err)
	}
	return who, nil
}

func (d *door) find(r *http.Request) (session, error) {
	if who, ok := d.byToken(r); ok {
		return who, nil
	}
	err := errors.New("no token, or a wrong one")
	for _, k := range d.keys {
		if k.authorize == nil {
			continue
		}
		var actor string
		if actor, err = d.ask(r, k.authorize); err == nil {
			return session{actor: actor, mayAct: k.mayAct}, nil
		}
	}
	return session{}, err
}

// byToken returns who has sent a token. One that opens both doors is that of who may act.
func (d *door) byToken(r *http.Request) (who session, found bool) {
	for _, k := range d.keys {
		if hasToken(r, k.token) && !who.mayAct {
			who, found = session{actor: k.actor, mayAct: k.mayAct}, true
		}
	}
	return who, found
}

// unknown refuses, without a word on what was wrong.
func (d *door) unknown(r *http.Request, err error) *answer.Problem {
	d.refused(r, err)
	return &answer.Problem{
		Status: http.StatusUnauthorized,
		Detail: "who asks is not known: " + d.name + " needs its token in the header Authorization: Bearer",
	}
}

// hasToken compares hashes, in constant time: neither the place of a difference nor the length shows.
func hasToken(r *http.Request, want string) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, hash := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(want))
	same := subtle.ConstantTimeCompare(given[:], hash[:]) == 1
	return same && want != "" && strings.EqualFold(scheme, "Bearer")
}

// ask asks the host's log-in. It gets a request of its own, because it may look at it after its time is up.
func (d *door) ask(r *http.Request, authorize func(*http.Request) (string, error)) (actor string, err error) {
	ctx, cancel := clockctx.WithTimeout(r.Context(), d.cfg.Clock, d.cfg.Timeout)
	defer cancel()
	own := r.Clone(ctx)
	own.Body = http.NoBody
	actor, err = foreign.Go(func() (string, error) {
		actor, err := authorize(own)
		return actor, foreign.Said(err)
	}).Wait(ctx)
	if err == nil && !nameable(actor, maxActor) {
		err = errors.New("Authorize returned no name that could be written down")
	}
	return actor, err
}

func (d *door) refused(r *http.Request, err error) {
	d.mu.Lock()
	now := d.cfg.Clock.Now()
	if d.silent++; !d.said.IsZero() && now.Sub(d.said) < refusalEvery {
		d.mu.Unlock()
		return
	}
	times := d.silent
	d.said, d.silent = now, 0
	d.mu.Unlock()
	d.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, strings.ToUpper(d.name[:1])+d.name[1:]+" refused",
		slog.String("from", r.RemoteAddr), slog.Int("times", times), slog.Any("error", err))
}
