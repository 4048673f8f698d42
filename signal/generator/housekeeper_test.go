package generator_test

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func readByAll(context.Context) (string, int64, error) { return "", math.MaxInt64, nil }

func TestNewHousekeeperNamesTheFieldThatIsWrong(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*generator.HousekeeperConfig){
		"Store is nil":            func(c *generator.HousekeeperConfig) { c.Store = nil },
		"Passed is nil":           func(c *generator.HousekeeperConfig) { c.Passed = nil },
		"MaxAge -1ns is negative": func(c *generator.HousekeeperConfig) { c.MaxAge = -1 },
		"Count -1 is negative":    func(c *generator.HousekeeperConfig) { c.Count = -1 },
		"Every -1ns is negative":  func(c *generator.HousekeeperConfig) { c.Every = -1 },
		"Timeout -1s is negative": func(c *generator.HousekeeperConfig) { c.Timeout = -time.Second },
		"MaxAge and Count are both 0: nothing would ever be removed": func(c *generator.HousekeeperConfig) { c.MaxAge = 0 },
	} {
		cfg := generator.HousekeeperConfig{Store: signal.NewMemory(0), Passed: readByAll, MaxAge: time.Hour}
		spoil(&cfg)
		_, err := generator.NewHousekeeper(cfg)
		require.EqualError(t, err, "generator: HousekeeperConfig."+want)
	}
}

// said is a signal that was made now.
func said(n int) signal.Signal {
	return signal.Signal{ID: fmt.Sprint(n), Strategy: "s", Symbol: "BTC", CreatedAt: time.Now()}
}

func seqs(t *testing.T, store signal.Store) (found []int64) {
	all, err := store.After(t.Context(), 0, 1_000_000)
	require.NoError(t, err)
	for _, s := range all {
		found = append(found, s.Seq)
	}
	return found
}

// A follower comes a long way behind: what is old is removed as far as it has read, and no further.
func TestHousekeeperRemovesWhatIsOldOnceItWasRead(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store, log := signal.NewMemory(0), &logbook{}
		var cursor atomic.Int64
		h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
			Store: store, MaxAge: 24 * time.Hour, Logger: log.logger(slog.LevelInfo),
			Passed: func(ctx context.Context) (string, int64, error) {
				identity, err := store.Identity(ctx)
				return identity, cursor.Load(), err
			},
		})
		require.NoError(t, err)
		stop := serveIn(t, t.Context(), h)
		defer stop()
		time.Sleep(time.Minute)
		for n := range 48 {
			require.NoError(t, store.Append(t.Context(), said(n)))
			time.Sleep(time.Hour)
		}
		synctest.Wait()
		require.Len(t, seqs(t, store), 48, "nobody has read any of it")
		cursor.Store(10)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, int64(11), seqs(t, store)[0])
		cursor.Store(48)
		time.Sleep(time.Hour)
		synctest.Wait()
		require.Equal(t, int64(27), seqs(t, store)[0], "26 of them are older than a day")
		require.Equal(t, []string{
			`level=INFO msg="Pruned signals" count=10 duration=0s`, `level=INFO msg="Pruned signals" count=16 duration=0s`,
		}, log.lines)
	})
}

// pruneFunc is a Pruner of its own.
type pruneFunc func(ctx context.Context, r signal.Retention) (int, error)

func (f pruneFunc) Prune(ctx context.Context, r signal.Retention) (int, error) { return f(ctx, r) }

func TestPruneThatFailsEndsNothingAndTurnsHealth(t *testing.T) {
	t.Parallel()
	locked := errors.New("the database is locked")
	hangs := func(ctx context.Context, _ signal.Retention) (int, error) {
		<-ctx.Done()
		return 0, fmt.Errorf("remove: %w", ctx.Err())
	}
	for name, c := range map[string]struct {
		store  pruneFunc
		passed error
		log    string
	}{
		"the store fails": {func(context.Context, signal.Retention) (int, error) { return 2, locked }, nil,
			`error="generator: prune signals: the database is locked" removed=2`},
		"the store hangs": {hangs, nil, `error="generator: prune signals: remove: context deadline exceeded" removed=0`},
		"nobody knows what was read": {func(context.Context, signal.Retention) (int, error) { panic("it must not be asked") }, locked,
			`error="generator: how far the signals were read: the database is locked" removed=0`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				registry, log := health.NewRegistry(health.Config{}), &logbook{}
				var well atomic.Bool
				h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
					Store: pruneFunc(func(ctx context.Context, r signal.Retention) (int, error) {
						if well.Load() {
							return 0, nil
						}
						return c.store(ctx, r)
					}),
					Passed: func(context.Context) (string, int64, error) {
						if well.Load() {
							return "", 0, nil
						}
						return "", 0, c.passed
					},
					Count: 1, Logger: log.logger(slog.LevelInfo),
				})
				require.NoError(t, err)
				stop := serveIn(t, health.NewContext(t.Context(), registry.Begin("retention").Part()), h)
				defer stop()
				time.Sleep(4*time.Hour + 2*time.Minute)
				synctest.Wait()
				require.Len(t, log.lines, 5)
				require.Equal(t, `level=ERROR msg="Prune failed" `+c.log, log.lines[4])
				part, _ := registry.Report().Part("retention")
				require.NotEqual(t, health.Healthy, part.Verdict)
				well.Store(true)
				time.Sleep(time.Hour)
				synctest.Wait()
				part, _ = registry.Report().Part("retention")
				require.Equal(t, health.Healthy, part.Verdict)
			})
		})
	}
}

