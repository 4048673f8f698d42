package vigil_test

import (
	"os"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// The rules of the house, over all of its modules. What each of them means, and that each can fail, is tested in
// internal/checks.
func TestTheHouseKeepsItsRules(t *testing.T) {
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
