package main

import (
	"bytes"
	"context"
	"maps"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// command runs one of the other commands in this process.
func runCommand(args ...string) (code int, stdout, stderr string) {
	var out, log output
	code = run(context.Background(), args, environment{lookup: environ(), stdout: &out, stderr: &log, clock: clock.New()})
	return code, out.String(), log.String()
}

// lose removes a database with all that belongs to it.
func lose(t *testing.T, db string) {
	t.Helper()
	files, err := filepath.Glob(db + "*")
	require.NoError(t, err)
	for _, file := range files {
		require.NoError(t, os.Remove(file))
	}
}

// The drill: trade, back up, die, lose the disk, restore, and trade on.
func TestBackupDrill(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t)
	copies := t.TempDir()
	p.await(`msg=Fill `)
	code, out, log := runCommand("backup", copies, "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Regexp(t, `\A\S+/test-\d{8}T\d{6}Z\.db is whole: \d+ orders, [1-9]\d* fills(, last entry \S+)?, holds .*/USDT`, out)
	backup := strings.Fields(out)[0]
	p.await(`msg=Fill `)
	p.signal(syscall.SIGKILL)
	p.end()
	lose(t, db)

	code, restored, log := runCommand("restore", backup, "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, restored, out, "it is what was backed up")
	require.Contains(t, restored, "restored to "+db)
	file, err := os.Lstat(db)
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), file.Mode().Perm())
	before := openAccount(t, backup, defaultCash)
	p = launch(t, "--paper", "--db", db, "--interval", "250ms", "--listen", "off")
	p.await(`msg=Fill `)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	after := openAccount(t, db, defaultCash)
	require.Equal(t, before.entries, after.entries[:len(before.entries)], "it went on from there")
	requireNothingDoubled(t, after)
}

// What stands against a copy is said in words, and leaves nothing behind.
func TestBackupSaysWhatStandsAgainstIt(t *testing.T) {
	t.Parallel()
	db, folder := tempDB(t), t.TempDir()
	require.Equal(t, exitOK, launch(t, "--paper", "--db", db, "--listen", "off", "--duration", "1s").end())
	taken, link := filepath.Join(folder, "taken"), filepath.Join(folder, "link")
	require.NoError(t, os.WriteFile(taken, []byte("mine"), 0o600))
	require.NoError(t, os.Symlink("nowhere", link))
	for to, want := range map[string]string{
		taken:                                 taken + ` is there already \(4 bytes, of \S+\), and stays as it is: name another file, or a folder, in which`,
		link:                                  link + ` is there already .*: name another file`,
		filepath.Join(folder, "none", "x.db"): "there is no folder " + filepath.Join(folder, "none") + ": make it",
	} {
		code, out, log := runCommand("backup", to, "--db", db)
		require.Equal(t, exitFailure, code, to)
		require.Empty(t, out)
		require.Regexp(t, `\Alivetrader: backup: `+want+`.*\n\z`, log)
	}
	code, _, log := runCommand("backup", folder, "--db", db+".none")
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "there is no database "+db+".none: --db says which one to copy")
	left, err := filepath.Glob(filepath.Join(folder, "*"))
	require.NoError(t, err)
	require.Equal(t, []string{link, taken}, left)
	text, err := os.ReadFile(taken)
	require.NoError(t, err)
	require.Equal(t, "mine", string(text))
}

// At a venue, what happened since the copy is found there, and said to be of orders that nobody knows any more.
func TestRestoredTraderTakesInWhatTheVenueDidSince(t *testing.T) {
	t.Parallel()
	venue, db := paperVenue(t), tempDB(t)
	backup := filepath.Join(t.TempDir(), "copy.db")
	p := atVenue(t, venue, db)
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	code, _, log := runCommand("backup", backup, "--db", db)
	require.Equal(t, exitOK, code, log)
	broker, err := client.New(venue, nil)
	require.NoError(t, err)
	defer broker.Close()
	for copied := positionsOf(t, backup); ; p.await(`msg=Fill `) { // one of the log may be from before the copy
		if held, err := broker.Positions(t.Context()); err == nil && !samePositions(held, copied) {
			break
		}
	}
	p.signal(syscall.SIGKILL)
	p.end()
	lose(t, db)
	code, _, log = runCommand("restore", backup, "--db", db)
	require.Equal(t, exitOK, code, log)
	p = atVenue(t, venue, db)
	p.await(`level=WARN msg="Fill of an order that is not ours"`)
	p.await(`msg="LIVE TRADING ENGINE STARTED`)
	p.await(`msg=Fill `)
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	held, err := broker.Positions(t.Context())
	require.NoError(t, err)
	kept := openAccount(t, db, "1000000").book.Positions()
	require.True(t, samePositions(held, kept), "the venue has %v, the book %v", held, kept)
}

