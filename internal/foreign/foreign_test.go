package foreign_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

func TestCallEndsInOneOfFourWays(t *testing.T) {
	t.Parallel()
	broken := errors.New("broken")
	for name, c := range map[string]struct {
		call func() (int, error)
		want int
		is   error
		text string
	}{
		"it returns":              {call: func() (int, error) { return 1, nil }, want: 1},
		"it returns an error":     {call: func() (int, error) { return 2, broken }, want: 2, is: broken, text: "broken"},
		"it panics":               {call: func() (int, error) { panic("oh") }, text: "panic: oh"},
		"it panics with nil":      {call: func() (int, error) { panic(nil) }, text: "panic: panic called with nil argument"},
		"it panics with an error": {call: func() (int, error) { panic(io.EOF) }, is: io.EOF, text: "panic: EOF"},
		"it ends its goroutine": {call: func() (int, error) { runtime.Goexit(); return 3, nil },
			is: foreign.ErrGoexit, text: "runtime.Goexit was called"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			call := foreign.Go(c.call)
			got, err := call.Result()
			require.Equal(t, c.want, got)
			require.True(t, call.Ended())
			if c.text == "" {
				require.NoError(t, err)
				return
			}
			require.EqualError(t, err, c.text)
			if c.is != nil {
				require.ErrorIs(t, err, c.is)
			}
		})
	}
}

func TestPanicKeepsTheStackOfItsCause(t *testing.T) {
	t.Parallel()
	_, err := foreign.Go(explode).Result()
	require.Contains(t, foreign.Stack(err), "explode")
	require.Empty(t, foreign.Stack(io.EOF))
}

func explode() (int, error) { panic("oh") }

func TestCallIsLeftBehindAtItsTimeLimit(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		release := make(chan struct{})
		call := foreign.Go(func() (int, error) { <-release; return 7, nil })
		began := time.Now()
		got, err := call.Wait(ctx)
		require.Equal(t, time.Second, time.Since(began))
		require.Zero(t, got)
		require.ErrorIs(t, err, foreign.ErrNotBack)
		require.ErrorIs(t, err, context.DeadlineExceeded)
		require.False(t, call.Ended())

		close(release)
		<-call.Done()
		got, err = call.Wait(t.Context())
		require.NoError(t, err)
		require.Equal(t, 7, got)
	})
}

// What belongs to a call, such as its place among those that may run, is given back however it ends.
func TestRunTellsTheEndOnItsOwnGoroutine(t *testing.T) {
	t.Parallel()
	for name, f := range map[string]func() error{
		"returns": func() error { return nil },
		"panics":  func() error { panic("oh") },
		"exits":   func() error { runtime.Goexit(); return nil },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			ends, after := make(chan error, 2), make(chan struct{}, 1)
			done := make(chan struct{})
			go func() {
				defer close(done)
				foreign.Run(f, func(err error) { ends <- err })
				after <- struct{}{}
			}()
			<-done
			require.Len(t, ends, 1)
			require.Equal(t, name != "exits", len(after) == 1, "only Goexit goes on to end the goroutine")
		})
	}
}

// sayer is an error that says what it is told to.
type sayer struct{ say func() string }

func (s *sayer) Error() string { return s.say() }

func TestTextIsTakenOnce(t *testing.T) {
	t.Parallel()
	asked := 0
	err := &sayer{func() string { asked++; return strings.Repeat("x", 1<<20) }}
	said := foreign.Said(err)
	require.Len(t, fmt.Errorf("wrapped: %w", said).Error(), foreign.MaxText+len("wrapped: "))
	require.Len(t, said.Error(), foreign.MaxText)
	require.Equal(t, 1, asked)
	require.ErrorIs(t, said, err)
	require.NoError(t, foreign.Said(nil))
	require.Equal(t, io.EOF, foreign.Said(io.EOF))

	asked = 0
	_, panicked := foreign.Go(func() (int, error) { panic(err) }).Result()
	require.Len(t, panicked.Error(), foreign.MaxText)
	require.Len(t, panicked.Error(), foreign.MaxText)
	require.Equal(t, 1, asked)
	require.ErrorIs(t, panicked, err)
}

// An error that hangs is observed at each cycle, for ever: that must not cost a goroutine each time.
func TestTextOfErrorsThatHangIsAskedForBoundedly(t *testing.T) { //nolint:paralleltest // all of them share the bound
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var asked atomic.Int32 // in goroutines that nobody has waited for yet
		err := &sayer{func() string { asked.Add(1); <-release; return "late" }}
		begun := time.Now()
		for range 1000 {
			require.Contains(t, foreign.Text(err, clock.New()), "whose Error method did not return")
		}
		require.EqualValues(t, 16, asked.Load())
		require.Equal(t, 16*time.Second, time.Since(begun))
		close(release)
		synctest.Wait()
		require.Equal(t, "late", foreign.Text(err, clock.New()), "they came back")
	})
}
