package main

import (
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
	"time"
)

// shownSymbol is a symbol as /api/generator has it.
type shownSymbol struct {
	Symbol        string
	LastBar       time.Time `json:"last_bar"`
	DataAge       float64   `json:"data_age_seconds"`
	Loading       bool
	Stale         bool
	ErrorRun      int `json:"error_run"`
	Bars, Signals int
	Faults        map[string]int
	NotEmitted    map[string]int `json:"not_emitted"`
	LastError     string         `json:"last_error"`
}

// showGenerator says why there are no signals: a line for each symbol.
func showGenerator(w io.Writer, body []byte) error {
	var g struct {
		Paused                  bool
		Cycle                   string
		MinConfidence           float64 `json:"min_confidence"`
		Cycles, Signals, Errors int
		Symbols                 []shownSymbol
	}
	if err := json.Unmarshal(body, &g); err != nil {
		return err
	}
	fmt.Fprintf(w, "cycles %d  each %s  signals %d  errors %d  threshold %g\n",
		g.Cycles, g.Cycle, g.Signals, g.Errors, g.MinConfidence)
	if g.Paused {
		fmt.Fprintln(w, "paused: livetrader ctl resume makes signals again")
	}
	rows := make([][]string, 0, len(g.Symbols))
	for _, s := range g.Symbols {
		rows = append(rows, s.row())
	}
	return showTable(w, []string{
		"symbol", "last_bar", "data_age", "bars", "signals", "faults", "not_emitted", "errors_in_a_row", "last_error",
	}, rows)
}

func (s shownSymbol) row() []string {
	bar, age := "-", "-"
	if !s.LastBar.IsZero() {
		bar = s.LastBar.UTC().Format(shownTime)
		age = time.Duration(s.DataAge * float64(time.Second)).Round(time.Millisecond).String()
	}
	switch {
	case s.Loading:
		age += " (loading)"
	case s.Stale:
		age += " (stale)"
	}
	return []string{
		s.Symbol, bar, age, cell(s.Bars), cell(s.Signals), counted(s.Faults), counted(s.NotEmitted), cell(s.ErrorRun),
		cell(firstLine(s.LastError)),
	}
}

// counted are those of the counts that count something, by name.
func counted(counts map[string]int) string {
	var some []string
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		if counts[name] != 0 {
			some = append(some, fmt.Sprintf("%s %d", name, counts[name]))
		}
	}
	return cell(strings.Join(some, ", "))
}
