package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// tell returns a journal of events, a second apart.
func tell(t testing.TB, events ...journal.Event) *journal.Memory {
	t.Helper()
	j := journal.NewMemory()
	for i, e := range events {
		require.NoError(t, j.Append(t.Context(), noon.Add(time.Duration(i)*time.Second), e))
	}
	return j
}

// The events of a signal s1 and of its order o1.
func seen(outcome journal.Outcome, reason string) journal.SignalSeen {
	return journal.SignalSeen{Store: "s", Seq: 1, SignalID: "s1", Strategy: "ema_cross", Symbol: "BTC/USDT",
		Direction: signal.Long, BarTime: noon, Outcome: outcome, Reason: reason, Target: decimal.New(2, 0)}
}

func intent() journal.IntentMade { return intentOf("o1") }

func intentOf(id string) journal.IntentMade {
	return journal.IntentMade{Order: trading.Order{ClientID: id, SignalID: "s1", Symbol: "BTC/USDT", Side: trading.Buy,
		Type: trading.Market, Quantity: decimal.New(2, 0), CreatedAt: noon}}
}

func fill(id string, quantity int64) journal.Filled {
	return journal.Filled{Fill: trading.Fill{ID: "f-" + id, ClientID: id, Symbol: "BTC/USDT", Side: trading.Buy,
		Price: decimal.New(100, 0), Quantity: decimal.New(quantity, 0), Time: noon}}
}

type ended struct {
	What       string
	ReasonCode string `json:"reason_code"`
	Limit, Why string
	By         string
}

type trailed struct {
	ClientID string `json:"client_id"`
	Status   string
	Signal   *struct{ ID string }
	Became   ended
	Orders   []struct {
		ClientID string `json:"client_id"`
		Became   ended
	}
	Trail []struct {
		Seq        int64
		At         time.Time
		Kind, Text string
		Data       map[string]any
	}
}

func trail(t testing.TB, h http.Handler, path string) (got trailed) {
	t.Helper()
	w := ask(h, http.MethodGet, path)
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	require.NoError(t, json.Unmarshal(w.Body.Bytes(), &got))
	return got
}

// limited is what the limits of package risk say of an order.
func limited(t testing.TB, o trading.Order, l risk.Limits) string {
	t.Helper()
	_, err := l.Approve(o, trading.View{
		Instrument: trading.Instrument{Symbol: o.Symbol, Step: decimal.New(1, 0)}, Price: decimal.New(100, 0),
	})
	require.ErrorIs(t, err, trading.ErrLimit)
	return err.Error()
}

