package console

import (
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"errors"
	"log/slog"
	"mime"
	"net/http"
	"strings"
	"sync"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

const (
	minTokenBits  = 128
	minTokenKinds = 8 // different characters: of 32 random hexadecimal digits fewer are seen once in 10^8
	maxActor      = 100
)

// weak says why a token could be guessed. It cannot see a token that is long and known.
func weak(token string) string {
	bits, kinds := 4, make(map[rune]bool)
	for _, c := range token {
		if c <= ' ' || c > '~' {
			return "has a character that no Bearer token can have"
		}
		if !strings.ContainsRune("0123456789abcdefABCDEF", c) {
			bits = 6
		}
		kinds[c] = true
	}
	if bits*len(token) < minTokenBits || len(kinds) < minTokenKinds {
		return "has less than 128 bits: take 32 hexadecimal digits of a random generator, such as openssl rand -hex 32"
	}
	return ""
}

// form refuses what no request for an act looks like. A token in an address would be in the logs of whatever stands
// between, and a page of another origin can send a form or text without being asked, but no JSON.
func form(r *http.Request) *answer.Problem {
	kind, _, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	switch {
	case r.Method != http.MethodPost:
		return &answer.Problem{Status: http.StatusMethodNotAllowed, Detail: "an act is asked for with POST"}
	case r.URL.RawQuery != "" || r.URL.ForceQuery:
		return &answer.Problem{
			Status: http.StatusBadRequest,
			Detail: "control has no query parameters: a token belongs into the header Authorization, the object into the body",
		}
	case err != nil || kind != "application/json" || r.Header.Get("Content-Encoding") != "":
		return &answer.Problem{
			Status: http.StatusUnsupportedMediaType, Detail: "the body must be application/json, and Content-Type say so",
		}
	}
	return nil
}

// door lets in who may act.
type door struct {
	cfg Config

	mu     sync.Mutex // guards all below
	said   time.Time  // when a refusal was last logged
	silent int        // refusals since
}

const refusalEvery = 10 * time.Second // the log is not for guessers to fill

// open returns who asks.
func (d *door) open(r *http.Request) (actor string, wrong *answer.Problem) {
	if d.hasToken(r) {
		return "token", nil
	}
	err := errors.New("no token, or a wrong one")
	if d.cfg.Control.Authorize != nil {
		if actor, err = d.ask(r); err == nil {
			return actor, nil
		}
	}
	d.refused(r, err)
	return "", &answer.Problem{
		Status: http.StatusUnauthorized,
		Detail: "who asks is not known: control needs its token in the header Authorization: Bearer",
	}
}

// hasToken compares hashes, in constant time: neither the place of a difference nor the length shows.
func (d *door) hasToken(r *http.Request) bool {
	scheme, token, _ := strings.Cut(r.Header.Get("Authorization"), " ")
	given, want := sha256.Sum256([]byte(token)), sha256.Sum256([]byte(d.cfg.Control.Token))
	same := subtle.ConstantTimeCompare(given[:], want[:]) == 1
	return same && d.cfg.Control.Token != "" && strings.EqualFold(scheme, "Bearer")
}

// ask asks the host's log-in. It gets a request of its own, because it may look at it after its time is up.
func (d *door) ask(r *http.Request) (actor string, err error) {
	ctx, cancel := clockctx.WithTimeout(r.Context(), d.cfg.Clock, d.cfg.Timeout)
	defer cancel()
	own := r.Clone(ctx)
	own.Body = http.NoBody
	actor, err = foreign.Go(func() (string, error) {
		actor, err := d.cfg.Control.Authorize(own)
		return actor, foreign.Said(err)
	}).Wait(ctx)
	if err == nil && !nameable(actor, maxActor) {
		err = errors.New("Control.Authorize returned no name that could be written down")
	}
	return actor, err
}

// nameable reports whether text can stand in journals, logs and on terminals.
func nameable(text string, longest int) bool {
	return text != "" && len(text) <= longest && utf8.ValidString(text) && !strings.ContainsFunc(text, unicode.IsControl)
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
	d.cfg.Logger.LogAttrs(context.WithoutCancel(r.Context()), slog.LevelWarn, "Control refused",
		slog.String("from", r.RemoteAddr), slog.Int("times", times), slog.Any("error", err))
}
