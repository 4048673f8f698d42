package console

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/health"
)

// The values of Config.Mode.
const (
	modePaper     = "paper"
	modeSimulated = "simulated"
	modeLive      = "live"
)

// hostView is the answer of /api/host: whose console this is, how it is in one word, and what may be asked of it.
type hostView struct {
	Name         string          `json:"name,omitempty"`
	Venue        string          `json:"venue,omitempty"`
	Mode         string          `json:"mode,omitempty"` // paper, simulated or live; nothing where the host does not say
	Time         time.Time       `json:"time"`           // of this host's clock
	Started      time.Time       `json:"started,omitzero"`
	LastProgress time.Time       `json:"last_progress,omitzero"` // of any part
	Verdict      *health.Verdict `json:"verdict,omitempty"`      // nothing where the host has no Registry
	Reasons      []string        `json:"reasons"`
	Symbols      []string        `json:"symbols"` // that are watched
	Verbs        []string        `json:"verbs"`   // what control can do; none where there is no control
	Actor        string          `json:"actor,omitempty"`
	MayAct       bool            `json:"may_act"` // who asks may
}

func checkedMode(mode string) error {
	switch mode {
	case "", modePaper, modeSimulated, modeLive:
		return nil
	}
	return fmt.Errorf("console: Config.Mode %q is none of %q, %q and %q", mode, modePaper, modeSimulated, modeLive)
}

// host answers GET /api/host.
func (a *api) host(w http.ResponseWriter, r *http.Request) {
	if wrong := unasked(r); wrong != nil {
		refuse(w, r, wrong)
		return
	}
	shown := hostView{
		Name: a.cfg.Name, Venue: a.cfg.Venue, Mode: a.cfg.Mode, Time: a.cfg.Clock.Now().UTC(),
		Reasons: []string{}, Symbols: []string{}, Verbs: []string{},
	}
	if a.cfg.Symbols != nil {
		shown.Symbols = append(shown.Symbols, a.cfg.Symbols()...)
	}
	if a.cfg.Registry != nil {
		shown.judge(a.cfg.Registry.Report())
	}
	if a.cfg.Control.enabled() {
		shown.Verbs = slices.AppendSeq(shown.Verbs, maps.Keys(a.verbs()))
		slices.Sort(shown.Verbs)
		if who, ok := a.control.look(r); ok {
			shown.Actor, shown.MayAct = who.actor, true
		}
	}
	a.json(w, r, http.StatusOK, shown)
}

func (s *hostView) judge(report health.Report) {
	s.Verdict, s.Started = &report.Verdict, report.At.Add(-report.Uptime).UTC()
	s.Reasons = append(s.Reasons, firstOf(report.Reasons)...)
	for _, p := range report.Parts {
		if p.LastProgress.After(s.LastProgress) {
			s.LastProgress = p.LastProgress.UTC()
		}
	}
}
