package sqldb

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

// Schema is how a kind of database comes to its tables.
type Schema struct {
	Dialect goose.Dialect
	Steps   fs.FS // SQL files with numbers, as goose reads them
	// OwnIDs and Settings are the numbers of the steps that SQL cannot say: see ownIDs and settingsStep.
	OwnIDs, Settings int64
	// BackUp keeps a copy of a database before its schema changes, for who has to go back; nil where its operator does it.
	BackUp func(ctx context.Context, version int64) error
}

// Migrate brings the schema up to date, each step in a transaction of its own, after a backup. A schema that is newer
// than what is known here is refused before anything is changed.
func (s Schema) Migrate(ctx context.Context, db *sql.DB) error {
	provider, err := s.provider(db)
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of its schema: %w", err)
	case have > known:
		return newerSchema(have, known)
	case 0 < have && have < known && s.BackUp != nil:
		if err := s.BackUp(ctx, have); err != nil {
			return err
		}
	}
	if _, err := provider.Up(ctx); err != nil {
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			err = fmt.Errorf("to version %d: %w", partial.Failed.Source.Version, partial.Err)
		}
		return fmt.Errorf("bring its schema up to date: %w", err)
	}
	return nil
}

// expect refuses a schema that is not the one that is known here, where it cannot be changed.
func (s Schema) expect(ctx context.Context, db *sql.DB) error {
	provider, err := s.provider(db)
	if err != nil {
		return err
	}
	steps := provider.ListSources()
	known := steps[len(steps)-1].Version
	var have int64
	if err := db.QueryRowContext(ctx, "SELECT max(version_id) FROM goose_db_version").Scan(&have); err != nil {
		return fmt.Errorf("read the version of its schema, which it gets when it is first opened to write: %w", err)
	}
	switch {
	case have > known:
		return newerSchema(have, known)
	case have < known:
		return &OlderSchemaError{have, known}
	}
	return nil
}

// OlderSchemaError says that a database that is only read has the schema of an earlier version.
type OlderSchemaError struct{ Have, Known int64 }

func (e *OlderSchemaError) Error() string {
	return fmt.Sprintf("its schema has version %d, and this one reads %d: open it once to write", e.Have, e.Known)
}

func (s Schema) provider(db *sql.DB) (*goose.Provider, error) {
	return goose.NewProvider(s.Dialect, db, s.Steps, goose.WithGoMigrations(ownIDs(s.OwnIDs), settingsStep(s.Settings)),
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
}

func newerSchema(have, known int64) error {
	return fmt.Errorf("%w: its schema has version %d, and this one knows %d", ErrNewerSchema, have, known)
}
