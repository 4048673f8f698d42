package pagetest_test

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	cdplog "github.com/chromedp/cdproto/log"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// patience is how long a page may take to show something on a machine that is busy with other tests.
var patience = time.Minute

// tab is a tab of the browser, with cookies of its own.
type tab struct {
	t   testing.TB
	ctx context.Context //nolint:containedctx // chromedp keeps a tab in a context

	mu    sync.Mutex // guards wrong
	wrong []string   // what the page did that no page of ours may do
}

// look is how a person looks at a page.
type look struct {
	width, height int64
	dark          bool
	scale         float64
}

// watcher tells of each breach of the policy. It runs before anything of the page.
const watcher = `window.breaches = []; window.ran = [];
document.addEventListener('securitypolicyviolation',
	e => window.breaches.push(e.violatedDirective + ' ' + e.blockedURI + ' ' + e.sourceFile + ':' + e.lineNumber));`

// open opens a page, and at the end of the test looks for what it must not have done.
func open(t testing.TB, url string, as ...look) *tab {
	t.Helper()
	ctx, cancel := chromedp.NewContext(theBrowser(t), chromedp.WithNewBrowserContext())
	b := &tab{t: t, ctx: ctx}
	t.Cleanup(func() {
		b.requireNothingWrong()
		cancel()
	})
	require.NoError(t, chromedp.Listen(ctx, b.listen))
	_, err := chromedp.Call(ctx, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: watcher})
	require.NoError(t, err)
	for _, one := range as {
		b.seen(one)
	}
	require.NoError(t, chromedp.Do(ctx, chromedp.Navigate(url)))
	return b
}

func (b *tab) seen(as look) {
	b.t.Helper()
	scheme := "light"
	if as.dark {
		scheme = "dark"
	}
	_, err := chromedp.Call(b.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
		Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}},
	})
	require.NoError(b.t, err)
	if as.width > 0 {
		scale := max(as.scale, 1)
		require.NoError(b.t, chromedp.Do(b.ctx, chromedp.EmulateViewport(as.width, as.height, chromedp.EmulateScale(scale))))
	}
}

func (b *tab) listen(event any) {
	switch e := event.(type) {
	case *runtime.EventExceptionThrown:
		text := e.ExceptionDetails.Text
		if thrown := e.ExceptionDetails.Exception; thrown != nil {
			text += " " + thrown.Description
		}
		b.note("exception: " + text)
	case *cdplog.EventEntryAdded:
		if e.Entry.Source == cdplog.EntrySourceSecurity {
			b.note("security: " + e.Entry.Text)
		}
	case *runtime.EventConsoleAPICalled: // a part of the page that could not be drawn says so there
		if e.Type == runtime.ConsoleAPICalledTypeError {
			for _, arg := range e.Args {
				b.note("console.error: " + arg.Description + string(arg.Value))
			}
		}
	case *page.EventJavascriptDialogOpening:
		b.note("dialog: " + e.Message)
	}
}

func (b *tab) note(what string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.wrong = append(b.wrong, what)
}

func (b *tab) requireNothingWrong() {
	b.t.Helper()
	b.mu.Lock()
	defer b.mu.Unlock()
	require.Empty(b.t, b.wrong, "the page did what it must not do")
	if b.t.Failed() {
		return
	}
	require.Empty(b.t, eval[[]string](b, `window.breaches.concat(window.ran)`), "breaches of the policy, or scripts that ran")
}

// eval returns the value of an expression in the page.
func eval[T any](b *tab, expression string) T {
	b.t.Helper()
	value, err := try[T](b, expression)
	require.NoError(b.t, err, expression)
	return value
}

