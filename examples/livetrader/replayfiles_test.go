package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/require"
)

// currency writes a file of hours around a price, in as many decimals as it takes.
func currency(t *testing.T, price float64, decimals int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "hours.csv")
	var b strings.Builder
	b.WriteString("timestamp,open,high,low,close,volume\n")
	last := price
	for i := range 400 {
		next := price * (1 + 0.01*math.Sin(float64(i)/9))
		fmt.Fprintf(&b, "%d,%.*f,%.*f,%.*f,%.*f,1\n", 1609718400+3600*i, decimals, last, decimals, max(last, next)*1.001,
			decimals, min(last, next)*0.999, decimals, next)
		last = next
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// The same prices times ten thousand make the same money.
func TestReplayTakesItsTickFromTheFile(t *testing.T) {
	t.Parallel()
	equity := func(args ...string) float64 {
		args = append([]string{"--paper", "--speed", "0", "--listen", "off", "--symbols", "EUR/USD", "--replay"}, args...)
		code, stdout, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, lastLine(log))
		require.Contains(t, log, "Replay instrument")
		found := regexp.MustCompile(`(?m)^  equity +(\S+)$`).FindStringSubmatch(stdout)
		money, err := strconv.ParseFloat(found[1], 64)
		require.NoError(t, err)
		return money
	}
	small, large := equity(currency(t, 1.22, 5)), equity(currency(t, 12_200, 1))
	require.NotEqual(t, 10_000.0, large)
	require.InDelta(t, large, small, 0.5)
	require.InDelta(t, equity(currency(t, 0.065, 7)), equity(currency(t, 650, 3)), 0.5)

	code, stdout, _ := runHere(t.Context(), "--paper", "--speed", "0", "--listen", "off", "--symbols", "EUR/USD",
		"--replay", currency(t, 1.22, 5), "--tick", "0.000005", "--step", "0.5")
	require.Equal(t, exitOK, code)
	require.Regexp(t, `(?m)^  tick, step +0.000005, 0.5$`, stdout)

	code, _, log := runHere(t.Context(), "--paper", "--speed", "0", "--listen", "off", "--symbols", "EUR/USD",
		"--replay", currency(t, 1.22, 5), "--tick", "0.01")
	require.Equal(t, exitFailure, code)
	require.Regexp(t, `replay of EUR/USD at 2021-01-04T\S+: the price is no multiple of the instrument's Tick: 1\.\d+ with a `+
		`Tick of 0.01: --tick says another`, lastLine(log))
}

func TestReplayFlagsThatMeanNothing(t *testing.T) {
	t.Parallel()
	for want, args := range map[string][]string{
		"--tick goes with --replay":                     {"--tick", "0.01"},
		"--oldest goes with --replay":                   {"--oldest", "1980-01-01"},
		"--infinite and --replay contradict each other": {"--infinite", "--replay", "x.csv"},
		"want a date such as":                           {"--oldest", "1980"},
		"--replay reads one symbol":                     {"--replay", "x.csv", "--symbols", "A/B,C/D"},
		"--price-scale goes with --replay":              {"--price-scale", "1e9"},
		"--step goes with --replay":                     {"--step", "1"},
	} {
		code, _, log := runHere(t.Context(), append([]string{"--paper", "--listen", "off"}, args...)...)
		require.Equal(t, exitUsage, code)
		require.Contains(t, lastLine(log), want)
	}
}

func TestReplayOfOldBarsAndOfScaledPrices(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "old.csv")
	text := "Date,Open,High,Low,Close,Volume\n"
	for i := range 28 {
		text += fmt.Sprintf("1985-02-%02d,%[2]d0000000,%[2]d0000000,%[2]d0000000,%[2]d0000000,1\n", i+1, 130+i)
	}
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	args := []string{"--paper", "--speed", "0", "--listen", "off", "--replay", path}
	code, _, log := runHere(t.Context(), args...)
	require.Equal(t, exitFailure, code)
	require.Contains(t, lastLine(log), "old.csv:2: timestamp \"1985-02-01\" would be 1985-02-01 00:00:00, and nothing before 1990-01-01 is taken unless you say so (--oldest)")

	args = append(args, "--oldest", "1980-01-01")
	code, _, log = runHere(t.Context(), args...)
	require.Equal(t, exitFailure, code)
	require.Contains(t, lastLine(log), "the prices look like fixed-point numbers: 1")
	require.Contains(t, lastLine(log), "(--price-scale)")

	code, stdout, log := runHere(t.Context(), append(args, "--price-scale", "1e9")...)
	require.Equal(t, exitOK, code, lastLine(log))
	require.Regexp(t, `(?m)^  bars +28$`, stdout)
	require.Regexp(t, `(?m)^  tick, step +0.01, 0.01$`, stdout)
}

func TestReplayOfAPipeThatSaysNothingEnds(t *testing.T) {
	t.Parallel()
	name := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan int)
	args := []string{"--paper", "--speed", "0", "--listen", "off", "--replay", name}
	go func() {
		code, _, _ := runHere(ctx, args...)
		done <- code
	}()
	writer, err := os.OpenFile(name, os.O_WRONLY, 0) // it waits for the reader
	require.NoError(t, err)
	defer func() { require.NoError(t, writer.Close()) }()
	text, err := os.ReadFile(candleFile(t, 100))
	require.NoError(t, err)
	_, err = writer.Write(append(text, strings.Repeat("\n", 200_000)...)) // more than a pipe holds: the next row is waited for
	require.NoError(t, err)
	cancel()
	require.Equal(t, exitOK, <-done)
}
