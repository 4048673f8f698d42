package pagetest_test

import (
	"compress/gzip"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
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
	window.frames = []; window.tasks = [];
	new PerformanceObserver(l => l.getEntries().forEach(e => window.tasks.push(e.duration))).observe({type: "longtask"});
	let last = performance.now();
	const frame = now => { window.frames.push(now - last); last = now; requestAnimationFrame(frame); };
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

// changes waits until the page has shown so many more.
func (b *tab) changes(more float64) {
	b.t.Helper()
	b.until(ticked + " > " + quotedNumber(eval[float64](b, ticked)+more))
}

// heap is the memory of the page's scripts and of their arrays in MB, after a collection.
func (b *tab) heap() float64 {
	b.t.Helper()
	_ = eval[bool](b, `globalThis.gc?.(), true`)
	use, err := chromedp.Call(b.ctx, runtime.GetHeapUsage, cdp.Empty{})
	require.NoError(b.t, err)
	return (use.UsedSize + use.EmbedderHeapUsedSize + use.BackingStorageSize) / 1e6
}

func TestPageStaysSmallAtScale(t *testing.T) {
	t.Parallel()
	h := large.host(t)
	b := open(t, h.url())
	b.settled()
	h.alive(t)
	b.changes(20) // what loading left to do is done
	r := b.record()
	b.changes(80)
	costs := r.frames()
	require.NotEmpty(t, costs)
	require.Less(t, costs[len(costs)/2], 50.0, "ms of the processor's time for the median change on the screen")
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

// A long list shows its newest rows, and says how many more there are, one click away.
func TestPageListsOfferWhatTheyDoNotShow(t *testing.T) {
	t.Parallel()
	h := crowd{services: 3, bars: 50, fills: 70, orders: 70}.host(t)
	b := open(t, h.url())
	for _, list := range []struct {
		table, rows string
		all         float64
	}{{"#signals", "data-signal", 70}, {"#orders", "data-order", 72}} { // two orders rest
		rest := list.table + "-at [data-rest]"
		rows := `document.querySelectorAll("` + list.table + " [" + list.rows + `]").length`
		b.until(rows + " === 50")
		b.untilText(rest, "Show "+quotedNumber(list.all-50)+" more")
		b.click(rest)
		b.until(rows + " === " + quotedNumber(list.all))
		b.until(`document.querySelector("` + rest + `").hidden`)
	}
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

// BenchmarkPage measures the page at scale, while ten things a second change: how long frames take, and what the
// processor computes for each task that draws. Where other programs want the processors, or there is none for graphics,
// frames wait; the processor's time is what the page itself needs.
//
//	cd examples && go test ./pagetest -run '^$' -bench Page -benchtime 1x
func BenchmarkPage(b *testing.B) {
	h := large.host(b)
	page := open(b, h.url())
	page.settled()
	h.alive(b)
	page.changes(20)
	var frames, tasks, costs []float64
	for b.Loop() {
		require.True(b, eval[bool](page, recorder))
		page.changes(150)
		frames = append(frames, eval[[]float64](page, "window.frames")...)
		tasks = append(tasks, eval[[]float64](page, "window.tasks")...)
		r := page.record() // afterwards, because it costs time itself
		page.changes(100)
		costs = append(costs, r.frames()...)
	}
	report(b, "frame", frames)
	report(b, "longtask", append(tasks, 0))
	report(b, "cpu", costs)
	b.ReportMetric(page.heap(), "heap-MB")
}

// report tells of the median, the 99th hundredth and the most of some milliseconds, and how many were above 50.
func report(b *testing.B, what string, all []float64) {
	slices.Sort(all)
	above := 0
	for _, ms := range all {
		if ms > 50 {
			above++
		}
	}
	b.ReportMetric(all[len(all)/2], what+"-p50-ms")
	b.ReportMetric(all[len(all)*99/100], what+"-p99-ms")
	b.ReportMetric(all[len(all)-1], what+"-max-ms")
	b.ReportMetric(float64(above)/float64(len(all)), what+">50ms/all")
}
