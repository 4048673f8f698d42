package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"testing/synctest"

	"github.com/stretchr/testify/require"
)

func TestDryStartWithoutADatabaseLeavesNone(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	code, stdout, log := runHere(t.Context(), "--paper", "--dry-start", "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Equal(t, "nothing to do\n", stdout)
	require.Empty(t, log, "no port is opened either")
	left, err := os.ReadDir(filepath.Dir(db))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestDryStartChangesNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		args := []string{"--paper", "--duration", "2m", "--listen", "off", "--db", db, "--take-profit", "0.002", "--stop-loss", "0.002"}
		code, _, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		before, err := os.ReadFile(db)
		require.NoError(t, err)

		code, stdout, log := runHere(t.Context(), append(args, "--dry-start")...)
		require.Equal(t, exitOK, code, log)
		require.NotContains(t, log, "STARTING")
		require.NotContains(t, stdout, "Summary")
		after, err := os.ReadFile(db)
		require.NoError(t, err)
		require.True(t, string(before) == string(after), "the file is the same, byte for byte")
	})
}

func TestSettingsThatChangeAreShownByADryStartAndSaidOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		args := []string{"--paper", "--duration", "2m", "--listen", "off", "--db", db}
		code, _, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, log)
		require.Contains(t, log, "msg=Fill ")

		args = append(args, "--cash", "20000", "--strategy", "macd", "--duration", "10s")
		code, stdout, log := runHere(t.Context(), append(args, "--dry-start")...)
		require.Equal(t, exitOK, code, log)
		for _, line := range []string{
			`change cash from "10000" to "20000"`, "book deposit cash 10000 to 20000 at ",
			`change strategy/ema_cross from "fast=8,slow=21 on 5s" to ""`,
		} {
			require.Contains(t, stdout, line)
		}
		for run, times := range []int{1, 0} {
			code, _, log = runHere(t.Context(), args...)
			require.Equal(t, exitOK, code, log)
			require.Equal(t, times, strings.Count(log, "Settings changed"), "in run %d", run)
		}
	})
}

func TestDatabaseOfAnotherModeIsRefused(t *testing.T) {
	t.Parallel()
	path := candleFile(t, 10)
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		code, _, log := runHere(t.Context(), "--paper", "--duration", "5s", "--listen", "off", "--db", db)
		require.Equal(t, exitOK, code, log)
		code, _, log = runHere(t.Context(), "--paper", "--replay", path, "--listen", "off", "--db", db)
		require.Equal(t, exitFailure, code)
		require.Contains(t, log, `it belongs to another run: mode is "paper" there and "replay" here`)
		require.Contains(t, lastLine(log), "; give --replay as before, or another --db")
	})
}

func TestDryStartBesideATraderDisturbsNothing(t *testing.T) {
	t.Parallel()
	db := tempDB(t)
	p := launch(t, "--paper", "--listen", "off", "--interval", "250ms", "--db", db)
	p.await(`msg=Fill `)
	code, _, log := runHere(t.Context(), "--paper", "--dry-start", "--interval", "250ms", "--db", db)
	require.Equal(t, exitOK, code, log)
	p.await(`msg=Fill `) // it has its journal still
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
}
