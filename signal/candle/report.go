package candle

import (
	"fmt"
	"slices"
	"time"
)

// IssueKind is what is wrong at a line of a candle file.
type IssueKind string

// The kinds of findings.
const (
	Gap       IssueKind = "gap"       // bars are missing before this one
	Duplicate IssueKind = "duplicate" // there is a bar of that time already
	Broken    IssueKind = "broken"    // it cannot be read, cannot be true, or is out of order
)

// Issue is one thing that is wrong with a candle file.
type Issue struct {
	File string // as it was opened; of an archive, with the name in it behind a slash
	Line int    // from 1, as an editor counts
	Kind IssueKind
	Text string
}

// maxIssues is how many Issues a Report holds; those after them are only counted.
const maxIssues = 100

// Report is what was found in candle files so far.
type Report struct {
	Name       string        // of what was opened
	Files      int           // that there are to read
	Interval   time.Duration // as given or detected
	Rows       int           // rows that were looked at: Bars, Duplicates and Broken
	Bars       int           // that Next returned
	Gaps       int
	Missing    int // bars that the gaps have room for
	Duplicates int
	Broken     int
	Others     int       // rows of other symbols, which are left out and not among Rows
	First      time.Time // open of the first bar
	Last       time.Time // open of the last one
	Issues     []Issue   // the first hundred of them, in the order of the lines
}

// clone is a copy that the reader does not write to any more.
func (r Report) clone() Report {
	r.Issues = slices.Clone(r.Issues)
	return r
}

func (r *Report) add(f Issue) {
	switch f.Kind {
	case Gap:
		r.Gaps++
	case Duplicate:
		r.Duplicates++
	case Broken:
		r.Broken++
	}
	if len(r.Issues) < maxIssues {
		r.Issues = append(r.Issues, f)
	}
}

// RowError is the end of what was read under the Policy Refuse: its first broken or duplicate row.
type RowError struct {
	Name string // of what was opened
	Issue
}

func (e *RowError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }
