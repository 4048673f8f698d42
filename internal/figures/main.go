// Command figures shows the size and the shape of this house beside code that is held up as an example. It is a mirror
// and no gate: what it prints is for a person who asks where to look next, and no number makes it fail.
//
//	go run ./internal/figures          the table, the packages, what is large
//	go run ./internal/figures -words   the words in our names that occur in no model, beside docs/words.md
//
// The first run downloads the models into the module cache. One that is not to be had is left out, and the last lines
// say so.
package main

import (
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

func main() {
	words := flag.Bool("words", false, "only the words in our names that occur in no model")
	dir := flag.String("C", ".", "the `folder` of the house")
	flag.Parse()
	if err := run(os.Stdout, *dir, *words); err != nil {
		fmt.Fprintln(os.Stderr, "figures:", err)
		os.Exit(1)
	}
}

func run(out io.Writer, dir string, onlyWords bool) error {
	files := os.DirFS(dir)
	house, err := measure.Read(files, measure.Scope{Skip: outside})
	if err != nil {
		return err
	}
	columns := []measure.Column{measure.NewColumn("vigil", house)}
	var missing []string
	for _, m := range models {
		tree, err := m.read()
		if err != nil {
			missing = append(missing, m.name+" is left out: "+err.Error())
			continue
		}
		columns = append(columns, measure.NewColumn(m.name, tree))
	}
	standard, err := standardWords()
	if err != nil {
		missing = append(missing, "the words of the standard library are left out: "+err.Error())
	}
	measure.CompareWords(columns, standard)
	if onlyWords {
		err = showWords(out, files, columns[0])
	} else {
		err = show(out, columns)
	}
	if err != nil {
		return err
	}
	for _, line := range missing {
		fmt.Fprintln(out, line)
	}
	return nil
}

func show(out io.Writer, columns []measure.Column) error {
	ours := columns[0]
	if err := measure.Beside(out, columns); err != nil {
		return err
	}
	fmt.Fprintln(out, "\nWithout test kits, examples, benchmarks and internal:")
	if err := measure.ByPackage(out, ours.Packages); err != nil {
		return err
	}
	fmt.Fprintln(out)
	measure.ByName(out, ours.Figures)
	return nil
}

// outside is what does not ship, and so is not compared.
func outside(p string) bool {
	first, _, _ := strings.Cut(p, "/")
	kit := strings.HasSuffix(p, "test") && strings.Contains(p, "/")
	return kit || first == "examples" || first == "benchmarks" || first == "internal"
}