func TestTrailSaysWhatBecameOfASignal(t *testing.T) {
	t.Parallel()
	sent := journal.Submitting{ClientID: "o1"}
	small := risk.NoLimits()
	small.MaxOrder = decimal.New(1, 0)
	full := risk.NoLimits()
	full.MaxPosition = decimal.New(99, 0)
	for name, c := range map[string]struct {
		events []journal.Event
		became ended
	}{
		"filled": {[]journal.Event{seen("acted", ""), intent(), sent, fill("o1", 2)}, ended{What: "acted"}},
		"open":   {[]journal.Event{seen("acted", ""), intent(), sent, journal.Acknowledged{ClientID: "o1"}}, ended{What: "acted"}},
		"rejected": {
			[]journal.Event{seen("acted", ""), intent(), sent, journal.Rejected{ClientID: "o1", Reason: "-2019 margin is insufficient"}},
			ended{"acted", "rejected", "", "-2019 margin is insufficient", ""},
		},
		"rejected, and then filled": {
			[]journal.Event{
				seen("acted", ""), intent(), sent, journal.Rejected{ClientID: "o1", Reason: "busy"},
				intentOf("o2"), journal.Submitting{ClientID: "o2"}, fill("o2", 2),
			},
			ended{What: "acted"},
		},
		"its intent was withdrawn": {
			[]journal.Event{seen("acted", ""), intent(), journal.Canceled{ClientID: "o1", Reason: "never sent: halted: daily loss"}},
			ended{"acted", "halted", "", "never sent: halted: daily loss", ""},
		},
		"its order was replaced": {
			[]journal.Event{seen("acted", ""), intent(), journal.Canceled{ClientID: "o1", Reason: "never sent: signal s2 replaced its target"}},
			ended{"acted", "superseded", "", "never sent: signal s2 replaced its target", "s2"},
		},
		"superseded": {
			[]journal.Event{seen("superseded", "")},
			ended{"superseded", "superseded", "", "a newer signal of its strategy and symbol was there", ""},
		},
		"expired":      {[]journal.Event{seen("expired", "the part that opens came too late")}, ended{"expired", "expired", "", "the part that opens came too late", ""}},
		"halted":       {[]journal.Event{seen("refused", "halted: killed by ann")}, ended{"refused", "halted", "", "halted: killed by ann", ""}},
		"reduce only":  {[]journal.Event{seen("refused", "reduce only")}, ended{"refused", "reduce_only", "", "reduce only", ""}},
		"no price":     {[]journal.Event{seen("refused", "no price")}, ended{"refused", "no_price", "", "no price", ""}},
		"no reason":    {[]journal.Event{seen("refused", "")}, ended{What: "refused", ReasonCode: "not_known"}},
		"other words":  {[]journal.Event{seen("refused", "it is full moon")}, ended{"refused", "other", "", "it is full moon", ""}},
		"foreign":      {[]journal.Event{seen("refused", "strategy mean owns the instrument")}, ended{"refused", "owned", "", "strategy mean owns the instrument", ""}},
		"cut":          {[]journal.Event{seen("acted", "cut to the limits"), intent()}, ended{"acted", "limit", "not_known", "cut to the limits", ""}},
		"a limit":      {[]journal.Event{seen("refused", limited(t, intent().Order, small))}, ended{"refused", "limit", "MaxOrder", limited(t, intent().Order, small), ""}},
		"another one":  {[]journal.Event{seen("refused", limited(t, intent().Order, full))}, ended{"refused", "limit", "MaxPosition", limited(t, intent().Order, full), ""}},
		"stale":        {[]journal.Event{seen("refused", "bot/generation/BTC/USDT is unhealthy: no progress for 90s (limit 60s)")}, ended{"refused", "stale", "", "bot/generation/BTC/USDT is unhealthy: no progress for 90s (limit 60s)", ""}},
		"sick":         {[]journal.Event{seen("refused", "bot/generation is unhealthy: 5 errors in a row")}, ended{"refused", "unhealthy", "", "bot/generation is unhealthy: 5 errors in a row", ""}},
		"not asked":    {[]journal.Event{seen("would_have", "")}, ended{"would_have", "manual", "", "orders are not placed automatically, and nobody has approved it", ""}},
		"approved":     {[]journal.Event{seen("would_have", ""), journal.SignalApproved{SignalID: "s1", By: "ann"}, intent()}, ended{What: "approved"}},
		"waits":        {[]journal.Event{seen("acted", "the fate of an earlier order is not known yet")}, ended{"acted", "waiting", "", "the fate of an earlier order is not known yet", ""}},
		"too small":    {[]journal.Event{seen("refused", "buy 1 BTC/USDT: "+trading.ErrLimit.Error()+": 1 is below the smallest quantity (step 2, minimum 2)")}, ended{"refused", "too_small", "", "buy 1 BTC/USDT: " + trading.ErrLimit.Error() + ": 1 is below the smallest quantity (step 2, minimum 2)", ""}},
		"limit's name": {[]journal.Event{seen("refused", trading.ErrLimit.Error()+": what you ask is too much")}, ended{"refused", "limit", "not_known", trading.ErrLimit.Error() + ": what you ask is too much", ""}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			got := trail(t, handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t, c.events...)}), "/api/signals/s1")
			require.Equal(t, c.became, got.Became)
			require.Len(t, got.Trail, len(c.events), "each entry once")
			for i, one := range got.Trail {
				require.Equal(t, int64(i+1), one.Seq)
				require.Equal(t, noon.Add(time.Duration(i)*time.Second), one.At)
				require.Equal(t, journal.KindOf(c.events[i]), one.Kind)
				require.NotEmpty(t, one.Text)
				require.NotEmpty(t, one.Data)
			}
		})
	}
}

