// Package watchdog has somebody outside of the process know that it is alive: systemd, by Systemd, and a dead man's
// switch such as healthchecks.io, by Ping. Both are services for the supervisor tree.
//
// Alive is what /livez says (see health.Report.Stuck): no part has been crashed or stalled for too long. A system that is
// halted, or whose venue is away, is alive, and a new process would not help it. So it keeps both of them quiet, and says
// in words how it stands. A process that hangs as a whole says nothing, which is what both of them wait for.
//
// Put them first into the tree: what starts first stops last, and the end of all others can take a while.
//
// Everything is safe for concurrent use.
package watchdog

import (
	"cmp"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

// defaultStuck is how long a part may be crashed or stalled before the process counts as dead.
const defaultStuck = 5 * time.Minute

// common is what both services need.
type common struct {
	registry *health.Registry
	stuck    time.Duration
	clk      health.Clock
	log      *slog.Logger

	report  health.Report // the last one
	failing bool          // the last word did not arrive
}

func (c *common) prepare(registry *health.Registry, stuck time.Duration, clk health.Clock, log *slog.Logger) error {
	if registry == nil {
		return errors.New("watchdog: Registry is nil: it says whether the process is alive")
	}
	if stuck < 0 {
		return fmt.Errorf("watchdog: Stuck %s is negative", stuck)
	}
	c.registry, c.stuck, c.clk, c.log = registry, cmp.Or(stuck, defaultStuck), clk, log
	if c.clk == nil {
		c.clk = clock.New()
	}
	if c.log == nil {
		c.log = slog.Default()
	}
	return nil
}

// look reads the registry, and lists what is stuck.
func (c *common) look() (stuck []string) {
	if !c.registry.Current(c.report) {
		c.report = c.registry.Report()
	}
	stuck, pending := c.report.Stuck(c.stuck)
	if pending { // an age decides, so it must not be old
		c.report = c.registry.Report()
		stuck, _ = c.report.Stuck(c.stuck)
	}
	return stuck
}

// maxStatus is how many bytes a status has: it is one line in somebody's terminal or mail.
const maxStatus = 300

// status is the verdict and the worst reasons, in one line.
func (c *common) status() string {
	text := c.report.Verdict.String()
	if len(c.report.Reasons) > 0 {
		text += ": " + strings.Join(c.report.Reasons, "; ")
	}
	text = strings.Map(func(r rune) rune {
		if r < ' ' {
			return ' '
		}
		return r
	}, text)
	return foreign.Cut(text, maxStatus)
}

// outcome says in the log when somebody is told no more, and when again.
func (c *common) outcome(err error, whom string) {
	switch {
	case err != nil && !c.failing:
		c.log.Warn("Not told how the process is", "whom", whom, "error", err)
	case err == nil && c.failing:
		c.log.Info("Told again how the process is", "whom", whom)
	}
	c.failing = err != nil
}

// limits let somebody who cannot be told degrade the verdict and no more: nothing stops trading for it.
func limits(remedy string) health.Limits {
	return health.Limits{MaxErrors: math.MaxInt, Remedy: remedy}
}

// ends reports whether the tree has begun to stop.
func (c *common) ends() bool {
	for _, p := range c.report.Parts {
		l := p.Lifecycle
		if (l.State == health.StateStopping || l.State == health.StateStopped) && !l.Asked && !l.Done {
			return true
		}
	}
	return false
}
