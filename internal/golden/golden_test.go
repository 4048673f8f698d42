package golden_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestDifferenceShowsTheFirstLineThatDiffers(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ want, got, says string }{
		"equal texts":       {"a\nb\n", "a\nb\n", ""},
		"a changed line":    {"a\nb\nc", "a\nx\nc", "from line 2 on (3 lines are wanted, there are 3):\n  a\n- b\n- c\n+ x\n+ c\n"},
		"a line less":       {"a\nb", "a", "from line 2 on (2 lines are wanted, there are 1):\n  a\n- b\n"},
		"a line more":       {"a", "a\nb", "from line 2 on (1 lines are wanted, there are 2):\n  a\n+ b\n"},
		"nothing of it all": {"", "a", "from line 1 on (1 lines are wanted, there are 1):\n- \n+ a\n"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.says, golden.Difference(c.want, c.got))
		})
	}
}

// judge is a test that notes its failure instead of failing.
type judge struct {
	testing.TB
	said string
}

func (j *judge) Helper()                           {}
func (j *judge) Errorf(format string, args ...any) { j.said = fmt.Sprintf(format, args...) }
func (j *judge) Fatalf(format string, args ...any) {
	j.said = fmt.Sprintf(format, args...)
	panic(j)
}

// checked is what Check says to it.
func (j *judge) checked(got, path string) string {
	func() {
		defer func() { _ = recover() }()
		golden.Check(j, got, path)
	}()
	return j.said
}

func TestCheckFailsWhatDiffersAndWritesOnRequest(t *testing.T) { //nolint:paralleltest // it sets the flag
	path := filepath.Join(t.TempDir(), "new", "x.txt")
	require.Contains(t, (&judge{TB: t}).checked("a\n", path), "-update writes the file")

	require.NoError(t, flag.Set("update", "true"))
	golden.Check(t, "a\n", path)
	require.NoError(t, flag.Set("update", "false"))
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	require.Equal(t, "a\n", string(text))

	golden.Check(t, "a\n", path)
	require.Contains(t, (&judge{TB: t}).checked("b\n", path), "- a\n")
}
