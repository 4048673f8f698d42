package measure_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

// The costs stand behind the lines that they are for.
func TestCognitiveComplexity(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		text string
		want int
	}{
		"straight on":               {"func f() { a(); b() }", 0},
		"without a body":            {"func f()", 0},
		"an if":                     {"func f() { if a { b() } }", 1},
		"an if in an if":            {"func f() { if a { if b { c() } } }", 1 + 2},
		"else":                      {"func f() { if a { } else { } }", 1 + 1},
		"else if":                   {"func f() { if a { } else if b { } else { } }", 1 + 1 + 1},
		"an if below else":          {"func f() { if a { } else { if b { } } }", 1 + 1 + 2},
		"an if below else if":       {"func f() { if a { } else if b { if c { } } }", 1 + 1 + 2},
		"a switch, not its cases":   {"func f() { switch a { case 1: case 2: default: } }", 1},
		"an if in a case":           {"func f() { switch a { case 1: if b { } } }", 1 + 2},
		"a type switch":             {"func f() { switch a.(type) { case int: } }", 1},
		"a select":                  {"func f() { select { case <-a: } }", 1},
		"loops":                     {"func f() { for { for range a { } } }", 1 + 2},
		"a break":                   {"func f() { for { break } }", 1},
		"a break to a label":        {"func f() { l: for { break l } }", 1 + 1},
		"a goto":                    {"func f() { l: goto l }", 1},
		"one operator":              {"func f() { a = b && c && d }", 1},
		"two operators":             {"func f() { a = b && c || d }", 1 + 1},
		"operators in turns":        {"func f() { a = b && c || d && e }", 1 + 1 + 1},
		"parentheses begin anew":    {"func f() { a = b && (c && d) }", 1 + 1},
		"operators in the head":     {"func f() { for a && b { } }", 1 + 1},
		"a function in a function":  {"func f() { a(func() { if b { } }) }", 2},
		"the head is not below":     {"func f() { for range a(func() { if b { } }) { } }", 1 + 2},
		"what begins an if":         {"func f() { if a := b && c; a { } }", 1 + 1},
		"recursion":                 {"func f() { f() }", 1},
		"recursion of a method":     {"func (x T) f() { x.f() }", 1},
		"a method of another":       {"func (x T) f() { y.f() }", 0},
		"a function of its name":    {"func (x T) f() { f() }", 0},
		"a receiver without a name": {"func (T) f() { f() }", 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			file, err := parser.ParseFile(token.NewFileSet(), "", "package p\n"+c.text, 0)
			require.NoError(t, err)
			require.Equal(t, c.want, measure.Cognitive(file.Decls[0].(*ast.FuncDecl)))
		})
	}
}

func TestCognitiveComplexityAboveTheLimitIsNamed(t *testing.T) {
	t.Parallel()
	ifs := func(n int) string { return strings.Repeat("if a { }\n", n) }
	f := read(t, map[string]string{
		"a/a.go": "package a\nfunc easy() {" + ifs(15) + "}\nfunc (x *T[int]) worse() {" + ifs(16) + "}\n",
		"b/b.go": "package b\nfunc worst() {" + ifs(17) + "}\n",
	}, measure.Scope{}).Figures()
	require.Equal(t, 17, f.Functions.Cognitive)
	require.Equal(t, []string{"a.T.worse: 16", "b.worst: 17"}, f.Functions.Hard)
}