// positionsOf are those that a copy of a database has, which stays as it is.
func positionsOf(t *testing.T, backup string) []trading.Position {
	t.Helper()
	text, err := os.ReadFile(backup)
	require.NoError(t, err)
	opened := filepath.Join(t.TempDir(), "opened.db")
	require.NoError(t, os.WriteFile(opened, text, 0o600))
	return openAccount(t, opened, "1000000").book.Positions()
}

func samePositions(held map[string]decimal.Decimal, kept []trading.Position) bool {
	differs := maps.Clone(held)
	for _, p := range kept {
		differs[p.Symbol] = differs[p.Symbol].Sub(p.Quantity)
	}
	for _, by := range differs {
		if !by.IsZero() {
			return false
		}
	}
	return true
}

func TestRestoreReplacesNothingUnasked(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t)
	backup := filepath.Join(t.TempDir(), "copy.db")
	p.await(`msg=Fill `)
	code, _, log := runCommand("backup", backup, "--db", db)
	require.Equal(t, exitOK, code, log)
	code, _, log = runCommand("backup", backup, "--db", db)
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, backup)
	for _, more := range [][]string{nil, {"--replace"}} {
		code, _, log = runCommand(append([]string{"restore", backup, "--db", db}, more...)...)
		require.Equal(t, exitFailure, code)
		require.Contains(t, log, "it is in use by process")
	}
	p.signal(syscall.SIGTERM)
	require.Equal(t, exitOK, p.end())
	stood, err := os.ReadFile(db)
	require.NoError(t, err)

	code, _, log = runCommand("restore", backup, "--db", db)
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, db+" ")
	code, out, log := runCommand("restore", backup, "--db", db, "--replace")
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, "what stood there is "+db+".replaced-1 now")
	kept, err := os.ReadFile(db + ".replaced-1")
	require.NoError(t, err)
	require.True(t, bytes.Equal(stood, kept))
}

func TestCheckFindsWhatIsBroken(t *testing.T) {
	t.Parallel()
	p, db := tradingProcess(t)
	p.await(`msg=Fill `)
	code, out, log := runCommand("check", "--db", db)
	require.Equal(t, exitOK, code, log)
	require.Contains(t, out, db+" is whole: ")
	backup := filepath.Join(t.TempDir(), "copy.db")
	code, _, log = runCommand("backup", backup, "--db", db)
	require.Equal(t, exitOK, code, log)

	file, err := os.OpenFile(backup, os.O_RDWR, 0)
	require.NoError(t, err)
	_, err = file.WriteAt(bytes.Repeat([]byte{0xa5}, 8<<10), 8<<10)
	require.NoError(t, err)
	require.NoError(t, file.Close())
	code, out, log = runCommand("check", backup)
	require.Equal(t, exitFailure, code, out)
	require.Contains(t, log, "check: "+backup+" is broken: ")
	code, _, log = runCommand("restore", backup, "--db", tempDB(t))
	require.Equal(t, exitFailure, code)
	require.Contains(t, log, "is broken")

	for want, args := range map[string][]string{
		"backup wants a FILE":             {"backup"},
		"check takes one file, and \"b\"": {"check", "a", "b"},
		"use pg_dump and pg_restore":      {"backup", "x", "--db", "postgres://ann@127.0.0.1/x"},
		"no such file":                    {"check", filepath.Join(t.TempDir(), "none.db")},
	} {
		code, _, log = runCommand(args...)
		require.NotEqual(t, exitOK, code)
		require.Contains(t, log, want)
	}
}

func TestCheckSaysThatThereIsNoFile(t *testing.T) {
	t.Parallel()
	path := filepath.Join(t.TempDir(), "none.db")
	code, _, stderr := runCommand("check", path)
	require.Equal(t, exitFailure, code)
	require.Equal(t, "livetrader: check: "+path+": no such file\n", stderr)
}
