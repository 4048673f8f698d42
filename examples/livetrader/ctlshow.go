package main

import (
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"text/tabwriter"
	"time"
)

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

// table shows a list of objects, of each the named fields; a.b is the field b of the object a.
func table(columns ...string) func(io.Writer, []byte) error {
	return func(w io.Writer, body []byte) error {
		var rows []map[string]any
		if err := json.Unmarshal(body, &rows); err != nil {
			return err
		}
		return showRows(w, rows, columns...)
	}
}

func showRows(w io.Writer, rows []map[string]any, columns ...string) error {
	names := slices.Clone(columns)
	for i, name := range names {
		names[i] = name[strings.LastIndex(name, ".")+1:]
	}
	cells := make([][]string, 0, len(rows))
	for _, row := range rows {
		line := make([]string, 0, len(columns))
		for _, column := range columns {
			line = append(line, cell(field(row, column)))
		}
		cells = append(cells, line)
	}
	return showTable(w, names, cells)
}

func field(row map[string]any, name string) any {
	if outer, inner, nested := strings.Cut(name, "."); nested {
		row, _ = row[outer].(map[string]any)
		return field(row, inner)
	}
	return row[name]
}

// shownTime is a time in a table, in which all are as long.
const shownTime = "2006-01-02T15:04:05.000Z07:00"

func cell(value any) string {
	if value == nil || value == "" {
		return "-"
	}
	if text, ok := value.(string); ok {
		if at, err := time.Parse(time.RFC3339Nano, text); err == nil {
			return at.Format(shownTime)
		}
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
