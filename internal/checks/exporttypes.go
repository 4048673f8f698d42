package checks

import (
	"fmt"
	"go/ast"
	"go/token"
	"go/types"
	"strings"
)

func (s *surface) declaration(d *ast.GenDecl) {
	var before *ast.ValueSpec // the last constant with a value, which those without one repeat
	for i, spec := range d.Specs {
		switch spec := spec.(type) {
		case *ast.TypeSpec:
			if spec.Name.IsExported() {
				s.declareType(spec)
			}
		case *ast.ValueSpec:
			if d.Tok == token.CONST && len(spec.Values) > 0 {
				before = spec
			}
			s.values(d.Tok, spec, before, i)
		}
	}
}

// values reads constants or variables of one line, the nth of its group.
func (s *surface) values(tok token.Token, spec, before *ast.ValueSpec, n int) {
	typ := spec.Type
	if typ == nil && tok == token.CONST && len(spec.Values) == 0 {
		typ = before.Type
	}
	for i, name := range spec.Names {
		if !name.IsExported() {
			continue
		}
		e, line := s.export(name.Name), tok.String()+" "+name.Name
		if typ != nil {
			line += " " + types.ExprString(typ)
			s.needs(e, typ)
			if own, ok := typ.(*ast.Ident); ok && own.IsExported() {
				e.Of = own.Name
			}
		}
		if tok == token.CONST {
			line += " = " + value(spec, i, n)
		}
		s.add(e, line)
	}
}

// value is what a constant is set to. Of one that counts it is the place, because a program that was compiled knows no
// more.
func value(spec *ast.ValueSpec, i, n int) string {
	if i < len(spec.Values) {
		counts := false
		ast.Inspect(spec.Values[i], func(n ast.Node) bool {
			x, ok := n.(*ast.Ident)
			counts = counts || ok && x.Name == "iota"
			return true
		})
		if !counts {
			return types.ExprString(spec.Values[i])
		}
	}
	return fmt.Sprint("iota, place ", n)
}

func (s *surface) declareType(spec *ast.TypeSpec) {
	e := s.export(spec.Name.Name)
	head := "type " + e.Name + parameters(spec.TypeParams)
	switch t := spec.Type.(type) {
	case *ast.StructType:
		s.add(e, head+" struct")
		for _, field := range t.Fields.List {
			s.field(e, head+" struct, ", field)
		}
	case *ast.InterfaceType:
		s.add(e, head+" interface")
		for _, method := range t.Methods.List {
			s.method(e, head+" interface, ", method)
		}
	default:
		if spec.Assign.IsValid() {
			head += " ="
		}
		s.add(e, head+" "+types.ExprString(t), t)
	}
}

func (s *surface) field(e *Export, head string, field *ast.Field) {
	text := types.ExprString(field.Type)
	if len(field.Names) == 0 {
		s.add(e, head+"embedded "+text, field.Type)
	}
	for _, name := range field.Names {
		if name.IsExported() {
			s.add(e, head+name.Name+" "+text, field.Type)
		}
	}
}

func (s *surface) method(e *Export, head string, method *ast.Field) {
	fn, ok := method.Type.(*ast.FuncType)
	if !ok {
		s.add(e, head+types.ExprString(method.Type), method.Type)
		return
	}
	for _, name := range method.Names {
		if !name.IsExported() {
			s.add(e, head+"and methods that other packages do not have")
			continue
		}
		s.add(e, head+name.Name+signature(fn), fn)
	}
}

// parameters are those of a generic type or function.
func parameters(list *ast.FieldList) string {
	if list == nil {
		return ""
	}
	var all []string
	for _, field := range list.List {
		for _, name := range field.Names {
			all = append(all, name.Name+" "+types.ExprString(field.Type))
		}
	}
	return "[" + strings.Join(all, ", ") + "]"
}
