package checks

import (
	"cmp"
	"go/ast"
	"go/types"
	"slices"
	"strings"
)

// Export is an exported top-level name of a package, with its exported fields and methods.
type Export struct {
	Dir, Name string
	Lines     []string // what a program can write of it, an item each, without the names of parameters
	Needs     []string // the names of this house that those items mention, as "dir.Name"
	Of        string   // of a constant: the type of the same package that it is a value of
}

// ID is the name with its folder, as Needs has it.
func (e *Export) ID() string { return e.Dir + "." + e.Name }

// Exports lists what the packages of a module export, by folder and name. Programs, internal packages and tests export
// nothing.
func (h *House) Exports(module string) []*Export {
	byID := make(map[string]*Export)
	for _, f := range h.files {
		if f.public() && h.moduleOf(f.dir()) == module {
			s := surface{house: h, file: f, byID: byID}
			s.read()
		}
	}
	var all []*Export
	for _, e := range byID {
		if len(e.Lines) == 0 || !ast.IsExported(e.Name) {
			continue
		}
		slices.Sort(e.Lines)
		slices.Sort(e.Needs)
		e.Lines, e.Needs = slices.Compact(e.Lines), slices.Compact(e.Needs)
		all = append(all, e)
	}
	slices.SortFunc(all, func(a, b *Export) int { return cmp.Or(cmp.Compare(a.Dir, b.Dir), cmp.Compare(a.Name, b.Name)) })
	return all
}

// API is the text of a module's exports: a line that is gone, or that changed, breaks a program.
func (h *House) API(module string) string {
	var b strings.Builder
	dir := ""
	for _, e := range h.Exports(module) {
		if e.Dir != dir {
			dir = e.Dir
			b.WriteString("\npackage " + strings.TrimSuffix(h.module+"/"+dir, "/.") + "\n")
		}
		for _, line := range e.Lines {
			b.WriteString(line + "\n")
		}
	}
	return strings.TrimPrefix(b.String(), "\n")
}

// public reports whether a program of another module can import f's package.
func (f file) public() bool {
	return !f.test() && f.ast.Name.Name != "main" && !slices.Contains(strings.Split(f.dir(), "/"), "internal")
}

// surface reads what one file exports.
type surface struct {
	house *House
	file  file
	byID  map[string]*Export
}

func (s *surface) read() {
	for _, decl := range s.file.ast.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			s.function(d)
		case *ast.GenDecl:
			s.declaration(d)
		}
	}
}

// export is the name, which several declarations may add to: a type and its methods.
func (s *surface) export(name string) *Export {
	id := s.file.dir() + "." + name
	if s.byID[id] == nil {
		s.byID[id] = &Export{Dir: s.file.dir(), Name: name}
	}
	return s.byID[id]
}

func (s *surface) add(e *Export, line string, mentions ...ast.Node) {
	e.Lines = append(e.Lines, line)
	for _, n := range mentions {
		s.needs(e, n)
	}
}

// needs notes the names of the house in n.
func (s *surface) needs(e *Export, n ast.Node) {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.SelectorExpr:
			if x, ok := n.X.(*ast.Ident); ok {
				if dir, ours := s.house.imported(s.file, x.Name); ours {
					e.Needs = append(e.Needs, dir+"."+n.Sel.Name)
				}
			}
			return false
		case *ast.Field:
			s.needs(e, n.Type) // and not its name
			return false
		case *ast.Ident:
			if n.IsExported() && n.Name != e.Name {
				e.Needs = append(e.Needs, s.file.dir()+"."+n.Name)
			}
		}
		return true
	})
}

// imported is the folder of the house that f knows by a name.
func (h *House) imported(f file, name string) (string, bool) {
	for _, spec := range f.ast.Imports {
		dir, ours := h.folder(unquote(spec))
		if ours && f.importName(unquote(spec)) == name {
			return dir, true
		}
	}
	return "", false
}

func (s *surface) function(fn *ast.FuncDecl) {
	if !fn.Name.IsExported() {
		return
	}
	if fn.Recv == nil {
		s.add(s.export(fn.Name.Name), "func "+fn.Name.Name+signature(fn.Type), fn.Type)
		return
	}
	receiver := fn.Recv.List[0].Type
	owner := receiver
	if star, ok := owner.(*ast.StarExpr); ok {
		owner = star.X
	}
	if index, ok := owner.(*ast.IndexExpr); ok {
		owner = index.X
	}
	name, _ := owner.(*ast.Ident)
	s.add(s.export(name.Name), "method ("+types.ExprString(receiver)+") "+fn.Name.Name+signature(fn.Type), fn.Type)
}

// signature is a function's type without its word func.
func signature(fn *ast.FuncType) string {
	bare := &ast.FuncType{Params: nameless(fn.Params), Results: nameless(fn.Results)}
	return parameters(fn.TypeParams) + strings.TrimPrefix(types.ExprString(bare), "func")
}

// nameless leaves the names of parameters out: to change one breaks no program.
func nameless(list *ast.FieldList) *ast.FieldList {
	if list == nil {
		return nil
	}
	bare := &ast.FieldList{}
	for _, field := range list.List {
		for range max(1, len(field.Names)) {
			bare.List = append(bare.List, &ast.Field{Type: field.Type})
		}
	}
	return bare
}
