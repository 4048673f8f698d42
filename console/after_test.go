package console_test

import (
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestCursorOfAnotherStoreIsAConflict(t *testing.T) {
	t.Parallel()
	store, identity := filled(t, 3)
	h := handler(t, console.Config{Signals: store})
	for target, want := range map[string]string{
		"/api/signals?after=1&store=other":        `the cursor is of the store "other", and this is "` + identity,
		"/api/signals/stream?after=1&store=other": `the cursor is of the store "other"`,
		"/api/signals?after=4":                    "nothing was ever stored here as number 4",
		"/api/signals/stream?after=4":             "nothing was ever stored here as number 4",
	} {
		require.Contains(t, refused(t, ask(h, http.MethodGet, target), http.StatusConflict).Detail, want)
	}
	p := refused(t, ask(h, http.MethodGet, "/api/signals/stream", lastEventID("1@memory-before")), http.StatusConflict)
	require.Contains(t, p.Detail, `"memory-before"`)
	empty := handler(t, console.Config{Signals: signal.NewMemory(0)})
	refused(t, ask(empty, http.MethodGet, "/api/signals?after=1"), http.StatusConflict)
	require.Equal(t, "[]\n", ask(empty, http.MethodGet, "/api/signals?after=0").Body.String())
}

func TestSignalsAfter(t *testing.T) {
	t.Parallel()
	store, identity := filled(t, 250)
	h := handler(t, console.Config{Signals: store})
	for target, want := range map[string][2]int64{
		"/api/signals":                                   {1, 100},
		"/api/signals?after=0&limit=3":                   {1, 3},
		"/api/signals?after=100":                         {101, 200},
		"/api/signals?after=100&limit=1000":              {101, 250},
		"/api/signals?after=249":                         {250, 250},
		"/api/signals?after=7&limit=1&store=" + identity: {8, 8},
	} {
		w := ask(h, http.MethodGet, target)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		require.Equal(t, identity, w.Header().Get("Signal-Store"))
		got := signals(t, w)
		require.Len(t, got, int(want[1]-want[0]+1), target)
		require.Equal(t, want[0], got[0].Seq)
		require.Equal(t, want[1], got[len(got)-1].Seq)
	}
	require.Equal(t, "[]\n", ask(h, http.MethodGet, "/api/signals?after=250").Body.String())
	require.Empty(t, ask(h, http.MethodHead, "/api/signals").Body.String())
	refused(t, ask(h, http.MethodPost, "/api/signals"), http.StatusMethodNotAllowed)
	refused(t, ask(h, http.MethodPost, "/api/signals/stream"), http.StatusMethodNotAllowed)
	w := ask(h, http.MethodHead, "/api/signals/stream")
	require.Equal(t, http.StatusOK, w.Code)
	require.Empty(t, w.Body.String())
}

func TestCursorThatIsBadIsNamed(t *testing.T) {
	t.Parallel()
	store, _ := filled(t, 3)
	h := handler(t, console.Config{Signals: store})
	for target, want := range map[string]struct{ parameter, detail string }{
		"/api/signals?after=-1":                   {"after", `after: "-1" is not a whole number from 0 on`},
		"/api/signals?after=x":                    {"after", `after: "x" is not`},
		"/api/signals?after=":                     {"after", `after: "" is not`},
		"/api/signals?after=9223372036854775808":  {"after", "is not a whole number"},
		"/api/signals?after=1&after=2":            {"after", "after: given more than once"},
		"/api/signals?limit=1001":                 {"limit", `limit: "1001" is not`},
		"/api/signals?store=":                     {"store", "store: \"\" is no identity"},
		"/api/signals?symbols=BTC":                {"symbols", "symbols: unknown; there are after, format, interval, limit, "},
		"/api/signals/stream?limit=5":             {"limit", "limit: unknown; there are after, interval, min_confidence, "},
		"/api/signals/stream?after=1.5":           {"after", "after: "},
		"/api/signals/stream?after=1&store=%25zz": {"store", "is no identity"},
	} {
		p := refused(t, ask(h, http.MethodGet, target), http.StatusBadRequest)
		require.Equal(t, want.parameter, p.Parameter, target)
		require.Contains(t, p.Detail, want.detail, target)
	}
	for _, id := range []string{"x", "-1", "1@", "@memory", "1@%zz"} {
		p := refused(t, ask(h, http.MethodGet, "/api/signals/stream", lastEventID(id)), http.StatusBadRequest)
		require.Equal(t, "Last-Event-ID", p.Parameter, id)
	}
}
