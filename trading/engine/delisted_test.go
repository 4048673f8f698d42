package engine_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// endsAt has the venue announce the end of btc.
func (r *rig) endsAt(end time.Time) {
	ending := instrument(btc)
	ending.Delisted = end
	r.cfg.Instruments = []trading.Instrument{ending, instrument(eth)}
	r.restart()
}

func TestDelistedIsNotOpened(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(trading.FixedTicket{Limit: d("0.01")}))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "buy 10 limit 99", r.resting())
	r.endsAt(noon.Add(48 * time.Hour))
	r.mustStep()
	r.mustStep()
	require.Empty(t, r.resting(), "an entry that rests is canceled")
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Short, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	require.Equal(t, "buy 100 limit 9.9", r.resting(), "of the other one as before")
	require.Equal(t, journal.OutcomeRefused, r.seenOf(btc).Outcome)
	require.Equal(t, "the venue ends trading in BTC/USDT at 2025-03-06T12:00:00Z", r.seenOf(btc).Reason)
	r.endsAt(time.Time{})
	r.clock.Add(time.Minute)
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Contains(t, r.resting(), "buy 10 limit 99", "the announcement was taken back")
}

// seenOf is what was made of the last signal of a symbol.
func (r *rig) seenOf(symbol string) (last journal.SignalSeen) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.SignalSeen); ok && e.Symbol == symbol {
			last = e
		}
	}
	return last
}

func TestDelistedIsClosedInTimeByPolicy(t *testing.T) {
	t.Parallel()
	end := noon.Add(48 * time.Hour)
	for name, c := range map[string]struct {
		policy time.Duration
		at     time.Time
		held   string
	}{
		"it is held where nothing else is said": {0, end.Add(-time.Second), "10"},
		"it is held before its time":            {time.Hour, end.Add(-time.Hour - time.Minute), "10"},
		"it is closed at its time":              {time.Hour, end.Add(-time.Hour), "0"},
		"it is closed late":                     {time.Hour, end.Add(-time.Minute), "0"},
		"after its end nobody buys it":          {time.Hour, end, "10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) { cfg.CloseDelisted = c.policy })
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.endsAt(end)
			r.mustStep()
			require.Equal(t, "sell 10 limit 110 reduce, sell 10 stop 95 reduce", r.resting(), "it stays guarded")
			r.clock.Add(c.at.Sub(r.now()))
			for range 4 {
				r.restart() // Nothing of it is in memory.
				_ = r.step()
				r.clock.Add(time.Millisecond)
			}
			require.Equal(t, c.held, r.held(btc))
			if c.held == "0" {
				require.Empty(t, r.resting())
				asked := 0
				for _, text := range r.closesAsked() {
					require.Equal(t, "the policy for what is delisted", text)
					asked++
				}
				require.Equal(t, 1, asked, "once, however often it is looked at")
				r.agree()
			}
		})
	}
}

// closesAsked are on whose word positions were closed.
func (r *rig) closesAsked() (by []string) {
	entries, err := r.journal.Read(context.Background(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(journal.CloseAsked); ok {
			by = append(by, e.By)
		}
	}
	return by
}

func TestDelistedIsTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	ctx, conditions := watched(t)
	r.signals.put(says(btc, signal.Long, r.now()))
	require.NoError(t, r.engine.Step(ctx))
	require.Empty(t, conditions())
	r.endsAt(noon.Add(48 * time.Hour))
	require.NoError(t, r.engine.Step(ctx))
	told := conditions()["delisted/"+btc]
	require.True(t, told.Person)
	require.Equal(t, "the venue ends trading in BTC/USDT at 2025-03-06T12:00:00Z: nothing is opened on it, "+
		"and the 10 that are held stay: the venue settles them at its price", told.Text)
	r.cfg.CloseDelisted = time.Hour
	r.restart()
	require.NoError(t, r.engine.Step(ctx))
	require.Equal(t, "the venue ends trading in BTC/USDT at 2025-03-06T12:00:00Z: nothing is opened on it, "+
		"and the 10 that are held are closed 1h0m0s before", conditions()["delisted/"+btc].Text)
}

func TestCloseDelistedIsChecked(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.cfg.CloseDelisted = -time.Second
	_, err := engine.New(r.cfg)
	require.EqualError(t, err, "engine: Config.CloseDelisted -1s is negative")
}

// settles is a venue whose fills of nobody's orders are settlements.
type settles struct{ *tradingtest.Misbehaving }

func (b settles) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	page, next, err := b.Misbehaving.Fills(ctx, from, limit)
	for i, f := range page {
		page[i].Settlement = strings.HasPrefix(f.ClientID, "by-hand-")
	}
	return page, next, err
}

func TestSettlementIsToldAndNotOpenedAgain(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, with(bracket), func(cfg *engine.Config) {
		cfg.Broker = settles{cfg.Broker.(*tradingtest.Misbehaving)}
	})
	ctx, conditions := watched(t)
	r.signals.put(says(btc, signal.Long, r.now()))
	require.NoError(t, r.engine.Step(ctx))
	r.endsAt(noon.Add(30 * time.Second))
	r.clock.Add(30 * time.Second)
	r.venue.Trade("s1", btc, trading.Sell, d("10"))
	for range 3 {
		require.NoError(t, r.engine.Step(ctx))
		r.clock.Add(time.Second)
	}
	told := conditions()["settled/"+btc]
	require.Equal(t, "the venue settled 10 of BTC/USDT at 100, 2025-03-04T12:00:30Z", told.Text)
	require.True(t, told.Person)
	require.NotContains(t, conditions(), "liquidated/"+btc)
	require.Equal(t, 1, r.log.count("Settled by the venue"))
	require.False(t, r.engine.Status().Halt.Active(), "what the venue tells is no difference")
	require.Equal(t, "0", r.held(btc))
	require.Empty(t, r.resting(), "what guarded it is canceled")
	for range 5 {
		r.clock.Add(time.Minute)
		r.signals.put(says(btc, signal.Long, r.now()))
		r.restart()
		require.NoError(t, r.engine.Step(ctx))
		require.Equal(t, "0", r.held(btc), "it is not opened again")
	}
	entries, err := r.journal.Read(t.Context(), 0, 100_000)
	require.NoError(t, err)
	require.True(t, slices.ContainsFunc(entries, func(e journal.Entry) bool {
		filled, ok := e.Event.(journal.Filled)
		return ok && filled.Fill.Settlement
	}), "the journal has why")
	r.agree()
}
