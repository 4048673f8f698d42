package main

import (
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strings"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// unexpected is about an argument that belongs to no flag. Most often it is the value of a flag that may stand alone, which
// takes one only after an equals sign.
func (c *config) unexpected(args []string) error {
	at := len(args) - c.flags.NArg()
	if at > 0 {
		if name := strings.TrimLeft(args[at-1], "-"); name != args[at-1] && c.flags.Lookup(name) != nil {
			return usagef("unexpected argument %q: write --%s=%s", args[at], name, args[at])
		}
	}
	return usagef("unexpected argument %q", args[at])
}

// variables are the settings of an environment, by name. One that looks like ours and is not is a mistake: it would
// change nothing, in silence.
func (c *config) variables(environ []string) (map[string]string, error) {
	known := make(map[string]bool)
	c.flags.VisitAll(func(f *flag.Flag) { known[variable(f.Name)] = true })
	set := make(map[string]string)
	for _, entry := range environ {
		name, value, _ := strings.Cut(entry, "=")
		switch {
		case known[name]:
			set[name] = value
		case name == tokenVariable || name == tokenFileVariable:
		case strings.HasPrefix(name, variablePrefix) && !fromOrchestrator(name):
			return nil, usagef("%s is no setting%s", name, nearest(name, known))
		}
	}
	return set, nil
}

// startedBySystemd reports whether systemd says that this very process, and not a parent of it, is what a unit runs.
func startedBySystemd(environ []string) bool {
	return slices.Contains(environ, fmt.Sprint("SYSTEMD_EXEC_PID=", os.Getpid()))
}

// fromOrchestrator reports whether Kubernetes makes such a variable for a service by our name.
func fromOrchestrator(name string) bool {
	return strings.HasPrefix(name, variablePrefix+"SERVICE_") || strings.HasPrefix(name, variablePrefix+"PORT")
}

// nearest suggests the name that differs from a mistaken one in the fewest letters, if they are few.
func nearest(mistaken string, known map[string]bool) string {
	best, least := "", 4
	for name := range known {
		if n := distance(mistaken, name); n < least || n == least && name < best {
			best, least = name, n
		}
	}
	if best == "" {
		return "; livetrader --help lists them"
	}
	return ": is it " + best + "?"
}

// distance is how many letters have to be inserted, dropped or changed to make b of a.
func distance(a, b string) int {
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		corner := row[0]
		row[0]++
		for j := range len(b) {
			changed := corner
			if a[i] != b[j] {
				changed++
			}
			corner = row[j+1]
			row[j+1] = min(changed, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}

// checkTrading refuses amounts with which no signal, or not every one, could become an order.
func (c *config) checkTrading() error {
	one := decimal.NewFromInt(1)
	for _, f := range []struct {
		name  string
		value decimal.Decimal
	}{
		{"fee", c.fee}, {"slippage", c.slippage}, {"take-profit", c.takeProfit}, {"stop-loss", c.stopLoss}, {"limit-entry", c.limitEntry},
	} {
		if f.value.GreaterThanOrEqual(one) {
			return usagef("--%s %s is a fraction of the price and must be below 1: write 0.02 for 2 %%", f.name, f.value)
		}
	}
	for _, limit := range []struct {
		name  string
		value decimal.Decimal
	}{{"max-position", c.maxPosition}, {"max-order", c.maxOrder}} {
		if c.notional.GreaterThan(limit.value) {
			return usagef("--order-size %s is above --%s %s: every signal would be refused", c.notional, limit.name, limit.value)
		}
	}
	if !c.maxDailyLoss.IsPositive() {
		return usagef("--max-daily-loss must be above zero: write unlimited for no limit")
	}
	switch {
	case c.origin["rearm"] == variable("rearm"):
		return usagef("%s would lift every halt at every start: give --rearm NAME on the command line, once", variable("rearm"))
	case c.origin["rearm"] == fromFlag && strings.TrimSpace(c.rearm) == "":
		return usagef("--rearm wants the name of who lifts the halt")
	}
	return nil
}

const unlimited = "unlimited"

// readLimit reads an amount, or that there is no limit.
func readLimit(text string) (decimal.Decimal, error) {
	if text == unlimited {
		return risk.Unlimited, nil
	}
	return readAmount(text)
}

func showLimit(d decimal.Decimal) string {
	if d.Equal(risk.Unlimited) {
		return unlimited
	}
	return d.String()
}

// wayOut adds to an error of a database that was made by another run what can be done about it, in the words of the flags.
func (a *app) wayOut(err error) error {
	var other *sqlite.ConfigurationError
	if !errors.As(err, &other) {
		return err
	}
	flags := map[string]string{
		"account": "--cash, --fee and --slippage", "strategy": "--strategy", "seed": "--seed", "interval": "--interval",
		"feed": "--replay", "mode": "--replay",
	}
	var differ []string
	for _, asked := range other.Asked {
		if name := flags[asked.Name]; name != "" && !slices.Contains(other.Stored, asked) && !slices.Contains(differ, name) {
			differ = append(differ, name)
		}
	}
	if len(differ) == 0 {
		return fmt.Errorf("%w; begin a new account with another --db", err)
	}
	return fmt.Errorf("%w; set %s as they were, or begin a new account with another --db", err, strings.Join(differ, " and "))
}
