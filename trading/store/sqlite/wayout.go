package sqlite

import (
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"syscall"

	"modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"
)

// errDamaged says that a file is not as SQLite left it.
var errDamaged = errors.New("it is damaged")

// wayOut says what a person can do about an opening that failed; "" where the error says it, or nothing is known.
func wayOut(path string, err error) string {
	code := -1
	if failed, ok := errors.AsType[*sqlite.Error](err); ok {
		code = failed.Code()
	}
	_, locked := errors.AsType[*LockedError](err)
	switch primary := code & 0xff; {
	case locked:
		return ": stop it, or name another file"
	case errors.Is(err, ErrForeign):
		return ": name another file"
	case errors.Is(err, ErrNewerSchema):
		return fmt.Sprintf(": use that version, or go back to the copy that its upgrade made (%s.schema*)", path)
	case code >= 0 && primary == sqlite3.SQLITE_FULL, errors.Is(err, syscall.ENOSPC):
		return ": make room on the disk of " + filepath.Dir(path)
	case errors.Is(err, errDamaged), code >= 0 && primary == sqlite3.SQLITE_CORRUPT, code == sqlite3.SQLITE_IOERR_SHORT_READ:
		return ": bring it back from a backup"
	case errors.Is(err, fs.ErrPermission), errors.Is(err, syscall.EROFS), code >= 0 && primary == sqlite3.SQLITE_READONLY:
		return ": let this user write it and its folder, or only read it"
	}
	return ""
}