func TestPruneThatTakesTooLongGoesOnTheNextTime(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
			Store: pruneFunc(func(ctx context.Context, _ signal.Retention) (int, error) {
				<-ctx.Done()
				return 600, ctx.Err()
			}),
			Passed: readByAll, Count: 1, Timeout: 5 * second, Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		start := time.Now()
		removed, err := h.Prune(t.Context(), start)
		require.NoError(t, err)
		require.Equal(t, 600, removed)
		require.Equal(t, 5*second, time.Since(start))
		ctx, cancel := context.WithCancel(t.Context())
		cancel()
		_, err = h.Prune(ctx, start)
		require.ErrorIs(t, err, context.Canceled)
	})
}

// Only the wait is excused: a prune that hangs, deaf to its context, is seen as soon as in a service that never waits, and a
// wait that does not end as soon as it is over.
func TestHousekeeperThatHangsIsSeenWhereverItIs(t *testing.T) {
	t.Parallel()
	const stall = 5 * time.Minute
	for name, c := range map[string]struct {
		prunes int // which of them hangs; 0 for the wait after the third
		seen   time.Duration
	}{
		"in its first prune": {prunes: 1, seen: stall},
		"in a later prune":   {prunes: 4, seen: 3*time.Hour + stall},
		"in its wait":        {seen: 3*time.Hour + stall},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				goOn, calls, d := make(chan struct{}), 0, &dying{Clock: clock.New()}
				defer close(goOn)
				h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
					Store: pruneFunc(func(context.Context, signal.Retention) (int, error) {
						if calls++; calls == c.prunes {
							<-goOn
						}
						d.dead.Store(c.prunes == 0 && calls == 3)
						return 0, nil
					}),
					Passed: readByAll, Count: 1, Clock: d, Logger: slog.New(slog.DiscardHandler),
				})
				require.NoError(t, err)
				registry := health.NewRegistry(health.Config{})
				tree, err := supervisor.New(supervisor.Config{Name: "trader", Registry: registry, Logger: slog.New(slog.DiscardHandler)})
				require.NoError(t, err)
				require.NoError(t, tree.Add("housekeeper", h, supervisor.Policy{Stall: stall}))
				require.NoError(t, tree.Start(t.Context()))
				began := time.Now()
				for registry.Report().Verdict < health.Unhealthy && time.Since(began) < 12*time.Hour {
					time.Sleep(time.Second)
					synctest.Wait()
				}
				require.WithinDuration(t, began.Add(c.seen), time.Now(), time.Minute) // a tick of the watch
				_ = tree.Stop(context.Background())
			})
		})
	}
}

func TestCursorOfAnotherStoreRemovesNothing(t *testing.T) {
	t.Parallel()
	store, log := signal.NewMemory(0), &logbook{}
	require.NoError(t, store.Append(t.Context(), said(1), said(2), said(3)))
	h, err := generator.NewHousekeeper(generator.HousekeeperConfig{
		Store: store, Count: 1, Logger: log.logger(slog.LevelError),
		Passed: func(context.Context) (string, int64, error) { return "other", 3, nil },
	})
	require.NoError(t, err)
	_, err = h.Prune(t.Context(), time.Now())
	require.ErrorContains(t, err, "the cursor is one of store other, and this is memory-")
	require.Len(t, seqs(t, store), 3)
	require.Len(t, log.lines, 1)
}

func ExampleHousekeeper() {
	store := signal.NewMemory(0)
	now := time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)
	for day := range 5 {
		if err := store.Append(context.Background(), signal.Signal{
			ID: fmt.Sprint("day ", day), Strategy: "ema_cross", Symbol: "BTC", CreatedAt: now.AddDate(0, 0, day-5),
		}); err != nil {
			fmt.Println(err)
			return
		}
	}
	cursor := int64(2) // of whoever follows the store, such as trading.Engine.Status().Cursor
	housekeeper, err := generator.NewHousekeeper(generator.HousekeeperConfig{
		Store: store, MaxAge: 48 * time.Hour, Logger: slog.New(slog.DiscardHandler),
		Passed: func(context.Context) (string, int64, error) { return "", cursor, nil },
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	// supervisor.Add("housekeeper", housekeeper, ...) runs it every hour; this is one of its prunes.
	removed, err := housekeeper.Prune(context.Background(), now)
	fmt.Println(removed, err)
	cursor = 5
	removed, err = housekeeper.Prune(context.Background(), now)
	fmt.Println(removed, err)
	// Output:
	// 2 <nil>
	// 1 <nil>
}
