package pagetest_test

import (
	"regexp"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
)

const feedPath = deskName + "/venue_feed"

func TestPageShowsADeathAndItsRecovery(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	row := where("data-service", feedPath)
	b.until(the(row) + `?.dataset.state === "running"`)
	b.until(the("#verdict") + `.dataset.verdict === "healthy"`)

	b.until(`"settled" in document.body.dataset`) // from then on the browser leaves out what is far out of sight
	d.part.kill()
	b.until(the(row) + `.dataset.state === "backoff"`)
	b.untilText(row, "the venue hung up")
	b.until(the("#verdict") + `.dataset.verdict !== "healthy"`)
	b.untilText("#events", "venue_feed")

	d.part.broken.Store(false)
	b.until(the(row) + `.dataset.state === "running"`)
	b.until(the("#verdict") + `.dataset.verdict === "healthy"`)
	require.Regexp(t, `\b[1-9]\d*\b`, b.seenText(row), "it was restarted")
}

func TestPageHaltsAndRearms(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	b.click(`#bar button[data-act=halt]`)
	b.until(the("#dialog") + ".open")
	b.press("odd prices")
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	b.untilText("#alerts", "odd prices")
	status, _ := d.trader.Account()
	require.True(t, status.Halt.Active())
	require.Contains(t, status.Halt.Reason, "odd prices")
	b.until(the("#verdict") + `.dataset.verdict === "degraded"`)
	b.until(`document.querySelectorAll("#alerts [data-alert]").length === 1`) // it is told once

	b.click(`#bar button[data-act=rearm]`)
	b.click("#dialog-no")
	b.until("!" + the("#dialog") + ".open")
	status, _ = d.trader.Account()
	require.True(t, status.Halt.Active(), "whoever leaves it, leaves it")

	b.click(`#bar button[data-act=rearm]`)
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	b.until(`!` + the("#alerts") + `.innerText.includes("odd prices")`)
	status, _ = d.trader.Account()
	require.False(t, status.Halt.Active())
}

func TestPageClosesAPosition(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	b.until(the("#positions-at .empty") + "?.checkVisibility()")
	d.signalLong()
	held := where("data-position", coin)
	b.until(the(held))
	b.click("#fills-at summary")
	b.until(`document.querySelectorAll("[data-fill]").length === 1`)
	b.click(held + " button[data-act=flatten]")
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	b.until("!" + the(held))
	status, _ := d.trader.Account()
	require.Empty(t, status.Positions)
	b.until(`document.querySelectorAll("[data-fill]").length === 2`)
}

func TestPageApprovesASignal(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(cfg *vigil.Config, _ *console.Config) { cfg.Manual = true })
	b := open(t, d.url())
	d.signalLong()
	b.until(the("#offers [data-offer]"))
	status, _ := d.trader.Account()
	require.Empty(t, status.Positions, "nothing is bought without a word")
	b.click("#offers [data-offer] button[data-act=approve]")
	b.click("#dialog-yes")
	b.until(the(where("data-position", coin)))
	b.until("!" + the("#offers [data-offer]"))
	status, _ = d.trader.Account()
	require.Len(t, status.Positions, 1)
	signalRow := "#signals [data-signal]"
	b.until(the(signalRow) + `?.innerText.toLowerCase().includes("approved")`)
}

func TestPageSaysWhyASignalDidNotTrade(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	require.NoError(t, d.trader.Halt(t.Context(), "news"))
	b := open(t, d.url())
	d.signalLong()
	b.untilText("#signals [data-signal]", "halt")
	b.click("#signals [data-signal] button[data-expand]")
	b.until(the("[data-detail-of]"))
}

func TestPageShowsAnOrderAsATimeline(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	d.signalLong()
	b.until(the("#orders [data-order]"))
	b.untilText("#orders [data-order]", "filled")
	b.click("#orders [data-order] button[data-expand]")
	b.until(`document.querySelectorAll("[data-step]").length >= 3`)
}

func TestPageSurvivesARestartOfItsServer(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	d.signalLong()
	b := open(t, d.url())
	b.until(the(where("data-position", coin)))
	b.until(the("#connection") + `.dataset.state === "live"`)

	d.stop()
	b.until(`["stale", "lost"].includes(` + the("#connection") + `.dataset.state)`)
	b.until(the("#positions-at") + ".hasAttribute('data-stale')")
	b.until(the("#tiles-at") + ".hasAttribute('data-stale')")
	require.Regexp(t, `\d\d:\d\d`, b.seenText("#positions-at .asof"), "it says since when")
	require.NotEmpty(t, b.seenText(where("data-position", coin)), "what was last known is shown")

	d.start()
	b.until(the("#connection") + `.dataset.state === "live"`)
	b.until("!" + the("#positions-at") + ".hasAttribute('data-stale')")
	b.until("!" + the("#tiles-at") + ".hasAttribute('data-stale')")
	require.NoError(t, d.trader.Flatten(t.Context(), coin, "the test"))
	b.until("!" + the(where("data-position", coin)))
}

// An account that began today was worth nothing at midnight: its curve would be a line with a corner.
func TestPageBeginsTheCurveOfAYoungAccountWhereTheAccountBegan(t *testing.T) {
	t.Parallel()
	before := time.Now().UTC()
	b := open(t, newDesk(t, nil).url())
	b.untilText("#equity-text", "From ")
	text := eval[string](b, the("#equity-text")+".innerText")
	found := regexp.MustCompile(`^From (\d\d:\d\d:\d\d) on`).FindStringSubmatch(text)
	require.Len(t, found, 2, text)
	from, err := time.Parse(time.TimeOnly, found[1])
	require.NoError(t, err)
	const day = 24 * time.Hour
	since := from.Sub(time.Date(0, 1, 1, before.Hour(), before.Minute(), before.Second(), 0, time.UTC))
	require.Less(t, (since+day)%day, time.Hour, "%s, and it began after %s", text, before)
}
