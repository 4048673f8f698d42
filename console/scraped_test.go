package console_test

import (
	"io"
	"net/http"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
)

const metricsToken = "51c0ffee2b7e4d90a8f3c6e15d7b9042"

func metered(c *console.Config) {
	c.Metrics = http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { _, _ = io.WriteString(w, "vigil_up 1\n") })
}

func withMetricsToken(c *console.Config) {
	metered(c)
	c.MetricsToken = metricsToken
}

func TestMetricsAreReadByWhoMayRead(t *testing.T) {
	t.Parallel()
	var cfg console.Config
	metered(&cfg)
	open := handler(t, cfg)
	w := ask(open, http.MethodGet, "/metrics")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "vigil_up 1\n", w.Body.String())
	require.Equal(t, http.StatusForbidden, ask(open, http.MethodGet, "/metrics", func(r *http.Request) { r.Host = "evil.example" }).Code, "DNS rebinding")
	require.Equal(t, http.StatusMethodNotAllowed, ask(open, http.MethodPost, "/metrics").Code)
	require.Equal(t, http.StatusNotFound, ask(open, http.MethodGet, "/metrics/x").Code)
	require.Equal(t, http.StatusNotFound, ask(handler(t, console.Config{}), http.MethodGet, "/metrics").Code)

	closed, _ := locked(t, metered)
	require.Equal(t, http.StatusUnauthorized, ask(closed, http.MethodGet, "/metrics").Code)
	require.Equal(t, http.StatusOK, ask(closed, http.MethodGet, "/metrics", bearer(readToken)).Code)
}

func TestMetricsTokenOpensMetricsAndNothingElse(t *testing.T) {
	t.Parallel()
	h, _ := locked(t, withMetricsToken)
	require.Equal(t, http.StatusUnauthorized, ask(h, http.MethodGet, "/metrics").Code)
	require.Equal(t, http.StatusUnauthorized, ask(h, http.MethodGet, "/metrics", bearer(metricsToken+"0")).Code)
	require.Equal(t, http.StatusBadRequest, ask(h, http.MethodGet, "/metrics?token="+metricsToken).Code)
	for _, token := range []string{metricsToken, readToken, goodToken} {
		require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/metrics", bearer(token)).Code)
	}
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/metrics", with(login(t, h, readToken))).Code)
	for _, path := range protectedPaths {
		require.Equal(t, http.StatusUnauthorized, ask(h, http.MethodGet, path, bearer(metricsToken)).Code, path)
	}
	require.Equal(t, http.StatusUnauthorized, askForSession(h, http.MethodPost, bearer(metricsToken)).Code)
	require.Equal(t, http.StatusUnauthorized, post(h, "halt", `{"reason":"x"}`, bearer(metricsToken)).Code)
}

func TestMetricsTokenIsAskedForWhereReadingIsFree(t *testing.T) {
	t.Parallel()
	var cfg console.Config
	withMetricsToken(&cfg)
	h := handler(t, cfg)
	require.Equal(t, http.StatusUnauthorized, ask(h, http.MethodGet, "/metrics").Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/metrics", bearer(metricsToken)).Code)
	require.Equal(t, http.StatusOK, ask(h, http.MethodGet, "/api/openapi.yaml").Code)
	require.False(t, h.(interface{ Protected() bool }).Protected(), "the rest is not behind it")
}

func TestMetricsTokenThatIsBadIsRefusedByNew(t *testing.T) {
	t.Parallel()
	for wrong, change := range map[string]func(*console.Config){
		"less than 128 bits":     func(c *console.Config) { metered(c); c.MetricsToken = "secret" },
		"without Config.Metrics": func(c *console.Config) { c.MetricsToken = metricsToken },
		"another one's as well":  func(c *console.Config) { withMetricsToken(c); c.Read.Token = metricsToken },
	} {
		cfg := console.Config{Signals: given()}
		change(&cfg)
		_, err := console.New(cfg)
		require.ErrorContains(t, err, wrong)
		require.NotContains(t, err.Error(), metricsToken)
	}
}
