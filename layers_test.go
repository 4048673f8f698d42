package vigil_test

import (
	"flag"
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The plan is written by: go test . -run Paper -update.
var update = flag.Bool("update", false, "write the plan's table and picture into docs/architecture.md")

// The rules of the house, over all of its modules. What each of them means, and that each can fail, is tested in
// internal/checks.
func TestHouseKeepsItsRules(t *testing.T) {
	t.Parallel()
	house, err := checks.Read(os.DirFS("."))
	require.NoError(t, err)
	require.Greater(t, house.Files(), 10, "the tree that was read is this one")

	for name, found := range map[string][]checks.Finding{
		"imports keep to the plan of the house": house.Layers(checks.Rooms),
		"time comes from a Clock":               house.Clocks(),
		"tests look for goroutines left behind": house.TestMains(),
		"the workspace knows every module":      house.Workspace(),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, f := range found {
				t.Error(f)
			}
		})
	}
}

// A reader of the paper sees the plan that the imports are held against.
func TestArchitecturePaperShowsThePlan(t *testing.T) {
	t.Parallel()
	const name = "docs/architecture.md"
	house, err := checks.Read(os.DirFS("."))
	require.NoError(t, err)
	paper, err := os.ReadFile(name)
	require.NoError(t, err)
	if *update {
		paper = []byte(house.WithPicture(house.WithTable(string(paper), checks.Rooms), checks.Rooms))
		require.NoError(t, os.WriteFile(name, paper, 0o644))
	}
	for _, f := range append(house.Paper(name, string(paper), checks.Rooms), house.Drawing(name, string(paper), checks.Rooms)...) {
		t.Error(f)
	}
}
