package console_test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// A person closes a position over HTTP. The methods of a vigil.Trader fit where these functions stand.
func ExampleControl() {
	h, err := console.New(console.Config{
		Signals: given(), Logger: slog.New(slog.DiscardHandler),
		Account: func() (engine.Status, bool) { return engine.Status{}, true },
		Control: console.Control{
			Token: "6f1c2a9d4b8e7035a1d2c3f4e5b60798", // of openssl rand -hex 16
			Audit: func(a journal.Acted) {
				fmt.Printf("%s: %s %s %s.\n", a.Actor, a.Verb, a.Object, cmp.Or(a.Error, "done"))
			},
			Flatten: func(_ context.Context, symbol, _ string) error {
				if symbol != "BTC/USDT" {
					return errors.New("nothing is held of " + symbol)
				}
				return nil
			},
		},
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	curl := func(key, body string) {
		r := httptest.NewRequest(http.MethodPost, "http://localhost:8000/api/control/flatten", strings.NewReader(body))
		r.Header.Set("Authorization", "Bearer 6f1c2a9d4b8e7035a1d2c3f4e5b60798")
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("Idempotency-Key", key)
		w := httptest.NewRecorder()
		h.ServeHTTP(w, r)
		fmt.Println(w.Code)
	}
	curl("close-btc-of-march-4", `{"symbol":"BTC/USDT"}`)
	curl("close-btc-of-march-4", `{"symbol":"BTC/USDT"}`) // sent again, because the answer was lost
	curl("close-eth-of-march-4", `{"symbol":"ETH/USDT"}`)
	// Output:
	// token: flatten BTC/USDT done.
	// 200
	// 200
	// token: flatten ETH/USDT nothing is held of ETH/USDT.
	// 409
}
