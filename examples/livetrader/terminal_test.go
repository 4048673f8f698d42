package main

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"runtime/debug"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

const escape = "\x1b]0;owned\x07\x1b[2J"

func TestTerminalObeysNothingThatComesFromOutside(t *testing.T) {
	t.Parallel()
	var shown bytes.Buffer
	log := slog.New(wording{terminalHandler(&shown, nil, environ("NO_COLOR", "1")), "paper"})
	log.With("given", escape).WithGroup("g").Warn("odd "+escape, "text", escape, "error", errors.New("venue: "+escape),
		"list", []string{"ETH/USDT", escape}, "turned", "a\u202eb", "line", "one\ntwo")
	require.NotContains(t, shown.String(), "\x1b")
	require.NotContains(t, shown.String(), "\x07")
	require.NotContains(t, shown.String(), "\u202e")
	require.Contains(t, shown.String(), `\x1b[2J`)
	require.Equal(t, 1, bytes.Count(shown.Bytes(), []byte("\n")), shown.String())
}

func TestTerminalIsColouredUnlessItIsNotToBe(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		lookup func(string) (string, bool)
		colour bool
	}{
		"by default": {environ(), true}, "without a value": {environ("NO_COLOR", ""), true}, "with NO_COLOR": {environ("NO_COLOR", "1"), false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var shown bytes.Buffer
			slog.New(terminalHandler(&shown, nil, c.lookup)).Warn("hello", "a", 1)
			require.Equal(t, c.colour, bytes.Contains(shown.Bytes(), []byte("\x1b[")))
		})
	}
}

func TestTerminalFoldsStacks(t *testing.T) {
	t.Parallel()
	stack := func() (stack string) {
		defer func() {
			_ = recover()
			stack = string(debug.Stack())
		}()
		breakDown()
		return ""
	}()
	var shown bytes.Buffer
	slog.New(terminalHandler(&shown, nil, environ("NO_COLOR", "1"))).Error("crashed", "stack", stack)
	require.Contains(t, shown.String(), "livetrader.breakDown terminal_test.go:")
	require.Less(t, shown.Len(), 250, shown.String())
}

func breakDown() { panic("broken") }

// Whatever the summary and the last line quote, a terminal is not told to do anything.
func TestTextsOfTheCommandLineAreShownHarmless(t *testing.T) {
	t.Parallel()
	for name, args := range map[string][]string{
		"a symbol":    {"--paper", "--symbols", "A/B" + escape},
		"an address":  {"--paper", "--listen", escape},
		"a database":  {"--paper", "--listen", "off", "--db", "/nowhere/" + escape},
		"a setting":   {"--paper", "--print-config", "--db", escape},
		"an argument": {"--paper", escape},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var shown bytes.Buffer
			run(context.Background(), args, environment{lookup: environ(), stdout: &shown, stderr: &shown, clock: clock.New()})
			require.NotEmpty(t, shown.String())
			require.NotContains(t, shown.String(), "\x1b")
		})
	}
}
