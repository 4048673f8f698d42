package checks_test

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
)

// heavy are the standard packages that a program would rather know about.
var heavy = []string{"net/http", "database/sql"}

// Whoever imports one package links what stands behind its name, and nothing else from outside. `make api` writes it.
func TestDepsOfEachPackageAreThoseOfItsLine(t *testing.T) {
	t.Parallel()
	golden.Check(t, deps(t, "../.."), "../../api/deps.txt")
}

// deps has a line for each package of the root module.
func deps(t *testing.T, dir string) string {
	t.Helper()
	list := exec.Command("go", "list", "-f", `{{.ImportPath}} {{join .Deps " "}}`, "./...")
	list.Dir = dir
	list.Env = append(list.Environ(), "GOWORK=off")
	out, err := list.Output()
	require.NoError(t, err)
	house, _, _ := strings.Cut(string(out), " ")
	standard := exec.Command("go", "list", "std")
	std, err := standard.Output()
	require.NoError(t, err)
	known := strings.Fields(string(std))

	var b strings.Builder
	for line := range strings.Lines(string(out)) {
		pkg, deps, _ := strings.Cut(strings.TrimSpace(line), " ")
		if strings.Contains(pkg, "/internal/") {
			continue
		}
		b.WriteString(pkg + ":")
		for _, dep := range strings.Fields(deps) {
			ours := dep == house || strings.HasPrefix(dep, house+"/")
			vendored := strings.HasPrefix(dep, "vendor/") // the standard library's own
			if slices.Contains(heavy, dep) || !ours && !vendored && !slices.Contains(known, dep) {
				b.WriteString(" " + dep)
			}
		}
		b.WriteString("\n")
	}
	return b.String()
}
