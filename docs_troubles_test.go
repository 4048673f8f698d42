package vigil_test

import (
	"io/fs"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// texts are the sources that are no tests, with the breaks of long texts taken out.
func texts(t *testing.T) string {
	t.Helper()
	var all strings.Builder
	require.NoError(t, fs.WalkDir(os.DirFS("."), ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		all.Write(text)
		return err
	}))
	return regexp.MustCompile(`"\s*\+\s*"`).ReplaceAllString(all.String(), "")
}

var (
	quoted = regexp.MustCompile("`([^`]+)`")
	verb   = regexp.MustCompile(`%[-+#.0-9]*[a-z]`)
)

// Whoever searches the page for what a program has said finds it: each text that it quotes is in the source.
func TestTroubleshootingQuotesWhatTheSourcesSay(t *testing.T) {
	t.Parallel()
	page, err := os.ReadFile("docs/guides/troubleshooting.md")
	require.NoError(t, err)
	sources := texts(t)
	said := verb.ReplaceAllString(sources, "...")
	rows := 0
	for line := range strings.Lines(string(page)) {
		cell, _, _ := strings.Cut(strings.TrimPrefix(line, "| "), " | ")
		if !strings.HasPrefix(line, "| `") {
			continue
		}
		rows++
		for _, match := range quoted.FindAllStringSubmatch(cell, -1) {
			for _, part := range strings.Split(match[1], "...") {
				part = strings.TrimSpace(part)
				assert.True(t, part == "" || strings.Contains(said, part), "nothing says %q", part)
			}
		}
	}
	require.Greater(t, rows, 30)
}
