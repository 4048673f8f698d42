package console

import (
	"cmp"
	"crypto/rand"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// Read says who may read. The zero value lets everybody read who reaches the console. With a Token or an Authorize all of
// /api/ and /health need one of them, or what Control asks for: who may act may read. /livez and /readyz stay free:
// they tell everybody whether, and those who may read why.
//
// A page, which cannot keep a token safely, exchanges it: POST /api/session with the token in the header Authorization, and
// the body {} as application/json, is answered by a cookie that scripts do not see and that no other site's page makes the
// browser send (HttpOnly, SameSite=Strict). It opens what the token opens, for as long as Session says, until DELETE
// /api/session, or until the process ends.
type Read struct {
	// Token lets those in that send it as Authorization: Bearer. It is as strong as Control.Token has to be.
	Token string
	// Authorize says who asks, or refuses by an error, which is logged and not shown, as Control.Authorize does.
	Authorize func(r *http.Request) (reader string, err error)
	// Session is how long a cookie opens; 0 means 12 h.
	Session time.Duration
	// Secure says that browsers reach the console by TLS, as behind a proxy, so that they send the cookie by nothing else.
	// Where the console's own server has TLS this need not be said.
	Secure bool
}

const (
	defaultSession = 12 * time.Hour
	maxSessions    = 1000 // beyond them the one that ends first is forgotten early
	cookieName     = "vigil_session"
)

func (c Read) enabled() bool { return c.Token != "" || c.Authorize != nil }

// checked returns the Read with its defaults.
func (c Read) checked() (Read, error) {
	if c.Token != "" {
		if wrong := weak(c.Token); wrong != "" {
			return c, errors.New("console: Read.Token " + wrong)
		}
	}
	if c.Session < 0 {
		return c, fmt.Errorf("console: Read.Session %s is negative", c.Session)
	}
	c.Session = cmp.Or(c.Session, defaultSession)
	return c, nil
}

// known lets through who may read.
func (a *api) known(next http.Handler) http.Handler {
	if !a.cfg.Read.enabled() {
		return next
	}
	return a.behind(a.readers, next)
}

// behind lets through who has a key of the door.
func (a *api) behind(d *door, next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if wrong := tokenInQuery(r); wrong != nil {
			refuse(w, r, wrong)
			return
		}
		if _, wrong := d.open(r); wrong != nil {
			refuse(w, r, wrong)
			return
		}
		next.ServeHTTP(w, r)
	})
}

// tokenInQuery refuses a token in the address: it would be in the logs of whatever stands between.
func tokenInQuery(r *http.Request) *answer.Problem {
	for name := range r.URL.Query() {
		if name == "token" || name == "access_token" {
			return &answer.Problem{
				Status: http.StatusBadRequest, Parameter: name,
				Detail: name + ": a token belongs into the header Authorization; take another one, this one may be in a log",
			}
		}
	}
	return nil
}

// session is somebody who is known.
type session struct {
	actor  string
	mayAct bool
	ends   time.Time
}

// sessions are those that have a cookie.
type sessions struct {
	cfg Config

	mu     sync.Mutex // guards all below
	byHash map[[sha256.Size]byte]session
}

func newSessions(cfg Config) *sessions {
	return &sessions{cfg: cfg, byHash: make(map[[sha256.Size]byte]session)}
}

// begin returns the secret of a new session, and when it ends.
func (s *sessions) begin(who session) (secret string, ends time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := s.cfg.Clock.Now()
	var first [sha256.Size]byte
	for hash, other := range s.byHash {
		if !now.Before(other.ends) {
			delete(s.byHash, hash)
		} else if at, ok := s.byHash[first]; !ok || other.ends.Before(at.ends) {
			first = hash
		}
	}
	if len(s.byHash) >= maxSessions {
		delete(s.byHash, first)
	}
	secret, who.ends = rand.Text(), now.Add(s.cfg.Read.Session).UTC()
	s.byHash[sha256.Sum256([]byte(secret))] = who
	return secret, who.ends
}

// of returns the session of a request's cookie. A hash is looked up, so the time it takes says nothing of the secret.
func (s *sessions) of(r *http.Request) (session, bool) {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return session{}, false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	who, ok := s.byHash[sha256.Sum256([]byte(cookie.Value))]
	return who, ok && s.cfg.Clock.Now().Before(who.ends)
}

func (s *sessions) end(r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		s.mu.Lock()
		defer s.mu.Unlock()
		delete(s.byHash, sha256.Sum256([]byte(cookie.Value)))
	}
}

// cookie is what a browser keeps; without a secret it forgets it.
func (a *api) cookie(r *http.Request, secret string, ends time.Time) *http.Cookie {
	c := &http.Cookie{
		Name: cookieName, Value: secret, Path: "/", Expires: ends, HttpOnly: true, SameSite: http.SameSiteStrictMode,
		Secure: a.cfg.Read.Secure || r.TLS != nil,
	}
	if secret == "" {
		c.MaxAge = -1
	}
	return c
}

// session answers /api/session.
func (a *api) session(w http.ResponseWriter, r *http.Request) {
	switch {
	case !a.cfg.Read.enabled() && !a.cfg.Control.enabled():
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusNotFound,
			Detail: "there are no sessions: nothing here needs a token (console.Config.Read, Control)",
		})
	case r.Method == http.MethodDelete && r.URL.RawQuery == "":
		a.sessions.end(r)
		answer.SetHeaders(w, "application/json")
		http.SetCookie(w, a.cookie(r, "", time.Time{}))
		w.WriteHeader(http.StatusNoContent)
	case r.Method != http.MethodPost && r.Method != http.MethodDelete:
		w.Header().Set("Allow", "POST, DELETE")
		answer.Refuse(w, r, answer.Problem{
			Status: http.StatusMethodNotAllowed, Detail: "a session begins with POST and ends with DELETE",
		})
	default:
		a.beginSession(w, r)
	}
}

func (a *api) beginSession(w http.ResponseWriter, r *http.Request) {
	if wrong := form(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	who, ok := a.readers.byToken(r) // not by a cookie, which would never end, nor by a log-in, which the host ends
	if !ok {
		refuse(w, r, a.readers.unknown(r, errors.New("no token for a session, or a wrong one")))
		return
	}
	body, wrong := a.body(w, r)
	if wrong == nil {
		_, wrong = fields(body)
	}
	if wrong != nil {
		refuse(w, r, wrong)
		return
	}
	secret, ends := a.sessions.begin(who)
	http.SetCookie(w, a.cookie(r, secret, ends))
	a.json(w, r, http.StatusOK, map[string]any{"actor": who.actor, "may_act": who.mayAct, "ends": ends})
}
