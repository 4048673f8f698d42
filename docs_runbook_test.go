package vigil_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// raisers are the functions whose first argument is the key of a condition.
var raisers = []string{"condition", "closed", "errorProblem"}

// conditionKeys are the keys of all conditions that the sources raise; one that ends in a slash has a name behind it.
func conditionKeys(t *testing.T) (keys []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.IsDir() && slices.Contains([]string{"examples", "benchmarks", "testdata"}, d.Name()) {
			return fs.SkipDir
		}
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			return err
		}
		constants := make(map[string]string) // of the function that is read, and those of the file
		ast.Inspect(file, func(n ast.Node) bool {
			keys = append(keys, keysAt(n, constants)...)
			return true
		})
		return nil
	}))
	slices.Sort(keys)
	return slices.Compact(keys)
}

// keysAt returns the keys that one node of a source names.
func keysAt(n ast.Node, constants map[string]string) (keys []string) {
	add := func(e ast.Expr) {
		if key := spelled(e, constants); key != "" {
			keys = append(keys, key)
		}
	}
	switch n := n.(type) {
	case *ast.ValueSpec:
		for i, name := range n.Names {
			if i < len(n.Values) {
				constants[name.Name] = spelled(n.Values[i], constants)
			}
		}
	case *ast.CallExpr:
		if name, ok := n.Fun.(*ast.Ident); ok && slices.Contains(raisers, name.Name) && len(n.Args) > 0 {
			add(n.Args[0])
		}
	case *ast.CompositeLit:
		for _, element := range n.Elts {
			field, ok := element.(*ast.KeyValueExpr)
			if !ok {
				continue
			}
			if name, ok := field.Key.(*ast.Ident); ok && name.Name == "Key" && isCondition(n) {
				add(field.Value)
			}
		}
	}
	return keys
}

// isCondition reports whether a literal is one of a health.Condition, by its own type or by that of the list it is in.
func isCondition(n *ast.CompositeLit) bool {
	switch kind := n.Type.(type) {
	case nil:
		return true
	case *ast.Ident:
		return kind.Name == "Condition"
	case *ast.SelectorExpr:
		return kind.Sel.Name == "Condition"
	}
	return false
}

// spelled is a text as the source has it, up to what is only known later.
func spelled(e ast.Expr, constants map[string]string) string {
	switch e := e.(type) {
	case *ast.BasicLit:
		text, _ := strconv.Unquote(e.Value) // a number is no text
		return text
	case *ast.Ident:
		return constants[e.Name]
	case *ast.BinaryExpr:
		return spelled(e.X, constants)
	}
	return ""
}

// Whoever is called by a condition finds it in the runbook, and the runbook has none that nothing raises.
func TestRunbookHasEveryConditionThatIsRaised(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/guides/runbook.md")
	require.NoError(t, err)
	var listed []string
	for _, row := range regexp.MustCompile("(?m)^\\| `([a-z_]+/?)(?:SYMBOL)?` \\|.*$").FindAllStringSubmatch(string(page), -1) {
		listed = append(listed, row[1])
		require.Len(t, strings.Split(row[0], " | "), 5, "alarm, verdict, what it means, what to look at, what lifts it: %s", row[0])
	}
	sources := texts(t)
	process, _, _ := strings.Cut(string(page), "## Conditions")
	for _, row := range regexp.MustCompile("(?m)^\\| `([^`/]+)` \\|").FindAllStringSubmatch(process, -1) {
		require.Contains(t, sources, row[1])
	}
	slices.Sort(listed)
	require.Equal(t, conditionKeys(t), listed)
}
