// Command livetrader runs a supervised trading system from one command: it generates signals, trades on them, watches
// its own health, and comes back by itself when a part of it fails.
//
//	go run ./examples/livetrader --paper --duration 60s
//
// Try --chaos, and look at http://127.0.0.1:8000/health meanwhile.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log/slog"
	"os"
	ossignal "os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/lmittmann/tint"
	"github.com/mattn/go-isatty"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailure     = 1   // it failed, and says why
	exitUsage       = 2   // the command line or the environment is wrong
	exitInterrupted = 130 // interrupted a second time, without a clean stop
)

func main() {
	ctx := interruptible(func() {
		fmt.Fprintln(os.Stderr, "livetrader: interrupted twice, ending at once")
		os.Exit(exitInterrupted)
	})
	os.Exit(run(ctx, os.Args[1:], environment{
		lookup: os.LookupEnv, stdout: os.Stdout, stderr: os.Stderr, clock: clock.New(),
	}))
}

// environment is what a run takes from outside, so that a test can give it another world.
type environment struct {
	lookup func(string) (string, bool)
	stdout io.Writer // the summary
	stderr io.Writer // the log
	clock  clock.Clock
}

// interruptible returns a context that the first SIGINT or SIGTERM ends. At the second one it calls again.
func interruptible(again func()) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 2)
	ossignal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	go func() { // it lives as long as the process
		<-signals
		cancel()
		<-signals
		again()
	}()
	return ctx
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, env environment) int {
	cfg, err := parseConfig(args, env.lookup)
	switch {
	case errors.Is(err, flag.ErrHelp):
		newConfig().usage(env.stdout)
		return exitOK
	case err != nil:
		return fail(env.stderr, err)
	case cfg.version:
		fmt.Fprintln(env.stdout, version())
		return exitOK
	case cfg.printConfig:
		cfg.print(env.stdout)
		return exitOK
	}
	app := &app{cfg: cfg, clock: env.clock, log: slog.New(logHandler(env.stderr)), stdout: env.stdout}
	if err := app.run(ctx); err != nil {
		return fail(env.stderr, err)
	}
	return exitOK
}

// logHandler writes for a person where the log goes to a terminal, and otherwise for grep and its kin.
func logHandler(w io.Writer) slog.Handler {
	if file, ok := w.(*os.File); ok && isatty.IsTerminal(file.Fd()) {
		return tint.NewTextHandler(w, &tint.Options{TimeFormat: time.TimeOnly})
	}
	return slog.NewTextHandler(w, nil)
}

// fail says in one line what was wrong.
func fail(stderr io.Writer, err error) int {
	text := strings.NewReplacer(":\n\t", ": ", "\n\t", "; ", "\n", "; ").Replace(strings.TrimSpace(err.Error()))
	fmt.Fprintln(stderr, "livetrader:", text)
	var mistake usageError
	if errors.As(err, &mistake) {
		return exitUsage
	}
	return exitFailure
}

func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return "livetrader (no build information)"
	}
	revision := ""
	for _, s := range info.Settings {
		if s.Key == "vcs.revision" {
			revision = " " + s.Value
		}
	}
	return fmt.Sprintf("livetrader %s%s (%s)", info.Main.Version, revision, info.GoVersion)
}
