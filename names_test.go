package vigil_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// exports is what the packages of this repository export, as a paper may write it: "paper.Config.Fill" and, where the
// package goes without saying, "Config.Fill".
type exports struct {
	packages, types map[string]bool
	members         map[string]bool // fields and methods, by their bare names
	names           map[string]bool
}

// readExports reads the sources of all modules. It looks at names and not at types, so nothing has to be compiled, and
// what a type gets from one that it embeds is not seen.
func readExports(t *testing.T) exports {
	t.Helper()
	e := exports{map[string]bool{}, map[string]bool{}, map[string]bool{}, map[string]bool{}}
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.SkipObjectResolution)
		if err != nil || file.Name.Name == "main" {
			return err
		}
		e.packages[file.Name.Name] = true
		for _, decl := range file.Decls {
			e.declare(file.Name.Name, decl)
		}
		return nil
	}))
	return e
}

func (e exports) declare(pkg string, decl ast.Decl) {
	switch d := decl.(type) {
	case *ast.FuncDecl:
		if d.Recv == nil {
			e.names[pkg+"."+d.Name.Name] = true
			return
		}
		receiver := d.Recv.List[0].Type
		if star, ok := receiver.(*ast.StarExpr); ok {
			receiver = star.X
		}
		if name, ok := receiver.(*ast.Ident); ok {
			e.member(pkg, name.Name, d.Name.Name)
		}
	case *ast.GenDecl:
		for _, spec := range d.Specs {
			switch s := spec.(type) {
			case *ast.ValueSpec:
				for _, name := range s.Names {
					e.names[pkg+"."+name.Name] = true
				}
			case *ast.TypeSpec:
				e.declareType(pkg, s)
			}
		}
	}
}

func (e exports) declareType(pkg string, s *ast.TypeSpec) {
	e.names[pkg+"."+s.Name.Name], e.types[s.Name.Name] = true, true
	var fields *ast.FieldList
	switch typ := s.Type.(type) {
	case *ast.StructType:
		fields = typ.Fields
	case *ast.InterfaceType:
		fields = typ.Methods
	default:
		return
	}
	for _, field := range fields.List {
		for _, name := range field.Names {
			e.member(pkg, s.Name.Name, name.Name)
		}
	}
}

func (e exports) member(pkg, typ, name string) {
	e.names[pkg+"."+typ+"."+name], e.names[typ+"."+name], e.members[name] = true, true, true
}

var dotted = regexp.MustCompile(`\b([A-Za-z]\w*)\.([A-Z]\w*)(\.[A-Z]\w*)?`)

// A name that was changed or removed is not left standing in a paper, in its code or in its prose.
func TestPapersNameOnlyWhatIsThere(t *testing.T) {
	t.Parallel()
	ours := readExports(t)
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for _, match := range dotted.FindAllStringSubmatch(string(text), -1) {
			switch name, owner := match[0], match[1]; {
			case ours.packages[owner], ours.types[owner] && ast.IsExported(owner):
				assert.True(t, ours.names[name], "%s names %s, which is not there", paper, name)
			case ast.IsExported(owner): // a field of a field, such as Faults.Gaps, or a type that has gone
				assert.True(t, ours.members[owner], "%s names %s, of a type that is not there", paper, name)
			}
		}
	}
}

// The code of the guides is code, and the fields that it sets are there.
func TestCodeInThePapersParses(t *testing.T) {
	t.Parallel()
	ours := readExports(t)
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			file, err := parseSnippet(block[1])
			require.NoError(t, err, "%s:\n%s", paper, block[1])
			ast.Inspect(file, func(n ast.Node) bool {
				if literal, ok := n.(*ast.CompositeLit); ok {
					for _, name := range fieldsOf(literal, ours) {
						assert.True(t, ours.names[name], "%s sets %s, which is not there", paper, name)
					}
				}
				return true
			})
		}
	}
}

// parseSnippet reads a whole file, declarations, or the statements of a function.
func parseSnippet(code string) (*ast.File, error) {
	if strings.HasPrefix(code, "package ") {
		return parser.ParseFile(token.NewFileSet(), "", code, parser.SkipObjectResolution)
	}
	file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+code, parser.SkipObjectResolution)
	if err == nil {
		return file, nil
	}
	return parser.ParseFile(token.NewFileSet(), "", "package p\nfunc _() {\n"+code+"\n}", parser.SkipObjectResolution)
}

// fieldsOf names the fields that a literal of one of our types sets.
func fieldsOf(literal *ast.CompositeLit, ours exports) (names []string) {
	typ, ok := literal.Type.(*ast.SelectorExpr)
	if !ok {
		return nil
	}
	pkg, ok := typ.X.(*ast.Ident)
	if !ok || !ours.packages[pkg.Name] {
		return nil
	}
	for _, element := range literal.Elts {
		if pair, ok := element.(*ast.KeyValueExpr); ok {
			if key, ok := pair.Key.(*ast.Ident); ok {
				names = append(names, pkg.Name+"."+typ.Sel.Name+"."+key.Name)
			}
		}
	}
	return names
}

var (
	sourceFile = regexp.MustCompile("`([\\w/]+\\.go)`")
	function   = regexp.MustCompile(`(?m)^func (\w+)`)
	testName   = regexp.MustCompile("(?:[`(=])((?:Test|Benchmark|Fuzz|Example)_?[A-Za-z]\\w+)")
)

// A claim that names the file or the test that shows it can be followed.
func TestTestsThatThePapersNameAreThere(t *testing.T) {
	t.Parallel()
	files, functions := map[string]bool{}, map[string]bool{}
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") {
			return err
		}
		files[path], files[filepath.Base(path)] = true, true
		text, err := os.ReadFile(path)
		for _, match := range function.FindAllSubmatch(text, -1) {
			functions[string(match[1])] = true
		}
		return err
	}))
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for _, match := range sourceFile.FindAllStringSubmatch(string(text), -1) {
			assert.True(t, files[match[1]], "%s names %s, which is not there", paper, match[1])
		}
		for _, match := range testName.FindAllStringSubmatch(string(text), -1) {
			assert.True(t, functions[match[1]], "%s names %s, which is not there", paper, match[1])
		}
	}
}
