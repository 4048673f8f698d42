package generator_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// lifeTable reads the table in the comment of life.go: for each input, the place that each of the places becomes.
func lifeTable(t *testing.T) map[string][]string {
	source, err := os.ReadFile("life.go")
	require.NoError(t, err)
	table := map[string][]string{}
	for line := range strings.Lines(string(source)) {
		cells := strings.Split(strings.TrimPrefix(line, "//"), "|")
		if len(cells) != 1+len(generator.Places) {
			continue
		}
		name, _, _ := strings.Cut(cells[0], "(")
		for _, cell := range cells[1:] {
			table[strings.TrimSpace(name)] = append(table[strings.TrimSpace(name)], strings.TrimSpace(cell))
		}
	}
	require.Len(t, table, 1+len(generator.Inputs), "a heading, and a line for each input")
	return table
}

// TestRunnersLifeIsItsTable applies every input in every life.
func TestRunnersLifeIsItsTable(t *testing.T) {
	t.Parallel()
	table, unknown := lifeTable(t), 0
	for _, was := range generator.Lives() {
		for i, in := range generator.Inputs {
			is, possible := was.Next(i)
			want := table[in][was.Place]
			switch {
			case want == "X",
				in == "new" && was.History != unknown, in == "known" && was.History != unknown,
				in == "marked" && was.History == unknown, in == "tried" && was.Tried:
				require.False(t, possible, "%s of %+v", in, was)
				require.Equal(t, was, is, "%s of %+v", in, was)
				continue
			}
			require.True(t, possible, "%s of %+v", in, was)
			require.Equal(t, want, generator.Places[is.Place], "%s of %+v", in, was)
			keepsItsMarks(t, in, was, is)
		}
	}
}

// keepsItsMarks holds which inputs give and take what a life bears beside its place.
func keepsItsMarks(t *testing.T, in string, was, is generator.Life) {
	want := was
	want.Place = is.Place
	switch in {
	case "claimed":
		want.Tried, want.NoSave = false, false
	case "ready":
		want.IgnoreState = false
	case "new":
		want.History = 1
	case "known", "marked":
		want.History = 2
	case "failed", "last failed":
		want.Tried, want.IgnoreState = true, true
	case "make failed", "tried":
		want.Tried = true
	case "save failed":
		want.NoSave = true
	case "valid":
		want.Wrong = false
	case "wrong":
		want.Wrong = true
	case "ignored":
		want.IgnoreState = true
	}
	require.Equal(t, want, is, "%s of %+v", in, was)
}
