// Package measure counts what can be counted in Go source: lines, functions, files, names and the types that hold too
// much. It reads text and builds nothing, so that other people's code is measured without its dependencies.
//
// A number is a mirror and no verdict: it says where to look. That is why nothing here has a limit that fails.
package measure

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"regexp"
	"slices"
	"strings"
)

// Scope is the part of a tree that counts.
type Scope struct {
	Flat bool                   // only the folder itself
	Skip func(path string) bool // leaves out a folder with all below it, or a file; nil leaves out none
}

// Tree is the source text of some packages. It does not change once it was read.
type Tree struct {
	files []source
	fset  *token.FileSet
}

// source is one parsed file.
type source struct {
	path string // from the root of the tree, with slashes
	text []byte
	ast  *ast.File
}

func (s source) dir() string { return path.Dir(s.path) }
func (s source) test() bool  { return strings.HasSuffix(s.path, "_test.go") }

// generated is how a file says that nobody reads it.
var generated = regexp.MustCompile(`(?m)^// Code generated .* DO NOT EDIT\.$`)

// Read reads the Go files of a tree, whichever build constraints they have. It leaves out testdata, vendor, hidden
// folders and generated files. A file that does not parse is an error, and so is a tree without any.
func Read(root fs.FS, scope Scope) (*Tree, error) {
	t := &Tree{fset: token.NewFileSet()}
	err := fs.WalkDir(root, ".", func(p string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir():
			return scope.enter(p)
		case path.Ext(p) != ".go" || scope.skips(p):
			return nil
		}
		return t.read(root, p)
	})
	if err == nil && len(t.files) == 0 {
		err = fmt.Errorf("no Go files")
	}
	return t, err
}

func (s Scope) skips(p string) bool { return s.Skip != nil && s.Skip(p) }

// enter returns fs.SkipDir for a folder that does not count.
func (s Scope) enter(dir string) error {
	name := path.Base(dir)
	hidden := len(name) > 1 && (name[0] == '.' || name[0] == '_')
	if dir != "." && (s.Flat || hidden || name == "testdata" || name == "vendor" || s.skips(dir)) {
		return fs.SkipDir
	}
	return nil
}

func (t *Tree) read(root fs.FS, p string) error {
	text, err := fs.ReadFile(root, p)
	if err != nil || generated.Match(text) {
		return err
	}
	parsed, err := parser.ParseFile(t.fset, p, text, parser.ParseComments|parser.SkipObjectResolution)
	if err != nil {
		return err
	}
	t.files = append(t.files, source{path: p, text: text, ast: parsed})
	return nil
}

// each calls see for every file that is a test, or for every other one.
func (t *Tree) each(test bool, see func(source)) {
	for _, f := range t.files {
		if f.test() == test {
			see(f)
		}
	}
}

// lines is the number of lines that n covers.
func (t *Tree) lines(n ast.Node) int {
	return t.fset.Position(n.End()).Line - t.fset.Position(n.Pos()).Line + 1
}

// Spread is a distribution in three numbers.
type Spread struct{ P50, P90, Max int }

func (s Spread) String() string { return fmt.Sprintf("%d/%d/%d", s.P50, s.P90, s.Max) }

// spread takes the nearest ranks.
func spread(values []int) Spread {
	if len(values) == 0 {
		return Spread{}
	}
	slices.Sort(values)
	rank := func(percent int) int { return values[(len(values)*percent+99)/100-1] }
	return Spread{rank(50), rank(90), rank(100)}
}
