package checks

import (
	"go/ast"
	"strings"
)

// Unused finds what a module exports and nobody uses: no file of another folder names it, tests included, and no
// Example of its own package. What a used name mentions is used, such as the type of a field, and so is each value of a
// used type that counts or lists: whoever gets one has to be able to name it.
func (h *House) Unused(module string) []Finding {
	exports := h.Exports(module)
	used := h.named()
	for grows := true; grows; {
		grows = false
		for _, e := range exports {
			if !used[e.ID()] && e.Of != "" && used[e.Dir+"."+e.Of] {
				used[e.ID()], grows = true, true
			}
			if !used[e.ID()] {
				continue
			}
			for _, need := range e.Needs {
				grows = grows || !used[need]
				used[need] = true
			}
		}
	}
	var found []Finding
	for _, e := range exports {
		if !used[e.ID()] {
			found = append(found, Finding{e.Dir, e.Name + " is exported, and neither an Example nor another package uses it"})
		}
	}
	return found
}

// named is what files of the house name of other folders, and Examples of their own, as "dir.Name".
func (h *House) named() map[string]bool {
	used := make(map[string]bool)
	for _, f := range h.files {
		for _, decl := range f.ast.Decls {
			example := f.test() && isExample(decl)
			ast.Inspect(decl, func(n ast.Node) bool {
				sel, ok := n.(*ast.SelectorExpr)
				if !ok {
					return true
				}
				x, ok := sel.X.(*ast.Ident)
				if !ok || x.Obj != nil {
					return true
				}
				if dir, ours := h.imported(f, x.Name); ours && (dir != f.dir() || example) {
					used[dir+"."+sel.Sel.Name] = true
				}
				return true
			})
		}
	}
	return used
}

func isExample(decl ast.Decl) bool {
	fn, ok := decl.(*ast.FuncDecl)
	return ok && fn.Recv == nil && strings.HasPrefix(fn.Name.Name, "Example")
}

// Names counts the exported top-level names of a module's packages, those of test kits left out.
func (h *House) Names(module string, rooms []Room) int {
	n := 0
	for _, e := range h.Exports(module) {
		if room, known := roomOf(rooms, e.Dir); !known || !room.Kit {
			n++
		}
	}
	return n
}
