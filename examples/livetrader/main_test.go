package main

import (
	"bufio"
	"bytes"
	"context"
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/ramdisk"
)

// actAsLivetrader makes the test binary behave as the launcher itself, so that real processes can be killed.
const actAsLivetrader = "VIGIL_TEST_LIVETRADER_ACT_AS_MAIN"

// long runs the campaigns in full: cd examples && go test ./livetrader -timeout 2h -long.
var long = flag.Bool("long", false, "run the campaigns in full")

func TestMain(m *testing.M) {
	if os.Getenv(actAsLivetrader) != "" {
		if at := os.Getenv(figuresAt); at != "" {
			tellFigures(at)
		}
		main()
		return
	}
	// Most tests here wait for processes rather than compute, so that more of them may run at once than there are processors.
	if err := flag.Set("test.parallel", "6"); err != nil {
		panic(err)
	}
	ramdisk.Use()
	goleak.VerifyTestMain(suite{m})
}

// programs is where tests keep what they build once for all of them.
var programs string

// suite runs the tests with a folder for programs.
type suite struct{ *testing.M }

func (s suite) Run() (code int) {
	folder, err := os.MkdirTemp("", "livetrader")
	if err != nil {
		panic(err)
	}
	defer func() { _ = os.RemoveAll(folder) }()
	programs = folder
	return s.M.Run()
}

// output collects what a run writes.
type output struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.text.String()
}

// runHere runs the launcher in this process, on the clock of the bubble that it is called in. No time passes there while a
// socket is listened to, so that there is none.
func runHere(ctx context.Context, args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(ctx, args, environment{lookup: environ("LIVETRADER_SOCKET", off), stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String(), log.String()
}

// runUntil is runHere that is interrupted once it has logged something, in a bubble.
func runUntil(t *testing.T, logged string, args ...string) (code int, stderr string) {
	t.Helper()
	var out, log output
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	go func() {
		for ctx.Err() == nil && !strings.Contains(log.String(), logged) {
			<-clock.New().After(5 * time.Second)
		}
		cancel()
	}()
	code = run(ctx, args, environment{lookup: environ("LIVETRADER_SOCKET", off), stdout: &out, stderr: &log, clock: clock.New()})
	return code, log.String()
}

func tempDB(t *testing.T) string { return filepath.Join(t.TempDir(), "test.db") }

// How long a process may take to come to something, and how often it is looked.
const (
	longWait  = time.Minute
	shortWait = 50 * time.Millisecond
)

// process is a launcher in a process of its own.
type process struct {
	t      *testing.T
	cmd    *exec.Cmd
	lines  chan string // of its log
	stdout output
	log    strings.Builder // what was read of lines
}

// launch starts a launcher. It is killed at the end of the test if it still runs, and after a minute in any case, so
// that a line that never comes fails the test instead of holding up the suite.
func launch(t *testing.T, args ...string) *process {
	t.Helper()
	return launchFor(t, time.Minute, nil, args...)
}

// launchFor is launch with a limit of its own, and more in the environment.
func launchFor(t *testing.T, limit time.Duration, environment []string, args ...string) *process {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), limit)
	t.Cleanup(cancel)
	p := &process{t: t, cmd: exec.CommandContext(ctx, os.Args[0], args...), lines: make(chan string, 1<<16)}
	p.cmd.Env = append(append(os.Environ(), actAsLivetrader+"=1"), environment...)
	p.cmd.Stdout = &p.stdout
	p.cmd.Dir = t.TempDir()
	stderr, err := p.cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, p.cmd.Start())
	go func() {
		defer close(p.lines)
		for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
			p.lines <- scanner.Text()
		}
	}()
	t.Cleanup(func() {
		_ = p.cmd.Process.Kill()
		_ = p.cmd.Wait()
	})
	return p
}

// next returns the next line of the log, and false at its end.
func (p *process) next() (string, bool) {
	line, ok := <-p.lines
	p.log.WriteString(line + "\n")
	return line, ok
}

// await reads the log up to a line that matches, and returns its submatches.
func (p *process) await(pattern string) []string {
	p.t.Helper()
	re := regexp.MustCompile(pattern)
	for {
		line, ok := p.next()
		if !ok {
			p.t.Fatalf("the log ended without %q:\n%s", pattern, p.log.String())
		}
		if match := re.FindStringSubmatch(line); match != nil {
			return match
		}
	}
}

func (p *process) signal(s syscall.Signal) { require.NoError(p.t, p.cmd.Process.Signal(s)) }

// end reads the rest of the log and returns the exit code.
func (p *process) end() int {
	p.t.Helper()
	for {
		if _, ok := p.next(); !ok {
			break
		}
	}
	_ = p.cmd.Wait()
	return p.cmd.ProcessState.ExitCode()
}

// address is where the API of a launcher that was given port 0 listens.
func (p *process) address() string {
	p.t.Helper()
	return "http://" + p.await(`msg="API listening" address=(\S+)`)[1]
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
