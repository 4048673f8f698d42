package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"
)

// commands are what the launcher does besides running a trader, by the first word of its command line.
func commands() map[string]subcommand {
	return map[string]subcommand{
		"ctl":         {"control a running trader, or ask it how it stands", runControl},
		"backup":      {"copy the database, also while a trader runs on it", runBackup},
		"check":       {"read a database through, and say what is in it", runCheck},
		"restore":     {"put a copy in the place of a database", runRestore},
		"first-order": {"buy and sell the smallest amount at a venue, and say how each step was told", runFirstOrder},
		"panic":       {"close all that is held at the venue, also where no trader and no database are left", runPanic},
		"notify-test": {"send a message for trying out, and say what its receivers answered", runNotifyTest},
		"certify":     {"run scripted cases at a venue without real money, and lay them beside the fake of it", runCertify},
		"health":      {"say in one line whether it is well, and end with 0 or 1: a probe", runHealth},
	}
}

// subcommand is one of them. run returns the exit code.
type subcommand struct {
	does string
	run  func(ctx context.Context, args []string, env environment) int
}

// command is the command line of one of them: it shares some flags with the launcher, and where their values come from.
type command struct {
	*config

	name   string
	usage  string // what stands behind the name
	line   *flag.FlagSet
	shared []string
}

func newCommand(name, usage string, shared ...string) *command {
	shared = append(shared, configFlag)
	c := &command{config: newConfig(), name: name, usage: usage, shared: shared}
	c.line = flag.NewFlagSet(name, flag.ContinueOnError)
	c.line.SetOutput(io.Discard)
	for _, one := range shared {
		f := c.flags.Lookup(one)
		c.line.Var(f.Value, f.Name, f.Usage)
	}
	return c
}

// parse reads a command line whose flags may stand anywhere, and returns what is none of them. Of the environment
// and the configuration file it reads what its own flags say: another setting that is wrong must not keep a person out.
func (c *command) parse(args []string, lookup func(string) (string, bool)) (words []string, err error) {
	for len(args) > 0 {
		if err := c.line.Parse(args); err != nil {
			return nil, c.mistake(err)
		}
		if args = c.line.Args(); len(args) > 0 {
			words, args = append(words, args[0]), args[1:]
		}
	}
	c.line.Visit(func(f *flag.Flag) { c.origin[f.Name] = fromFlag })
	return words, c.readRest(lookup, c.shared...)
}

func (c *command) mistake(err error) error {
	var names []string
	c.line.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return mistake(err, names)
}

// help writes what the command takes.
func (c *command) help(w io.Writer, more string) {
	fmt.Fprintf(w, "usage: livetrader %s %s\n%s", c.name, c.usage, more)
	c.line.VisitAll(func(f *flag.Flag) {
		name, text := flag.UnquoteUsage(f)
		by := ""
		if slices.Contains(c.shared, f.Name) {
			by = " (" + variable(f.Name) + ")"
		}
		fmt.Fprintf(w, "\n  --%s %s\n    \t%s%s\n", f.Name, name, text, by)
	})
}

// end says in one line what was wrong with a command, and returns its exit code.
func (c *command) end(env environment, err error, more string) int {
	if errors.Is(err, flag.ErrHelp) {
		c.help(env.stdout, more)
		return exitOK
	}
	return fail(env, err)
}

// commandLike hints at the command that a first word was meant for.
func commandLike(word string) string {
	if near := nearest(word, slices.Collect(maps.Keys(commands()))); near != "" {
		return fmt.Sprintf(": did you mean livetrader %s?", near)
	}
	return ""
}

// commandList is what there is, for --help.
func commandList() string {
	var b strings.Builder
	for _, name := range slices.Sorted(maps.Keys(commands())) {
		fmt.Fprintf(&b, "  livetrader %-12s %s\n", name, commands()[name].does)
	}
	return b.String()
}
