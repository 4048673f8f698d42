package health_test

import (
	"context"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	gosundheit "github.com/AppsFlyer/go-sundheit"
	"github.com/AppsFlyer/go-sundheit/checks"
	sundheithttp "github.com/AppsFlyer/go-sundheit/http"
	alex "github.com/alexliesenfeld/health"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
)

var names = []string{"feed", "generator", "engine", "store", "monitor"}

// sink is a ResponseWriter that costs nothing.
type sink struct {
	header http.Header
	status int
}

func (s *sink) Header() http.Header         { return s.header }
func (s *sink) WriteHeader(status int)      { s.status = status }
func (s *sink) Write(p []byte) (int, error) { return len(p), nil }

// measure asks h again and again. prepare runs before each request and counts, as the work that the answer tells of.
func measure(b *testing.B, h http.Handler, prepare func()) {
	b.Helper()
	w, r := &sink{header: make(http.Header), status: http.StatusOK}, httptest.NewRequest(http.MethodGet, "/health", http.NoBody)
	b.ReportAllocs()
	for b.Loop() {
		prepare()
		h.ServeHTTP(w, r)
	}
	require.Equal(b, http.StatusOK, w.status)
}

// awaitFirstRound waits until every check has run once.
func awaitFirstRound(b *testing.B, h http.Handler) {
	b.Helper()
	require.Eventually(b, func() bool {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/health", http.NoBody))
		return w.Code == http.StatusOK
	}, time.Minute, time.Millisecond)
}

func BenchmarkHealth(b *testing.B) {
	b.Run("vigil", func(b *testing.B) {
		registry := health.NewRegistry(health.Config{})
		var part *health.Part
		for _, name := range names {
			run := registry.Begin("trader/" + name)
			run.SetState(health.Stage{State: health.StateRunning, Since: time.Now()})
			part = run.Part()
			part.Observe(nil)
		}
		h, err := healthhttp.New(healthhttp.Config{Registry: registry})
		require.NoError(b, err)
		measure(b, h, func() { part.Observe(nil) })
	})
	fine := func(context.Context) error { return nil }
	b.Run("alexliesenfeld_cached", func(b *testing.B) {
		options := []alex.CheckerOption{alex.WithCacheDuration(time.Hour)}
		for _, name := range names {
			options = append(options, alex.WithCheck(alex.Check{Name: name, Check: fine}))
		}
		measure(b, alex.NewHandler(alex.NewChecker(options...)), func() {})
	})
	b.Run("alexliesenfeld_periodic", func(b *testing.B) {
		var options []alex.CheckerOption
		for _, name := range names {
			options = append(options, alex.WithPeriodicCheck(time.Hour, 0, alex.Check{Name: name, Check: fine}))
		}
		checker := alex.NewChecker(options...)
		defer checker.Stop()
		h := alex.NewHandler(checker)
		awaitFirstRound(b, h)
		measure(b, h, func() {})
	})
	b.Run("gosundheit", func(b *testing.B) {
		h := gosundheit.New()
		defer h.DeregisterAll()
		for _, name := range names {
			check := &checks.CustomCheck{CheckName: name, CheckFunc: func(context.Context) (any, error) { return "fine", nil }}
			require.NoError(b, h.RegisterCheck(check, gosundheit.ExecutionPeriod(time.Hour)))
		}
		awaitFirstRound(b, sundheithttp.HandleHealthJSON(h))
		measure(b, sundheithttp.HandleHealthJSON(h), func() {})
	})
}
