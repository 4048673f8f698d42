package measure

import (
	"fmt"
	"io"
	"maps"
	"slices"
	"text/tabwriter"
)

// Column is one tree with what was measured in it.
type Column struct {
	Name string
	Figures
	Words map[string]bool
	Own   []string // those of its words that no other column has, sorted
}

// NewColumn measures a tree.
func NewColumn(name string, t *Tree) Column {
	return Column{Name: name, Figures: t.Figures(), Words: t.Words()}
}

// CompareWords finds the words of each column that are in no other one and not among the common ones.
func CompareWords(columns []Column, common map[string]bool) {
	for i := range columns {
		own := maps.Clone(columns[i].Words)
		maps.DeleteFunc(own, func(word string, _ bool) bool {
			return common[word] || slices.ContainsFunc(columns, func(other Column) bool {
				return other.Name != columns[i].Name && other.Words[word]
			})
		})
		columns[i].Own = slices.Sorted(maps.Keys(own))
	}
}

// What packages and types are compared by.
func exported(p Package) int     { return p.Exported }
func undocumented(p Package) int { return p.Undocumented }
func wide(p Package) int         { return p.Wide }
func files(p Package) int        { return p.Files }
func methods(t Type) int         { return t.Methods }
func fields(t Type) int          { return t.Fields }
func spanned(t Type) int         { return t.Files }

// rows are the lines of the table.
var rows = []struct {
	name string
	show func(Column) string
}{
	{"code, lines", func(c Column) string { return fmt.Sprint(c.Source.Code) }},
	{"functions, lines p50/p90/max", func(c Column) string { return c.Functions.Lines.String() }},
	{"files, lines p50/p90/max", func(c Column) string { return c.Files.String() }},
	{"cognitive complexity max; above 15", func(c Column) string {
		return fmt.Sprintf("%d; %d", c.Functions.Cognitive, len(c.Functions.Hard))
	}},
	{"comments, share of lines", func(c Column) string { return Percent(c.Source.Comment, c.Source.Text) }},
	{"comments, share of bytes", func(c Column) string { return Percent(c.Source.CommentBytes, c.Source.Bytes) }},
	{"test:code", func(c Column) string { return ratio(c.Test.Code, c.Source.Code) }},
	{"tests/examples/benchmarks/fuzz", func(c Column) string {
		return fmt.Sprintf("%d/%d/%d/%d", c.Tests.Tests, c.Tests.Examples, c.Tests.Benchmarks, c.Tests.Fuzz)
	}},
	{"go statements; panics", func(c Column) string { return fmt.Sprintf("%d; %d", c.Functions.Go, c.Functions.Panic) }},
	{"exported names, largest package", func(c Column) string { return fmt.Sprint(c.Largest(exported).Exported) }},
	{"exported without doc", func(c Column) string { return fmt.Sprint(c.Total(undocumented)) }},
	{"longest parameter list", func(c Column) string { return fmt.Sprint(c.Functions.Parameters) }},
	{"interfaces above 4 methods", func(c Column) string { return fmt.Sprint(c.Total(wide)) }},
	{"files, largest package", func(c Column) string { return fmt.Sprint(c.Largest(files).Files) }},
	{"most methods on a type (files)", func(c Column) string { return c.most(0) }},
	{"the second", func(c Column) string { return c.most(1) }},
	{"largest struct, fields (bools)", func(c Column) string {
		return nth(c.Types(fields), 0, func(t Owned) string { return fmt.Sprintf("%d (%d)", t.Fields, t.Bools) })
	}},
	{"name words that no other has", func(c Column) string { return Percent(len(c.Own), len(c.Words)) }},
}

func (c Column) most(rank int) string {
	return nth(c.Types(methods), rank, func(t Owned) string { return fmt.Sprintf("%d (%d)", t.Methods, t.Files) })
}

func nth(types []Owned, n int, show func(Owned) string) string {
	if n >= len(types) {
		return "-"
	}
	return show(types[n])
}

// Percent is a share, rounded.
func Percent(part, whole int) string { return fmt.Sprintf("%d %%", (100*part+whole/2)/max(1, whole)) }

func ratio(part, whole int) string { return fmt.Sprintf("%.2f", float64(part)/float64(max(1, whole))) }

// Beside prints all columns side by side.
func Beside(out io.Writer, columns []Column) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	for _, c := range columns {
		fmt.Fprintf(w, "\t%s", c.Name)
	}
	fmt.Fprintln(w)
	for _, row := range rows {
		fmt.Fprint(w, row.name)
		for _, c := range columns {
			fmt.Fprintf(w, "\t%s", row.show(c))
		}
		fmt.Fprintln(w)
	}
	return w.Flush()
}

// ByPackage prints one line for each package.
func ByPackage(out io.Writer, packages []Package) error {
	w := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "package\tfiles\tcode\texported\tmost methods (files)\tlargest struct (bools)")
	for _, p := range packages {
		of := Figures{Packages: []Package{p}}
		busiest := nth(of.Types(methods), 0, func(t Owned) string {
			return fmt.Sprintf("%s %d (%d)", t.Name, t.Methods, t.Files)
		})
		largest := nth(of.Types(fields), 0, func(t Owned) string {
			return fmt.Sprintf("%s %d (%d)", t.Name, t.Fields, t.Bools)
		})
		fmt.Fprintf(w, "%s\t%d\t%d\t%d\t%s\t%s\n", p.Dir, p.Files, p.Code, p.Exported, busiest, largest)
	}
	return w.Flush()
}

// Above these a reader should ask whether the thing is one thing.
const (
	manyTypeFiles    = 5
	manyPackageFiles = 25
	manyExported     = 60
)

// ByName prints what is larger than a reader likes.
func ByName(out io.Writer, f Figures) {
	fmt.Fprintf(out, "types over more than %d files:\n", manyTypeFiles)
	for _, t := range f.Types(spanned) {
		if t.Files > manyTypeFiles {
			fmt.Fprintf(out, "  %s.%s: %d methods in %d files\n", t.Dir, t.Name, t.Methods, t.Files)
		}
	}
	fmt.Fprintf(out, "packages of more than %d files or %d exported names:\n", manyPackageFiles, manyExported)
	for _, p := range f.Packages {
		if p.Files > manyPackageFiles || p.Exported > manyExported {
			fmt.Fprintf(out, "  %s: %d files, %d exported names\n", p.Dir, p.Files, p.Exported)
		}
	}
	fmt.Fprintf(out, "functions of a cognitive complexity above %d:\n", hardAbove)
	for _, name := range f.Functions.Hard {
		fmt.Fprintln(out, " ", name)
	}
}
