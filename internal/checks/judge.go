package checks

import (
	"go/ast"
	"slices"
	"strings"
)

// Layers holds the imports of everything but test files against the plan.
func (h *House) Layers(rooms []Room) []Finding {
	var found []Finding
	homeless := make(map[string]bool)
	for _, f := range h.files {
		if f.test() {
			continue
		}
		room, ok := roomOf(rooms, f.dir())
		if !ok {
			if !homeless[f.dir()] {
				homeless[f.dir()] = true
				found = append(found, Finding{f.dir(), "no line in internal/checks/layers.go says what this package may import"})
			}
			continue
		}
		for _, spec := range f.ast.Imports {
			if why := h.judge(rooms, room, f, unquote(spec)); why != "" {
				what := f.dir() + " must not import " + h.short(unquote(spec)) + ": " + why
				found = append(found, Finding{h.at(spec.Pos()), what})
			}
		}
		if room.Pure {
			found = append(found, h.impurities(f)...)
		}
	}
	return found
}

// judge returns the reason why f, a file of room, must not import p; "" if it may.
func (h *House) judge(rooms []Room, room Room, f file, p string) string {
	if target, ours := h.folder(p); ours {
		return h.judgeOurs(rooms, room, f.dir(), target)
	}
	switch {
	case !room.HTTP && covers("net/http/...", p):
		return "only what serves or speaks HTTP does"
	case !room.Kit && covers("testing/...", p):
		return "it is no test kit"
	case p == "time/tzdata" && f.ast.Name.Name != "main":
		return "only a program decides whether it carries 450 kB of time zones"
	case slices.ContainsFunc(testLibraries, func(lib string) bool { return covers(lib+"/...", p) }):
		return "this library is for test files, outside of them a user's program carries it"
	case room.Pure && !slices.ContainsFunc(pureImports, func(pattern string) bool { return covers(pattern, p) }):
		return "the room is pure: it does not wait, do I/O or share anything between goroutines"
	}
	return ""
}

// judgeOurs is judge for a package of this house.
func (h *House) judgeOurs(rooms []Room, room Room, dir, target string) string {
	to, known := roomOf(rooms, target)
	shared := covers("internal/...", target)
	switch {
	case shared && h.moduleOf(dir) != ".":
		return "a nested module uses what any user's module can use, and no internal/ of the root"
	case shared && room.Pure && !mayImport(room, target):
		return "the room is pure: it takes nothing of internal/"
	case known && to.By != nil && !slices.Contains(to.By, dir):
		return "only " + strings.Join(to.By, " and ") + " may"
	}
	for _, b := range bans {
		if covers(b.from, dir) && covers(b.to, target) {
			return b.why
		}
	}
	switch {
	case !(shared && !covers("internal/...", dir)) && !mayImport(room, target):
		return room.reason()
	case known && to.Kit && !room.Kit:
		return "a test kit is for tests"
	case known && to.HTTP && !room.HTTP:
		return "it brings net/http along, and only what serves or speaks HTTP does"
	}
	return ""
}

func mayImport(room Room, target string) bool {
	return slices.ContainsFunc(room.May, func(pattern string) bool { return covers(pattern, target) })
}

// reason tells what the plan allows.
func (r Room) reason() string {
	allowed := "it may import " + r.may() + ", see the plan in internal/checks/layers.go"
	if r.Why == "" {
		return allowed
	}
	return r.Why + "; " + allowed
}

// may lists what the room may import, for a reader.
func (r Room) may() string {
	switch {
	case len(r.May) == 0:
		return "nothing"
	case slices.Equal(r.May, everything):
		return "anything"
	}
	return strings.Join(r.May, ", ")
}

// impurities finds what makes f, a file of a pure room, wait or run beside itself without an import that says so.
func (h *House) impurities(f file) []Finding {
	var found []Finding
	report := func(n ast.Node, what string) {
		found = append(found, Finding{h.at(n.Pos()), f.dir() + " is a pure room and " + what})
	}
	ast.Inspect(f.ast, func(n ast.Node) bool {
		switch n.(type) {
		case *ast.GoStmt:
			report(n, "starts no goroutine")
		case *ast.ChanType:
			report(n, "has no channel")
		case *ast.SelectStmt:
			report(n, "does not wait")
		}
		return true
	})
	f.uses("time", wallClock["time"], func(sel *ast.SelectorExpr) {
		report(sel, "gets the time as an argument, whatever a "+directive+" says")
	})
	return found
}

// moduleOf finds the folder of the module that a folder belongs to.
func (h *House) moduleOf(dir string) string {
	owner := "."
	for _, module := range h.modules {
		if covers(module+"/...", dir) && len(module) > len(owner) {
			owner = module
		}
	}
	return owner
}

// folder turns an import path into a folder of this house.
func (h *House) folder(importPath string) (string, bool) {
	if importPath == h.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, h.module+"/")
}

// short is an import path as the plan writes it.
func (h *House) short(importPath string) string {
	if target, ours := h.folder(importPath); ours {
		return target
	}
	return importPath
}

// roomOf finds the line for a folder; an exact one comes before a pattern.
func roomOf(rooms []Room, dir string) (Room, bool) {
	for _, exact := range []bool{true, false} {
		i := slices.IndexFunc(rooms, func(r Room) bool {
			if exact {
				return r.Path == dir
			}
			return covers(r.Path, dir)
		})
		if i >= 0 {
			return rooms[i], true
		}
	}
	return Room{}, false
}

// covers reports whether a pattern ("a/b", "a/..." or "...") means p.
func covers(pattern, p string) bool {
	if pattern == "..." {
		return true
	}
	base, tree := strings.CutSuffix(pattern, "/...")
	if !tree {
		return pattern == p
	}
	return p == base || strings.HasPrefix(p, base+"/")
}
