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
	"net"
	"os"
	ossignal "os/signal"
	"runtime/debug"
	"strings"
	"syscall"
	"time"
	_ "time/tzdata" // the hours of an exchange are those of its place, also where the machine knows no places

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil"
)

// The exit codes.
const (
	exitOK          = 0
	exitFailure     = 1   // it failed, and says why
	exitUsage       = 2   // the command line or the environment is wrong
	exitInterrupted = 130 // interrupted a second time, without a clean stop
)

func main() {
	ossignal.Ignore(syscall.SIGPIPE) // a log that nobody reads any more is no reason to stop: its lines are counted
	clk := clock.New()
	ctx := interruptible(clk, func() {
		writeWithin(clk, os.Stderr, []byte("livetrader: interrupted twice, ending at once\n"), slog.New(slog.DiscardHandler))
		os.Exit(exitInterrupted)
	})
	os.Exit(run(ctx, os.Args[1:], environment{
		lookup: os.LookupEnv, variables: variables(), stdout: os.Stdout, stderr: os.Stderr, clock: clk,
	}))
}

// environment is what a run takes from outside, so that a test can give it another world.
type environment struct {
	lookup    func(string) (string, bool)
	variables []string  // names of all that lookup knows
	stdout    io.Writer // the summary
	stderr    io.Writer // the log
	clock     clock.Clock
	dial      dialer // how venues that have a name are reached; nil for the network
}

// dialer makes a connection.
type dialer = func(ctx context.Context, network, address string) (net.Conn, error)

// variables are the names of the environment's.
func variables() (names []string) {
	for _, pair := range os.Environ() {
		name, _, _ := strings.Cut(pair, "=")
		names = append(names, name)
	}
	return names
}

// secondAfter is how long after the first signal a second one counts: a process that is stopped together with its group
// gets the same one twice.
const secondAfter = time.Second

// interruptible returns a context that the first SIGINT, SIGTERM or SIGHUP ends. At one that comes more than secondAfter
// later it calls again. A SIGHUP that the process was started to ignore, as by nohup, stays ignored.
func interruptible(clk clock.Clock, again func()) context.Context {
	ctx, cancel := context.WithCancel(context.Background())
	signals := make(chan os.Signal, 8)
	ossignal.Notify(signals, os.Interrupt, syscall.SIGTERM)
	if !ossignal.Ignored(syscall.SIGHUP) {
		ossignal.Notify(signals, syscall.SIGHUP)
	}
	go func() { // it lives as long as the process
		<-signals
		cancel()
		for first := clk.Now(); ; {
			<-signals
			if clk.Since(first) >= secondAfter {
				again()
			}
		}
	}()
	return ctx
}

// run is the whole command; it returns the exit code.
func run(ctx context.Context, args []string, env environment) int {
	env.stdout = harmlessWriter{env.stdout}
	if len(args) > 0 {
		if command, ok := commands()[args[0]]; ok {
			warnOfEnvironment(env)
			return command.run(ctx, args[1:], env)
		}
	}
	cfg, err := parseConfig(args, env.lookup, env.variables...)
	switch {
	case errors.Is(err, flag.ErrHelp):
		newConfig().usage(env.stdout)
		return exitOK
	case err != nil:
		return fail(env, err)
	case cfg.version:
		fmt.Fprintln(env.stdout, version())
		return exitOK
	case cfg.printConfig:
		cfg.print(env.stdout)
		return exitOK
	}
	cfg.dial = env.dial
	queue := vigil.NewLogQueue(wording{cfg.logHandler(env.stderr, env.lookup), cfg.mode()}, env.clock)
	app := &app{cfg: cfg, clock: env.clock, log: slog.New(queue), logQueue: queue, stdout: env.stdout}
	err = app.run(ctx)
	if err != nil && cfg.logFormat == jsonLog { // who reads the log by a program reads this as well
		app.log.Error("livetrader failed", "error", oneLine(err))
		queue.Flush(patience)
		return exitFailure
	}
	queue.Flush(patience)
	if err != nil {
		return fail(env, err)
	}
	return exitOK
}

// oneLine is an error as it may be shown.
func oneLine(err error) string {
	return harmless(strings.NewReplacer(":\n\t", ": ", "\n\t", "; ", "\n", "; ").Replace(strings.TrimSpace(err.Error())))
}

// fail says in one line what was wrong.
func fail(env environment, err error) int {
	writeWithin(env.clock, env.stderr, []byte("livetrader: "+oneLine(err)+"\n"), slog.New(slog.DiscardHandler))
	var mistake usageError
	if errors.As(err, &mistake) {
		return exitUsage
	}
	return exitFailure
}

// patience is how long the end waits for the log and the summary to be taken.
const patience = time.Second

// writeWithin writes text to a file that may take nothing, and gives up when patience has ended.
func writeWithin(clk clock.Clock, file io.Writer, text []byte, log *slog.Logger) {
	written := make(chan error, 1)
	go func() {
		_, err := file.Write(text)
		written <- err
	}()
	select {
	case err := <-written:
		if err != nil {
			log.Warn("Summary not written", "error", err)
		}
	case <-clk.After(patience):
		log.Warn("Summary not written", "error", "nobody reads it")
	}
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
