package measure_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/figures/measure"
)

func TestExplainedWordsAreThoseOfTheFirstColumn(t *testing.T) {
	t.Parallel()
	page := "# Words\n\nA zombie | is none.\n\n| word | means |\n|---|---|\n| zombie, zombies | a run that does not end |\n" +
		"| stall | | silence |\n"
	require.Equal(t, map[string]bool{"zombie": true, "zombies": true, "stall": true}, measure.Explained(page))
}
