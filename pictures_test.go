package vigil_test

import (
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// arrow is a line of a state diagram: from one state to another, by an event.
type arrow struct{ from, to, event string }

var (
	arrowLine = regexp.MustCompile(`(?m)^ +(\S+) --> (\S+): ([^(\n]+)`)
	mermaid   = regexp.MustCompile("(?s)```mermaid\n(.*?)```")
)

// arrows reads the state diagram of docs/architecture.md that begins with the state first. A line with several events
// is several arrows; the start and the end of a life are none.
func arrows(t *testing.T, first string) (found []arrow) {
	t.Helper()
	paper, err := os.ReadFile("docs/architecture.md")
	require.NoError(t, err)
	for _, block := range mermaid.FindAllStringSubmatch(string(paper), -1) {
		if !strings.Contains(block[1], "[*] --> "+first+":") {
			continue
		}
		for _, line := range arrowLine.FindAllStringSubmatch(block[1], -1) {
			for event := range strings.SplitSeq(strings.TrimSpace(line[3]), ", ") {
				if line[1] != "[*]" {
					found = append(found, arrow{line[1], line[2], event})
				}
			}
		}
	}
	require.NotEmpty(t, found)
	return found
}

// sourceTable returns the cells of the table between two texts in a source file.
func sourceTable(t *testing.T, path, from, to, prefix string) (rows [][]string) {
	t.Helper()
	source, err := os.ReadFile(path)
	require.NoError(t, err)
	_, text, ok := strings.Cut(string(source), from)
	require.True(t, ok, "%s has %q", path, from)
	text, _, ok = strings.Cut(text, to)
	require.True(t, ok, "%s has %q", path, to)
	for line := range strings.Lines(text) {
		row, ok := strings.CutPrefix(line, prefix)
		if !ok || !strings.Contains(row, "|") {
			continue
		}
		cells := strings.Split(row, "|")
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		rows = append(rows, cells)
	}
	require.NotEmpty(t, rows)
	return rows
}

// The picture of an order's life has the arrows of the table that every event is applied by, and no others. Fills are
// left to the text: they lead from everywhere to open or filled.
func TestPictureOfAnOrderIsTheTableOfItsStates(t *testing.T) {
	t.Parallel()
	rows := sourceTable(t, "trading/book/states_test.go", "const table = `", "`\n", "")
	events := strings.Fields(rows[0][1])
	var can, must []arrow
	for _, row := range rows[1:] {
		from, _, _ := strings.Cut(row[0], " ")
		from = strings.TrimSuffix(strings.Replace(from, "partly", "open", 1), ",") // partly filled
		for i, to := range strings.Fields(row[1]) {
			a := arrow{from, to, events[i]}
			can = append(can, a)
			if to != "no" && to != from && !strings.HasSuffix(a.event, "filled") {
				must = append(must, a)
			}
		}
	}
	drawn := arrows(t, "intended")
	for _, a := range drawn {
		assert.Contains(t, can, a, "an arrow that the table does not have")
	}
	for _, a := range must {
		assert.Contains(t, drawn, a, "an arrow that the picture lacks")
	}
}

// The arrows in the picture of a child's life are in the table that the supervisor is held against. The table has many
// more, and the picture shows those that a child takes most.
func TestPictureOfAChildIsInTheTableOfItsLife(t *testing.T) {
	t.Parallel()
	rows := sourceTable(t, "supervisor/lifecycle.go", "//\n", "type lifecycle struct", "//\t")
	column := make(map[string]int) // by phase
	var inputs [][]string
	for _, row := range rows {
		if row[0] != "" {
			inputs = append(inputs, row)
			continue
		}
		for i, cell := range row {
			for phase := range strings.SplitSeq(cell, ",") {
				column[strings.TrimSpace(phase)] = i
			}
		}
	}
	for _, a := range arrows(t, "idle") {
		i := slices.IndexFunc(inputs, func(row []string) bool {
			name, _, _ := strings.Cut(row[0], " (")
			return name == a.event
		})
		require.GreaterOrEqual(t, i, 0, "%v: no such input", a)
		require.Positive(t, column[a.from], "%v: no such phase", a)
		want := inputs[i][column[a.from]]
		if a.event == "down" && a.to == "paused" {
			want = "paused" // where a pause is what was asked for: note 6 of the table
		}
		assert.Equal(t, want, a.to, "%v", a)
	}
}
