package pagetest_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

// hostile are words as somebody could have a venue, a symbol or a strategy say them.
var hostile = map[string]string{
	"markup": `"><script>ran.push("script")</script><img src=x onerror=ran.push("image")> style="position:fixed;inset:0" ` +
		`onmouseover="ran.push('over')" </style></title></textarea><svg onload=ran.push("svg")>`,
	"template": `javascript:ran.push("address") ${ran.push("template")} {{ran.push("braces")}} __proto__`,
	"reversed": "\u202e\u2066gnp.exe\u2069 \u200b\u0000\u001b[31m",
	"endless":  strings.Repeat("W", 10_000),
	"tall":     strings.Repeat("tall\n", 2_000),
}

// Nothing that a name holds is run, breaks the policy or makes the page wider than the window.
func TestPageTakesHostileNamesForText(t *testing.T) {
	t.Parallel()
	for name, said := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			c := crowd{services: 6, bars: 50, fills: 12, orders: 12, halted: true, said: said}
			h := c.host(t)
			b := open(t, h.url())
			b.until(the("#services [data-service]"))
			b.until(the("#positions [data-position]"))
			b.until(the("#orders [data-order]"))
			b.until(the("#signals [data-signal]"))
			b.until(the("#offers [data-offer]"))
			b.until(the("#events [data-event]"))
			b.untilText("#alerts", "daily loss reached")
			b.click("#signals [data-signal] button[data-expand]")
			b.click("#orders [data-order] button[data-expand]")
			b.until(the("[data-step]"))
			b.click("#offers button[data-act=approve]")
			b.click("#dialog-yes")
			b.until(the("#result") + `.dataset.outcome === "refused"`)
			require.Zero(t, eval[int](b, `document.querySelectorAll("main script, main img, main iframe, main object, main style, "
				+ "#result img, #dialog img, main [onerror], main [onmouseover], main [style*='inset']").length`))
			require.False(t, eval[bool](b, `[...document.links].some(a => a.protocol === "javascript:")`))
			require.False(t, eval[bool](b, `"polluted" in {}`))
			b.requireNoWider()
			b.requireBarIsSmall()
		})
	}
}

// requireNoWider says what sticks out where the page is wider than the window.
func (b *tab) requireNoWider() {
	b.t.Helper()
	if eval[int](b, `document.documentElement.scrollWidth - innerWidth`) <= 0 {
		return
	}
	require.Fail(b.t, "the page is wider than the window", eval[string](b, `[...document.body.querySelectorAll("*")]
		.filter(e => e.getBoundingClientRect().right > innerWidth && !e.parentElement.closest(".table, nav")).slice(0, 8)
		.map(e => e.outerHTML.slice(0, 160)).join("\n")`))
}

// requireBarIsSmall keeps what a name says from pushing away what a person needs most.
func (b *tab) requireBarIsSmall() {
	b.t.Helper()
	require.Less(b.t, eval[float64](b, the("#bar")+`.getBoundingClientRect().height / innerHeight`), 0.35)
	require.True(b.t, eval[bool](b, the(`#bar [data-act=rearm], #bar [data-act=halt]`)+`.getBoundingClientRect().right <= innerWidth`))
}

// Whoever reads the plain table is safe too.
func TestPlainPageTakesHostileNamesForText(t *testing.T) {
	t.Parallel()
	for name, said := range hostile {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := crowd{services: 6, bars: 5, fills: 2, orders: 2, halted: true, said: said}.host(t)
			b := open(t, h.url()+"plain")
			b.untilText("body", "Halted since")
			require.Zero(t, eval[int](b, `document.querySelectorAll("script, img, svg, iframe").length`))
			b.requireNoWider()
		})
	}
}
