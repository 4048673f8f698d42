package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// wired are the constructors of what a Trader wires by itself, by the last part of an import path. A replay is no Trader.
var wired = map[string][]string{
	"engine": {"New", "DryRun"}, "generator": {"New", "NewHousekeeper"}, "journal": {"New", "NewMemory", "Load"},
	"supervisor": {"New"}, "paper": {"New"}, "book": {"New", "Restore"}, "health": {"NewMonitor"},
	"backtest": {"New"},
}

// wires lists what a file constructs of that, such as engine.New, and its claims of a journal.
func wires(t *testing.T, name string, text any) (found []string) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), name, text, 0)
	require.NoError(t, err)
	imports := make(map[string]string) // import paths' last parts by the names they have here
	for _, i := range file.Imports {
		whole, err := strconv.Unquote(i.Path.Value)
		require.NoError(t, err)
		as := path.Base(whole)
		if i.Name != nil {
			as = i.Name.Name
		}
		imports[as] = path.Base(whole)
	}
	ast.Inspect(file, func(n ast.Node) bool {
		s, ok := n.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		pkg, _ := s.X.(*ast.Ident)
		switch {
		case s.Sel.Name == "Claim":
			found = append(found, "Claim")
		case pkg != nil && slices.Contains(wired[imports[pkg.Name]], s.Sel.Name):
			found = append(found, imports[pkg.Name]+"."+s.Sel.Name)
		}
		return true
	})
	return found
}

// The launcher is flags over a Trader: it wires nothing that the next program would have to wire again.
func TestLauncherIsFlagsOverATrader(t *testing.T) {
	t.Parallel()
	files, err := os.ReadDir(".")
	require.NoError(t, err)
	for _, file := range files {
		name := file.Name()
		if !strings.HasSuffix(name, ".go") || strings.HasSuffix(name, "_test.go") {
			continue
		}
		found := wires(t, name, nil)
		if name == "replay.go" {
			require.ElementsMatch(t, []string{"health.NewMonitor", "Claim", "backtest.New"}, found, "a replay is a backtest beside the API")
			continue
		}
		require.Empty(t, found, name)
	}
	require.Equal(t, []string{"engine.New", "Claim"}, wires(t, "x.go", `package x
import other "github.com/seed-5dee1c0a/vigil/trading/engine"
var _, _ = other.New, db.Claim`), "it can fail")
}
