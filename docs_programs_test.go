package vigil_test

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// A program that stands in a guide whole is one that builds: a reader copies it as it is. It is checked as a program of the
// module of the examples, which has all that a guide may import.
func TestProgramsInThePapersBuild(t *testing.T) {
	t.Parallel()
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	examples, err := filepath.Abs("examples")
	require.NoError(t, err)
	var programs []string
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			if !strings.HasPrefix(block[1], "package main\n") {
				continue
			}
			name := strings.TrimSuffix(filepath.Base(paper), ".md") + string(rune('a'+i))
			file := filepath.Join(t.TempDir(), name+".go")
			require.NoError(t, os.WriteFile(file, []byte(block[1]), 0o600))
			overlay.Replace[filepath.Join(examples, "of-papers", name, "main.go")] = file
			programs = append(programs, "./of-papers/"+name)
		}
	}
	require.NotEmpty(t, overlay.Replace)
	replaced, err := json.Marshal(overlay)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, replaced, 0o600))

	list := exec.Command("go", append([]string{"list", "-export", "-overlay", file}, programs...)...)
	list.Dir, list.Env = examples, append(os.Environ(), "GOWORK=off")
	out, err := list.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
