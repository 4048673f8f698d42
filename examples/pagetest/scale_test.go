package pagetest_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/performance"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
	"github.com/stretchr/testify/require"
)

// large is the host that the page is made for: it must stay usable there.
var large = crowd{services: 100, bars: 50_000, fills: 5_000, orders: 300}

// ticking is how often something changes there.
const ticking = 100 * time.Millisecond

// alive changes the host ten times a second until the test ends.
func (h *crowdHost) alive(t testing.TB) {
	stop := make(chan struct{})
	var all sync.WaitGroup
	all.Go(func() {
		ticker := time.NewTicker(ticking)
		defer ticker.Stop()
		for {
			select {
			case <-stop:
				return
			case <-ticker.C:
				h.tick(t)
			}
		}
	})
	t.Cleanup(func() {
		close(stop)
		all.Wait()
	})
}

// recorder keeps how long frames and tasks take from now on.
const recorder = `(() => {
	window.frames50 = []; window.tasks = []; window.frameCount = 0;
	new PerformanceObserver(l => l.getEntries().forEach(e => window.tasks.push(e.duration))).observe({type: "longtask"});
	let last = performance.now();
	const frame = now => { window.frameCount++; window.frames50.push(now - last); last = now; requestAnimationFrame(frame); };
	requestAnimationFrame(now => { last = now; requestAnimationFrame(frame); });
	return true;
})()`

// settled waits until the page shows the large host.
func (b *tab) settled() {
	b.t.Helper()
	b.until(`document.querySelectorAll("#services [data-service]").length >= 100`)
	b.until(the("#orders [data-order]"))
	b.until(the("#signals [data-signal]"))
	b.until(the("#price canvas"))
	b.until(the("#price-text") + `.innerText.length > 0`)
}

// ticked is how many changes the page has shown.
const ticked = `Math.max(0, ...[...document.querySelectorAll("[data-event]")].map(e => Number(e.dataset.event)))`

// heap is the memory of the page's scripts and of their arrays in MB, after a collection.
func (b *tab) heap() float64 {
	b.t.Helper()
	_ = eval[bool](b, `globalThis.gc?.(), true`)
	use, err := chromedp.Call(b.ctx, runtime.GetHeapUsage, cdp.Empty{})
	require.NoError(b.t, err)
	return (use.UsedSize + use.EmbedderHeapUsedSize + use.BackingStorageSize) / 1e6
}

// work is what the page's main thread has computed: processor time, which other programs do not lengthen.
func (b *tab) work() (seconds, updates float64) {
	b.t.Helper()
	got, err := chromedp.Call(b.ctx, performance.GetMetrics, cdp.Empty{})
	require.NoError(b.t, err)
	for _, m := range got.Metrics {
		switch m.Name {
		case "ThreadTime": // since the browser's process began
			seconds = m.Value
		case "LayoutCount":
			updates = m.Value
		}
	}
	return seconds, updates
}

func TestPageStaysSmallAtScale(t *testing.T) {
	t.Parallel()
	h := large.host(t)
	b := open(t, h.url())
	b.settled()
	h.alive(t)
	first := eval[float64](b, ticked)
	b.until(ticked + " > " + quotedNumber(first+50))
	require.Less(t, b.heap(), 100.0, "MB of memory")
	require.Less(t, eval[int](b, `document.querySelectorAll("*").length`), 12_000, "elements: each costs time in each frame")
}

// What the page loads of ours is small. The library for charts is counted too, but not as ours.
func TestPageOwnCodeIsSmall(t *testing.T) {
	t.Parallel()
	h := crowd{services: 3, bars: 50, fills: 2}.host(t)
	b := open(t, h.url())
	b.until(the("#positions [data-position]"))
	loaded := eval[[]string](b, `[location.href, ...performance.getEntriesByType("resource").map(e => e.name)]`)
	own, all := 0, 0
	for _, address := range loaded {
		if strings.Contains(address, "/api/") {
			continue
		}
		n := sent(t, address)
		if all += n; !strings.Contains(address, "uPlot") {
			own += n
		}
	}
	t.Logf("the page is %d bytes, of which ours are %d", all, own)
	require.Positive(t, own)
	require.Less(t, own, 60_000, "bytes, compressed")
	require.Less(t, all, 100_000, "bytes, compressed")
}

// sent is how many bytes go over the wire for a file.
func sent(t testing.TB, address string) int {
	t.Helper()
	r, err := http.NewRequestWithContext(t.Context(), http.MethodGet, address, http.NoBody)
	require.NoError(t, err)
	r.Header.Set("Accept-Encoding", "gzip")
	answer, err := http.DefaultClient.Do(r)
	require.NoError(t, err)
	defer func() { require.NoError(t, answer.Body.Close()) }()
	body, err := io.ReadAll(answer.Body)
	require.NoError(t, err)
	require.Equal(t, http.StatusOK, answer.StatusCode, address)
	if answer.Header.Get("Content-Encoding") == "gzip" {
		_, err := gzip.NewReader(strings.NewReader(string(body)))
		require.NoError(t, err)
	}
	return len(body)
}

// BenchmarkPage measures frames of the page at scale, while ten things a second change: the longest and the 99th
// hundredth, how many were above 50 ms, and the memory of its scripts. Where other programs want the processors, frames
// wait for them; cpu-ms/update is what the page itself computes for one change on the screen.
//
//	cd examples && go test ./pagetest -run '^$' -bench Page -benchtime 1x
func BenchmarkPage(b *testing.B) {
	h := large.host(b)
	page := open(b, h.url())
	page.settled()
	h.alive(b)
	began := eval[float64](page, ticked)
	page.until(ticked + " > " + quotedNumber(began+20)) // what loading left to do is done
	_, err := chromedp.Call(page.ctx, performance.Enable, performance.EnableParams{TimeDomain: "threadTicks"})
	require.NoError(b, err)
	busy, drawn := page.work()
	start := time.Now()
	for b.Loop() {
		require.True(b, eval[bool](page, recorder))
		first := eval[float64](page, ticked)
		page.until(ticked + " > " + quotedNumber(first+300))
	}
	took := time.Since(start).Seconds()
	nowBusy, nowDrawn := page.work()
	type figures struct {
		Frames, Above, Tasks    int
		Longest, P99, P50, Task float64
	}
	f := eval[figures](page, `(() => {
		const s = [...window.frames50].sort((a, b) => a - b), at = q => s[Math.min(s.length - 1, Math.floor(q * s.length))];
		return {Frames: s.length, Above: s.filter(d => d > 50).length, Longest: s.at(-1), P99: at(.99), P50: at(.5),
			Tasks: window.tasks.length, Task: Math.max(0, ...window.tasks)};
	})()`)
	b.ReportMetric(1000*(nowBusy-busy)/took, "cpu-ms/s")
	b.ReportMetric(1000*(nowBusy-busy)/(nowDrawn-drawn), "cpu-ms/update")
	b.ReportMetric(float64(f.Frames), "frames")
	b.ReportMetric(float64(f.Above), "frames>50ms")
	b.ReportMetric(f.P50, "p50-ms")
	b.ReportMetric(f.P99, "p99-ms")
	b.ReportMetric(f.Longest, "longest-ms")
	b.ReportMetric(float64(f.Tasks), "tasks>50ms")
	b.ReportMetric(f.Task, "longest-task-ms")
	b.ReportMetric(page.heap(), "heap-MB")
}
