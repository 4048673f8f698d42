package main

import (
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// notifyKinds are all that can be told of.
func notifyKinds() []notify.Kind {
	return []notify.Kind{
		notify.KindHalt, notify.KindPerson, notify.KindDown, notify.KindVerdict, notify.KindLock,
		notify.KindFill, notify.KindDay,
	}
}

var (
	messageKinds = kind[[]notify.Kind]{read: readKinds, show: showKinds}
	pages        = kind[string]{read: readPage, show: func(text string) string { return text }}
)

func showKinds(kinds []notify.Kind) string {
	var names []string
	for _, k := range kinds {
		names = append(names, string(k))
	}
	return strings.Join(names, ",")
}

func readKinds(text string) (kinds []notify.Kind, err error) {
	for name := range strings.SplitSeq(text, ",") {
		k := notify.Kind(strings.TrimSpace(name))
		if !slices.Contains(notifyKinds(), k) {
			return nil, fmt.Errorf("%q is none of %s", k, showKinds(notifyKinds()))
		}
		if !slices.Contains(kinds, k) {
			kinds = append(kinds, k)
		}
	}
	return kinds, nil
}

func readPage(text string) (string, error) {
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil {
		return "", errors.New("want an address such as https://trader.example.net/, without a user")
	}
	return text, nil
}

// completes adds to a message how the account stands, and by which command a person lifts what it tells of.
func (a *app) completes(m *notify.Message) {
	s, ok := a.accountNow()
	if ok {
		m.Account = accountLine(s)
	}
	if command := commandFor(m, s); command != "" && !m.Over {
		m.Remedy = command
	}
}

// accountNow is the account, where there is one: a replay has none.
func (a *app) accountNow() (engine.Status, bool) {
	if a.trader == nil {
		return engine.Status{}, false
	}
	return a.trader.Account()
}

// mostHeld is how many positions a message names.
const mostHeld = 3

// accountLine is an account in one line: what is there, what the day brought, what is held and how it is guarded.
func accountLine(s engine.Status) string {
	parts := []string{"equity " + s.Equity.StringFixed(2)}
	if s.Day.Day != "" {
		profit := s.Equity.Sub(s.Day.Begin())
		sign := ""
		if !profit.IsNegative() {
			sign = "+"
		}
		parts = append(parts, sign+profit.StringFixed(2)+" today")
	}
	if len(s.Positions) == 0 {
		return strings.Join(append(parts, "nothing is held"), ", ")
	}
	for _, p := range s.Positions[:min(mostHeld, len(s.Positions))] {
		held := fmt.Sprintf("held: %s %s", p.Quantity, p.Symbol)
		if _, naked := s.Unguarded[p.Symbol]; naked {
			held += " without its stop-loss"
		}
		parts = append(parts, held)
	}
	if more := len(s.Positions) - mostHeld; more > 0 {
		parts = append(parts, fmt.Sprintf("and %d more", more))
	}
	return strings.Join(parts, ", ")
}

// commandFor is what lifts what a message tells of, as it is typed; "" where the words of health say it best. The runbook
// says what to look at before.
func commandFor(m *notify.Message, s engine.Status) string {
	what, name, _ := strings.Cut(m.Key, "/")
	if what == "down" {
		return "mend its error, then: livetrader ctl start-service " + name
	}
	if symbol, ok := strings.CutPrefix(m.Key, "lock/"); ok && m.Kind == notify.KindLock {
		return "nothing: it ends by itself; sooner by livetrader ctl unlock " + symbol
	}
	if what != "condition" {
		return ""
	}
	if path, symbol, ok := strings.Cut(name, "/not_traded/"); ok && path != "" {
		return "livetrader ctl flatten " + symbol + ", or add it to --symbols"
	}
	switch name[strings.LastIndex(name, "/")+1:] {
	case "halted":
		if s.Halt.Seq > 0 {
			return fmt.Sprintf("look at livetrader ctl status; once that is dealt with: livetrader ctl rearm %d", s.Halt.Seq)
		}
		return "livetrader ctl status names the halt, livetrader ctl rearm HALT lifts it"
	case "reduce_only":
		return "livetrader ctl reduce-only off"
	case "unknown":
		if len(s.NeedPerson) > 0 {
			return "look for it at the venue; if it was not executed: livetrader ctl give-up " + s.NeedPerson[0]
		}
	}
	return ""
}
