package pagetest_test

import (
	"compress/gzip"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
)

// axe is the source of axe-core 4.14.1, whose licence stands beside it.
func axe(t testing.TB) string {
	t.Helper()
	file, err := os.Open(filepath.Join("testdata", "axe", "axe.min.js.gz"))
	require.NoError(t, err)
	defer func() { require.NoError(t, file.Close()) }()
	r, err := gzip.NewReader(file)
	require.NoError(t, err)
	source, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(source)
}

// requireAccessible runs all rules of axe-core, best practices too.
func (b *tab) requireAccessible(when string) {
	b.t.Helper()
	if !eval[bool](b, `"axe" in window`) {
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.Evaluate[chromedp.Void](axe(b.t))))
	}
	found := eval[[]string](b, `axe.run(document, {resultTypes: ["violations"]}).then(r => r.violations.flatMap(v =>
		v.nodes.slice(0, 5).map(n => v.id + ": " + n.target.join(" ") + ": " + n.html.slice(0, 200) + ": " + n.failureSummary)))`)
	require.Empty(b.t, found, when+":\n"+strings.Join(found, "\n\n"))
}

// looks are the ways in which people look at the page.
var looks = map[string]look{
	"light":       {width: 1280, height: 900},
	"dark":        {width: 1280, height: 900, dark: true},
	"narrow":      {width: 375, height: 740},
	"narrow dark": {width: 375, height: 740, dark: true},
}

func TestPageIsAccessible(t *testing.T) {
	t.Parallel()
	for name, as := range looks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := crowd{services: 7, bars: 30, fills: 8, orders: 8, halted: true}.host(t)
			b := open(t, h.url(), as)
			b.until(the("#services [data-service]"))
			b.until(the("#signals [data-signal]"))
			b.until(the("#orders [data-order]"))
			b.until(the("#positions [data-position]"))
			b.requireAccessible("with everything on it")
			b.click("#orders [data-order] button[data-expand]")
			b.until(the("[data-detail-of]"))
			_ = eval[bool](b, `document.querySelectorAll("details").forEach(d => d.open = true), true`)
			b.requireAccessible("with details open")
			b.click("#bar button[data-act=rearm]")
			b.until(the("#dialog") + ".open")
			b.requireAccessible("with a question")
			b.click("#dialog-yes")
			b.until(the("#result") + `.dataset.outcome === "refused"`)
			b.requireAccessible("with a refusal")
			b.requireNoWider()
			h.stop()
			b.until(the("#positions-at") + ".hasAttribute('data-stale')")
			b.requireAccessible("stale")
		})
	}
}

func TestPageIsAccessibleWhereMoneyIsReal(t *testing.T) {
	t.Parallel()
	for _, dark := range []bool{false, true} {
		h := crowd{services: 3, bars: 50, fills: 2, orders: 2, mode: "live", token: token, said: ", account main"}.host(t)
		b := open(t, h.url(), look{dark: dark})
		b.until(the("#positions [data-position]"))
		b.click("#positions button[data-act=flatten]")
		b.until(the("#sign-in") + ".open")
		b.requireAccessible("with the log-in")
		b.press("nonsense" + kb.Enter)
		b.until(the("#sign-in-wrong") + ".innerText")
		b.requireAccessible("with a wrong token")
		_ = eval[bool](b, the("#sign-in-token")+`.value = "", true`)
		b.press(token + kb.Enter)
		b.until("!" + the("#sign-in") + ".open")
		b.until(the("#dialog") + ".open")
		b.requireAccessible("with a question that wants a name")
	}
}

func TestPageIsAccessibleWhenEmpty(t *testing.T) {
	t.Parallel()
	for name, as := range looks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := open(t, serve(t, console.Config{}).url(), as)
			b.until(`[...document.querySelectorAll(".empty")].some(e => e.checkVisibility())`)
			b.requireAccessible("empty")
		})
	}
}

func TestPlainPageIsAccessible(t *testing.T) {
	t.Parallel()
	for name, as := range looks {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := crowd{services: 7, bars: 5, fills: 3, orders: 3, halted: true}.host(t)
			b := open(t, h.url()+"plain", as)
			b.requireAccessible("plain")
			b.requireNoWider()
		})
	}
}
