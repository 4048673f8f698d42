package sqlite

import (
	"errors"
	"os"
)

// What a trader did is nobody else's business: its files are for its own user, whatever the umask. SQLite gives the files
// beside a database the rights of the database.
const private = 0o600

// makePrivate makes a new file.
func makePrivate(path string) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE|os.O_EXCL, private)
	if err != nil {
		return nil, err
	}
	if err := f.Chmod(private); err != nil { // The umask may have taken away what its owner needs.
		return nil, errors.Join(err, f.Close(), os.Remove(path))
	}
	return f, nil
}

// hideFromOthers takes away what everybody may do with a file of an earlier version, and leaves what a group may: a
// person has given it that. It does what it can: the file may belong to somebody else.
func hideFromOthers(path string) {
	if info, err := os.Stat(path); err == nil && info.Mode().Perm()&0o007 != 0 {
		_ = os.Chmod(path, info.Mode().Perm()&^0o007)
	}
}

// makeEmpty makes a new file for SQLite to fill.
func makeEmpty(path string) error {
	f, err := makePrivate(path)
	if err != nil {
		return err
	}
	return f.Close()
}
