package notify_test

import (
	"context"
	"errors"
	"log/slog"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/strategy"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// traded is what came of ten minutes of trading beside a Notifier: all that the journal has, and when.
func traded(t *testing.T, to notify.Notifier) (events []string, sent notify.Status) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		const coin = "BTC/USDT"
		market, err := feed.NewSynthetic(feed.SyntheticConfig{Symbols: []string{coin}, Interval: time.Second})
		require.NoError(t, err)
		cross, err := strategy.EMACross{}.Spec()
		require.NoError(t, err)
		store := vigil.NewMemoryStore()
		cfg := vigil.Config{
			Source: market, Strategies: []signal.Spec{cross}, Interval: time.Second, Store: store,
			Instruments: []trading.Instrument{{Symbol: coin, Tick: decimal.New(1, -1), Step: decimal.New(1, -4)}},
			Paper:       &paper.Config{}, Registry: health.NewRegistry(health.Config{}),
			Logger: slog.New(slog.DiscardHandler),
		}
		messages, err := notify.New(notify.Config{To: to, Registry: cfg.Registry, Journal: store.Journal(), Logger: cfg.Logger})
		require.NoError(t, err)
		cfg.Services = []vigil.Child{{Name: "notify", Service: messages}}
		trader, err := vigil.New(cfg)
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		ended := make(chan error, 1)
		go func() { ended <- trader.Serve(ctx) }()
		time.Sleep(5*time.Minute + time.Second/2) // between two steps
		require.NoError(t, trader.Halt(ctx, "a look at the news"))
		time.Sleep(5 * time.Minute)
		sent = messages.Status()
		for e, err := range journal.Entries(ctx, store.Journal(), 0) {
			require.NoError(t, err)
			events = append(events, e.At.String()+" "+journal.KindOf(e.Event))
		}
		cancel()
		require.NoError(t, <-ended)
	})
	return events, sent
}

type notifierFunc func(ctx context.Context, m notify.Message) error

func (f notifierFunc) Notify(ctx context.Context, m notify.Message) error { return f(ctx, m) }

// Each step of trading comes at the same moment and to the same, whatever a receiver does.
func TestTradingIsNotSlowedByAReceiver(t *testing.T) {
	t.Parallel()
	wanted, sent := traded(t, notifierFunc(func(context.Context, notify.Message) error { return nil }))
	require.Greater(t, sent.Sent, 10, "it trades")
	for name, to := range map[string]notifierFunc{
		"hangs":   func(ctx context.Context, _ notify.Message) error { <-ctx.Done(); return ctx.Err() },
		"is away": func(context.Context, notify.Message) error { return errors.New("no network") },
		"is slow": func(context.Context, notify.Message) error { time.Sleep(9 * time.Second); return nil },
		"is limited": func(context.Context, notify.Message) error {
			return &notify.RetryError{After: time.Hour, Err: errors.New("slow down")}
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got, sent := traded(t, to)
			require.Len(t, got, len(wanted))
			for i := range got {
				require.Equal(t, wanted[i], got[i])
			}
			require.True(t, sent.Tries > 0 || sent.Sent > 0)
		})
	}
}
