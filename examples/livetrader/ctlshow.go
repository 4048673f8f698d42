package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"syscall"
	"text/tabwriter"
	"time"
)

// ctlRead is what ctl can ask for, and how it is shown to a person.
type ctlRead struct {
	path, does string
	show       func(w io.Writer, body []byte) error
}

var ctlReads = map[string]ctlRead{
	"status":    {"/api/status", "how the account stands: halts, positions, orders, and what waits for a person", showStatus},
	"positions": {"/api/positions", "what is held", table("symbol", "quantity", "average_price", "realized")},
	"orders": {"/api/orders", "the newest orders", table(
		"client_id", "symbol", "side", "type", "quantity", "filled", "status")},
	"fills":  {"/api/fills", "the newest fills", table("time", "symbol", "side", "quantity", "price", "fee", "client_id")},
	"events": {"/api/events", "what happened lately", table("at", "kind", "text")},
	"acts":   {"/api/acts", "what was done on somebody's word", table("ended", "actor", "verb", "object", "error")},
	"signals": {
		"/api/signals/latest", "the newest signals",
		table("created_at", "symbol", "strategy", "direction", "confidence", "id"),
	},
	"services":  {"/api/services", "the services, and how their last runs ended", showServices},
	"generator": {"/api/generator", "why there are no signals", showGenerator},
}

// read asks for something and shows it.
func (c *control) read(ctx context.Context, read ctlRead) int {
	r, err := c.caller.ask(ctx, http.MethodGet, read.path, "", nil)
	switch {
	case errors.As(err, new(silentError)):
		fail(c.env, fmt.Errorf("ctl: %w. Is it running? --db or --socket names another one", err))
		return exitUnknown
	case err != nil:
		fail(c.env, fmt.Errorf("ctl: %w", err))
		return exitUnknown
	case c.asJSON:
		_, _ = c.env.stdout.Write(r.body)
	case r.status != http.StatusOK:
		fail(c.env, fmt.Errorf("ctl: refused: %s", r.problem()))
	default:
		if err := read.show(c.env.stdout, r.body); err != nil && !errors.Is(err, syscall.EPIPE) { // its reader has enough
			return fail(c.env, fmt.Errorf("ctl: an answer that is not understood (--json shows it): %w", err))
		}
	}
	return exitOf(r.status)
}

// sayDone says what was done, in whose name.
func (c *control) sayDone(verb string, r reply) {
	var act struct {
		Object string
		Actor  string
		Ended  time.Time
	}
	_ = json.Unmarshal(r.body, &act) // what is missing is not said
	fmt.Fprintln(c.env.stdout, strings.Join(strings.Fields(fmt.Sprintf(
		"done: %s %s (by %s, %s)", verb, act.Object, act.Actor, act.Ended.Format(time.RFC3339))), " "))
}

// table shows a list of objects, of each the named fields.
func table(columns ...string) func(io.Writer, []byte) error {
	return func(w io.Writer, body []byte) error {
		var rows []map[string]any
		if err := json.Unmarshal(body, &rows); err != nil {
			return err
		}
		cells := make([][]string, 0, len(rows))
		for _, row := range rows {
			line := make([]string, 0, len(columns))
			for _, column := range columns {
				line = append(line, cell(row[column]))
			}
			cells = append(cells, line)
		}
		return showTable(w, columns, cells)
	}
}

func cell(value any) string {
	if value == nil || value == "" {
		return "-"
	}
	return fmt.Sprint(value)
}

func showTable(w io.Writer, columns []string, rows [][]string) error {
	if len(rows) == 0 {
		fmt.Fprintln(w, "none")
		return nil
	}
	tabs := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tabs, strings.ToUpper(strings.Join(columns, "\t")))
	for _, row := range rows {
		fmt.Fprintln(tabs, strings.Join(row, "\t"))
	}
	return tabs.Flush()
}

// shownService is a service as /api/services has it.
type shownService struct {
	Path      string
	State     string
	Restarts  int
	LastError string `json:"last_error"`
	Children  []shownService
}

func showServices(w io.Writer, body []byte) error {
	var root shownService
	if err := json.Unmarshal(body, &root); err != nil {
		return err
	}
	var rows [][]string
	var walk func(s shownService)
	walk = func(s shownService) {
		rows = append(rows, []string{s.Path, s.State, cell(s.Restarts), cell(firstLine(s.LastError))})
		for _, child := range s.Children {
			walk(child)
		}
	}
	walk(root)
	return showTable(w, []string{"path", "state", "restarts", "last_error"}, rows)
}

func firstLine(text string) string {
	line, _, _ := strings.Cut(text, "\n")
	return line
}

func showGenerator(w io.Writer, body []byte) error {
	var g struct {
		Paused                  bool
		Cycles, Signals, Errors int
		Symbols                 []struct {
			Symbol, LastError string
			DataAge           float64 `json:"data_age_seconds"`
			Bars, Signals     int
			NotEmitted        map[string]int `json:"not_emitted"`
		}
	}
	if err := json.Unmarshal(body, &g); err != nil {
		return err
	}
	fmt.Fprintf(w, "cycles %d  signals %d  errors %d  paused %t\n", g.Cycles, g.Signals, g.Errors, g.Paused)
	rows := make([][]string, 0, len(g.Symbols))
	for _, s := range g.Symbols {
		age := time.Duration(s.DataAge * float64(time.Second)).Round(time.Second)
		left := strings.TrimPrefix(fmt.Sprint(s.NotEmitted), "map")
		rows = append(rows, []string{s.Symbol, cell(s.Bars), cell(s.Signals), age.String(), left, cell(firstLine(s.LastError))})
	}
	return showTable(w, []string{"symbol", "bars", "signals", "data_age", "not_emitted", "last_error"}, rows)
}
