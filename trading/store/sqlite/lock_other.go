//go:build !linux

package sqlite

import "os"

// lockFile does nothing: on these systems a lock on the file would get in the way of those that SQLite takes on it. The
// lock file beside it is all there is.
func lockFile(*os.File) (taken bool, err error) { return true, nil }

func unlockFile(*os.File) error { return nil }
