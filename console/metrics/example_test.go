package metrics_test

import (
	"bufio"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
)

// A host has a Registerer already. It adds the trader to it, and what it serves from then on tells of both.
func Example() {
	account := func() (engine.Status, bool) { // that of a vigil.Trader: trader.Account
		return engine.Status{Equity: decimal.NewFromInt(10_250), Cash: decimal.NewFromInt(9_000)}, true
	}
	collector, err := metrics.New(metrics.Config{
		Registry: health.NewRegistry(health.Config{}), // trader.Registry()
		Account:  account,
	})
	if err != nil {
		log.Fatal(err)
	}
	registry := prometheus.NewRegistry()
	registry.MustRegister(collector)
	handler := promhttp.HandlerFor(registry, promhttp.HandlerOpts{})

	answer := httptest.NewRecorder()
	handler.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, "/metrics", http.NoBody))
	for lines := bufio.NewScanner(answer.Body); lines.Scan(); {
		if strings.HasPrefix(lines.Text(), "vigil_trading_state") || strings.HasPrefix(lines.Text(), "vigil_account_equity") {
			fmt.Println(lines.Text())
		}
	}
	// Output:
	// vigil_account_equity 10250
	// vigil_trading_state{state="halted"} 0
	// vigil_trading_state{state="not_started"} 0
	// vigil_trading_state{state="reduce_only"} 0
	// vigil_trading_state{state="running"} 1
}
