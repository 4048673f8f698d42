package postgres_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/store/internal/storetest"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
)

// ends waits for a call that must end by itself. That it does is what is tested, so the bound is far from its time.
func ends(t *testing.T, what string, call func() error) (err error) {
	t.Helper()
	done := make(chan error, 1)
	go func() { done <- call() }()
	select {
	case err = <-done:
	case <-time.After(time.Minute):
		t.Errorf("%s does not end", what)
	}
	return err
}

// No context helps: callers share what writes, and a clean-up has none.
func TestServerThatDoesNotAnswerHoldsNothingUp(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	url := s.schema(t)
	db, err := postgres.Open(t.Context(), url, postgres.Config{Patience: 100 * time.Millisecond})
	require.NoError(t, err)
	require.NoError(t, db.Signals().Append(t.Context(), storetest.Numbered(1)))
	s.Freeze(t)
	frozen := true
	defer func() {
		if frozen {
			s.Thaw(t)
		}
	}()
	halt := journal.Halted{Reason: "x"}
	err = ends(t, "Append", func() error { return db.Journal().Append(context.Background(), time.Unix(0, 0), halt) })
	require.ErrorContains(t, err, "the server has not answered for 100ms")
	require.Error(t, ends(t, "Read", func() error {
		_, err := db.Signals().After(context.Background(), 0, 1)
		return err
	}))
	require.Error(t, ends(t, "Open", func() error {
		_, err := postgres.Open(context.Background(), url, postgres.Config{})
		return err
	}))
	_ = ends(t, "Close", db.Close) // It may say what it could not give back.
	s.Thaw(t)
	frozen = false
	openPostgres(t, url)
}

// The end of a context is the call's end, whatever patience there is left.
func TestContextEndsACallBeforeThePatienceDoes(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	db, err := postgres.Open(t.Context(), s.schema(t), postgres.Config{Patience: time.Hour})
	require.NoError(t, err)
	require.Empty(t, storetest.Held(t, db.Signals()))
	s.Freeze(t)
	for range 20 {
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Millisecond)
		err = ends(t, "After", func() error {
			_, err := db.Signals().After(ctx, 0, 1)
			return err
		})
		cancel()
		require.ErrorIs(t, err, context.DeadlineExceeded)
	}
	s.Thaw(t)
	require.NoError(t, db.Close())
}
