package pagetest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// What is selected is acted on at once, and a view that is chosen stands in the address and outlives a reload.
func TestPageActsOnManyAndKeepsItsViewInTheAddress(t *testing.T) {
	t.Parallel()
	h := crowd{services: 6, bars: 50, fills: 2, orders: 2, mode: "paper"}.host(t)
	b := open(t, h.url())
	b.until(`document.querySelectorAll("#services [data-service][data-state=running] input:enabled").length > 2`)
	paths := eval[[]string](b, `[...document.querySelectorAll("#services [data-service][data-state=running]")]
		.filter(row => row.querySelector("input:enabled")).slice(0, 2).map(row => row.dataset.service)`)
	require.Len(t, paths, 2)
	for _, path := range paths {
		b.click(where("data-service", path) + " input")
	}
	b.untilText("[data-all=stop-service]", "(2)")
	b.click("[data-all=stop-service]")
	b.until(the("#dialog") + ".open")
	b.untilText("#dialog-text", paths[1])
	b.click("#dialog-yes")
	b.until(the("#result") + `.dataset.outcome === "done"`)
	for _, path := range paths {
		b.until(the(where("data-service", path)) + `.dataset.state === "stopped"`)
	}

	b.click(`#services-at button[data-filter][data-value=stopped]`)
	shown := `document.querySelectorAll("#services [data-service][data-state=running]").length === 0`
	b.until(shown)
	query := eval[string](b, "location.search")
	require.Contains(t, query, "=stopped")
	_, err := chromedp.Run(b.ctx, chromedp.Reload())
	require.NoError(t, err)
	b.until(the(where("data-service", paths[0])))
	require.True(t, eval[bool](b, shown), "the view is the same one")
	require.Equal(t, query, eval[string](b, "location.search"))
}
