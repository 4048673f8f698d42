package main

import (
	"flag"
	"fmt"
	"strings"
	"testing"

	"github.com/seed-5dee1c0a/vigil/internal/golden"
)

const flagsHead = `# The flags of livetrader

[livetrader](../../examples/livetrader) is an example program: a Trader whose every setting is a flag. This page is what it
says at --help, and is written by its tests: in examples/, ` + "`go test ./livetrader -run FlagsPage -update`" + `.

A flag wins over its variable, a variable over the file of --config, and the file over the default. --print-config says what
each is set to, and by whom. It needs --paper or --venue; everything else has a default.

| flag | what it is | variable | default |
|---|---|---|---|
`

// The page of the flags says what the program says.
func TestFlagsPageIsWhatHelpSays(t *testing.T) {
	t.Parallel()
	var page strings.Builder
	page.WriteString(flagsHead)
	newConfig().flags.VisitAll(func(f *flag.Flag) {
		value, text := flag.UnquoteUsage(f)
		name, by, otherwise := "--"+f.Name, "", ""
		if value != "" {
			name += " " + strings.ToUpper(value)
		}
		if v := variable(f.Name); v != "" {
			by = "`" + v + "`"
		}
		if d := f.DefValue; d != "" && d != "false" && d != "0s" {
			otherwise = "`" + d + "`"
		}
		fmt.Fprintf(&page, "| `%s` | %s | %s | %s |\n", name, strings.ReplaceAll(text, "|", `\|`), by, otherwise)
	})
	golden.Check(t, page.String(), "../../docs/guides/flags.md")
}
