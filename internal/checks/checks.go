// Package checks holds the rules of this repository that no compiler enforces: who may import whom, that time comes
// from a Clock, that a package's tests leave no goroutine behind, that go.work knows every module.
//
// The rules read source text and never build it. So they see all modules at once, those that a plain `go vet ./...`
// leaves out as well, and a package that does not compile still gets its findings. What a rule sees is names, not
// types: an import under another name is followed, a function value that was passed around is not.
//
// It is used by one test in the root folder, and by nothing else. A House does not change once it was read.
package checks

import (
	"cmp"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"slices"
	"strconv"
	"strings"
)

// Finding is one place where a rule is broken.
type Finding struct {
	Where string // the file with its line, or the folder
	What  string // which rule, and what to do about it
}

func (f Finding) String() string { return f.Where + ": " + f.What }

func sortFindings(found []Finding) {
	slices.SortFunc(found, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Where, b.Where), cmp.Compare(a.What, b.What))
	})
}

// House is the source text of all modules of the repository.
type House struct {
	module  string   // path of the root module; a folder's import path is this, a slash and the folder
	modules []string // folders that hold a go.mod, "." first
	work    string   // text of go.work
	files   []file   // by path
	fset    *token.FileSet
}

// file is one parsed source file.
type file struct {
	path string // from the root, with slashes
	ast  *ast.File
}

func (f file) dir() string { return path.Dir(f.path) }
func (f file) test() bool  { return strings.HasSuffix(f.path, "_test.go") }

// Read reads the tree: every Go file outside of testdata and hidden folders, whichever build constraints it has. A file
// that does not parse is an error.
func Read(tree fs.FS) (*House, error) {
	h := &House{fset: token.NewFileSet()}
	mod, err := fs.ReadFile(tree, "go.mod")
	if err != nil {
		return nil, fmt.Errorf("the root module: %w", err)
	}
	if h.module = modulePath(string(mod)); h.module == "" {
		return nil, fmt.Errorf("go.mod: no module line")
	}
	if work, err := fs.ReadFile(tree, "go.work"); err == nil {
		h.work = string(work)
	}
	err = fs.WalkDir(tree, ".", func(p string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			return skip(d.Name())
		}
		return h.read(tree, p)
	})
	return h, err
}

func skip(dir string) error {
	hidden := len(dir) > 1 && (dir[0] == '.' || dir[0] == '_')
	if hidden || dir == "testdata" || dir == "vendor" {
		return fs.SkipDir
	}
	return nil
}

func (h *House) read(tree fs.FS, p string) error {
	if path.Base(p) == "go.mod" {
		h.modules = append(h.modules, path.Dir(p))
	}
	if path.Ext(p) != ".go" {
		return nil
	}
	src, err := fs.ReadFile(tree, p)
	if err != nil {
		return err
	}
	parsed, err := parser.ParseFile(h.fset, p, src, parser.ParseComments)
	if err != nil {
		return err
	}
	h.files = append(h.files, file{path: p, ast: parsed})
	return nil
}

// Files tells how many source files were read, so that a caller can see that it was pointed at the right tree.
func (h *House) Files() int { return len(h.files) }

func modulePath(mod string) string {
	for line := range strings.Lines(mod) {
		if name, ok := strings.CutPrefix(strings.TrimSpace(line), "module "); ok {
			return strings.TrimSpace(name)
		}
	}
	return ""
}

// packages lists the folders that hold Go files of the wanted sort.
func (h *House) packages(want func(file) bool) []string {
	var dirs []string
	for _, f := range h.files {
		if want(f) && !slices.Contains(dirs, f.dir()) {
			dirs = append(dirs, f.dir())
		}
	}
	return dirs
}

func (h *House) at(pos token.Pos) string {
	p := h.fset.Position(pos)
	return p.Filename + ":" + strconv.Itoa(p.Line)
}

// importName returns the name under which f knows the package at importPath: "" if it does not import it, "." if the
// package's names are its own.
func (f file) importName(importPath string) string {
	for _, spec := range f.ast.Imports {
		if unquote(spec) != importPath {
			continue
		}
		if spec.Name == nil {
			return path.Base(importPath)
		}
		return spec.Name.Name
	}
	return ""
}

// uses calls see for each place where f names one of the package's functions, in a call or as a value.
func (f file) uses(importPath string, functions []string, see func(*ast.SelectorExpr)) {
	local := f.importName(importPath)
	if local == "" || local == "_" {
		return
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		sel, ok := n.(*ast.SelectorExpr)
		if !ok || !slices.Contains(functions, sel.Sel.Name) {
			return true
		}
		// An identifier that the file itself declares, such as a parameter called time, is not the package.
		if x, ok := sel.X.(*ast.Ident); ok && x.Name == local && x.Obj == nil {
			see(sel)
		}
		return true
	})
}

func unquote(spec *ast.ImportSpec) string {
	p, err := strconv.Unquote(spec.Path.Value)
	if err != nil { // The parser refuses such a file.
		panic(err)
	}
	return p
}
