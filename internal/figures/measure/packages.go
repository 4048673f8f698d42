package measure

import (
	"cmp"
	"go/ast"
	"slices"
)

// Package is one folder with Go files, its tests left out.
type Package struct {
	Dir          string
	Files        int
	Code         int // lines
	Exported     int // top-level names, without methods and fields
	Undocumented int // exported names and methods without a comment
	Wide         int // interfaces above four methods
	Types        []Type
}

// Type is a type with its methods.
type Type struct {
	Name          string
	Methods       int
	Files         int // over which the type and its methods are spread
	Fields, Bools int // of a struct, embedded ones too
}

const wideAbove = 4 // methods of slog.Handler

// packages measures each folder, in the order of their paths.
func (t *Tree) packages() []Package {
	var order []string
	byDir := make(map[string]*room)
	t.each(false, func(s source) {
		r := byDir[s.dir()]
		if r == nil {
			r = &room{Package: Package{Dir: s.dir()}, types: map[string]*span{}}
			byDir[s.dir()] = r
			order = append(order, s.dir())
		}
		r.read(s)
	})
	slices.Sort(order)
	var all []Package
	for _, dir := range order {
		all = append(all, byDir[dir].sum())
	}
	return all
}

// room is a package that is being read.
type room struct {
	Package
	types map[string]*span
}

// span is a type that is being read, with the files in which something of it stands.
type span struct {
	Type
	in map[string]bool
}

func (r *room) read(s source) {
	r.Files++
	r.Code += countLines(s.text).Code
	for _, decl := range s.ast.Decls {
		switch d := decl.(type) {
		case *ast.FuncDecl:
			r.function(s.path, d)
		case *ast.GenDecl:
			for _, spec := range d.Specs {
				r.spec(s.path, d, spec)
			}
		}
	}
}

func (r *room) typ(name, path string) *span {
	t := r.types[name]
	if t == nil {
		t = &span{Type: Type{Name: name}, in: map[string]bool{}}
		r.types[name] = t
	}
	t.in[path] = true
	return t
}

func (r *room) function(path string, fn *ast.FuncDecl) {
	owner := receiver(fn)
	if owner == "" {
		r.export(fn.Name, fn.Doc)
		return
	}
	r.typ(owner, path).Methods++
	if ast.IsExported(owner) && fn.Name.IsExported() && fn.Doc == nil {
		r.Undocumented++
	}
}

func (r *room) spec(path string, decl *ast.GenDecl, spec ast.Spec) {
	switch s := spec.(type) {
	case *ast.ValueSpec:
		for _, name := range s.Names {
			r.export(name, s.Doc, s.Comment, decl.Doc)
		}
	case *ast.TypeSpec:
		r.export(s.Name, s.Doc, s.Comment, decl.Doc)
		t := r.typ(s.Name.Name, path)
		switch typ := s.Type.(type) {
		case *ast.StructType:
			t.Fields, t.Bools = countFields(typ)
		case *ast.InterfaceType:
			if countMethods(typ) > wideAbove {
				r.Wide++
			}
		}
	}
}

// export counts a top-level name, if it is exported, and whether any of the comments says something.
func (r *room) export(name *ast.Ident, comments ...*ast.CommentGroup) {
	if !name.IsExported() {
		return
	}
	r.Exported++
	if !slices.ContainsFunc(comments, func(c *ast.CommentGroup) bool { return c != nil }) {
		r.Undocumented++
	}
}

func countFields(s *ast.StructType) (all, bools int) {
	for _, field := range s.Fields.List {
		n := max(1, len(field.Names))
		all += n
		if typ, ok := field.Type.(*ast.Ident); ok && typ.Name == "bool" {
			bools += n
		}
	}
	return all, bools
}

// countMethods counts those that an interface lists itself, not those that it embeds.
func countMethods(i *ast.InterfaceType) int {
	n := 0
	for _, m := range i.Methods.List {
		n += len(m.Names)
	}
	return n
}

// sum returns the package with its types, the one with the most methods first.
func (r *room) sum() Package {
	for _, s := range r.types {
		s.Files = len(s.in)
		r.Types = append(r.Types, s.Type)
	}
	slices.SortFunc(r.Types, func(a, b Type) int {
		return cmp.Or(cmp.Compare(b.Methods, a.Methods), cmp.Compare(a.Name, b.Name))
	})
	return r.Package
}
