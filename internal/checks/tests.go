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

// Workspace finds modules that go.work does not use, because their tests would not run. A comment in it leaves one out
// on purpose: "// ./path is left out: why".
func (h *House) Workspace() []Finding {
	var found []Finding
	for _, dir := range h.modules {
		use := "./" + dir
		if dir == "." {
			use = "."
		}
		if !h.knows(use) {
			found = append(found, Finding{dir + "/go.mod", "go.work does not use this module"})
		}
	}
	return found
}

// knows tells whether go.work uses the module in a folder, or says why not.
func (h *House) knows(dir string) bool {
	for line := range strings.Lines(h.work) {
		code, comment, _ := strings.Cut(line, "//")
		if slices.Contains(strings.Fields(code), dir) || strings.HasPrefix(comment, " "+dir+" is left out: ") {
			return true
		}
	}
	return false
}
