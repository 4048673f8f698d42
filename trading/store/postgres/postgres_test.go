package postgres_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

func TestDatabaseDoesWhatEveryKindDoes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	storetest.Test(t, func(t testing.TB) storetest.Place {
		url := s.schema(t)
		return func(ctx context.Context, run ...storetest.Setting) (storetest.DB, error) {
			return postgres.Open(ctx, url, postgres.Config{Run: run})
		}
	})
}

func TestPostgresHasOneWriterAndSaysWho(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	path := s.schema(t)
	first := openPostgres(t, path, postgres.Setting{Name: "mode", Value: "paper"})
	_, err := postgres.Open(t.Context(), path, postgres.Config{})
	locked, ok := errors.AsType[*postgres.LockedError](err)
	require.True(t, ok, "%v", err)
	require.Regexp(t, `^vigil, process \d+ on `, locked.Holder)
	require.ErrorContains(t, err, "it is in use by vigil, process ")
	require.NoError(t, first.Signals().Append(t.Context(), storetest.Numbered(1)), "the first is not disturbed")

	reader, err := postgres.Open(t.Context(), path, postgres.Config{ReadOnly: true})
	require.NoError(t, err)
	require.Len(t, storetest.Held(t, reader.Signals()), 1)
	require.ErrorIs(t, reader.Signals().Append(t.Context(), storetest.Numbered(2)), postgres.ErrReadOnly)
	require.NoError(t, reader.Close())

	require.NoError(t, first.Close())
	_, err = postgres.Open(t.Context(), path, postgres.Config{Run: []postgres.Setting{{Name: "mode", Value: "live"}}})
	require.ErrorContains(t, err, `mode is "paper" there and "live" here`)
	require.Len(t, storetest.Held(t, openPostgres(t, path).Signals()), 1)
}

// The connection that writes is lost: the call under way is told, and the next one goes on, unless another program had
// the database in between.
func TestPostgresConnectionThatIsLost(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	path := s.schema(t)
	cut := func() {
		s.sql(t, `SELECT count(pg_terminate_backend(pid))::text FROM pg_stat_activity WHERE application_name LIKE 'vigil%'`)
	}
	db := openPostgres(t, path)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
	cut()
	require.NoError(t, again(t, func() error { return db.Signals().Append(t.Context(), storetest.Numbered(2)) }))
	require.Len(t, heldAgain(t, db), 2)

	cut()
	var other *postgres.DB
	require.NoError(t, again(t, func() (err error) {
		other, err = postgres.Open(t.Context(), path, postgres.Config{})
		return err
	}), "the lock went with the connection")
	halt := journal.Halted{Reason: "x"}
	require.Error(t, db.Journal().Append(t.Context(), time.Unix(0, 0), halt))
	err := db.Journal().Append(t.Context(), time.Unix(0, 0), halt)
	locked, ok := errors.AsType[*postgres.LockedError](err)
	require.True(t, ok, "%v", err)
	require.Contains(t, locked.Holder, "vigil")
	require.NoError(t, other.Close())
	require.ErrorIs(t, db.Journal().Append(t.Context(), time.Unix(0, 0), halt), journal.ErrTakenOver)
	_, err = db.Journal().Read(t.Context(), 0, 1)
	require.ErrorIs(t, err, journal.ErrTakenOver, "what it knows is out of date")
}

// again calls until there is no error, as a caller that is told does.
func again(t *testing.T, call func() error) (err error) {
	t.Helper()
	for range 1000 {
		if err = call(); err == nil {
			return nil
		}
	}
	return err
}

// heldAgain reads until the connections that read have been made anew.
func heldAgain(t *testing.T, db *postgres.DB) (signals []signal.Signal) {
	t.Helper()
	require.NoError(t, again(t, func() (err error) {
		signals, err = db.Signals().After(t.Context(), 0, 1_000_000)
		return err
	}))
	return signals
}

// A server that crashes under four writers at once loses nothing that was acknowledged, and they go on when it is back.
func TestPostgresThatCrashesLosesNothingAcknowledged(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	db := openPostgres(t, s.schema(t))
	const writers = 4
	acknowledged := make([]int, writers)
	for range 3 {
		begun, ended := make(chan struct{}, writers), make(chan struct{})
		for w := range writers {
			go func() {
				defer func() { ended <- struct{}{} }()
				for first := true; ; first = false {
					if storetest.StoreBoth(db, w, acknowledged[w]) != nil {
						return
					}
					acknowledged[w]++
					if first {
						begun <- struct{}{}
					}
				}
			}()
		}
		for range writers {
			<-begun
		}
		s.Stop(t, "immediate")
		for range writers {
			<-ended
		}
		_, err := db.Journal().Read(t.Context(), 0, 10)
		require.Error(t, err, "the server is gone")
		s.Start(t)
		require.NoError(t, again(t, func() error { return db.Signals().SaveStates(t.Context(), storetest.SomeState()) }))
		have := make(map[string]bool)
		for _, one := range heldAgain(t, db) {
			have[one.ID] = true
		}
		for w, n := range acknowledged {
			for i := range n {
				require.True(t, have[storetest.NameOf(w, i)], "signal %d of writer %d", i, w)
			}
		}
	}
}

func TestPostgresThatIsNotDurableIsRefused(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	s.sql(t, "ALTER SYSTEM SET fsync = off")
	s.sql(t, "SELECT pg_reload_conf()::text")
	require.NoError(t, again(t, func() error {
		if s.sql(t, "SHOW fsync") == "on" {
			return errors.New("it has not read its configuration yet")
		}
		return nil
	}))
	_, err := postgres.Open(t.Context(), s.URL("public"), postgres.Config{})
	require.ErrorContains(t, err, "fsync is off, want on")
}

func TestOpenRefuses(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	newer := s.schema(t)
	require.NoError(t, openPostgres(t, newer).Close())
	s.sql(t, "INSERT INTO s1.goose_db_version (version_id, is_applied) VALUES (4711, true)")
	for name, c := range map[string]struct{ url, want string }{
		"no URL":                       {"postgres://%zz:secret@host", "cannot parse"},
		"a server that is not there":   {"postgres:///x?host=" + s.Folder() + "none", "none"},
		"a database that is not there": {"postgres:///nothing?user=vigil&host=" + s.Folder(), `database "nothing" does not exist`},
		"a newer schema":               {newer, "its schema has version 4711"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := postgres.Open(t.Context(), c.url, postgres.Config{})
			require.ErrorContains(t, err, c.want)
			require.NotContains(t, err.Error(), "secret")
		})
	}
	db := openPostgres(t, s.schema(t))
	require.NoError(t, db.Room())
}

func TestDumpThatIsRestoredIsAnotherJournalOnceItsIncarnationIsGone(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	url := s.schema(t)
	identity := func() string {
		db, err := postgres.Open(t.Context(), url, postgres.Config{})
		require.NoError(t, err)
		defer func() { require.NoError(t, db.Close()) }()
		identity, err := db.Journal().Identity(t.Context())
		require.NoError(t, err)
		return identity
	}
	was := identity()
	require.Equal(t, was, identity())
	s.sql(t, "DELETE FROM "+s.last()+".meta WHERE name = 'incarnation'")
	now := identity()
	require.NotEqual(t, was, now)
	require.Equal(t, now, identity())
}
