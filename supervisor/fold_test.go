package supervisor_test

import (
	"bytes"
	"context"
	"log/slog"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// logOf runs a tree whose child crashes ten times a second for as long as told, and then works; it returns the log's
// lines of twenty minutes.
func logOf(t *testing.T, crashes time.Duration, policy supervisor.Policy) (lines []string) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		var log bytes.Buffer
		s := withReceiver(t, slog.New(slog.NewTextHandler(&log, nil)), nil)
		began := time.Now()
		add(t, s, "loops", func(ctx context.Context) error {
			if time.Since(began) >= crashes {
				return untilDone(ctx)
			}
			time.Sleep(100 * time.Millisecond)
			panic("ouch")
		}, policy)
		start(t, s)
		time.Sleep(20 * time.Minute)
		synctest.Wait()
		lines = strings.Split(strings.TrimSpace(log.String()), "\n")
		stop(t, s)
	})
	return lines
}

func TestLogOfACrashLoopIsFolded(t *testing.T) {
	t.Parallel()
	lines := logOf(t, 30*time.Second, noDelay())
	require.Len(t, lines, 51)
	require.Contains(t, lines[50], `msg="events folded" service=root/loops events=552 runs=276`)
}

func TestLogOfACrashLoopThatGoesOnIsALineAMinute(t *testing.T) {
	t.Parallel()
	lines := logOf(t, 9*time.Minute+30*time.Second, noDelay())
	require.Len(t, lines, 50+10, lines[50:])
}

func TestLogOfAnAlarmComesAfterWhatLedToIt(t *testing.T) {
	t.Parallel()
	p := noDelay()
	p.MaxRestarts, p.Exhausted = 100, supervisor.GiveUp
	lines := logOf(t, time.Hour, p)
	require.Len(t, lines, 52)
	require.Contains(t, lines[50], `msg="events folded"`)
	require.Contains(t, lines[51], `msg="service given up"`)
}

func TestLogInWordsOfOnesOwnIsFoldedAsWell(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		rec, lines := newRecorder(), 0
		s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record,
			LogEvent: func(supervisor.Event) { lines++ }})
		require.NoError(t, err)
		add(t, s, "loops", lasting(time.Millisecond), noDelay())
		start(t, s)
		time.Sleep(30 * time.Second)
		stop(t, s)
		require.Less(t, lines, 60)
		require.Greater(t, len(rec.all()), 1000)
	})
}
