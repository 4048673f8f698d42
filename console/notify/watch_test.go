package notify_test

import (
	"context"
	"errors"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// in serves services in a tree, in a bubble.
func in(t *testing.T, cfg notify.Config, others map[string]supervisor.Service, test func(t *testing.T, p *phone, tree *supervisor.Supervisor)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		registry := health.NewRegistry(health.Config{})
		p := &phone{registry: registry}
		if cfg.To == nil {
			cfg.To = p
		}
		cfg.Registry = registry
		service, err := notify.New(cfg)
		require.NoError(t, err)
		tree, err := supervisor.New(supervisor.Config{Name: "host", Registry: registry})
		require.NoError(t, err)
		require.NoError(t, tree.Add("notify", service, supervisor.Policy{}))
		for name, other := range others {
			require.NoError(t, tree.Add(name, other, supervisor.Policy{
				MaxRestarts: 2, Backoff: supervisor.Backoff{Initial: time.Second},
			}))
		}
		require.NoError(t, tree.Start(t.Context()))
		test(t, p, tree)
		require.NoError(t, tree.Stop(context.WithoutCancel(t.Context())))
	})
}

type serve func(ctx context.Context) error

func (f serve) Serve(ctx context.Context) error { return f(ctx) }

func TestHaltIsToldRemindedOfAndEnded(t *testing.T) {
	t.Parallel()
	in(t, notify.Config{Kinds: []notify.Kind{notify.KindPerson}, Remind: 4 * time.Hour},
		map[string]supervisor.Service{"engine": serve(func(ctx context.Context) error {
			part := health.FromContext(ctx)
			time.AfterFunc(10*time.Second, func() {
				part.Raise(health.Condition{Key: "halted", Verdict: health.Unhealthy, Person: true,
					Text: "trading is halted: daily loss", Remedy: "rearm"})
			})
			time.AfterFunc(5*time.Hour, func() { part.Clear("halted") })
			<-ctx.Done()
			return ctx.Err()
		})},
		func(t *testing.T, p *phone, _ *supervisor.Supervisor) {
			after(12 * time.Second)
			got := p.messages()
			require.Len(t, got, 1)
			require.Equal(t, "host/engine: trading is halted: daily loss", got[0].Text)
			require.Equal(t, "rearm", got[0].Remedy)
			require.True(t, got[0].Urgent)
			after(4 * time.Hour)
			require.Len(t, p.messages(), 2, "it still holds")
			after(time.Hour)
			got = p.messages()
			require.Len(t, got, 3)
			require.True(t, got[2].Over)
			require.Contains(t, got[2].Text, "Over after 4h59m")
		})
}

func TestServiceThatStaysDownIsTold(t *testing.T) {
	t.Parallel()
	in(t, notify.Config{}, map[string]supervisor.Service{
		"feed": serve(func(context.Context) error { return errors.New("no route") }),
	}, func(t *testing.T, p *phone, tree *supervisor.Supervisor) {
		after(time.Minute)
		texts := p.texts()
		require.Len(t, texts, 2)
		require.Contains(t, texts[0], "host/feed is down and stays down (crashed): no route")
		require.Contains(t, texts[1], "The system is unhealthy, and was healthy")
		require.NoError(t, tree.StopChild(t.Context(), "host/feed"))
		after(20 * time.Minute)
		texts = p.texts()
		require.Contains(t, texts[2], "Over after")
		require.Contains(t, texts[3], "The system is degraded, and was unhealthy: host/feed: stopped")
	})
}

func TestServiceThatStopsWithItsHostIsNotTold(t *testing.T) {
	t.Parallel()
	var stopping atomic.Bool
	stopping.Store(true)
	in(t, notify.Config{Stopping: stopping.Load}, map[string]supervisor.Service{
		"feed": serve(func(context.Context) error { return errors.New("no route") }),
	}, func(t *testing.T, p *phone, _ *supervisor.Supervisor) {
		after(10 * time.Minute)
		require.Empty(t, p.texts())
		stopping.Store(false)
		after(time.Minute)
		require.Contains(t, p.texts()[0], "host/feed is down and stays down")
	})
}

func TestServiceDoesNotTellOfItself(t *testing.T) {
	t.Parallel()
	broken := &phone{answer: func(context.Context, int) error { return errors.New("no network") }}
	in(t, notify.Config{To: broken, Kinds: []notify.Kind{notify.KindPerson, notify.KindDown}}, nil,
		func(t *testing.T, _ *phone, _ *supervisor.Supervisor) {
			after(3 * time.Hour)
			require.Zero(t, broken.calls(), "nothing is wrong but that nothing could be told")
		})
}

