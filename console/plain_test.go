package console_test

import (
	"crypto/sha256"
	"encoding/base64"
	"log/slog"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// plainHost shows something in each table, in those words.
func plainHost(t testing.TB, said string) http.Handler {
	t.Helper()
	d := decimal.RequireFromString
	o := order(0, "BTC/USDT", trading.StatusOpen)
	o.Reason = said
	status := engine.Status{
		At: noon, Equity: d("10012.5"), Halt: book.Halt{Reason: said, At: noon, Seq: 17}, Error: said,
		Positions: []trading.Position{{Symbol: said, Quantity: d("-2"), Cost: d("-84000")}},
		Orders:    []book.OrderState{o}, Offers: []journal.SignalSeen{{SignalID: said, Symbol: "ETH/USDT", ValidUntil: noon}},
	}
	tree, err := supervisor.New(supervisor.Config{Name: "bot"})
	require.NoError(t, err)
	below, err := supervisor.New(supervisor.Config{Name: "feed"})
	require.NoError(t, err)
	require.NoError(t, tree.Add("feed", below, supervisor.Policy{}))
	return handler(t, console.Config{
		Name: "desk-" + said, Venue: "venue-" + said, Mode: "paper", Tree: tree, TradingPath: "trader/trading",
		Account:  func() (engine.Status, bool) { return status, true },
		Registry: living("trader/trading/account/engine", health.Lifecycle{State: health.StateCrashed, Since: noon, LastError: said}),
	})
}

func TestPlainPageShowsTheStatus(t *testing.T) {
	t.Parallel()
	w := ask(plainHost(t, "odd prices"), http.MethodGet, "/plain")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "text/html; charset=utf-8", w.Header().Get("Content-Type"))
	for _, want := range []string{
		`<strong class="paper">PAPER</strong> <bdi>desk-odd prices</bdi> at <bdi>venue-odd prices</bdi>: <strong class="unhealthy">unhealthy</strong>`,
		"Halted since 2026-03-04 12:00:00 UTC", "Way out: find out why, then re-arm", "It is halt 17.",
		`>10012.5<`, `<td class="number">-2</td><td class="number">42000</td>`, "order-a", "Signals that wait", "bot/feed", "not_started",
	} {
		require.Contains(t, w.Body.String(), want)
	}
	require.Empty(t, w.Header().Get("Refresh"), "a page that moves by itself is not for everybody")
	require.Equal(t, "10", ask(plainHost(t, ""), http.MethodGet, "/plain?every=10s").Header().Get("Refresh"))
	for _, bad := range []string{"every=0s", "every=2h", "every=x", "x=1"} {
		refused(t, ask(plainHost(t, ""), http.MethodGet, "/plain?"+bad), http.StatusBadRequest)
	}
}

func TestPlainPageTakesHostileNamesForText(t *testing.T) {
	t.Parallel()
	said := `<script>alert(1)</script>"' onload=x {{.}} ` + "\u202egnp\x1b[31m\xff" + strings.Repeat("x", 10_000)
	w := ask(plainHost(t, said), http.MethodGet, "/plain")
	body := w.Body.String()
	require.NotContains(t, body, "<script")
	require.NotContains(t, body, "\u202e")
	require.NotContains(t, body, "\x1b")
	require.NotContains(t, body, strings.Repeat("x", 1000))
	require.Contains(t, body, "&lt;script&gt;alert(1)&lt;/script&gt;")
	require.Less(t, len(body), 20_000)
}

// The policy allows no script at all, and the one style that the page has.
func TestPlainPageHasAPolicyThatItsStylePasses(t *testing.T) {
	t.Parallel()
	w := ask(plainHost(t, ""), http.MethodGet, "/plain")
	policy := w.Header().Get("Content-Security-Policy")
	require.True(t, strings.HasPrefix(policy, "default-src 'none'; style-src 'sha256-"), policy)
	styles := regexp.MustCompile(`(?s)<style>(.*?)</style>`).FindAllStringSubmatch(w.Body.String(), -1)
	require.Len(t, styles, 1)
	sum := sha256.Sum256([]byte(styles[0][1]))
	require.Contains(t, policy, "'sha256-"+base64.StdEncoding.EncodeToString(sum[:])+"'")
	require.NotContains(t, w.Body.String(), "style=")
}

func TestPlainPageWithoutAnAccount(t *testing.T) {
	t.Parallel()
	body := ask(handler(t, console.Config{}), http.MethodGet, "/plain").Body.String()
	require.Contains(t, body, "LIVE", "what does not say that it is paper may be real")
	require.Contains(t, body, "This host shows no account.")
	require.Contains(t, body, "unknown")
	none := func() (engine.Status, bool) { return engine.Status{}, false }
	body = ask(handler(t, console.Config{Account: none}), http.MethodGet, "/plain").Body.String()
	require.Contains(t, body, "Account: not_started")
	require.Contains(t, body, "There is no account yet.")
	require.NotContains(t, body, "Nothing is held.", "which is not the same")
	h := handler(t, console.Config{
		Logger: slog.New(slog.DiscardHandler), Account: func() (engine.Status, bool) { panic("oh") },
	})
	w := ask(h, http.MethodGet, "/plain")
	require.Equal(t, http.StatusOK, w.Code, "the rest is shown")
	require.Contains(t, w.Body.String(), "The account cannot be read at present.")
}

func TestPlainPageIsForReaders(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Read: console.Read{Token: strings.Repeat("6f1c2a9d", 4), Session: time.Hour}})
	refused(t, ask(h, http.MethodGet, "/plain"), http.StatusUnauthorized)
	refused(t, ask(h, http.MethodPost, "/plain"), http.StatusMethodNotAllowed)
}