func try[T any](b *tab, expression string) (T, error) {
	ctx, cancel := context.WithTimeout(b.ctx, 2*patience) // axe-core computes long
	defer cancel()
	return chromedp.Run(ctx, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// until waits until an expression is true.
func (b *tab) until(expression string) {
	b.t.Helper()
	b.untilWithin(patience, expression)
}

func (b *tab) untilWithin(limit time.Duration, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(limit)
	for {
		is, err := try[bool](b, "(async () => !!("+expression+"))()")
		if err == nil && is {
			return
		}
		if time.Now().After(deadline) {
			instead, _ := try[string](b, "document.body.innerText")
			require.FailNow(b.t, "the page never came to show it", "%s\nlast error: %v\nit shows:\n%s", expression, err, instead)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// quoted is a string as JavaScript has it.
func quoted(text string) string {
	body, err := json.Marshal(text)
	if err != nil {
		panic(err)
	}
	return string(body)
}

// the is the element that a selector finds, as an expression.
func the(selector string) string { return "document.querySelector(" + quoted(selector) + ")" }

// where is a selector of what carries a name that may hold anything.
func where(attribute, value string) string {
	value = strings.NewReplacer(`\`, `\\`, `"`, `\"`, "\n", `\a `).Replace(value)
	return fmt.Sprintf(`[%s="%s"]`, attribute, value)
}

// shown is what an element shows to who scrolls to it. The browser does not lay out what is far out of sight: that has no
// innerText.
func shown(selector string) string {
	return `(async e => {
		if (!e) return "";
		e.scrollIntoView({block: "nearest"});
		for (let frames = 0; frames < 2; frames++) await new Promise(done => requestAnimationFrame(done));
		return e.innerText;
	})(` + the(selector) + `)`
}

// untilText waits until an element shows a text.
func (b *tab) untilText(selector, text string) {
	b.t.Helper()
	b.until(`(await ` + shown(selector) + `).toLowerCase().includes(` + quoted(strings.ToLower(text)) + ")")
}

// seenText is what an element shows.
func (b *tab) seenText(selector string) string {
	b.t.Helper()
	return eval[string](b, shown(selector))
}

// place scrolls to an element and returns where its middle is once it has come to rest, or nothing: parts that come into
// view get their size then, and a mouse would miss what they move. What lies under something else is not reached.
const place = `(async e => {
	if (!e || !e.checkVisibility() || e.disabled) return null;
	e.scrollIntoView({block: "center"});
	const middle = () => { const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; };
	const frame = () => new Promise(done => requestAnimationFrame(done));
	const before = middle();
	await frame(); await frame(); await frame();
	const now = middle(), hit = document.elementFromPoint(...now);
	if (before[0] !== now[0] || before[1] !== now[1] || !hit || e !== hit && !e.contains(hit)) return null;
	window.pressed = false;
	document.addEventListener("click", event => { window.pressed = !e.isConnected || e.contains(event.target); }, {capture: true, once: true});
	return now;
})`

// click presses what a selector finds, once it is there and can be pressed, as a mouse does, and once more where news have
// moved it from under the mouse.
func (b *tab) click(selector string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for {
		at, err := try[[]float64](b, place+"("+the(selector)+")")
		if err == nil && len(at) == 2 {
			require.NoError(b.t, chromedp.Do(b.ctx, chromedp.MouseClickXY(at[0], at[1])), selector)
			if missed, err := try[bool](b, `window.pressed === false`); err != nil || !missed { // it may have led elsewhere
				return
			}
		}
		if time.Now().After(deadline) {
			require.FailNow(b.t, "it cannot be pressed", "%s: %v", selector, err)
		}
		<-time.After(50 * time.Millisecond)
	}
}

// press sends keys to whatever has the focus.
func (b *tab) press(keys string, modifiers ...chromedp.Modifier) {
	b.t.Helper()
	var options []chromedp.KeyOption
	if len(modifiers) > 0 {
		options = append(options, chromedp.KeyModifiers(modifiers...))
	}
	require.NoError(b.t, chromedp.Do(b.ctx, chromedp.KeyEvent(keys, options...)))
}

// quotedNumber is a number as JavaScript has it.
func quotedNumber(n float64) string { return strconv.FormatFloat(n, 'f', -1, 64) }
