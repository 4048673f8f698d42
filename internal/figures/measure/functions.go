package measure

import (
	"fmt"
	"go/ast"
	"strings"
)

// Functions is what can be said about the functions of a tree, its tests left out.
type Functions struct {
	Count      int
	Lines      Spread
	Cognitive  int      // of the hardest function
	Hard       []string // those with a cognitive complexity above 15, in the order of their folders
	Parameters int      // of the longest list
	Go, Panic  int      // go statements, calls of panic
}

const hardAbove = 15 // gocognit's and Sonar's limit

func (t *Tree) functions() Functions {
	var f Functions
	var lines []int
	t.each(false, func(s source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			f.see(s.dir(), n)
			if fn, ok := n.(*ast.FuncDecl); ok && fn.Body != nil {
				lines = append(lines, t.lines(fn))
			}
			return true
		})
	})
	f.Count, f.Lines = len(lines), spread(lines)
	return f
}

func (f *Functions) see(dir string, n ast.Node) {
	switch n := n.(type) {
	case *ast.FuncDecl:
		f.grade(dir, n)
	case *ast.FuncType:
		f.Parameters = max(f.Parameters, n.Params.NumFields())
	case *ast.GoStmt:
		f.Go++
	case *ast.CallExpr:
		if name, ok := n.Fun.(*ast.Ident); ok && name.Name == "panic" {
			f.Panic++
		}
	}
}

func (f *Functions) grade(dir string, fn *ast.FuncDecl) {
	score := Cognitive(fn)
	f.Cognitive = max(f.Cognitive, score)
	if score > hardAbove {
		f.Hard = append(f.Hard, fmt.Sprintf("%s.%s: %d", dir, nameOf(fn), score))
	}
}

// nameOf is a function's name with its receiver's type.
func nameOf(fn *ast.FuncDecl) string {
	if owner := receiver(fn); owner != "" {
		return owner + "." + fn.Name.Name
	}
	return fn.Name.Name
}

// receiver is the name of the type that a method belongs to, "" for a function.
func receiver(fn *ast.FuncDecl) string {
	if fn.Recv == nil || len(fn.Recv.List) == 0 {
		return ""
	}
	expr := fn.Recv.List[0].Type
	for {
		switch e := expr.(type) {
		case *ast.StarExpr:
			expr = e.X
		case *ast.ParenExpr:
			expr = e.X
		case *ast.IndexExpr:
			expr = e.X
		case *ast.IndexListExpr:
			expr = e.X
		case *ast.Ident:
			return e.Name
		default:
			return ""
		}
	}
}

// Tests counts the functions that `go test` knows.
type Tests struct{ Tests, Examples, Benchmarks, Fuzz int }

func (t *Tree) tests() Tests {
	var sum Tests
	t.each(true, func(s source) {
		for _, decl := range s.ast.Decls {
			if fn, ok := decl.(*ast.FuncDecl); ok && fn.Recv == nil {
				sum.count(fn.Name.Name)
			}
		}
	})
	return sum
}

func (t *Tests) count(name string) {
	switch {
	case name == "TestMain":
	case isTest(name, "Test"):
		t.Tests++
	case isTest(name, "Example"):
		t.Examples++
	case isTest(name, "Benchmark"):
		t.Benchmarks++
	case isTest(name, "Fuzz"):
		t.Fuzz++
	}
}

// isTest reports whether name is the prefix, or goes on after it with anything but a small letter.
func isTest(name, prefix string) bool {
	rest, ok := strings.CutPrefix(name, prefix)
	return ok && (rest == "" || rest[0] < 'a' || rest[0] > 'z')
}
