package console_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// mixed returns a store of n signals, of which every tenth has parameters, an interval and a confidence of its own.
func mixed(t testing.TB, n int64) *signal.Memory {
	t.Helper()
	store := signal.NewMemory(100_000)
	var all []signal.Signal
	for seq := int64(1); seq <= n; seq++ {
		s := example(seq, "BTC", signal.Long)
		if seq%10 == 0 {
			s.Params, s.Interval, s.Confidence = "fast=2,slow=3", time.Hour, 0.9
		}
		if seq%100 == 0 {
			s.Symbol = "ETH"
		}
		s.ID = s.Stream().ID(s.BarTime)
		all = append(all, s)
	}
	require.NoError(t, store.Append(t.Context(), all...))
	return store
}

func numbers(t testing.TB, w *httptest.ResponseRecorder) (found []int64) {
	t.Helper()
	require.Equal(t, http.StatusOK, w.Code, w.Body)
	for _, s := range signals(t, w) {
		found = append(found, s.Seq)
	}
	return found
}

// next returns the address of the next page; "" where there is none.
func next(w *httptest.ResponseRecorder) string {
	link := w.Header().Get("Link")
	link, _, _ = strings.Cut(strings.TrimPrefix(link, "<"), ">; rel=\"next\"")
	return link
}

func TestFilterLeavesOutWhatIsNotAskedFor(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Signals: mixed(t, 200)})
	made := func(seq int64) string { return example(seq, "", signal.Long).CreatedAt.Format(time.RFC3339) }
	for query, want := range map[string][]int64{
		"params=fast%3D2%2Cslow%3D3&limit=3":                  {10, 20, 30},
		"interval=1h&limit=2":                                 {10, 20},
		"interval=60m&symbol=ETH":                             {100, 200},
		"min_confidence=0.9&after=170":                        {180, 190, 200},
		"strategy=ema_cross&symbol=ETH":                       {100, 200},
		"since=" + made(198):                                  {198, 199, 200},
		"until=" + made(3):                                    {1, 2},
		"since=" + made(9) + "&until=" + made(11):             {9, 10},
		"since=" + made(9) + "&until=" + made(9) + "&after=1": nil,
	} {
		require.Equal(t, want, numbers(t, ask(h, http.MethodGet, "/api/signals?"+query)), query)
	}
	for query, want := range map[string][]int64{
		"params=fast%3D2%2Cslow%3D3&limit=3": {200, 190, 180}, "interval=1h&before=190": {180, 170, 160, 150, 140, 130, 120, 110, 100, 90, 80, 70, 60, 50, 40, 30, 20, 10},
		"before=3": {2, 1}, "symbol=ETH": {200, 100}, "symbol=ETH&before=200": {100}, "since=" + made(199): {200, 199},
		"interval=1h&until=" + made(11): {10}, "before=1": nil, "before=9999999&limit=1": {200},
	} {
		require.Equal(t, want, numbers(t, ask(h, http.MethodGet, "/api/signals/latest?"+query)), query)
	}
	for _, bad := range []string{
		"interval=1", "interval=-1m", "interval=0s", "since=yesterday", "until=", "params=", "since=0001-01-01T00:00:00Z", "before=0",
	} {
		name, _, _ := strings.Cut(bad, "=")
		p := refused(t, ask(h, http.MethodGet, "/api/signals/latest?"+bad), http.StatusBadRequest)
		require.Equal(t, name, p.Parameter)
	}
}

// A filter that few signals fit costs a bounded look, and the next page goes on from there: nothing is left out.
func TestFilterGoesOnWhereAPageEnds(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Signals: mixed(t, 45_000)})
	for _, path := range []string{"/api/signals?symbol=ETH&interval=1h&limit=7", "/api/signals/latest?symbol=ETH&interval=1h&limit=1000"} {
		seen, pages := map[int64]bool{}, 0
		for at := path; at != ""; pages++ {
			w := ask(h, http.MethodGet, at)
			for _, seq := range numbers(t, w) {
				require.False(t, seen[seq], "%d twice", seq)
				seen[seq] = true
			}
			at = next(w)
		}
		require.Len(t, seen, 450, path)
		require.Greater(t, pages, 2)
	}
	w := ask(h, http.MethodGet, "/api/signals?params=none")
	require.Empty(t, numbers(t, w))
	require.Contains(t, next(w), "after=20000")
	w = ask(h, http.MethodGet, next(w))
	require.Contains(t, next(w), "after=40000")
	require.Empty(t, next(ask(h, http.MethodGet, next(w))))
	all := ask(h, http.MethodGet, "/api/signals?limit=1000")
	require.Len(t, numbers(t, all), 1000)
	require.Contains(t, next(all), "after=1000&limit=1000&store=memory-")
}

func TestFilterOfAStream(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		store := mixed(t, 45)
		identity, err := store.Identity(t.Context())
		require.NoError(t, err)
		h := handler(t, console.Config{Signals: store, Symbols: func() []string { return []string{"BTC"} }})
		l, end := connect(t, h, "/api/signals/stream?after=0&interval=1h&min_confidence=0.8")
		require.Equal(t, []int64{10, 20, 30, 40}, seqs(l.said()))
		time.Sleep(15 * time.Second)
		require.Equal(t, fmt.Sprintf(": still here\nid: 45@%s\n\n", identity), l.said(), "it is past what was not asked for")
		time.Sleep(15 * time.Second)
		require.Equal(t, ": still here\n\n", l.said())
		s := example(50, "BTC", signal.Long)
		s.Interval, s.Confidence = time.Hour, 0.8
		s.ID = s.Stream().ID(s.BarTime)
		require.NoError(t, store.Append(t.Context(), example(46, "BTC", signal.Long), s))
		require.Equal(t, []int64{47}, seqs(l.said()))
		end()
		refused(t, ask(h, http.MethodGet, "/api/signals/stream?symbol=BTCC"), http.StatusNotFound)
	})
}
