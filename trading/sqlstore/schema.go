package sqlstore

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"

	"github.com/pressly/goose/v3"
)

//go:embed migrations/*.sql
var embedded embed.FS

// migrate brings the schema up to date, each step in a transaction of its own. A schema that is newer than what is
// known here is refused before anything is changed.
func migrate(ctx context.Context, db *sql.DB) error {
	folder, err := fs.Sub(embedded, "migrations")
	if err != nil {
		return err
	}
	provider, err := goose.NewProvider(goose.DialectSQLite3, db, folder,
		goose.WithDisableGlobalRegistry(true), goose.WithLogger(goose.NopLogger()))
	if err != nil {
		return err
	}
	have, known, err := provider.GetVersions(ctx)
	switch {
	case err != nil:
		return fmt.Errorf("read the version of its schema: %w", err)
	case have > known:
		return fmt.Errorf("%w: its schema has version %d, and this one knows %d", ErrNewerSchema, have, known)
	}
	if _, err := provider.Up(ctx); err != nil {
		if partial, ok := errors.AsType[*goose.PartialError](err); ok {
			err = partial.Err // Which of the steps it was is in there too.
		}
		return fmt.Errorf("bring its schema up to date: %w", err)
	}
	return nil
}
