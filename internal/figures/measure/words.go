package measure

import (
	"go/ast"
	"go/token"
	"unicode"
)

// Words are the words that the names of a tree are made of, in small letters, tests left out. Names that are only used,
// such as those of a library, are not among them.
func (t *Tree) Words() map[string]bool {
	words := make(map[string]bool)
	t.each(false, func(s source) {
		ast.Inspect(s.ast, func(n ast.Node) bool {
			for _, name := range declared(n) {
				for _, word := range split(name.Name) {
					words[word] = true
				}
			}
			return true
		})
	})
	return words
}

// declared returns the names that n gives to something.
func declared(n ast.Node) []*ast.Ident {
	switch n := n.(type) {
	case *ast.FuncDecl:
		return []*ast.Ident{n.Name}
	case *ast.TypeSpec:
		return []*ast.Ident{n.Name}
	case *ast.ValueSpec:
		return n.Names
	case *ast.Field:
		return n.Names
	case *ast.AssignStmt:
		if n.Tok == token.DEFINE {
			return idents(n.Lhs...)
		}
	case *ast.RangeStmt:
		if n.Tok == token.DEFINE {
			return idents(n.Key, n.Value)
		}
	}
	return nil
}

func idents(exprs ...ast.Expr) []*ast.Ident {
	var names []*ast.Ident
	for _, e := range exprs {
		if name, ok := e.(*ast.Ident); ok {
			names = append(names, name)
		}
	}
	return names
}

// split cuts a name at its capitals: HTTPServer2 is http and server. A word has three letters at least, since shorter
// ones are receivers and counters.
func split(name string) []string {
	var words []string
	letters := []rune(name)
	begin := 0
	cut := func(end int) {
		if end-begin >= 3 {
			words = append(words, lower(letters[begin:end]))
		}
		begin = end
	}
	for i, r := range letters {
		switch {
		case !unicode.IsLetter(r):
			cut(i)
			begin = i + 1
		case i > begin && unicode.IsUpper(r) && !unicode.IsUpper(letters[i-1]):
			cut(i)
		case i > begin+1 && unicode.IsLower(r) && unicode.IsUpper(letters[i-1]):
			cut(i - 1)
		}
	}
	cut(len(letters))
	return words
}

func lower(letters []rune) string {
	small := make([]rune, len(letters))
	for i, r := range letters {
		small[i] = unicode.ToLower(r)
	}
	return string(small)
}
