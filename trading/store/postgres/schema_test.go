package postgres_test

import (
	"fmt"
	"os"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/pressly/goose/v3"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
)

func TestDatabaseFromBeforeStreamsGoesOn(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	url := s.schema(t)
	config, err := pgx.ParseConfig(url)
	require.NoError(t, err)
	db := stdlib.OpenDB(*config)
	storetest.WithSchema(t, db, goose.DialectPostgres, os.DirFS("migrations"), 1)
	storetest.InsertFromBefore(t, db)
	require.NoError(t, db.Close())
	opened := openPostgres(t, url)
	require.Equal(t, fmt.Sprint(storetest.StoredIDs), s.sql(t, "SELECT count(id)::text FROM s1.signals"))
	storetest.GoesOn(t, opened)
}
