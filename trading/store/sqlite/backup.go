package sqlite

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
)

// Backup copies the database in a file into a new file, as DB.Backup does. A trader may be using it, in this process or
// in another, and it may have an earlier schema. Nothing of it is changed, but SQLite may
// leave its empty -wal and -shm files beside one that was closed.
func Backup(ctx context.Context, from, to string) error {
	f, err := inFile(from)
	if err == nil {
		err = f.backUp(ctx, to)
	}
	if err != nil {
		return fmt.Errorf("sqlite: back up %s to %s: %w", from, to, err)
	}
	return nil
}

// Restore makes a database at path of a backup, of which each row is read and written anew. It refuses a database that
// somebody has open with a *LockedError, also where its file is gone, and a path at which a database stands or a part
// of one, such as the log of a file that was lost: see Replace. The backup stays as it is.
//
// What is restored belongs to the same run. It has another journal identity, so that no order of its bears the client
// ID of one that was made after the backup; what was ordered since then is not known there, and the venue has to be
// asked.
func Restore(ctx context.Context, backup, path string) error {
	_, err := restore(ctx, backup, path, false)
	return err
}

// Replace does what Restore does, and keeps what stands at path under another name, which it returns: path.replaced-1
// and so on, with the log and the archive beside it. On an error all stands where it was.
func Replace(ctx context.Context, backup, path string) (aside string, err error) {
	return restore(ctx, backup, path, true)
}

func restore(ctx context.Context, backup, path string, replace bool) (aside string, err error) {
	r := restoring{replace: replace}
	if err := r.run(ctx, backup, path); err != nil {
		return "", fmt.Errorf("sqlite: restore %s to %s: %w%s", backup, path, err, wayOut(path, err))
	}
	return r.aside, nil
}

// inFile names a database that is there, and opens nothing.
func inFile(name string) (*files, error) {
	path, err := resolve(name)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(path); err != nil {
		return nil, cause(err)
	}
	return &files{path: path}, nil
}

// parts are what a database consists of, by what stands behind its name.
var parts = []string{"", "-wal", "-shm", "-journal", ".archive"}

// restoring puts a backup in a place.
type restoring struct {
	replace bool
	path    string   // the place
	there   []string // the parts that stand there and may not stay
	aside   string   // where they are now; "" if there was nothing
}

func (r *restoring) run(ctx context.Context, backup, path string) (err error) {
	from, err := inFile(backup)
	if err != nil {
		return err
	}
	if r.path, err = resolve(path); err != nil {
		return err
	}
	if r.path == from.path {
		return errors.New("it is the backup itself")
	}
	lease, err := takePlace(r.path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lease.release()) }()
	if err := r.look(exists(from.archivePath())); err != nil {
		return err
	}
	err = from.copyWhole(ctx, r.path, r.clear)
	if err != nil && r.aside != "" {
		err = errors.Join(err, r.move(r.aside, r.path))
	}
	return err
}

// takePlace takes the lease on a path. It makes no database where there is none.
func takePlace(path string) (*lease, error) {
	if exists(path) {
		return acquire(path)
	}
	return acquireName(path)
}

// look finds what stands at the path. An archive may stay where the backup has none: what was moved there before the
// backup was made is a part of it, and the rest is left out.
func (r *restoring) look(withArchive bool) error {
	for _, part := range parts {
		if exists(r.path+part) && (part != ".archive" || withArchive) {
			r.there = append(r.there, part)
		}
	}
	if len(r.there) > 0 && !r.replace {
		return fmt.Errorf("%s is there: move it away, or have it replaced", r.path+r.there[0])
	}
	return nil
}

// clear moves aside what stands at the path.
func (r *restoring) clear() error {
	if len(r.there) == 0 {
		return nil
	}
	taken := func(part string) bool { return exists(r.aside + part) }
	for n := 1; r.aside == "" || slices.ContainsFunc(parts, taken); n++ {
		r.aside = fmt.Sprintf("%s.replaced-%d", r.path, n)
	}
	return r.move(r.path, r.aside)
}

func (r *restoring) move(from, to string) error {
	var errs []error
	for _, part := range r.there {
		if exists(from + part) {
			errs = append(errs, os.Rename(from+part, to+part))
		}
	}
	return errors.Join(errs...)
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, os.ErrNotExist)
}
