package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

// openDB opens the database that the configuration names. A replay that names none gets a temporary one. A dry start only
// reads it, also while another process trades on it, and does without where there is none yet.
func (a *app) openDB(ctx context.Context, closers *[]func() error) error {
	a.dbName = a.cfg.db
	if a.cfg.dryStart && !postgres.IsURL(a.cfg.db) {
		if _, err := os.Stat(a.cfg.db); errors.Is(err, fs.ErrNotExist) {
			return nil
		}
	}
	if a.cfg.replay != "" && a.cfg.origin["db"] == fromDefault {
		folder, err := os.MkdirTemp("", "livetrader-replay-")
		if err != nil {
			return fmt.Errorf("a temporary database: %w", err)
		}
		*closers = append(*closers, func() error { return os.RemoveAll(folder) })
		a.dbName = filepath.Join(folder, defaultDB)
	}
	db, err := a.openPatiently(ctx, sqlite.Config{
		Run: a.runConfiguration(), LowWater: int64(a.cfg.lowWater) << 20, ReadOnly: a.cfg.dryStart, Logger: a.log,
	})
	if err != nil {
		return fmt.Errorf("--db: %w%s", err, wayOut(err))
	}
	if a.db = db; a.cfg.shadow {
		a.db = shadowStore{db}
	}
	if path := a.cfg.haltPath(); path != "" && a.cfg.replay == "" {
		a.db = haltedStore{a.db, path}
	}
	*closers = append(*closers, db.Close)
	return nil
}

// database is what both kinds of database give.
type database interface {
	vigil.Store
	Close() error
}

// openKind opens the kind of database that the name says.
func openKind(ctx context.Context, name string, cfg sqlite.Config) (database, error) {
	if postgres.IsURL(name) {
		return postgres.Open(ctx, name, postgres.Config{Run: cfg.Run, ReadOnly: cfg.ReadOnly})
	}
	return sqlite.Open(ctx, name, cfg)
}

// withoutPassword is a database's name as it may be shown.
func withoutPassword(name string) string {
	if !postgres.IsURL(name) {
		return name
	}
	u, err := url.Parse(name)
	if err != nil {
		return "postgres://"
	}
	query := u.Query()
	for _, secret := range []string{"password", "sslpassword"} {
		if query.Has(secret) {
			query.Set(secret, "xxxxx")
			u.RawQuery = query.Encode()
		}
	}
	return u.Redacted()
}

// runConfiguration is what a database belongs to: what would make its positions another run's. A replay is of one file. All
// else may change from one run to the next, and the journal tells of it.
func (a *app) runConfiguration() []sqlite.Setting {
	switch {
	case a.cfg.replay != "":
		return []sqlite.Setting{
			{Name: "mode", Value: "replay"}, {Name: "venue", Value: "paper"}, {Name: "feed", Value: filepath.Base(a.cfg.replay)},
		}
	case a.cfg.venue != "":
		return a.cfg.identity()
	}
	return []sqlite.Setting{{Name: "mode", Value: "paper"}, {Name: "venue", Value: "paper"}}
}

// identity is what a database of a venue belongs to.
func (c *config) identity() []sqlite.Setting {
	mode := "live"
	if c.shadow {
		mode = shadowMode
	}
	at := []sqlite.Setting{{Name: "mode", Value: mode}, {Name: "venue", Value: c.venueName()}}
	if c.account != "" {
		at = append(at, sqlite.Setting{Name: "account", Value: c.account})
	}
	return at
}

// shownVenue is where the account is, as people read it; "" on paper.
func (c *config) shownVenue() string {
	switch {
	case c.replay != "" || c.venue == "":
		return ""
	case c.account != "":
		return c.venueName() + ", account " + c.account
	}
	return c.venueName()
}

// venueName is the venue as it is kept.
func (c *config) venueName() string {
	if name := c.place().name; name != "" {
		return name
	}
	return withoutQuery(c.venue)
}

// withoutQuery is an address as it may be kept: a key of the venue's may stand behind it.
func withoutQuery(address string) string {
	address, _, _ = strings.Cut(address, "?")
	u, err := url.Parse(address)
	if err != nil {
		return address
	}
	return u.Redacted()
}

// flagsOf are the flags behind what a database belongs to.
var flagsOf = map[string]string{"mode": "--replay", "venue": "--venue", "account": "--account", "feed": "--replay"}

// wayOut says what to do about a database that belongs to another run.
func wayOut(err error) string {
	var other *sqlite.ConfigurationError
	if !errors.As(err, &other) {
		return ""
	}
	return "; give " + strings.Join(differingFlags(other), ", ") + " as before, or another --db"
}

func differingFlags(e *sqlite.ConfigurationError) (flags []string) {
	asked := make(map[string]string)
	for _, s := range e.Asked {
		asked[s.Name] = s.Value
	}
	for _, s := range e.Stored {
		name, ok := flagsOf[s.Name]
		if s.Name == "mode" && (s.Value == shadowMode || asked[s.Name] == shadowMode) {
			name = "--shadow"
		}
		if ok && asked[s.Name] != s.Value {
			flags = append(flags, name)
		}
		delete(asked, s.Name)
	}
	for name := range asked {
		flags = append(flags, flagsOf[name])
	}
	slices.Sort(flags)
	return slices.Compact(flags)
}
