package checks_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

// twoRooms is a plan with a room that the house of paperHouse does not have.
var twoRooms = []checks.Room{
	{Path: "health", For: "verdicts"},
	{Path: "signal", For: "bars", May: []string{"health"}},
	{Path: "trading", For: "orders", May: []string{"signal"}},
	{Path: "examples/...", For: "programs", May: []string{"..."}},
}

const paperHead = "| package | may import, of ours | is for |\n|---|---|---|\n"

const paperTable = paperHead +
	"| `health` | nothing | verdicts |\n" +
	"| `signal` | health | bars |\n" +
	"| `examples/...` | anything | programs |\n"

func paperHouse(t *testing.T) *checks.House {
	t.Helper()
	return plant(t, map[string]string{
		"health/a.go":       "package health",
		"signal/a.go":       "package signal",
		"trading/a_test.go": "package trading_test",
		"examples/x/a.go":   "package x",
	})
}

func TestPaperShowsTheRoomsThatThereAre(t *testing.T) {
	t.Parallel()
	require.Equal(t, paperTable, paperHouse(t).Table(twoRooms))
	require.Equal(t, paperTable, paperHouse(t).Table(append(twoRooms, twoRooms[0])), "the first line for a room counts")
}

func TestPaperIsHeldAgainstThePlan(t *testing.T) {
	t.Parallel()
	const plan = "the plan in internal/checks/layers.go"
	for name, c := range map[string]struct {
		paper string
		want  []string
	}{
		"the same": {"# Rooms\n\n" + paperTable + "\nText.\n", nil},
		"no table": {"# Rooms\n", []string{
			"a.md: has no table that begins with: " + strings.TrimSpace(paperHead),
		}},
		"an arrow that the plan does not have": {
			"# Rooms\n\n" + strings.Replace(paperTable, "nothing", "signal", 1),
			[]string{
				"a.md:5: " + plan + " says otherwise: | `health` | signal | verdicts |",
				"a.md: lacks a line of " + plan + ": | `health` | nothing | verdicts |",
			},
		},
		"a room that the paper leaves out": {
			strings.Replace(paperTable, "| `signal` | health | bars |\n", "", 1),
			[]string{"a.md: lacks a line of " + plan + ": | `signal` | health | bars |"},
		},
		"a room that is gone": {
			paperTable + "| `trading` | signal | orders |\n",
			[]string{"a.md:6: " + plan + " says otherwise: | `trading` | signal | orders |"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			house := paperHouse(t)
			require.Equal(t, c.want, lines(house.Paper("a.md", c.paper, twoRooms)))
			if strings.Contains(c.paper, paperHead) {
				require.Empty(t, house.Paper("a.md", house.WithTable(c.paper, twoRooms), twoRooms))
			}
		})
	}
}

func TestPaperKeepsWhatStandsAroundItsTable(t *testing.T) {
	t.Parallel()
	paper := "# Rooms\n\n" + paperHead + "| `old` | nothing | nothing |\n\nText.\n"
	require.Equal(t, "# Rooms\n\n"+paperTable+"\nText.\n", paperHouse(t).WithTable(paper, twoRooms))
	require.Equal(t, "# Rooms\n", paperHouse(t).WithTable("# Rooms\n", twoRooms))
}
