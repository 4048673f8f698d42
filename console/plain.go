package console

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	_ "embed"
	"encoding/base64"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/internal/printable"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// maxPlainText is how much of somebody else's words the plain page shows.
const maxPlainText = 500

// plainStyle is the whole style of the plain page. The policy names its hash, so that no other style is taken.
const plainStyle = `:root{color-scheme:light dark;background:light-dark(#fff,#14171a);color:light-dark(#14171a,#e8eaed)}
a{color:light-dark(#0645ad,#8ab4f8)}
body{font:16px/1.5 system-ui,sans-serif;margin:1rem auto;max-width:70rem;padding:0 1rem;overflow-wrap:anywhere}
table{border-collapse:collapse;display:block;max-width:100%;overflow-x:auto}caption{text-align:left}
th,td{border:1px solid;padding:.2rem .6rem;text-align:left;overflow-wrap:anywhere}
.number{text-align:right;font-variant-numeric:tabular-nums}
.healthy{color:light-dark(#0a5c1f,#6fdc8c)}.degraded{color:light-dark(#7a4a00,#ffc24d)}
.unhealthy{color:light-dark(#a10d0d,#ff8a8a)}
.paper{border:2px solid;padding:0 .4rem}.live{background:#b00020;color:#fff;padding:0 .4rem}`

var (
	//go:embed plain.html
	plainText     string
	plainTemplate = template.Must(template.New("plain").Funcs(template.FuncMap{
		"word": plainWord, "time": plainTime, "class": plainClass, "yes": plainYes,
		"style": func() template.CSS { return plainStyle },
	}).Parse(plainText))
	plainPolicy = "default-src 'none'; style-src 'sha256-" + hashOf(plainStyle) +
		"'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)

func hashOf(text string) string {
	sum := sha256.Sum256([]byte(text))
	return base64.StdEncoding.EncodeToString(sum[:])
}

// plainWord is somebody else's text: without what turns the order of letters around, and not a novel.
func plainWord(s string) string { return printable.Text(foreign.Cut(s, maxPlainText)) }

func plainTime(t time.Time) string {
	if t.IsZero() {
		return "never"
	}
	return t.UTC().Format("2006-01-02 15:04:05 UTC")
}

// plainClass is how a state is coloured. The word is always there too.
func plainClass(s health.State) string {
	switch s {
	case health.StateRunning:
		return "healthy"
	case health.StateStalled, health.StateCrashed:
		return "unhealthy"
	case health.StateBackoff:
		return "degraded"
	default:
		return "still"
	}
}

func plainYes(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// plainView is what the plain page shows.
type plainView struct {
	Name, Venue, ModeWord, ModeClass string
	At                               time.Time
	Verdict                          string // "unknown" where the host has no Registry
	Reasons                          []string
	NoAccount                        string // why there is none
	Trading                          *plainAccount
	HaltID                           string
	Positions                        []heldPosition
	Stakes                           []stakeView
	Orders                           []book.OrderState
	Offers                           []journal.SignalSeen
	Services                         []served // with those below them, parents first
}

// plainAccount is the account, whose figures are not there before it is.
type plainAccount struct{ account }

// Figures are nil where there is no account yet. A template cannot ask an embedded nil for a field.
func (p plainAccount) Figures() *figures { return p.figures }

// Halt is what stands, or nil.
func (p plainAccount) Halt() *halt {
	if p.figures == nil {
		return nil
	}
	return p.figures.Halt
}

// LastError is of the last step.
func (p plainAccount) LastError() string {
	if p.figures == nil {
		return ""
	}
	return p.figures.LastError
}

// plain answers GET /plain: the status as tables, for browsers without scripts, text browsers and print.
func (a *api) plain(w http.ResponseWriter, r *http.Request) {
	every := time.Duration(0)
	if wrong := parse(r.URL.RawQuery, map[string]setter{"every": setEvery(&every)}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	var body bytes.Buffer
	if err := plainTemplate.Execute(&body, a.plainView(r)); err != nil {
		a.unreadable(w, r, "answer", err)
		return
	}
	w.Header().Set("Content-Security-Policy", plainPolicy)
	w.Header().Set("Referrer-Policy", "no-referrer")
	if every > 0 {
		w.Header().Set("Refresh", strconv.Itoa(int(every/time.Second)))
	}
	answer.Write(w, r, http.StatusOK, "text/html; charset=utf-8", body.Bytes())
}

func setEvery(every *time.Duration) setter {
	return func(value string) string {
		d, err := time.ParseDuration(value)
		if err != nil || d < time.Second || d > time.Hour {
			return fmt.Sprintf("%.100q is not a time from 1s to 1h", value)
		}
		*every = d
		return ""
	}
}

func (a *api) plainView(r *http.Request) plainView {
	v := plainView{Name: cmp.Or(a.cfg.Name, "vigil"), Venue: a.cfg.Venue, At: a.cfg.Clock.Now(), Verdict: "unknown"}
	v.ModeWord, v.ModeClass = "LIVE", modeLive
	if a.cfg.Mode == modePaper || a.cfg.Mode == modeSimulated {
		v.ModeWord, v.ModeClass = strings.ToUpper(a.cfg.Mode), modePaper
	}
	var report health.Report
	if a.cfg.Registry != nil {
		report = a.cfg.Registry.Report()
		v.Verdict, v.Reasons = report.Verdict.String(), firstOf(report.Reasons)
	}
	part, _ := report.Below(a.cfg.TradingPath)
	v.showAccount(a, r, part)
	if a.cfg.Tree != nil {
		s := a.cfg.Tree.Status()
		v.Services = flat(nil, newServed(&s, nil))
	}
	return v
}

func (v *plainView) showAccount(a *api, r *http.Request, part health.Report) {
	if a.cfg.Account == nil {
		v.NoAccount = "This host shows no account."
		return
	}
	found, err := a.readAccount(r)
	if err != nil {
		a.unread(r, "account", err)
		v.NoAccount = "The account cannot be read at present."
		return
	}
	s := found.status
	v.Trading = &plainAccount{newAccount(part, func() (engine.Status, bool) { return s, found.ok })}
	v.Positions, v.Stakes, v.Orders, v.Offers = heldPositions(s), stakes(s), s.Orders, s.Offers
	v.HaltID = strconv.FormatInt(s.Halt.Seq, 10)
}

// flat returns a service and those below it, parents first.
func flat(all []served, s served) []served {
	all = append(all, s)
	for _, child := range s.Children {
		all = flat(all, child)
	}
	return all
}
