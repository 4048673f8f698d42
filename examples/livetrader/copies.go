package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const (
	backupHelp = `
Copies the database of --db, also while a trader runs on it, into FILE, which must not be there yet, and checks the copy. Of a
folder it makes a file in it with the time in its name. The copy is whole or not there.
`
	checkHelp = `
Reads FILE, or the database of --db, through, also while a trader runs on it, and says what is in it and what is broken. It
ends with 0 where nothing is.

With --venue NAME it asks that venue instead: the rights of the key, the account's mode, the clock, and what each of --symbols
asks for, and what is there, with the word that has a first start adopt it. It sends no order and changes nothing.
`
	restoreHelp = `
Puts a copy that backup has made in the place of --db, where nothing may stand, once it is checked. With --replace what stands
there is kept beside it. The next start goes on from the moment of the copy: what was ordered since is not known there, and
the positions are compared with the venue's.
`
)

// fileCommand is a command on a database that is a file.
type fileCommand struct {
	*command

	env     environment
	replace bool
}

func newFileCommand(name, usage string, env environment, more ...string) *fileCommand {
	shared := append([]string{"db", "cash"}, more...)
	return &fileCommand{command: newCommand(name, usage, shared...), env: env}
}

// begin reads a command line, with the files that it names.
func (c *fileCommand) begin(args []string, least, most int) (files []string, err error) {
	files, err = c.parse(args, c.env.lookup)
	switch {
	case err != nil:
	case len(files) < least:
		err = usagef("%s wants a FILE", c.name)
	case len(files) > most:
		err = usagef("%s takes one file, and %q is another", c.name, files[most])
	case postgres.IsURL(c.db) && (len(files) == 0 || c.name != "check"):
		err = usagef("%s is for a database that is a file: for one on a server use pg_dump and pg_restore", c.name)
	}
	return files, err
}

func runBackup(ctx context.Context, args []string, env environment) int {
	c := newFileCommand("backup", "FILE|FOLDER [flags]", env)
	files, err := c.begin(args, 1, 1)
	if err != nil {
		return c.end(env, err, backupHelp)
	}
	to := files[0]
	if at, err := os.Stat(to); err == nil && at.IsDir() {
		name := strings.TrimSuffix(filepath.Base(c.db), ".db")
		to = filepath.Join(to, name+"-"+env.clock.Now().UTC().Format("20060102T150405Z")+".db")
	}
	if err := mayBackUp(c.db, to); err != nil {
		return fail(env, fmt.Errorf("backup: %w", err))
	}
	if err := sqlite.Backup(ctx, c.db, to); err != nil {
		return fail(env, fmt.Errorf("backup: %w", err))
	}
	return c.tellCheck(ctx, to)
}

// mayBackUp says in an operator's words what stands against a copy from the one place at the other.
func mayBackUp(from, to string) error {
	if _, err := os.Stat(from); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no database %s: --db says which one to copy", from)
	}
	if _, err := os.Stat(filepath.Dir(to)); errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("there is no folder %s: make it, or name another place", filepath.Dir(to))
	}
	if there, err := os.Lstat(to); err == nil {
		return fmt.Errorf("%s is there already (%d bytes, of %s), and stays as it is: name another file, or a folder, "+
			"in which the copy is called by its time", to, there.Size(), there.ModTime().UTC().Format(time.RFC3339))
	}
	return nil
}

func runCheck(ctx context.Context, args []string, env environment) int {
	c := newFileCommand("check", "[FILE] [flags]", env, "venue", "account", "symbols", "hours", "foreign-orders")
	files, err := c.begin(args, 0, 1)
	if err == nil && c.venue != "" {
		err = c.readVenueKey(env.lookup)
	}
	switch {
	case err == nil && c.venue != "" && len(files) > 0:
		err = usagef("check takes a file or --venue, not both")
	case err == nil && c.venue != "":
		return c.checkVenue(ctx)
	}
	if err != nil {
		return c.end(env, err, checkHelp)
	}
	return c.tellCheck(ctx, append(files, c.db)[0])
}

func runRestore(ctx context.Context, args []string, env environment) int {
	c := newFileCommand("restore", "FILE [flags]", env)
	c.line.BoolVar(&c.replace, "replace", false, "keep what stands there beside it, and put the copy in its place")
	files, err := c.begin(args, 1, 1)
	if err != nil {
		return c.end(env, err, restoreHelp)
	}
	if code := c.tellCheck(ctx, files[0]); code != exitOK {
		return code
	}
	aside, err := restoreDatabase(ctx, files[0], c.db, c.replace)
	if aside != "" {
		fmt.Fprintf(env.stdout, "what stood there is %s now\n", aside)
	}
	if err != nil {
		return fail(env, fmt.Errorf("restore: %w", err))
	}
	fmt.Fprintf(env.stdout, "restored to %s: the next start compares its positions with the venue's\n", c.db)
	return exitOK
}

// tellCheck checks a database and says what is in it.
func (c *fileCommand) tellCheck(ctx context.Context, path string) int {
	found, err := c.check(ctx, path)
	if errors.Is(err, fs.ErrNotExist) { // Whoever reads "broken" would restore.
		return fail(c.env, fmt.Errorf("check: %s: no such file", path))
	}
	if err != nil {
		return fail(c.env, fmt.Errorf("check: %s is broken: %w", path, err))
	}
	fmt.Fprintf(c.env.stdout, "%s is whole: ", path)
	found.tell(c.env.stdout)
	return exitOK
}

// contents are what stands in a database.
type contents struct {
	vigil.Standing

	lastAt time.Time // of its newest entry
}

// check reads all of a database: its pages, its archive and each entry, and its journal into an account.
func (c *fileCommand) check(ctx context.Context, path string) (found contents, err error) {
	report, err := sqlite.Check(ctx, path, func(db *sqlite.DB) (err error) {
		found.Standing, err = vigil.ReadStanding(ctx, db, c.cash)
		return err
	})
	found.lastAt = report.LastAt
	return found, err
}

func (s contents) tell(w io.Writer) {
	fmt.Fprintf(w, "%d orders, %d fills", s.Counts.Orders, s.Counts.Fills)
	if !s.lastAt.IsZero() {
		fmt.Fprintf(w, ", last entry %s", s.lastAt.UTC().Format(time.RFC3339))
	}
	if len(s.Held) > 0 {
		fmt.Fprintf(w, ", holds %s", strings.Join(s.Held, " "))
	}
	if s.Halt.Active() {
		fmt.Fprintf(w, ", HALTED: %s", s.Halt.Reason)
	}
	fmt.Fprintln(w)
}

// restoreDatabase puts a copy where a database was. What stands there is moved aside, if it may be replaced.
func restoreDatabase(ctx context.Context, from, to string, replace bool) (aside string, err error) {
	if replace {
		return sqlite.Replace(ctx, from, to)
	}
	return "", sqlite.Restore(ctx, from, to)
}