// Two of a backlog, and one that comes late: each is overtaken by another one.
func TestTrailNamesTheSignalThatWasNewer(t *testing.T) {
	t.Parallel()
	one := func(id string, seq int64, strategy string, bar time.Duration, outcome journal.Outcome) journal.SignalSeen {
		e := seen(outcome, "")
		e.SignalID, e.Seq, e.Strategy, e.BarTime = id, seq, strategy, noon.Add(bar)
		return e
	}
	h := handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t,
		one("long ago", 1, "ema_cross", -time.Minute, "acted"), one("old", 2, "ema_cross", 0, "superseded"),
		one("older", 3, "ema_cross", time.Second, "superseded"), one("another's", 4, "mean", time.Hour, "acted"),
		one("new", 5, "ema_cross", time.Minute, "acted"), one("late", 6, "ema_cross", time.Minute, "superseded"),
		one("later", 7, "ema_cross", 2*time.Minute, "acted"), one("alone", 8, "rsi", 0, "superseded"),
	)})
	const why = "a newer signal of its strategy and symbol was there"
	for id, by := range map[string]string{"old": "new", "older": "new", "late": "new", "alone": ""} {
		got := trail(t, h, "/api/signals/"+id)
		require.Equal(t, ended{"superseded", "superseded", "", why, by}, got.Became, id)
		text := "signal to hold long BTC/USDT: superseded"
		if by != "" {
			text += " by signal " + by
		}
		require.Equal(t, text, got.Trail[0].Text, id)
	}
	for limit := 1; limit <= 8; limit++ { // where a page ends says nothing of who was newer
		by := map[string]string{}
		for before := 9; before > 1; before -= limit {
			var page []struct {
				ID     string `json:"signal_id"`
				Became ended
			}
			list(t, ask(h, http.MethodGet, fmt.Sprintf("/api/outcomes?limit=%d&before=%d", limit, before)), &page)
			for _, one := range page {
				if one.Became.What == "superseded" {
					by[one.ID] = one.Became.By
				}
			}
		}
		require.Equal(t, map[string]string{"old": "new", "older": "new", "late": "new", "alone": ""}, by, limit)
	}
}

// The venue does as it was asked, and the engine knows by whom.
func TestTrailSaysWhoHadAnOrderCanceled(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t,
		seen("acted", ""), intent(), journal.Submitting{ClientID: "o1"}, journal.Acknowledged{ClientID: "o1"},
		journal.CancelAsked{ClientID: "o1", Reason: "signal s2 replaced its target"},
		journal.Canceled{ClientID: "o1", Reason: "as asked for"},
	)})
	want := ended{"canceled", "superseded", "", "signal s2 replaced its target", "s2"}
	require.Equal(t, want, trail(t, h, "/api/orders/o1").Became)
	want.What = "acted"
	require.Equal(t, want, trail(t, h, "/api/signals/s1").Became)
}

func TestTrailSaysWhatBecameOfAnOrder(t *testing.T) {
	t.Parallel()
	events := []journal.Event{
		seen("acted", ""), intent(), intentOf("o2"), journal.Submitting{ClientID: "o1"}, fill("o1", 1),
		journal.CancelAsked{ClientID: "o1", Reason: "canceled by ann"}, journal.Canceled{ClientID: "o1", Reason: "canceled by ann"},
	}
	h := handler(t, console.Config{Signals: signal.NewMemory(0), History: tell(t, events...)})
	got := trail(t, h, "/api/orders/o1")
	require.Equal(t, "o1", got.ClientID)
	require.Equal(t, "canceled", got.Status)
	require.Equal(t, ended{"canceled", "canceled", "", "canceled by ann", ""}, got.Became)
	var kinds []string
	for _, one := range got.Trail {
		kinds = append(kinds, one.Kind)
	}
	require.Equal(t, []string{
		"signal_seen", "intent_made", "submitting", "filled", "cancel_asked", "canceled",
	}, kinds, "with the signal that it serves, and without that one's other orders")
	require.Equal(t, "filled: buy 1 BTC/USDT at 100", got.Trail[3].Text)
	require.Equal(t, "o1", got.Trail[3].Data["fill"].(map[string]any)["client_id"])
	for _, unknown := range []string{"/api/orders/s1", "/api/orders/none", "/api/signals/none"} {
		refused(t, ask(h, http.MethodGet, unknown), http.StatusNotFound)
	}
}

