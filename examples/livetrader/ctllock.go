package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// lockFlags say for how long and why an instrument is locked.
type lockFlags struct {
	length time.Duration
	until  string
	why    string
}

func (l *lockFlags) declare(line *flag.FlagSet) {
	line.Var(flagValue[time.Duration]{&l.length, spans}, "for", "`time` for which lock holds, such as 2h, from when it is done")
	line.StringVar(&l.until, "until", "", "`time` until which lock holds, such as 2026-03-04T12:00:00Z")
	line.StringVar(&l.why, "why", "", "`reason` for which lock locks, for the journal")
}

// none refuses what only lock takes.
func (l lockFlags) none() error {
	if l != (lockFlags{}) {
		return errors.New("--for, --until and --why go with lock")
	}
	return nil
}

// add is what an act of lock says besides its symbol. What is wrong with it is for the trader to say.
func (l lockFlags) add(body map[string]any) error {
	switch {
	case l.why == "":
		return errors.New("--why is missing: the reason stands in the journal, and where others see the lock")
	case (l.length == 0) == (l.until == ""):
		return errors.New("one of --for and --until is needed")
	case l.until != "":
		body["until"] = l.until
	default:
		body["for"] = l.length.String()
	}
	body["reason"] = l.why
	return nil
}

// shownLock is a lock as /api/locks has it.
type shownLock struct {
	Kind, Scope, Symbol, Strategy, By, Why string
	Since, Until                           time.Time
	WayOut                                 string `json:"way_out"`
}

// of is what it keeps from being opened.
func (l shownLock) of() string {
	switch {
	case l.Strategy != "":
		return l.Strategy + " " + l.Symbol
	case l.Symbol != "":
		return l.Symbol
	}
	return "all"
}

func (l shownLock) String() string {
	return fmt.Sprintf("%s of %s until %s: %s", l.Kind, l.of(), l.Until.Format(time.RFC3339), cell(l.Why))
}

// wayOut is what ends it: as it is typed here, where that is one act.
func (l shownLock) wayOut() string {
	switch l.Kind {
	case "lock":
		return "livetrader ctl unlock " + l.Symbol
	case "reduce_only":
		return "livetrader ctl reduce-only off"
	}
	return l.WayOut
}

func showLocks(w io.Writer, body []byte) error {
	var all []shownLock
	if err := json.Unmarshal(body, &all); err != nil {
		return err
	}
	rows := make([][]string, 0, len(all))
	for _, l := range all {
		until := "-"
		if !l.Until.IsZero() {
			until = l.Until.Format(time.RFC3339)
		}
		rows = append(rows, []string{l.Kind, l.of(), until, cell(l.By), cell(l.Why), l.wayOut()})
	}
	return showTable(w, []string{"kind", "of", "until", "by", "why", "way_out"}, rows)
}

// shownPosition is a position as /api/status has it.
type shownPosition struct {
	trading.Position
	Margin *struct {
		Liquidation, Distance decimal.NullDecimal
		FundingAt             time.Time           `json:"funding_at"`
		Funding               decimal.NullDecimal `json:"funding_due"`
	}
}

// margin is how far it is from its liquidation, where the venue tells.
func (p shownPosition) margin() (text string) {
	m := p.Margin
	if m == nil {
		return ""
	}
	if m.Liquidation.Valid {
		text = fmt.Sprintf(", liquidated at %s, %s%% away", m.Liquidation.Decimal, m.Distance.Decimal.Shift(2))
	}
	if m.Funding.Valid {
		text += fmt.Sprintf(", funding of %s at %s", m.Funding.Decimal, m.FundingAt.Format(time.RFC3339))
	}
	return text
}
