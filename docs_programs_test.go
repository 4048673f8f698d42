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
	sources := make(map[string]string)
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for i, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
			if strings.HasPrefix(block[1], "package main\n") {
				sources[strings.TrimSuffix(filepath.Base(paper), ".md")+string(rune('a'+i))] = block[1]
			}
		}
	}
	buildInExamples(t, sources)
}

// buildInExamples compiles each source as a package of its own in the module of the examples, without a file of it there.
func buildInExamples(t *testing.T, sources map[string]string) {
	t.Helper()
	require.NotEmpty(t, sources)
	overlay := struct{ Replace map[string]string }{map[string]string{}}
	examples, err := filepath.Abs("examples")
	require.NoError(t, err)
	var packages []string
	for name, source := range sources {
		file := filepath.Join(t.TempDir(), name+".go")
		require.NoError(t, os.WriteFile(file, []byte(source), 0o600))
		overlay.Replace[filepath.Join(examples, "of-papers", name, "main.go")] = file
		packages = append(packages, "./of-papers/"+name)
	}
	replaced, err := json.Marshal(overlay)
	require.NoError(t, err)
	file := filepath.Join(t.TempDir(), "overlay.json")
	require.NoError(t, os.WriteFile(file, replaced, 0o600))

	list := exec.Command("go", append([]string{"list", "-export", "-overlay", file}, packages...)...)
	list.Dir, list.Env = examples, append(os.Environ(), "GOWORK=off")
	out, err := list.CombinedOutput()
	require.NoError(t, err, "%s", out)
}
