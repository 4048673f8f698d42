package supervisor_test

import (
	"bytes"
	"context"
	"log/slog"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// asked is an error that counts how often it is asked, and then does as it is told.
type asked struct {
	times int
	text  func() string
	is    func() bool
}

func (e *asked) Error() string {
	e.times++
	return e.text()
}

func (e *asked) Is(error) bool { return e.is != nil && e.is() }

func TestErrorOfARunIsAskedOnceAndBounded(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		text func() string
		want string
	}{
		"short":  {func() string { return "boom" }, "boom"},
		"long":   {func() string { return strings.Repeat("x", 1<<20) }, strings.Repeat("x", 1<<10-9) + "... (cut)"},
		"hangs":  {nil, "an error of type *supervisor_test.asked, whose Error method did not return"},
		"panics": {func() string { panic("ouch") }, "an error of type *supervisor_test.asked, whose Error method panicked"},
		"exits":  {func() string { runtime.Goexit(); return "" }, "an error of type *supervisor_test.asked, whose Error method panicked"},
		"empty":  {func() string { return "" }, "error"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				var log bytes.Buffer
				rec := newRecorder()
				if name == "hangs" { // a channel of the bubble
					release := make(chan struct{})
					c.text = func() string { <-release; return "" }
					defer close(release)
				}
				err := &asked{text: c.text}
				s, e := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record,
					Logger: slog.New(slog.NewTextHandler(&log, nil))})
				require.NoError(t, e)
				add(t, s, "a", func(context.Context) error { return err }, givesUpAtOnce)
				start(t, s)
				time.Sleep(2 * time.Second)
				a := childOf(t, s, "a")
				require.Equal(t, health.StateCrashed, a.State)
				require.Equal(t, c.want, a.LastError)
				require.Equal(t, c.want, only[supervisor.Failed](rec)[0].End.Error())
				require.Contains(t, log.String(), c.want)
				require.Equal(t, 1, err.times)
				stop(t, s)
			})
		})
	}
}

func TestErrorThatHangsHoldsUpNoStop(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		s, _ := tree(t)
		err := &asked{text: func() string { return "boom" }, is: func() bool { <-release; return true }}
		add(t, s, "a", func(ctx context.Context) error {
			<-ctx.Done()
			return err
		}, supervisor.Policy{})
		start(t, s)
		began := time.Now()
		require.NoError(t, s.Stop(t.Context()))
		require.Less(t, time.Since(began), 2*time.Second)
		close(release)
	})
}

// brokenHandler is a slog handler that panics.
type brokenHandler struct{ slog.Handler }

func (brokenHandler) Enabled(context.Context, slog.Level) bool  { return true }
func (brokenHandler) Handle(context.Context, slog.Record) error { panic("no disk") }

func TestTreeSurvivesItsListeners(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		got := 0
		s := withReceiver(t, slog.New(brokenHandler{}), func(supervisor.Event) {
			if got++; got%2 == 0 {
				runtime.Goexit()
			}
			panic("ouch") // and so does the logger that is told of it
		})
		add(t, s, "a", failing, supervisor.Policy{})
		start(t, s)
		time.Sleep(time.Minute)
		stop(t, s)
		require.Greater(t, got, 20)
	})
}
