package supervisor_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// columns are the phases of each column of the table in lifecycle.go.
var columns = [][]string{
	{"idle"}, {"delayed", "parked"}, {"blocked"}, {"starting"}, {"running"}, {"stalling", "stopping"}, {"stopped", "paused"},
	{"done", "crashed", "canceled"},
}

// lifeTable reads the table in the comment of lifecycle.go: the cells of each input.
func lifeTable(t *testing.T) map[string][]string {
	t.Helper()
	source, err := os.ReadFile("lifecycle.go")
	require.NoError(t, err)
	comment, _, ok := strings.Cut(string(source), "\ntype lifecycle struct")
	require.True(t, ok)
	table := make(map[string][]string)
	for line := range strings.Lines(comment) {
		row, ok := strings.CutPrefix(strings.TrimRight(line, "\n"), "//\t")
		if !ok || strings.HasPrefix(row, " ") || !strings.Contains(row, "|") {
			continue
		}
		cells := strings.Split(row, "|")
		require.Len(t, cells, 1+len(columns), row)
		for i := range cells {
			cells[i] = strings.TrimSpace(cells[i])
		}
		name, _, _ := strings.Cut(cells[0], " (")
		table[name] = cells[1:]
	}
	return table
}

func TestLifeIsAsItsTableSays(t *testing.T) {
	t.Parallel()
	table := lifeTable(t)
	require.Len(t, table, len(supervisor.Inputs))
	for in, name := range supervisor.Inputs {
		for i, cell := range table[name] {
			for _, phase := range columns[i] {
				l := supervisor.Life{Desired: "run", Phase: phase, Turn: name == "turn"}
				next, possible := l.Next(in)
				require.Equal(t, cell != "X", possible, "%s of a child that is %s", name, phase)
				want := cell
				if cell == "X" || cell == "-" {
					want = phase
				}
				require.Equal(t, want, next.Phase, "%s of a child that is %s", name, phase)
			}
		}
	}
}

// Every input in every life that can be written down, whether or not a child can get there.
func TestLifeKeepsItsRules(t *testing.T) {
	t.Parallel()
	for _, l := range supervisor.Lives() {
		require.NotEmpty(t, l.State(), l)
		for in, name := range supervisor.Inputs {
			next, possible := l.Next(in)
			for rule, broken := range broken(l, next, name, possible) {
				require.False(t, broken, "%s: %+v, %s: %+v", rule, l, name, next)
			}
			if next.Phase != l.Phase || next.Desired != l.Desired {
				require.True(t, possible)
			}
		}
	}
}

func held(l supervisor.Life) bool {
	return slices.Contains([]string{"done", "crashed", "canceled"}, l.Phase)
}

func runs(l supervisor.Life) bool {
	return slices.Contains([]string{"starting", "running", "stalling", "stopping"}, l.Phase)
}

// broken returns the rules of a step of a life, and whether it breaks them.
func broken(l, next supervisor.Life, name string, possible bool) map[string]bool {
	person := slices.Contains([]string{"wanted", "paused", "resumed", "halted"}, name)
	starts := name == "started" || name == "on trial"
	grouped := name == "group delayed" || name == "group held"
	wanted := l.Desired == "run" && !l.Closes
	return map[string]bool{
		"what cannot be changes nothing":                     !possible && next != l,
		"a run begins where it may":                          starts && possible != (wanted && !l.Turn && !held(l)),
		"a run that begins runs":                             starts && possible && !runs(next),
		"an idling child starts without a trial":             next.Phase == "starting" && next.Idling && l.Phase != "starting",
		"a removed child comes back only where a group left": l.Desired == "remove" && next.Desired != "remove" && name != "closed",
		"a person asks nothing of a child that is gone":      person && possible && l.Desired == "remove",
		"a wish changes no phase of a tree that closes":      person && l.Closes && next.Phase != l.Phase,
		"a tree that closes does so until the next session":  l.Closes && !next.Closes && name != "joined",
		"a child joins with a clean sheet":                   name == "joined" && possible && (next.Phase != "idle" || !next.Turn || next.Closes),
		"a pause lasts through sessions":                     name == "joined" && l.Desired == "pause" && next.Desired != "pause",
		"a stop lasts through sessions":                      name == "joined" && l.Desired == "stop" && next.Desired != "stop",
		"only a person ends a wish": !person && name != "removed" && name != "group left" &&
			(l.Desired == "pause" || l.Desired == "stop") && next.Desired != l.Desired,
		"a pauser idles through sessions": next.Idling != l.Idling && name != "idling" && name != "working",
		"a turn ends with a turn": l.Turn && !next.Turn && name != "turn" &&
			!(name == "joined" && possible),
		"a child without a guard does not run": (name == "down" || name == "blocked") && runs(next) &&
			!(wanted && l.Turn && next == l), // its group says what it waits for
		"a paused child is paused":                     name == "down" && l.Desired == "pause" && !l.Closes && !held(l) && next.Phase != "paused",
		"what is not wanted is not":                    l.Desired != "run" && next.Phase != l.Phase && slices.Contains([]string{"delayed", "parked", "blocked", "canceled"}, next.Phase),
		"a group waits for the wanted":                 grouped && possible != wanted,
		"who goes down with its group awaits its turn": strings.HasPrefix(name, "group") && possible && !next.Turn,
		"who leaves with its group is removed":         name == "group left" && possible && next.Desired != "remove",
		"what the group waits for is a wait":           grouped && possible && runs(next),
	}
}

// From a child that was added, whatever happens to it, no life of these is ever reached.
func TestLifeThatCannotBeIsNotReached(t *testing.T) {
	t.Parallel()
	reached := map[supervisor.Life]bool{{Desired: "run", Phase: "idle"}: true}
	for todo := []supervisor.Life{{Desired: "run", Phase: "idle"}}; len(todo) > 0; {
		l := todo[0]
		todo = todo[1:]
		for in := range supervisor.Inputs {
			if next, _ := l.Next(in); !reached[next] {
				reached[next] = true
				todo = append(todo, next)
			}
		}
	}
	for l := range reached {
		require.False(t, l.Phase == "starting" && l.Idling, "%+v", l)
	}
	require.Less(t, len(reached), len(supervisor.Lives()))
	t.Logf("%d of %d lives", len(reached), len(supervisor.Lives()))
}

func TestLifeAsksItsGroupAndEndsItsRun(t *testing.T) {
	t.Parallel()
	for _, l := range supervisor.Lives() {
		for in, name := range supervisor.Inputs {
			asks := (name == "down" || name == "blocked") && l.Desired == "run" && !l.Closes && l.Turn && !held(l) && name == "down"
			require.Equal(t, asks, l.AsksGroup(in), "%+v, %s", l, name)
			_, possible := l.Next(in)
			ends := possible && slices.Contains([]string{"closed", "group down", "group left"}, name) ||
				possible && !l.Closes && (name == "halted" || name == "paused" && l.Desired == "run" && !held(l))
			require.Equal(t, ends, l.EndsRun(in), "%+v, %s", l, name)
		}
	}
}
