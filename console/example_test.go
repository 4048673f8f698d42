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

// A host binds the port first, so that one that is taken is found before anything trades, and then serves it like any
// other service.
func ExampleListen() {
	registry := health.NewRegistry(health.Config{})
	probes, err := healthhttp.New(healthhttp.Config{Registry: registry})
	if err != nil {
		fmt.Println(err)
		return
	}
	h, err := console.New(console.Config{Signals: given(), Health: probes})
	if err != nil {
		fmt.Println(err)
		return
	}
	server, err := console.Listen("127.0.0.1:0", h, console.ServerConfig{}) // "" is console.DefaultAddr
	if err != nil {
		fmt.Println(err)
		return
	}
	ctx, stop := context.WithCancel(context.Background())
	ended := make(chan error)
	go func() { ended <- server.Serve(ctx) }() // or supervisor.Add("console", server, ...)

	for _, path := range []string{"/readyz", "/api/signals/latest"} {
		body, err := get(server.Addr() + path)
		fmt.Print(body)
		if err != nil {
			fmt.Println(err)
		}
	}
	stop()
	fmt.Println(<-ended)
	// Output:
	// ok
	// []
	// context canceled
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
