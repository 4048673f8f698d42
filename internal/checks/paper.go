package checks

import (
	"slices"
	"strconv"
	"strings"
)

// tableHead is how the table of rooms in docs/architecture.md begins.
const tableHead = "| package | may import, of ours | is for |\n|---|---|---|\n"

// Table is the plan as docs/architecture.md shows it: the rooms that the house has, in the plan's order.
func (h *House) Table(rooms []Room) string {
	var b strings.Builder
	b.WriteString(tableHead)
	seen := make(map[string]bool)
	for _, room := range rooms {
		if seen[room.Path] || !h.has(rooms, room) {
			continue
		}
		seen[room.Path] = true
		b.WriteString("| `" + room.Path + "` | " + room.may() + " | " + room.For + " |\n")
	}
	return b.String()
}

// has reports whether a package of the house lives in the room.
func (h *House) has(rooms []Room, room Room) bool {
	return slices.ContainsFunc(h.files, func(f file) bool {
		if f.test() {
			return false
		}
		home, ok := roomOf(rooms, f.dir())
		return ok && home.Path == room.Path
	})
}

// cutTable cuts a paper before and after its table of rooms.
func cutTable(paper string) (before, table, after string, ok bool) {
	start := strings.Index(paper, tableHead)
	if start < 0 {
		return paper, "", "", false
	}
	end := start
	for line := range strings.Lines(paper[start:]) {
		if !strings.HasPrefix(line, "|") {
			break
		}
		end += len(line)
	}
	return paper[:start], paper[start:end], paper[end:], true
}

// Paper holds the table of rooms in a paper against the plan. As Layers holds every import against the same plan, the
// table then has every import too.
func (h *House) Paper(name, paper string, rooms []Room) []Finding {
	before, table, _, ok := cutTable(paper)
	if !ok {
		return []Finding{{name, "has no table that begins with: " + strings.TrimSpace(tableHead)}}
	}
	planned := slices.Collect(strings.Lines(h.Table(rooms)))
	written := slices.Collect(strings.Lines(table))
	first := strings.Count(before, "\n") + 1
	const plan = "the plan in internal/checks/layers.go"
	var found []Finding
	for i, line := range written {
		if !slices.Contains(planned, line) {
			where := name + ":" + strconv.Itoa(first+i)
			found = append(found, Finding{where, plan + " says otherwise: " + strings.TrimSpace(line)})
		}
	}
	for _, line := range planned {
		if !slices.Contains(written, line) {
			found = append(found, Finding{name, "lacks a line of " + plan + ": " + strings.TrimSpace(line)})
		}
	}
	return found
}

// WithTable returns the paper with the plan's table in place of its own.
func (h *House) WithTable(paper string, rooms []Room) string {
	before, _, after, ok := cutTable(paper)
	if !ok {
		return paper
	}
	return before + h.Table(rooms) + after
}
