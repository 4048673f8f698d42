package healthhttp_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

func ExampleNew() {
	registry := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	gen := registry.Begin("trader/signal_generation") // a supervisor does this for its children
	gen.SetState(health.Stage{State: health.StateRunning, Since: noon})

	h, err := healthhttp.New(healthhttp.Config{Registry: registry})
	if err != nil {
		fmt.Println(err)
		return
	}
	mux := http.NewServeMux() // the host's own
	h.Mount(mux)              // beside whatever else it serves
	for _, path := range []string{"/health", "/livez"} {
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, http.NoBody))
		fmt.Print(w.Code, " ", w.Body)
	}
	// Output:
	// 200 {"status":"healthy","uptime_seconds":0,"time":"2026-03-04T12:00:00Z","reasons":[],"parts":[{"path":"trader/signal_generation","status":"healthy","state":"running","since":"2026-03-04T12:00:00Z","restarts":0,"idle":false,"error_run":0}]}
	// 200 ok
}

// A host adds what its operators look for.
func ExampleConfig_extra() {
	registry := health.NewRegistry(health.Config{Clock: supervisortest.NewClockAt(noon)})
	gen := registry.Begin("trader/signal_generation")
	gen.SetState(health.Stage{State: health.StateBackoff, Restarts: 2})
	gen.SetFailure(health.Failure{Error: "connection reset", At: noon})

	h, err := healthhttp.New(healthhttp.Config{Registry: registry, Extra: func(r health.Report) map[string]any {
		gen, _ := r.Part("trader/signal_generation")
		return map[string]any{"generation": map[string]any{"alive": gen.Lifecycle.State == health.StateRunning}}
	}})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewServer(h)
	defer server.Close()
	fmt.Println(jq(server.URL+"/health", "generation", "alive"))
	// Output: 503 false
}
