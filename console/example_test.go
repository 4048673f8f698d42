package console_test

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// The latest signals, for a script or a person with curl.
func ExampleNew() {
	h, err := console.New(console.Config{Signals: given(example(1, "BTC/USDT:USDT", signal.Long))})
	if err != nil {
		fmt.Println(err)
		return
	}
	curl := func(target string) {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8000"+target, http.NoBody))
		fmt.Print(w.Code, " ", w.Body)
	}
	curl("/api/signals/latest?limit=many")
	curl("/api/signals/latest?limit=1")
	// Output:
	// 400 {"type":"about:blank","title":"Bad Request","status":400,"detail":"limit: \"many\" is not a whole number from 1 to 1000","parameter":"limit"}
	// 200 [{"id":"b5b8427fa8f68b1d70ea649d","seq":1,"strategy":"ema_cross","params":"fast=8,slow=21","symbol":"BTC/USDT:USDT","interval":"1m0s","direction":"long","confidence":0.75,"price":64000.5,"bar_time":"2026-03-04T12:01:00Z","created_at":"2026-03-04T12:02:00Z","valid_until":"2026-03-04T12:05:00Z"}]
}

// The console beside the probes of package healthhttp. A host serves it with package serve, or mounts it in a server of
// its own.
func ExampleNew_health() {
	probes, err := healthhttp.New(healthhttp.Config{Registry: health.NewRegistry(health.Config{})})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := console.New(console.Config{Signals: given(), Health: probes})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, path := range []string{"/readyz", "/api/signals/latest"} {
		w := httptest.NewRecorder()
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, "http://localhost:8000"+path, http.NoBody))
		fmt.Print(w.Body)
	}
	// Output:
	// ok
	// []
}

// A script that has read up to number 1 asks for what came after it, and says of which store its number is.
func ExampleNew_after() {
	store := signal.NewMemory(0)
	_ = store.Append(context.Background(), example(1, "BTC/USDT:USDT", signal.Long), example(2, "BTC/USDT:USDT", signal.Flat))
	h, err := console.New(console.Config{Signals: store})
	if err != nil {
		fmt.Println(err)
		return
	}
	identity, _ := store.Identity(context.Background()) // the script has it from the header Signal-Store
	for _, of := range []string{identity, "the-store-before"} {
		w := httptest.NewRecorder()
		target := "http://localhost:8000/api/signals?after=1&store=" + of
		h.ServeHTTP(w, httptest.NewRequest(http.MethodGet, target, http.NoBody))
		var found []struct {
			Seq       int64
			Direction string
		}
		_ = json.Unmarshal(w.Body.Bytes(), &found)
		fmt.Println(w.Code, found)
	}
	// Output:
	// 200 [{2 flat}]
	// 409 []
}
