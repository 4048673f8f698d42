package pagetest_test

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
)

func TestPageLocksAnInstrumentAndUnlocksIt(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	b.untilText("#locks-at .empty", "Nothing is locked")
	b.click("#lock")
	b.until(the("#dialog") + ".open")
	_ = eval[bool](b, the("#dialog-for")+`.value = "4h", true`)
	b.press("news of a fork")
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	row := "#locks [data-lock=lock]" + where("data-of", coin)
	b.untilText(row, "news of a fork")
	b.untilText(row, "3 h 59 min")
	status, _ := d.trader.Account()
	require.Len(t, status.Locks, 1)
	require.WithinDuration(t, time.Now().Add(4*time.Hour), status.Locks[0].Until, time.Minute)
	require.Equal(t, "ann", status.Locks[0].By)

	d.signalLong()
	b.untilText("#signals [data-signal]", "A limit (Lock)")
	b.click(row + " button[data-act=unlock]")
	b.until(the("#dialog") + ".open")
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	b.until("!" + the(row))
	status, _ = d.trader.Account()
	require.Empty(t, status.Locks)
}

func TestPageSaysWhatClosesTheAccount(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	require.NoError(t, d.trader.Halt(t.Context(), "odd prices"))
	require.NoError(t, d.trader.SetReduceOnly(t.Context(), true, "bob"))
	b := open(t, d.url())
	b.untilText("#locks [data-lock=halt]", "odd prices")
	b.untilText("#locks [data-lock=reduce_only]", "until lifted")
	b.click("#locks [data-lock=reduce_only] button")
	b.click("#dialog-yes")
	b.until("!" + the("#locks [data-lock=reduce_only]"))
	b.click("#locks [data-lock=halt] button")
	b.click("#dialog-yes")
	b.until("!" + the("#locks [data-lock]"))
	status, _ := d.trader.Account()
	require.False(t, status.Halt.Active() || status.ReduceOnly)
}

func TestPageShowsMarginsAndWhatEachStrategyHas(t *testing.T) {
	t.Parallel()
	b := open(t, crowd{services: 2, bars: 20, fills: 2, orders: 2}.host(t).url())
	position := where("data-position", coin)
	b.untilText(position, "▲ 60,000, 6.25% away")
	b.untilText(position, "−0.08 in 1 h")
	b.untilText(position, "4.00")
	require.True(t, eval[bool](b, the("th.margin")+".checkVisibility()"))
	b.untilText(where("data-stake", "mean "+coin), "+6.27")
	b.untilText(where("data-stake", "mean "+coin), "+2.61")
	b.untilText("#locks [data-lock=protection]", "all instruments")
	require.Zero(t, eval[int](b, `document.querySelectorAll("#locks [data-lock=protection] button").length`), "nobody lifts it")

	alone := open(t, newDesk(t, nil).url())
	alone.untilText("#locks-at .empty", "Nothing is locked")
	require.False(t, eval[bool](alone, the("#strategies-at")+".checkVisibility()"), "its positions say all of it")
	require.False(t, eval[bool](alone, the("th.margin")+".checkVisibility()"))
}

// raiser is a part of trading that says what a venue has done by itself.
type raiser []health.Condition

func (r raiser) Serve(ctx context.Context) error {
	for _, c := range r {
		health.Raise(ctx, c)
	}
	<-ctx.Done()
	return ctx.Err()
}

func TestPageSaysWhatAVenueDoesByItselfAndHowBadThatIs(t *testing.T) {
	t.Parallel()
	said := raiser{
		{Key: "foreign_orders", Verdict: health.Healthy, Text: "2 orders are not ours", Remedy: "look at the venue"},
		{Key: "stray_orders", Verdict: health.Unhealthy, Text: "1 order is in no journal", Remedy: "cancel it at the venue"},
		{Key: "venue_order/" + coin, Verdict: health.Degraded, Text: "an auto-deleveraging"},
		{Key: "unlisted/" + coin, Verdict: health.Degraded, Person: true, Text: "it is settled"},
	}
	d := newDesk(t, func(cfg *vigil.Config, shown *console.Config) {
		cfg.Services = append(cfg.Services, vigil.Child{Name: "venue", Service: said})
		shown.TradingPath = deskName
	})
	b := open(t, d.url())
	for key, want := range map[string]struct{ head, tone string }{
		"foreign_orders": {"Orders at the venue that are not ours", "note"}, "stray_orders": {"Orders that no journal has", "bad"},
		"venue_order/" + coin: {"The venue sent an order of its own", "warn"}, "unlisted/" + coin: {"The venue trades it no more", "bad"},
	} {
		alert := where("data-alert", key)
		b.untilText(alert, want.head)
		require.Equal(t, want.tone, eval[string](b, the(alert)+".dataset.tone"), key)
	}
}

func TestPageSaysThatAVenueIsSimulated(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(_ *vigil.Config, shown *console.Config) {
		shown.Mode, shown.Venue = "simulated", "the papervenue, account two"
	})
	b := open(t, d.url())
	b.untilText("#mode", "SIMULATED · no real money")
	b.untilText("#venue", "at the papervenue, account two")
	d.signalLong()
	b.until(the(where("data-position", coin)))
	b.click(where("data-position", coin) + " button[data-act=flatten]")
	b.until(the("#dialog") + ".open")
	require.True(t, eval[bool](b, the("#dialog-name-at")+".hidden"), "no name is to be typed")
	b.untilText("#dialog-text", "With no real money. At the papervenue, account two.")
}
