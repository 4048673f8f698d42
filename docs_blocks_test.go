package vigil_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

var blockMark = regexp.MustCompile(`(?m)^\s*//block (\d+)$`)

// surroundings puts the blocks of Go that stand in a guide into what its reader has around them: the file of that name in
// testdata/papers, where "//block 2" is the place of the second. It returns "" for a guide without such blocks, whole programs
// and the guide to strategies left out: its blocks are held against the tests of package generator.
func surroundings(t *testing.T, guide string) string {
	t.Helper()
	text, err := os.ReadFile(guide)
	require.NoError(t, err)
	var blocks []string
	for _, block := range goBlock.FindAllStringSubmatch(string(text), -1) {
		if !strings.HasPrefix(block[1], "package main\n") {
			blocks = append(blocks, block[1])
		}
	}
	if len(blocks) == 0 || filepath.Base(guide) == "write-a-strategy.md" {
		return ""
	}
	around, err := os.ReadFile(filepath.Join("testdata", "papers", strings.TrimSuffix(filepath.Base(guide), ".md")+".go.txt"))
	require.NoError(t, err, "%s has blocks of Go: say there what stands around them", guide)
	placed := 0
	whole := blockMark.ReplaceAllStringFunc(string(around), func(mark string) string {
		n, err := strconv.Atoi(blockMark.FindStringSubmatch(mark)[1])
		require.NoError(t, err)
		require.LessOrEqual(t, n, len(blocks), "%s has no block %d", guide, n)
		placed++
		return "\n" + blocks[n-1]
	})
	require.Equal(t, len(blocks), placed, "%s: each block has its place", guide)
	return whole
}

// What a reader copies from a guide compiles where it is said to stand.
func TestBlocksInTheGuidesCompile(t *testing.T) {
	t.Parallel()
	guides, err := filepath.Glob("docs/guides/*.md")
	require.NoError(t, err)
	sources := make(map[string]string)
	for _, guide := range guides {
		if whole := surroundings(t, guide); whole != "" {
			sources[strings.TrimSuffix(filepath.Base(guide), ".md")] = whole
		}
	}
	buildInExamples(t, sources)
}
