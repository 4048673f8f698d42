// Package golden holds what a test saw against a text file that a person can read, so that a change of behaviour shows
// as a change of that file. The flag -update rewrites the files; each test binary that imports this package has it:
//
//	go test ./trading -run Transcript -update
package golden

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "rewrite the golden files")

// around is how many lines a difference is shown with, before and behind.
const around = 3

// Check fails the test where got is not what the file at path says. With -update it writes the file instead.
func Check(t testing.TB, got, path string) {
	t.Helper()
	if *update {
		write(t, got, path)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatalf("golden: %v (-update writes the file)", err)
	}
	if what := Difference(string(want), got); what != "" {
		t.Errorf("golden: %s differs (-update rewrites it) %s", path, what)
	}
}

func write(t testing.TB, got, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatalf("golden: %v", err)
	}
	if err := os.WriteFile(path, []byte(got), 0o644); err != nil { //nolint:gosec // as every file of a repository is
		t.Fatalf("golden: %v", err)
	}
}

// Difference shows the first line in which two texts differ, among its neighbours; it is empty where they are equal.
func Difference(want, got string) string {
	if want == got {
		return ""
	}
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	first := 0
	for first < min(len(w), len(g)) && w[first] == g[first] {
		first++
	}
	var b strings.Builder
	fmt.Fprintf(&b, "from line %d on (%d lines are wanted, there are %d):\n", first+1, len(w), len(g))
	show(&b, "  ", w, first-around, first)
	show(&b, "- ", w, first, first+around)
	show(&b, "+ ", g, first, first+around)
	return b.String()
}

func show(b *strings.Builder, mark string, lines []string, from, to int) {
	for _, line := range lines[min(max(from, 0), len(lines)):min(max(to, 0), len(lines))] {
		b.WriteString(mark + line + "\n")
	}
}
