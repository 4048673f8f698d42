package measure_test

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

func TestWordsAreThoseOfDeclaredNames(t *testing.T) {
	t.Parallel()
	tree := read(t, map[string]string{
		"a.go": `package ignored
import renamed "fmt"
type HTTPServer2Pool struct { maxOpen int }
type Doer interface { DoWork(timesOver int) (lastErr error) }
const fooBar, _ = 1, 2
func (recv T) Run_fast() {
	localName, ok := used.Foreign, 1
	assigned = 2
	for key, val := range each { }
}
`,
		"a_test.go": "package ignored\nfunc TestOnly() {}\n",
	}, measure.Scope{})
	require.Equal(t, []string{
		"bar", "doer", "err", "fast", "foo", "http", "key", "last", "local", "max", "name", "open", "over", "pool", "recv",
		"run", "server", "times", "val", "work",
	}, slices.Sorted(maps.Keys(tree.Words())))
}

func TestWordsOfOneColumnAlone(t *testing.T) {
	t.Parallel()
	column := func(name, text string) measure.Column {
		return measure.NewColumn(name, read(t, map[string]string{"a.go": "package a\nvar " + text + " int\n"}, measure.Scope{}))
	}
	columns := []measure.Column{column("ours", "zombieParksTask, commonThing"), column("theirs", "taskQueue, thing")}
	measure.CompareWords(columns, map[string]bool{"common": true})
	require.Equal(t, []string{"parks", "zombie"}, columns[0].Own)
	require.Equal(t, []string{"queue"}, columns[1].Own)
	var out strings.Builder
	require.NoError(t, measure.Beside(&out, columns))
	require.Contains(t, out.String(), "name words that no other has        40 %     33 %\n")
}

func TestTableOfTheShop(t *testing.T) {
	t.Parallel()
	var out strings.Builder
	column := measure.NewColumn("shop", read(t, shop, measure.Scope{}))
	require.NoError(t, measure.Beside(&out, []measure.Column{column}))
	var lines []string
	for line := range strings.Lines(out.String()) {
		lines = append(lines, strings.Join(strings.Fields(line), " "))
	}
	require.Equal(t, []string{
		"shop",
		"code, lines 44",
		"functions, lines p50/p90/max 1/6/6",
		"files, lines p50/p90/max 32/33/33",
		"cognitive complexity max; above 15 0; 0",
		"comments, share of lines 22 %",
		"comments, share of bytes 24 %",
		"test:code 0.20",
		"tests/examples/benchmarks/fuzz 1/2/1/1",
		"go statements; panics 1; 1",
		"exported names, largest package 6",
		"exported without doc 3",
		"longest parameter list 4",
		"interfaces above 4 methods 1",
		"files, largest package 2",
		"most methods on a type (files) 3 (2)",
		"the second 2 (1)",
		"largest struct, fields (bools) 4 (2)",
		"name words that no other has 0 %",
	}, lines)
	out.Reset()
	require.NoError(t, measure.ByPackage(&out, column.Packages))
	require.Equal(t, `package  files  code  exported  most methods (files)  largest struct (bools)
bank     1      3     1         Bank 1 (1)            Bank 0 (0)
shop     2      41    6         Till 3 (2)            Till 4 (2)
`, out.String())
}

func TestTableNamesWhatIsLarge(t *testing.T) {
	t.Parallel()
	files := map[string]string{"few/a.go": "package few\nfunc (x T) A() {}\n"}
	for i := range 26 {
		name := strings.Repeat("x", i+1)
		files["many/"+name+".go"] = "package many\nvar A" + name + " int\n"
		files["wide/a.go"] += "package wide\nvar A, B, C, D, E, F, G, H, I, J, K, L, M, N, O, P, Q, R, S, T int\n"[min(i, 1)*13:]
	}
	for i := range 6 {
		name := strings.Repeat("x", i+1)
		files["spread/"+name+".go"] = "package spread\nfunc (x T) " + name + "() {}\n"
		if i < 5 {
			files["near/"+name+".go"] = "package near\nfunc (x T) " + name + "() {}\n"
		}
	}
	var out strings.Builder
	measure.ByName(&out, read(t, files, measure.Scope{}).Figures())
	require.Equal(t, `types over more than 5 files:
  spread.T: 6 methods in 6 files
packages of more than 25 files or 60 exported names:
  many: 26 files, 26 exported names
  wide: 1 files, 520 exported names
functions of a cognitive complexity above 15:
`, out.String())
}
