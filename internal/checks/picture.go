package checks

import (
	"fmt"
	"slices"
	"strings"
)

// The picture of the rooms in a paper stands in a fence of its own.
const (
	pictureHead  = "```rooms\n"
	pictureFoot  = "```\n"
	pictureWidth = 100
)

// Picture shows the rooms that the house has in numbered rows: what a room imports stands in rows below its own. Rooms
// of internal/, which all may import, are left out.
func (h *House) Picture(rooms []Room) string {
	p := plan{depths: make(map[string]int)}
	for _, room := range rooms {
		listed := slices.ContainsFunc(p.rooms, func(r Room) bool { return r.Path == room.Path })
		if !listed && !covers("internal/...", room.base()) && h.has(rooms, room) {
			p.rooms = append(p.rooms, room)
		}
	}
	rows := [][]string{nil}
	for _, room := range p.rooms {
		row := p.depth(room)
		rows = append(rows, make([][]string, max(0, row+1-len(rows)))...)
		rows[row] = append(rows[row], room.base())
	}
	var b strings.Builder
	for i, row := range slices.Backward(rows) {
		b.WriteString(pictureRow(fmt.Sprintf("%d", i), row))
	}
	return b.String()
}

// base is the room's path without what covers the folders below it.
func (r Room) base() string { return strings.TrimSuffix(r.Path, "/...") }

// plan is the rooms of a picture, and the rows of those that have one.
type plan struct {
	rooms  []Room
	depths map[string]int
}

// depth is the row of a room: one above the highest of those that it may import. A room that may import all of them is
// imported by none, and is not looked at from another one.
func (p plan) depth(room Room) int {
	if row, known := p.depths[room.Path]; known {
		return row
	}
	row := 0
	p.depths[room.Path] = row // a cycle, which no plan has, ends here
	for _, other := range p.rooms {
		all := slices.Equal(other.May, everything)
		if other.Path != room.Path && !all && mayImport(room, other.base()) {
			row = max(row, 1+p.depth(other))
		}
	}
	p.depths[room.Path] = row
	return row
}

// pictureRow is one row, in lines of bearable length.
func pictureRow(number string, names []string) string {
	line, text := number, ""
	for _, name := range names {
		if len(line)+2+len(name) > pictureWidth {
			text += line + "\n"
			line = strings.Repeat(" ", len(number))
		}
		line += "  " + name
	}
	return text + line + "\n"
}

// cutPicture cuts a paper before and after its picture of the rooms.
func cutPicture(paper string) (before, picture, after string, ok bool) {
	before, rest, found := strings.Cut(paper, pictureHead)
	picture, after, closed := strings.Cut(rest, pictureFoot)
	return before + pictureHead, picture, pictureFoot + after, found && closed
}

// Drawing holds the picture of the rooms in a paper against the plan.
func (h *House) Drawing(name, paper string, rooms []Room) []Finding {
	_, picture, _, ok := cutPicture(paper)
	switch {
	case !ok:
		return []Finding{{name, "has no picture that begins with: " + strings.TrimSpace(pictureHead)}}
	case picture != h.Picture(rooms):
		return []Finding{{name, "the plan in internal/checks/layers.go has another picture:\n" + h.Picture(rooms)}}
	}
	return nil
}

// WithPicture returns the paper with the plan's picture in place of its own.
func (h *House) WithPicture(paper string, rooms []Room) string {
	before, _, after, ok := cutPicture(paper)
	if !ok {
		return paper
	}
	return before + h.Picture(rooms) + after
}
