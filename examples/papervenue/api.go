package main

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// api is the venue over HTTP:
//
//	POST /orders        a client.Order: 201 taken, 409 client id used before, 422 rejected, 408 too long under way
//	GET  /orders/{id}   a trading.OrderReport, or 404
//	DELETE /orders/{id} 204: what is not filled of the order is not going to be; or 404
//	GET  /orders        trading.OrderReports of all open orders
//	GET  /fills?since=&after=&limit=
//	                    a client.Page: the fills after the one of that ID or, without one, those from then on
//	GET  /updates?run=&after=
//	                    a client.News, as soon as there is any
//	GET  /positions     signed quantities by symbol
//	GET  /instruments   what is traded
//	GET  /price?symbol= what it trades at
func (v *venue) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", v.postOrder)
	mux.HandleFunc("GET /orders/{id}", v.getOrder)
	mux.HandleFunc("DELETE /orders/{id}", v.deleteOrder)
	mux.HandleFunc("GET /orders", v.getOrders)
	mux.HandleFunc("GET /instruments", v.getInstruments)
	mux.HandleFunc("GET /fills", v.getFills)
	mux.HandleFunc("GET /updates", v.getUpdates)
	mux.HandleFunc("GET /positions", v.getPositions)
	mux.HandleFunc("GET /price", v.getPrice)
	return mux
}

func (v *venue) postOrder(w http.ResponseWriter, r *http.Request) {
	var o client.Order
	if err := json.NewDecoder(http.MaxBytesReader(w, r.Body, 1<<16)).Decode(&o); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	switch err := v.take(r.Context(), o.Order, o.SentAt); {
	case err == nil:
		w.WriteHeader(http.StatusCreated)
	case errors.Is(err, trading.ErrDuplicate):
		refuse(w, http.StatusConflict, err)
	case errors.Is(err, trading.ErrRejected):
		refuse(w, http.StatusUnprocessableEntity, err)
	case errors.Is(err, errTooLate):
		refuse(w, http.StatusRequestTimeout, err)
	default:
		refuse(w, http.StatusInternalServerError, err)
	}
}

func (v *venue) getOrder(w http.ResponseWriter, r *http.Request) {
	var report trading.OrderReport
	err := v.settled(r.Context(), func() (err error) {
		report, err = v.broker.Order(r.Context(), trading.OrderRef{ClientID: r.PathValue("id")})
		return err
	})
	if errors.Is(err, trading.ErrUnknownOrder) {
		refuse(w, http.StatusNotFound, err)
		return
	}
	answer(w, report, err)
}

func (v *venue) deleteOrder(w http.ResponseWriter, r *http.Request) {
	ref := trading.OrderRef{ClientID: r.PathValue("id")}
	err := v.settled(r.Context(), func() error { return v.broker.Cancel(r.Context(), ref) })
	switch {
	case errors.Is(err, trading.ErrUnknownOrder):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (v *venue) getOrders(w http.ResponseWriter, r *http.Request) {
	reports := []trading.OrderReport{}
	err := v.settled(r.Context(), func() error {
		open, err := v.broker.OpenOrders(r.Context())
		reports = append(reports, open...)
		return err
	})
	answer(w, reports, err)
}

func (v *venue) getInstruments(w http.ResponseWriter, r *http.Request) {
	all, err := v.broker.Instruments(r.Context())
	answer(w, all, err)
}

func (v *venue) getFills(w http.ResponseWriter, r *http.Request) {
	asked := r.URL.Query()
	since, err := time.Parse(time.RFC3339Nano, asked.Get("since"))
	limit, wrong := strconv.Atoi(asked.Get("limit"))
	if err := errors.Join(err, wrong); err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	var page client.Page
	err = v.settled(r.Context(), func() error {
		from := trading.Cursor{Since: since, Token: asked.Get("after")}
		fills, next, err := v.broker.Fills(r.Context(), from, limit)
		page = client.Page{Fills: fills, Next: next}
		return err
	})
	answer(w, page, err)
}

func (v *venue) getPositions(w http.ResponseWriter, r *http.Request) {
	var held map[string]decimal.Decimal
	err := v.settled(r.Context(), func() (err error) {
		held, err = v.broker.Positions(r.Context())
		return err
	})
	answer(w, held, err)
}

func (v *venue) getPrice(w http.ResponseWriter, r *http.Request) {
	price, ok := v.broker.Price(r.URL.Query().Get("symbol"))
	if !ok {
		refuse(w, http.StatusNotFound, errors.New("no price"))
		return
	}
	answer(w, price, nil)
}

func answer(w http.ResponseWriter, value any, err error) {
	if err != nil {
		refuse(w, http.StatusInternalServerError, err)
		return
	}
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(value) // The client has hung up: there is nobody to tell.
}

// refuse answers with the reason as plain text.
func refuse(w http.ResponseWriter, status int, why error) { http.Error(w, why.Error(), status) }