// A channel that fails must not make messages of it: they would go over the same channel, once it works.
func TestServiceDoesNotTellOfItsOwnFailuresInTheVerdict(t *testing.T) {
	t.Parallel()
	var works atomic.Bool
	channel := &phone{answer: func(context.Context, int) error {
		if works.Load() {
			return nil
		}
		return errors.New("no network")
	}}
	in(t, notify.Config{To: channel}, map[string]supervisor.Service{"engine": serve(func(ctx context.Context) error {
		part := health.FromContext(ctx)
		time.AfterFunc(time.Minute, func() { part.Raise(health.Condition{Key: "halted", Person: true, Text: "trading is halted"}) })
		<-ctx.Done()
		return ctx.Err()
	})}, func(t *testing.T, p *phone, _ *supervisor.Supervisor) {
		after(30 * time.Minute)
		report := p.registry.Report()
		require.Equal(t, health.Degraded, report.Verdict, "a channel that fails stops no trading: %s", report.Reasons)
		own, _ := report.Part("host/notify")
		require.Contains(t, own.Reason, "no network")
		require.NotEmpty(t, own.Remedy)
		works.Store(true)
		after(30 * time.Minute)
		for _, text := range channel.texts() {
			require.Contains(t, text, "trading is halted")
		}
		require.NotEmpty(t, channel.texts())
	})
}

func TestFillsAndDaysAreToldFromTheStartOn(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	j := journal.NewMemory()
	fill := func(id string, side trading.Side) journal.Event {
		return journal.Filled{Fill: trading.Fill{
			ID: id, Symbol: "BTCUSDT", Side: side, Price: d("50000"), Quantity: d("0.5"), Fee: d("1.25"), Time: time.Unix(0, 0),
		}}
	}
	for range 777 {
		require.NoError(t, j.Append(t.Context(), time.Unix(0, 0), fill("old", trading.Buy)))
	}
	inBubble(t, notify.Config{Journal: j}, func(t *testing.T, b *bench) {
		synctest.Wait()
		for _, e := range []journal.Event{
			journal.DayOpened{Day: "2026-11-27", Equity: d("10000")},
			fill("1", trading.Buy), fill("2", trading.Sell),
			journal.DayOpened{Day: "2026-11-28", Equity: d("10012.5")},
		} {
			require.NoError(t, j.Append(t.Context(), time.Now(), e))
		}
		after(2 * time.Second)
		require.Equal(t, []string{
			"Bought 0.5 BTCUSDT at 50000", "Sold 0.5 BTCUSDT at 50000",
			"2026-11-27: equity 10012.50 (+12.50), 2 fills, fees 2.50",
		}, b.phone.texts())
	})
}

func TestDayIsToldWholeAfterARestartInIt(t *testing.T) {
	t.Parallel()
	d := decimal.RequireFromString
	j := journal.NewMemory()
	fill := journal.Filled{Fill: trading.Fill{
		ID: "f", Symbol: "BTCUSDT", Side: trading.Buy, Price: d("1"), Quantity: d("1"), Fee: d("0.5"), Time: time.Unix(0, 0),
	}}
	put := func(events ...journal.Event) {
		for _, e := range events {
			require.NoError(t, j.Append(t.Context(), time.Unix(0, 0), e))
		}
	}
	put(fill, journal.DayOpened{Day: "2026-11-27", Equity: d("100")})
	for range 700 { // more than are read at once
		put(fill)
	}
	put(journal.DayOpened{Day: "2026-11-27", Equity: d("98")}) // a person has re-armed trading
	inBubble(t, notify.Config{Journal: j, Kinds: []notify.Kind{notify.KindDay}}, func(t *testing.T, b *bench) {
		after(2 * time.Second)
		require.Empty(t, b.phone.texts(), "what was before is not told again")
		put(journal.DayOpened{Day: "2026-11-27", Equity: d("97")}, fill)
		put(journal.DayOpened{Day: "2026-11-28", Equity: d("90"), Before: d("99")}) // 9 are lost over the night
		after(2 * time.Second)
		require.Equal(t, []string{"2026-11-27: equity 99.00 (-1.00), 701 fills, fees 350.50"}, b.phone.texts())
	})
}

func TestJournalThatFailsIsReadLater(t *testing.T) {
	t.Parallel()
	j := &failing{Memory: journal.NewMemory(), fails: 5}
	inBubble(t, notify.Config{Journal: j}, func(t *testing.T, b *bench) {
		after(10 * time.Second)
		require.Equal(t, 1, strings.Count(b.log.String(), "Journal not read"), "not at each look")
		require.NoError(t, j.Append(t.Context(), time.Now(), journal.Filled{Fill: trading.Fill{
			ID: "1", Symbol: "X", Side: trading.Buy, Price: decimal.NewFromInt(1), Quantity: decimal.NewFromInt(2),
		}}))
		after(2 * time.Second)
		require.Equal(t, []string{"Bought 2 X at 1"}, b.phone.texts())
	})
}

type failing struct {
	*journal.Memory

	fails int
}

func (j *failing) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if j.fails > 0 {
		j.fails--
		return nil, errors.New("disk")
	}
	return j.Memory.Read(ctx, after, limit)
}
