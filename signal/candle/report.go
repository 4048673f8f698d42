package candle

import (
	"fmt"
	"slices"
	"time"
)

// FindingKind is what is wrong at a line of a candle file.
type FindingKind string

// The kinds of findings.
const (
	Gap       FindingKind = "gap"       // bars are missing before this one
	Duplicate FindingKind = "duplicate" // there is a bar of that time already
	Broken    FindingKind = "broken"    // it cannot be read, cannot be true, or is out of order
)

// Finding is one thing that is wrong with a candle file.
type Finding struct {
	File string // as it was opened; of an archive, with the name in it behind a slash
	Line int    // from 1, as an editor counts
	Kind FindingKind
	Text string
}

// maxFindings is how many Findings a Report holds; those after them are only counted.
const maxFindings = 100

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
	Findings   []Finding // the first hundred of them, in the order of the lines
}

// clone is a copy that the reader does not write to any more.
func (r Report) clone() Report {
	r.Findings = slices.Clone(r.Findings)
	return r
}

func (r *Report) add(f Finding) {
	switch f.Kind {
	case Gap:
		r.Gaps++
	case Duplicate:
		r.Duplicates++
	case Broken:
		r.Broken++
	}
	if len(r.Findings) < maxFindings {
		r.Findings = append(r.Findings, f)
	}
}

// RowError is the end of what was read under the Policy Refuse: its first broken or duplicate row.
type RowError struct {
	Name string // of what was opened
	Finding
}

func (e *RowError) Error() string { return fmt.Sprintf("%s:%d: %s", e.File, e.Line, e.Text) }
