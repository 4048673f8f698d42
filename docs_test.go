package vigil_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// papers are the documents that a reader follows links in.
func papers(t *testing.T) []string {
	t.Helper()
	found, err := filepath.Glob("*.md")
	require.NoError(t, err)
	for _, pattern := range []string{"docs/*.md", "docs/*/*.md"} {
		more, err := filepath.Glob(pattern)
		require.NoError(t, err)
		found = append(found, more...)
	}
	return found
}

var (
	link    = regexp.MustCompile(`\]\(([^)#:]*)(?:#([^)]*))?\)`)
	heading = regexp.MustCompile(`(?m)^#+ (.*)$`)
	dropped = regexp.MustCompile(`[^a-z0-9 _-]`)
)

// anchors are the names by which a link finds the headings of a paper.
func anchors(t *testing.T, paper string) (names []string) {
	t.Helper()
	text, err := os.ReadFile(paper)
	require.NoError(t, err)
	for _, match := range heading.FindAllStringSubmatch(string(text), -1) {
		plain := dropped.ReplaceAllString(strings.ToLower(match[1]), "")
		names = append(names, strings.ReplaceAll(plain, " ", "-"))
	}
	return names
}

func TestLinksInThePapersLeadSomewhere(t *testing.T) {
	t.Parallel()
	for _, paper := range papers(t) {
		text, err := os.ReadFile(paper)
		require.NoError(t, err)
		for _, match := range link.FindAllStringSubmatch(string(text), -1) {
			target := paper
			if match[1] != "" {
				target = filepath.Join(filepath.Dir(paper), match[1])
			}
			_, err := os.Stat(target)
			require.NoError(t, err, "%s links to %s", paper, match[1])
			if match[2] != "" {
				require.Contains(t, anchors(t, target), match[2], "%s links to %s", paper, match[0])
			}
		}
	}
}

var goBlock = regexp.MustCompile("(?s)```go\n(.*?)```")

// The code that a newcomer copies has been compiled and run.
func TestCodeInTheREADMEIsThatOfTheExample(t *testing.T) {
	t.Parallel()
	readme, err := os.ReadFile("README.md")
	require.NoError(t, err)
	example, err := os.ReadFile("example_test.go")
	require.NoError(t, err)
	blocks := goBlock.FindAllStringSubmatch(string(readme), -1)
	require.NotEmpty(t, blocks)
	for _, block := range blocks {
		require.True(t, strings.Contains(string(example), block[1]), "not in example_test.go:\n%s", block[1])
	}
}
