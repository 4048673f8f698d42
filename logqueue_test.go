package vigil_test

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/health"
)

// gated is a file that takes nothing until it is opened, and nothing at all while it is broken.
type gated struct {
	open   chan struct{}
	broken atomic.Bool

	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (g *gated) Write(p []byte) (int, error) {
	<-g.open
	if g.broken.Load() {
		return 0, errors.New("broken pipe")
	}
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.Write(p)
}

func (g *gated) String() string {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.text.String()
}

func newGated() *gated { return &gated{open: make(chan struct{})} }

func queueBefore(file *gated) (*vigil.LogQueue, *slog.Logger) {
	q := vigil.NewLogQueue(slog.NewTextHandler(file, nil), nil)
	return q, slog.New(q)
}

func TestLogQueueNeverWaitsAndSaysWhatIsMissing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newGated()
		q, log := queueBefore(file)
		for n := range 10_100 {
			log.With("part", "a").WithGroup("g").Info("a line", "n", n)
			if n == 0 {
				synctest.Wait() // it is on its way to the file
			}
		}
		close(file.open)
		synctest.Wait()
		log.Info("last")
		q.Flush(time.Second)
		text := file.String()
		require.Equal(t, 10_001, strings.Count(text, `msg="a line" part=a g.n=`), "one is on its way, and the others wait")
		require.Contains(t, text, "g.n=0\n")
		require.Equal(t, 1, strings.Count(text, `level=WARN msg="Log lines lost" lines=99`))
		require.True(t, strings.HasSuffix(text, "msg=last\n"))
	})
}

func TestLogQueueEndsInTimeWhateverTheFileDoes(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newGated()
		q, log := queueBefore(file)
		q.Flush(time.Hour) // there is nothing to wait for
		log.Info("a line")
		began := time.Now()
		q.Flush(time.Second)
		require.Equal(t, time.Second, time.Since(began))
		close(file.open) // its goroutine can end
	})
}

// panicking is a handler that cannot write.
type panicking struct{ slog.Handler }

func (panicking) Handle(context.Context, slog.Record) error { panic("no") }

func TestLogQueueShowsInHealthWhatWasLost(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		file := newGated()
		close(file.open)
		file.broken.Store(true)
		q, log := queueBefore(file)
		registry := health.NewRegistry(health.Config{})
		ctx, cancel := context.WithCancel(health.NewContext(t.Context(), registry.Begin("log").Part()))
		defer cancel()
		go func() { _ = q.Serve(ctx) }()
		log.Info("gone")
		time.Sleep(2 * time.Second)
		part, _ := registry.Report().Part("log")
		require.EqualValues(t, 1, part.Counts["lines_lost"])
		require.Contains(t, part.Reason, "1 lines of the log were lost: broken pipe")

		log.Info("gone as well, and the notice before it")
		synctest.Wait()
		file.broken.Store(false)
		log.Info("there")
		time.Sleep(5*time.Minute + 2*time.Second)
		part, _ = registry.Report().Part("log")
		require.NotContains(t, part.Reason, "lost")
		require.Contains(t, file.String(), `msg="Log lines lost" lines=2`)
		require.Contains(t, file.String(), "msg=there\n")
	})
}

func TestLogQueueTakesAPanicForALoss(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := vigil.NewLogQueue(panicking{slog.DiscardHandler}, nil)
		require.NoError(t, q.Handle(t.Context(), slog.Record{}))
		q.Flush(time.Second)
	})
}

// A log that nobody reads holds up no part of a Trader, and its health says what is lost.
func TestTraderGoesOnWhileNobodyReadsItsLog(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(slog.Handler) slog.Handler{
		"with its own queue":   func(h slog.Handler) slog.Handler { return h },
		"with one of the host": func(h slog.Handler) slog.Handler { return vigil.NewLogQueue(h, nil) },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg, file := onPaper(t), newGated()
				cfg.Logger = slog.New(before(slog.NewTextHandler(file, nil)))
				trader := build(t, cfg)
				serve(t, trader, 10*time.Minute, func() {
					require.Positive(t, trader.Status().Trading.Counts.Fills)
					_, shown := trader.Registry().Report().Part("trader/log")
					require.True(t, shown)
				})
				require.Empty(t, file.String())
				close(file.open)
				synctest.Wait()
				require.Equal(t, 1, strings.Count(file.String(), `msg="Trading engine started"`))

				file.broken.Store(true)
				serve(t, trader, time.Minute, func() {
					part, _ := trader.Registry().Report().Part("trader/log")
					require.Positive(t, part.Counts["lines_lost"])
					file.broken.Store(false)
				})
			})
		})
	}
}

// slow is a handler that takes its time.
type slow struct{ slog.Handler }

func (s slow) Handle(ctx context.Context, r slog.Record) error {
	time.Sleep(10 * time.Millisecond)
	return s.Handler.Handle(ctx, r)
}

func TestTraderEndsWhenItsLogIsWritten(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg, file := onPaper(t), newGated()
		close(file.open)
		cfg.Logger = slog.New(slow{slog.NewTextHandler(file, nil)})
		trader := build(t, cfg)
		serve(t, trader, time.Minute, func() {})
		require.Contains(t, file.String(), `msg="service stopped" service=trader/health_monitor`)
	})
}
