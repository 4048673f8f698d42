package checks

import (
	"go/ast"
	"slices"
	"strings"
)

// TestMains finds packages that have tests and no TestMain that looks for goroutines left behind.
func (h *House) TestMains() []Finding {
	var found []Finding
	for _, dir := range h.packages(file.test) {
		if !slices.ContainsFunc(h.files, func(f file) bool { return f.dir() == dir && f.looksForLeaks() }) {
			found = append(found, Finding{dir, "has tests and no TestMain that calls goleak.VerifyTestMain"})
		}
	}
	return found
}

// looksForLeaks tells whether f has a TestMain that calls goleak.
func (f file) looksForLeaks() bool {
	if !f.test() {
		return false
	}
	looks := false
	f.uses("go.uber.org/goleak", []string{"VerifyTestMain"}, func(sel *ast.SelectorExpr) {
		for _, decl := range f.ast.Decls {
			fn, ok := decl.(*ast.FuncDecl)
			if ok && fn.Name.Name == "TestMain" && fn.Pos() <= sel.Pos() && sel.End() <= fn.End() {
				looks = true
			}
		}
	})
	return looks
}

// Workspace finds modules that go.work leaves out: their tests would not run.
func (h *House) Workspace() []Finding {
	var found []Finding
	for _, dir := range h.modules {
		use := "./" + dir
		if dir == "." {
			use = "."
		}
		if !slices.Contains(strings.Fields(h.work), use) {
			found = append(found, Finding{dir + "/go.mod", "go.work does not use this module"})
		}
	}
	return found
}
