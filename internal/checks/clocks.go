package checks

import (
	"go/ast"
	"strings"
)

// wallClock is what reads the machine's clock or waits for it, by package. Whatever uses one of these cannot be tested
// in virtual time.
var wallClock = map[string][]string{
	"time":    {"Now", "After", "Sleep", "NewTimer", "NewTicker", "AfterFunc", "Tick", "Since", "Until"},
	"context": {"WithTimeout", "WithTimeoutCause", "WithDeadline", "WithDeadlineCause"},
}

// directive stands at the end of a line or on a line of its own above it, and says why that line may use the machine's
// clock: //vigil:wallclock a second Ctrl-C must work when the clock is stuck
const directive = "//vigil:wallclock"

// Clocks finds what takes the time from the machine instead of a Clock, in everything but test files; and in test files
// each time.Sleep outside of a file that knows bubbles, where it would really sleep.
func (h *House) Clocks() []Finding {
	var found []Finding
	for _, f := range h.files {
		allowed, wrong := h.allowances(f)
		found = append(found, wrong...)
		h.wallClockUses(f, func(line int, finding Finding) {
			for _, l := range []int{line, line - 1} {
				if a := allowed[l]; a != nil {
					a.used = true
					return
				}
			}
			found = append(found, finding)
		})
		for _, a := range allowed {
			if !a.used {
				found = append(found, Finding{a.where, directive + " allows nothing: remove it"})
			}
		}
	}
	sortFindings(found)
	return found
}

// wallClockUses reports each use in f with its line.
func (h *House) wallClockUses(f file, report func(int, Finding)) {
	see := func(pkg, instead string) func(*ast.SelectorExpr) {
		return func(sel *ast.SelectorExpr) {
			what := pkg + "." + sel.Sel.Name + " takes the machine's time: " + instead
			report(h.fset.Position(sel.Pos()).Line, Finding{h.at(sel.Pos()), what})
		}
	}
	if f.test() {
		if f.importName("testing/synctest") == "" {
			f.uses("time", []string{"Sleep"}, see("time", "sleep in a testing/synctest bubble"))
		}
		return
	}
	for pkg, functions := range wallClock {
		instead := "use the Clock of the Config"
		if pkg == "context" {
			instead = "use internal/clockctx"
		}
		f.uses(pkg, functions, see(pkg, instead))
		if f.importName(pkg) == "." {
			report(0, Finding{f.path, "imports " + pkg + " into its own names, which hides the machine's clock"})
		}
	}
}

// allowance is one directive.
type allowance struct {
	where string
	used  bool
}

// allowances returns the directives of f by their line, and those that give no reason.
func (h *House) allowances(f file) (map[int]*allowance, []Finding) {
	byLine := make(map[int]*allowance)
	var wrong []Finding
	for _, group := range f.ast.Comments {
		for _, c := range group.List {
			reason, ok := strings.CutPrefix(c.Text, directive)
			if !ok {
				continue
			}
			if strings.TrimSpace(reason) == "" {
				wrong = append(wrong, Finding{h.at(c.Pos()), directive + " needs a reason"})
				continue
			}
			byLine[h.fset.Position(c.Pos()).Line] = &allowance{where: h.at(c.Pos())}
		}
	}
	return byLine, wrong
}