// What no engine has looked at, or what the store has let go, is said as far as it is known.
func TestTrailOfWhatIsHalfKnown(t *testing.T) {
	t.Parallel()
	store := signal.NewMemory(0)
	add(t, store, 1, 3)
	identity, err := store.Identity(t.Context())
	require.NoError(t, err)
	second := example(2, "BTC", signal.Long)
	got := trail(t, handler(t, console.Config{Signals: store}), "/api/signals/"+second.ID)
	require.Equal(t, second.ID, got.Signal.ID)
	require.Equal(t, ended{What: "not_seen", ReasonCode: "not_known"}, got.Became)

	e := seen("superseded", "")
	e.SignalID, e.Store, e.Seq = second.ID, identity, 2
	got = trail(t, handler(t, console.Config{Signals: store, History: tell(t, e)}), "/api/signals/"+second.ID)
	require.Equal(t, second.ID, got.Signal.ID)
	require.Equal(t, "superseded", got.Became.What)
	e.Store = "another"
	got = trail(t, handler(t, console.Config{Signals: store, History: tell(t, e)}), "/api/signals/"+second.ID)
	require.Nil(t, got.Signal, "a number of another store is none of this one")
	require.Equal(t, "superseded", got.Became.What)
}

// brokenHistory is a journal that cannot be read.
type brokenHistory struct{}

func (brokenHistory) About(context.Context, string, int) ([]journal.Entry, error) {
	return nil, errors.New("disk on fire at 10.0.0.7")
}

func (brokenHistory) Before(context.Context, int64, []string, int) ([]journal.Entry, error) {
	return nil, errors.New("disk on fire at 10.0.0.7")
}

func TestTrailOfAJournalThatFails(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Logger: slog.New(slog.DiscardHandler), Signals: signal.NewMemory(0), History: brokenHistory{}})
	for _, path := range []string{"/api/signals/s1", "/api/orders/o1"} {
		p := refused(t, ask(h, http.MethodGet, path), http.StatusServiceUnavailable)
		require.NotContains(t, p.Detail, "fire")
		refused(t, ask(h, http.MethodGet, path+"?limit=1"), http.StatusBadRequest)
		refused(t, ask(h, http.MethodPost, path), http.StatusMethodNotAllowed)
	}
}

// archived is a journal that has lost its beginning.
type archived struct{ *journal.Memory }

func (j archived) About(ctx context.Context, id string, limit int) ([]journal.Entry, error) {
	found, _ := j.Memory.About(ctx, id, limit)
	return found, errors.New("entries up to 7 are on tape")
}

func (j archived) Before(ctx context.Context, seq int64, kinds []string, limit int) ([]journal.Entry, error) {
	found, _ := j.Memory.Before(ctx, seq, kinds, limit)
	return found, errors.New("entries up to 7 are on tape")
}

func TestTrailSaysWhatTheJournalHasNoMore(t *testing.T) {
	t.Parallel()
	history := archived{tell(t, seen("acted", ""), intent(), journal.Submitting{ClientID: "o1"}, fill("o1", 2))}
	h := handler(t, console.Config{Signals: signal.NewMemory(0), History: history, Logger: slog.New(slog.DiscardHandler)})
	for _, path := range []string{"/api/signals/s1", "/api/orders/o1", "/api/fills"} {
		w := ask(h, http.MethodGet, path)
		require.Equal(t, http.StatusOK, w.Code)
		require.Equal(t, "true", w.Header().Get("Journal-Incomplete"), path)
		require.Contains(t, w.Body.String(), `"f-o1"`)
	}
}
