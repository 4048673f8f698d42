package checks

import (
	"slices"
	"strings"
)

// Room is one package and what it may import. Paths are folders, seen from the root; "signal/..." means signal and all
// below it.
type Room struct {
	Path string
	May  []string // packages of this house that it may import, besides internal/...
	HTTP bool     // it may import net/http, which triples the size of a binary
	Kit  bool     // for tests or for trying out: it may import testing and kits, and only its like may import it
}

// everything is what examples and benchmarks may import.
var everything = []string{"..."}

// Rooms is the plan of the house. A package without a line here is a finding, so that its place is decided rather than
// happens. `signal` and `trading` stay clear of `supervisor`: a service fits into a tree because it has Serve.
var Rooms = []Room{
	{Path: "."},
	{Path: "internal/..."},
	{Path: "internal/golden", Kit: true},
	{Path: "internal/pgserver", Kit: true},

	{Path: "health"},
	{Path: "health/healthhttp", May: []string{"health"}, HTTP: true},

	{Path: "supervisor", May: []string{"health"}},
	{Path: "supervisor/supervisortest", May: []string{"supervisor", "health"}, Kit: true},

	{Path: "signal", May: []string{"health", "signal/..."}},
	{Path: "signal/indicator", May: []string{"health", "signal/..."}},
	{Path: "signal/strategy", May: []string{"health", "signal/..."}},
	{Path: "signal/feed", May: []string{"health", "signal/..."}},
	{Path: "signal/signaltest", May: []string{"health", "signal/..."}, Kit: true},

	{Path: "trading", May: []string{"health", "signal/...", "trading/..."}},
	{Path: "trading/paper", May: []string{"health", "signal/...", "trading/..."}},
	{Path: "trading/replay", May: []string{"health", "signal/...", "trading/..."}},
	{Path: "trading/session", May: []string{"health", "signal/...", "trading/..."}},
	{Path: "trading/sqlstore", May: []string{"health", "signal/...", "trading/..."}},
	{Path: "trading/tradingtest", May: []string{"health", "signal/...", "trading/..."}, Kit: true},

	{Path: "console", May: []string{"health/...", "supervisor/...", "signal/...", "trading/..."}, HTTP: true},

	{Path: "examples/...", May: everything, HTTP: true, Kit: true},
	{Path: "benchmarks/...", May: everything, HTTP: true, Kit: true},
}

// testLibraries are for test files alone: what a kit imports, its user's program has to carry in its go.mod.
var testLibraries = []string{"github.com/stretchr/testify", "go.uber.org/goleak", "pgregory.net/rapid"}

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
			if what := h.judge(rooms, room, f.dir(), unquote(spec)); what != "" {
				found = append(found, Finding{h.at(spec.Pos()), what})
			}
		}
	}
	return found
}

// judge says what is wrong with the package in dir, which lives in room, importing p; "" for nothing.
func (h *House) judge(rooms []Room, room Room, dir, p string) string {
	if target, ours := h.folder(p); ours {
		return judgeOurs(rooms, room, dir, target)
	}
	switch {
	case !room.HTTP && covers("net/http/...", p):
		return dir + " must not import " + p + ": only what serves or speaks HTTP does"
	case !room.Kit && covers("testing/...", p):
		return dir + " must not import " + p + ": it is no test kit"
	case slices.ContainsFunc(testLibraries, func(lib string) bool { return covers(lib+"/...", p) }):
		return dir + " must not import " + p + " outside of its test files"
	}
	return ""
}

func judgeOurs(rooms []Room, room Room, dir, target string) string {
	if covers("internal/...", target) && !covers("internal/...", dir) {
		return ""
	}
	if !slices.ContainsFunc(room.May, func(pattern string) bool { return covers(pattern, target) }) {
		return dir + " must not import " + target + ": see the plan in internal/checks/layers.go"
	}
	to, ok := roomOf(rooms, target)
	if ok && to.Kit && !room.Kit {
		return dir + " must not import " + target + ": a test kit is for tests"
	}
	return ""
}

// folder turns an import path into a folder of this house.
func (h *House) folder(importPath string) (string, bool) {
	if importPath == h.module {
		return ".", true
	}
	return strings.CutPrefix(importPath, h.module+"/")
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

// covers tells whether a pattern ("a/b", "a/..." or "...") means p.
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
