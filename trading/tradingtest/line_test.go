package tradingtest_test

import (
	"io"
	"net"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// talk returns the end of a connection over a line, and what says something at the other end.
func talk(line *tradingtest.Line) (near net.Conn, say func(string)) {
	own, far := net.Pipe()
	return line.Conn(own), func(words string) { _, _ = far.Write([]byte(words)) }
}

func TestLineLosesHoldsBackAndRepeatsWhatArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := &tradingtest.Line{}
		near, say := talk(line)
		heard := make(chan string, 10)
		go func() {
			defer close(heard)
			for p := make([]byte, 8); ; {
				n, err := near.Read(p)
				if err != nil {
					return
				}
				heard <- string(p[:n])
			}
		}()
		say("one")
		require.Equal(t, "one", <-heard)
		line.Hear(tradingtest.ReplyLost)
		say("two")
		synctest.Wait()
		require.Empty(t, heard)
		line.Hear(tradingtest.RequestTwice)
		say("three")
		require.Equal(t, "three", <-heard)
		require.Equal(t, "three", <-heard)
		line.Hear(tradingtest.ReplyLate)
		say("four")
		time.Sleep(time.Hour)
		require.Empty(t, heard)
		line.Hear("")
		require.Equal(t, "four", <-heard)
		require.Equal(t, 1, line.Cut())
		_, ok := <-heard
		require.False(t, ok)
		require.Zero(t, line.Cut())
	})
}

func TestLineCutsWhatItHoldsBack(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		line := &tradingtest.Line{}
		near, say := talk(line)
		line.Hear(tradingtest.ReplyLate)
		ended := make(chan error, 1)
		go func() {
			_, err := io.ReadAll(near)
			ended <- err
		}()
		say("one")
		synctest.Wait()
		line.Cut()
		require.ErrorIs(t, <-ended, net.ErrClosed)
	})
}
