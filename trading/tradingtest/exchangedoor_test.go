package tradingtest_test

import (
	"encoding/json"
	"errors"
	"net"
	"net/http"
	"net/http/httptest"
	"strconv"
	"time"
)

// ServeHTTP is the exchange's REST interface.
func (x *exchange) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	q := r.URL.Query()
	from, _ := strconv.ParseInt(q.Get("from"), 10, 64)
	limit, _ := strconv.Atoi(q.Get("limit"))
	since, _ := time.Parse(time.RFC3339Nano, q.Get("since"))
	switch r.Method + " " + r.URL.Path {
	case "POST /order":
		var o xOrder
		if json.NewDecoder(r.Body).Decode(&o) == nil {
			answer(w)(x.place(o))
		}
	case "PUT /order":
		var o xOrder
		if json.NewDecoder(r.Body).Decode(&o) == nil {
			answer(w)(x.replace(q.Get("old"), o))
		}
	case "POST /pair":
		var pair [2]xOrder
		if json.NewDecoder(r.Body).Decode(&pair) == nil {
			answer(w)(struct{}{}, x.placePair(pair[0], pair[1]))
		}
	case "GET /order":
		answer(w)(x.order(q.Get("client")))
	case "DELETE /order":
		answer(w)(x.cancel(q.Get("client")))
	case "GET /open":
		answer(w)(x.open(), nil)
	case "GET /trades":
		answer(w)(x.tradesFrom(from, since, limit), nil)
	case "GET /moves":
		answer(w)(x.movesFrom(from, since, limit), nil)
	case "GET /position":
		held, mark, liquidation := x.position()
		answer(w)(xPosition{Quantity: held, Mark: mark, Liquidation: liquidation}, nil)
	case "GET /symbols":
		answer(w)([]xFilters{{xSymbol, xTick, xStep}}, nil)
	default:
		http.Error(w, "no such page", http.StatusNotFound)
	}
}

// answer writes what came of a call.
func answer(w http.ResponseWriter) func(any, error) {
	return func(what any, err error) {
		status := http.StatusOK
		switch {
		case errors.Is(err, errUsed):
			status, what = http.StatusConflict, xError{-4116, err.Error()}
		case errors.Is(err, errNoOrder):
			status, what = http.StatusNotFound, xError{-2013, err.Error()}
		case err != nil:
			status, what = http.StatusBadRequest, xError{-2010, err.Error()}
		}
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(status)
		_ = json.NewEncoder(w).Encode(what)
	}
}

// door is an http.RoundTripper that is the exchange, without a network.
type door struct{ exchange *exchange }

func (d door) RoundTrip(r *http.Request) (*http.Response, error) {
	if err := r.Context().Err(); err != nil {
		return nil, err
	}
	recorder := httptest.NewRecorder()
	d.exchange.ServeHTTP(recorder, r)
	return recorder.Result(), nil
}

// dial returns a connection on which the exchange tells of orders, a line of JSON for each.
func (x *exchange) dial() net.Conn {
	near, far := net.Pipe()
	e := x.listen()
	gone := make(chan struct{})
	go func() { // the client says nothing: this returns when it hangs up
		defer close(gone)
		_, _ = far.Read(make([]byte, 1))
	}()
	go func() {
		defer x.hangUp(e)
		defer func() { _ = far.Close() }()
		out := json.NewEncoder(far)
		for {
			select {
			case <-gone:
				return
			case news := <-e.news:
				if out.Encode(news) != nil {
					return
				}
			}
		}
	}()
	return near
}
