package sqlite

import (
	"fmt"
	"path/filepath"
)

// defaultLowWater is enough for a day of trading, at a kilobyte for each signal and each entry of the journal, and for
// a person to come and look.
const defaultLowWater = 256 << 20

// LowSpaceError says that the disk of a database is nearly full.
type LowSpaceError struct {
	Folder   string
	Free     uint64 // bytes
	LowWater uint64 // Config.LowWater
}

func (e *LowSpaceError) Error() string {
	return fmt.Sprintf("the disk of %s has %d MiB left, and %d MiB are the least", e.Folder, e.Free>>20, e.LowWater>>20)
}

// Room returns a *LowSpaceError if less than Config.LowWater is free on the database's disk, so that nothing new is
// begun while there is still room for the end of what was begun; and a *LostError if the database is lost. It takes some
// microseconds, and is for the engine's Config.Allow and for health.Observe:
//
//	Allow: func(string) error { return db.Room() }
//
// On systems other than Linux and macOS the room on a disk cannot be told.
func (db *DB) Room() error {
	if db.files.watch != nil {
		if err := db.files.watch.look(); err != nil {
			return fmt.Errorf("sqlite: %w", err)
		}
	}
	folder := filepath.Dir(db.files.path)
	free, err := freeSpace(folder)
	if err != nil {
		return fmt.Errorf("sqlite: the room on the disk of %s: %w", folder, err)
	}
	if free < db.lowWater {
		return fmt.Errorf("sqlite: %w", &LowSpaceError{Folder: folder, Free: free, LowWater: db.lowWater})
	}
	return nil
}
