package measure

import (
	"bytes"
	"cmp"
	"slices"
)

// Figures is everything that is counted in a tree but the words.
type Figures struct {
	Source, Test Lines
	Files        Spread // their lines, all of them
	Functions    Functions
	Tests        Tests
	Packages     []Package
}

// Figures counts.
func (t *Tree) Figures() Figures {
	var lengths []int
	t.each(false, func(s source) { lengths = append(lengths, bytes.Count(s.text, []byte("\n"))) })
	return Figures{
		Source:    t.countLines(false),
		Test:      t.countLines(true),
		Files:     spread(lengths),
		Functions: t.functions(),
		Tests:     t.tests(),
		Packages:  t.packages(),
	}
}

// Total adds something up over all packages.
func (f Figures) Total(what func(Package) int) int {
	sum := 0
	for _, p := range f.Packages {
		sum += what(p)
	}
	return sum
}

// Largest is the package that has the most of something, the zero Package where all files are tests.
func (f Figures) Largest(what func(Package) int) Package {
	if len(f.Packages) == 0 {
		return Package{}
	}
	return slices.MaxFunc(f.Packages, func(a, b Package) int { return cmp.Compare(what(a), what(b)) })
}

// Owned is a type with its package.
type Owned struct {
	Dir string
	Type
}

// Types lists all types, the one that has the most of something first.
func (f Figures) Types(what func(Type) int) []Owned {
	var all []Owned
	for _, p := range f.Packages {
		for _, t := range p.Types {
			all = append(all, Owned{p.Dir, t})
		}
	}
	slices.SortStableFunc(all, func(a, b Owned) int { return cmp.Compare(what(b.Type), what(a.Type)) })
	return all
}
