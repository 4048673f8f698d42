package pagetest_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
	"go.uber.org/goleak"
)

var shots = flag.String("shots", "", "make the pictures of the documentation in this folder")

func TestMain(m *testing.M) {
	flag.DurationVar(&patience, "patience", patience, "how long a page may take to show something")
	goleak.VerifyTestMain(suite{m})
}

// suite runs the tests and then ends the browser, before anybody looks for what was left behind.
type suite struct{ *testing.M }

func (s suite) Run() int {
	code := s.M.Run()
	if said := browser.said.String(); code != 0 && said != "" {
		fmt.Fprintf(os.Stderr, "the browser said:\n%s\n", said[max(0, len(said)-4000):])
	}
	if err := endBrowser(); err != nil {
		fmt.Fprintln(os.Stderr, "the browser did not end:", err)
		return max(code, 1)
	}
	return code
}

// browser is the one that all tests share; each has cookies and storage of its own in it.
var browser struct {
	once sync.Once
	ctx  context.Context //nolint:containedctx // chromedp keeps a browser in a context
	end  func() error
	err  error
	said words // on its standard error
}

// words keeps what is written to it.
type words struct {
	mu   sync.Mutex // guards text
	text bytes.Buffer
}

func (w *words) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.Write(p)
}

func (w *words) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}

// theBrowser starts it with the first test that needs it. Without one the test is skipped, but not in CI.
func theBrowser(t testing.TB) context.Context {
	t.Helper()
	path := chromium()
	if path == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("there is no Chromium, and the tests of the page must not be left out here")
		}
		t.Skip("there is no Chromium: install the package chromium to test the page")
	}
	browser.once.Do(func() { startBrowser(path) })
	if browser.err != nil {
		t.Fatal("Chromium does not start:", browser.err)
	}
	return browser.ctx
}

func chromium() string {
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "google-chrome-stable"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return ""
}

func startBrowser(path string) {
	options := append(slices.Clone(chromedp.DefaultExecAllocatorOptions[:]),
		chromedp.ExecPath(path), chromedp.WindowSize(1280, 900), chromedp.Flag("enable-precise-memory-info", true),
		chromedp.Flag("js-flags", "--expose-gc"), chromedp.CombinedOutput(&browser.said),
		// Without graphics a busy machine draws so slowly that the watchdog takes it for a hang, and after some of those the
		// browser ends itself.
		chromedp.DisableGPU, chromedp.Flag("disable-gpu-watchdog", true), chromedp.Flag("disable-gpu-process-crash-limit", true))
	if os.Geteuid() == 0 { // its sandbox refuses root, as which containers run tests
		options = append(options, chromedp.NoSandbox)
	}
	allocator, freeAllocator := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, free := chromedp.NewContext(allocator)
	browser.ctx, browser.err = ctx, chromedp.Do(ctx)
	browser.end = func() error {
		limited, cancel := context.WithTimeout(ctx, 20*time.Second)
		defer cancel()
		err := chromedp.Cancel(limited)
		free()
		freeAllocator()
		return err
	}
}

func endBrowser() error {
	if browser.end == nil {
		return nil
	}
	if err := browser.end(); err != nil && !errors.Is(err, context.Canceled) {
		return err
	}
	return nil
}
