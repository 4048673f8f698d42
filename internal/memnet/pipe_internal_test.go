package memnet

import (
	"io"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
)

func TestPipeWritesWithoutAReader(t *testing.T) {
	t.Parallel()
	near, far := pipe("x")
	for _, text := range []string{"one ", "two"} {
		n, err := near.Write([]byte(text))
		require.NoError(t, err)
		require.Equal(t, len(text), n)
	}
	require.NoError(t, near.Close())
	said, err := io.ReadAll(far)
	require.NoError(t, err)
	require.Equal(t, "one two", string(said), "what was written before the end is read")
	_, err = far.Write([]byte("x"))
	require.ErrorIs(t, err, io.ErrClosedPipe, "nobody reads it any more")
	_, err = near.Read(make([]byte, 1))
	require.ErrorIs(t, err, io.ErrClosedPipe)
}

func TestPipeReadEndsWithItsDeadline(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		near, far := pipe("x")
		read := func() error { _, err := far.Read(make([]byte, 8)); return err }
		began := time.Now()
		require.NoError(t, far.SetReadDeadline(began.Add(time.Second)))
		require.ErrorIs(t, read(), os.ErrDeadlineExceeded)
		require.Equal(t, time.Second, time.Since(began))
		require.ErrorIs(t, read(), os.ErrDeadlineExceeded, "it stays so")

		require.NoError(t, far.SetReadDeadline(began.Add(3*time.Second)))
		require.NoError(t, far.SetReadDeadline(began.Add(time.Minute)))
		go func() { time.Sleep(10 * time.Second); _, _ = near.Write([]byte("late")) }()
		require.NoError(t, read(), "a deadline that was put off does not count")

		require.NoError(t, far.SetReadDeadline(time.Time{}))
		go func() { time.Sleep(time.Hour); _ = far.SetReadDeadline(time.Now().Add(-1)) }()
		require.ErrorIs(t, read(), os.ErrDeadlineExceeded, "a read that waits is ended by one that has passed")

		require.NoError(t, far.SetReadDeadline(time.Time{}))
		go func() { time.Sleep(time.Second); _ = far.Close() }()
		require.ErrorIs(t, read(), io.ErrClosedPipe, "and by its own end's close")
	})
}
