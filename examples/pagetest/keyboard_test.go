package pagetest_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil"
	"github.com/seed-5dee1c0a/vigil/console"
)

const token = "6f1c2a9d4b8e7035a1d2c3f4e5b60798"

// maxTabs is how many things there may be on the way to another one.
const maxTabs = 200

// tabTo goes to what a selector finds by the Tab key alone. Whatever has the focus on the way must show it.
func (b *tab) tabTo(selector string, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	b.until("(e => e && e.checkVisibility() && !e.disabled)(" + the(selector) + ")")
	for range maxTabs {
		if eval[bool](b, "document.activeElement?.matches("+quoted(selector)+") ?? false") {
			return
		}
		b.press(kb.Tab, modifiers...)
		require.True(b.t, eval[bool](b, `(e => e === document.body || e === null || (s => s.outlineStyle !== "none" && s.outlineWidth !== "0px" ||
			s.boxShadow !== "none")(getComputedStyle(e)))(document.activeElement)`),
			"the focus cannot be seen on %s", eval[string](b, `document.activeElement.outerHTML.slice(0, 200)`))
	}
	require.Fail(b.t, "the keyboard does not get there", selector)
}

// Somebody without a mouse signs in, sees what is held, closes it, halts and re-arms.
func TestPageWorksByKeyboardAlone(t *testing.T) {
	t.Parallel()
	d := newDesk(t, func(_ *vigil.Config, cfg *console.Config) {
		cfg.Mode, cfg.Control.Token, cfg.Control.Authorize = "live", token, nil
	})
	d.signalLong()
	b := open(t, d.url())
	b.until(the("#positions [data-position]"))

	b.press(kb.Tab)
	require.Equal(t, "skip", eval[string](b, "document.activeElement.className"), "the first stop leads past the bar")
	b.press(kb.Enter)
	b.tabTo("#positions [data-position] button[data-act=flatten]")
	b.press(kb.Enter)
	b.until(the("#sign-in") + ".open")
	b.until(`document.activeElement.id === "sign-in-token"`)
	b.press(token + kb.Enter)

	b.until(the("#dialog") + ".open")
	b.until(`document.activeElement.id === "dialog-name"`)
	b.press("nobody" + kb.Enter)
	require.True(t, eval[bool](b, the("#dialog")+".open"), "that is not the account's name")
	b.press(kb.Escape)
	b.until("!" + the("#dialog") + ".open")
	status, _ := d.trader.Account()
	require.Len(t, status.Positions, 1, "Escape leaves it")

	b.until(`document.activeElement.matches("#positions [data-position] button[data-act=flatten]")`)
	b.press(kb.Enter)
	b.until(`document.activeElement.id === "dialog-name"`)
	b.press(deskName + kb.Enter)
	b.until(the("#result") + `.dataset.outcome === "done"`)
	b.until("!" + the("#positions [data-position]"))

	b.tabTo("#bar button[data-act=halt]", chromedp.ModifierShift)
	b.press(kb.Enter)
	b.until(`document.activeElement.id === "dialog-reason"`)
	b.press(" at night" + kb.Enter)
	b.untilText("#alerts", "at night")
	b.tabTo("#bar button[data-act=rearm]")
	b.press(kb.Enter)
	b.until(`document.activeElement.id === "dialog-name"`)
	b.press(deskName + kb.Enter)
	b.until("!" + the("#alerts") + `.innerText.includes("at night")`)
	status, _ = d.trader.Account()
	require.False(t, status.Halt.Active())
}

// The question keeps the keyboard until it is answered.
func TestPageKeepsTheFocusInItsQuestion(t *testing.T) {
	t.Parallel()
	d := newDesk(t, nil)
	b := open(t, d.url())
	b.tabTo("#bar button[data-act=halt]")
	b.press(kb.Enter)
	b.until(the("#dialog") + ".open")
	for range 12 {
		b.press(kb.Tab)
		require.True(t, eval[bool](b, `document.activeElement === document.body || `+the("#dialog")+`.contains(document.activeElement)`))
	}
	b.press(kb.Escape)
	b.until(`document.activeElement.matches("#bar button[data-act=halt]")`)
}
