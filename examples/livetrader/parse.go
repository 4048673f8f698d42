package main

import (
	"errors"
	"flag"
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil/console/watchdog"
)

const variablePrefix = "LIVETRADER_"

// parseConfig reads the flags, and for those that are not given the environment and the configuration file. Of an unknown
// variable with our prefix, or an unknown key, it says which one was meant, so that a misspelt one is not ignored.
func parseConfig(args []string, lookup func(string) (string, bool), variables ...string) (*config, error) {
	c := newConfig()
	if err := c.flags.Parse(args); err != nil {
		return nil, mistake(err, flagNames())
	}
	if c.flags.NArg() > 0 {
		return nil, usagef("unexpected argument %q%s", c.flags.Arg(0), c.hint(args))
	}
	c.flags.Visit(func(f *flag.Flag) { c.origin[f.Name] = fromFlag })
	if err := c.readRest(lookup, flagNames()...); err != nil {
		return nil, err
	}
	if err := c.checkFile(); err != nil {
		return nil, err
	}
	if err := checkEnvironment(variables); err != nil {
		return nil, err
	}
	if err := c.readSecrets(lookup); err != nil {
		return nil, err
	}
	var err error
	if c.notifySocket, c.watchdogEvery, err = watchdog.SystemdFromEnv(lookup, os.Getpid()); err != nil {
		return nil, usageError{err}
	}
	return c, c.check()
}

// hint says how a value is given to a flag that can stand alone, where the first argument that is no flag looks like one.
func (c *config) hint(args []string) string {
	at := len(args) - c.flags.NArg()
	if at == 0 {
		return commandLike(args[0])
	}
	name := strings.TrimLeft(args[at-1], "-")
	f := c.flags.Lookup(name)
	if f == nil || f.Value.Set(args[at]) != nil {
		return ""
	}
	return fmt.Sprintf(": --%s takes its value with an equals sign, --%s=%s", name, name, args[at])
}

// mistake says a parser's error as an operator writes the flags, of which these are known.
func mistake(err error, known []string) error {
	if errors.Is(err, flag.ErrHelp) {
		return err
	}
	if name, ok := strings.CutPrefix(err.Error(), "flag provided but not defined: -"); ok {
		if near := nearest(strings.TrimLeft(name, "-"), known); near != "" {
			return usagef("unknown flag --%s: did you mean --%s?", name, near)
		}
		return usagef("unknown flag --%s", name)
	}
	text := strings.Replace(err.Error(), "for flag -", "for --", 1)
	return usagef("%s", strings.Replace(text, "flag needs an argument: -", "a value is missing after --", 1))
}

// readRest sets what no flag has set, of these: the environment comes before the configuration file, which it can name.
func (c *config) readRest(lookup func(string) (string, bool), flags ...string) error {
	if err := c.readEnvironment(lookup, configFlag); err != nil {
		return err
	}
	if err := c.readFile(); err != nil {
		return err
	}
	if err := c.readEnvironment(lookup, flags...); err != nil {
		return err
	}
	for _, name := range flags {
		if v, ok := c.file[name]; ok && c.origin[name] == fromDefault {
			c.origin[name] = v.place
			if err := c.flags.Set(name, v.text); err != nil {
				return usagef("%s: %s: %w", v.place, name, err)
			}
		}
	}
	return nil
}

// readEnvironment sets what no flag has set, of these.
func (c *config) readEnvironment(lookup func(string) (string, bool), flags ...string) error {
	for _, name := range flags {
		if c.origin[name] != "" {
			continue
		}
		value, err := readSetting(lookup, name)
		if err != nil {
			return err
		}
		if value == "" {
			c.origin[name] = fromDefault
			continue
		}
		c.origin[name] = variable(name)
		if err := c.flags.Set(name, value); err != nil {
			return usagef("%s=%q: %w", variable(name), value, err)
		}
	}
	return nil
}

// readSetting reads a flag's variable. The name of a database may have a password in it, so that it can come from a file.
func readSetting(lookup func(string) (string, bool), name string) (string, error) {
	if name == "db" {
		return readSecret(lookup, variable(name))
	}
	value, _ := lookup(variable(name))
	return value, nil
}

// checkEnvironment refuses variables with our prefix that mean nothing: all at once, each with the one that it is near to.
func checkEnvironment(variables []string) error {
	known := make(map[string]string) // flags by variable; "" for a secret
	for _, name := range secretVariables {
		known[name], known[name+fileSuffix] = "", ""
	}
	for _, name := range flagNames() {
		known[variable(name)] = name
	}
	var unknown []string
	for _, name := range slices.Sorted(slices.Values(variables)) {
		if _, ok := known[name]; ok || !strings.HasPrefix(name, variablePrefix) || fromOrchestrator(name) {
			continue
		}
		text := "unknown variable " + name
		if near := nearest(name, slices.Collect(maps.Keys(known))); near != "" {
			text += ": did you mean " + near
			if known[near] != "" {
				text += " (--" + known[near] + ")"
			}
			text += "?"
		} else {
			text += ": --help lists those that there are"
		}
		unknown = append(unknown, text)
	}
	if len(unknown) == 0 {
		return nil
	}
	return usagef("%s", strings.Join(unknown, "; "))
}

// warnOfEnvironment says what checkEnvironment would refuse, and keeps nobody out: a person may have to halt a trader now.
func warnOfEnvironment(env environment) {
	if err := checkEnvironment(env.variables); err != nil {
		_ = fail(env, fmt.Errorf("%w; it is as if it were not set", err))
	}
}

// fromOrchestrator reports whether Kubernetes makes such a variable of a service by our name.
func fromOrchestrator(name string) bool {
	return strings.HasPrefix(name, variablePrefix+"SERVICE_") || strings.HasPrefix(name, variablePrefix+"PORT")
}

func flagNames() (names []string) {
	newConfig().flags.VisitAll(func(f *flag.Flag) { names = append(names, f.Name) })
	return names
}
