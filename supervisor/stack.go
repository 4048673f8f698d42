package supervisor

import (
	"bytes"
	"fmt"
	"runtime/pprof"
	"strconv"
	"strings"
)

// maxStack bounds the stacks that events and status carry.
const maxStack = 16 << 10

// stackLabel is the pprof label that marks a watched run's goroutines.
const stackLabel = "vigil_run"

// label is unique among the guards that live.
func (g *guard) label() string { return fmt.Sprintf("%s %p", g.child.path, g) }

func bounded(stack string) string {
	if len(stack) > maxStack {
		return stack[:maxStack] + "\n... (cut)"
	}
	return stack
}

// stacksOf returns, for each label, the stacks of the goroutines that carry it. The goroutine profile stops the world
// for a tenth of a millisecond at 100k goroutines; runtime.Stack of all of them froze a sibling for 425 ms.
func stacksOf(labels []string) map[string]string {
	stacks := make(map[string]string, len(labels))
	var profile bytes.Buffer
	if err := pprof.Lookup("goroutine").WriteTo(&profile, 1); err != nil {
		for _, label := range labels {
			stacks[label] = "no stack: " + err.Error()
		}
		return stacks
	}
	wanted := make(map[string]bool, len(labels))
	for _, label := range labels {
		wanted[label] = true
	}
	for block := range strings.SplitSeq(profile.String(), "\n\n") {
		if label := labelOf(block); wanted[label] && len(stacks[label]) <= maxStack {
			stacks[label] = strings.TrimLeft(stacks[label]+"\n\n"+block, "\n")
		}
	}
	for label, stack := range stacks {
		stacks[label] = bounded(strings.TrimSpace(stack))
	}
	return stacks
}

// labelOf finds our label in one goroutine's block of the profile, "" for none. Labels are written as Go strings:
// # labels: {"vigil_run":"root/a 0xc000123456"}.
func labelOf(block string) string {
	const key = `"` + stackLabel + `":`
	_, rest, ok := strings.Cut(block, key)
	if !ok {
		return ""
	}
	quoted, err := strconv.QuotedPrefix(rest)
	if err != nil {
		return ""
	}
	label, err := strconv.Unquote(quoted)
	if err != nil {
		return ""
	}
	return label
}
