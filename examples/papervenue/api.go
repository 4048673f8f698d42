package main

import (
	"encoding/json"
	"errors"
	"net/http"
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
//	GET  /fills?since=  all fills from then on
//	GET  /positions     signed quantities by symbol
//	GET  /price?symbol= what it trades at
func (v *venue) api() http.Handler {
	mux := http.NewServeMux()
	mux.HandleFunc("POST /orders", v.postOrder)
	mux.HandleFunc("GET /orders/{id}", v.getOrder)
	mux.HandleFunc("DELETE /orders/{id}", v.deleteOrder)
	mux.HandleFunc("GET /fills", v.getFills)
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
		report, err = v.broker.Order(r.Context(), r.PathValue("id"))
		return err
	})
	if errors.Is(err, trading.ErrUnknownOrder) {
		refuse(w, http.StatusNotFound, err)
		return
	}
	answer(w, report, err)
}

func (v *venue) deleteOrder(w http.ResponseWriter, r *http.Request) {
	err := v.settled(r.Context(), func() error { return v.broker.Cancel(r.Context(), r.PathValue("id")) })
	switch {
	case errors.Is(err, trading.ErrUnknownOrder):
		refuse(w, http.StatusNotFound, err)
	case err != nil:
		refuse(w, http.StatusInternalServerError, err)
	default:
		w.WriteHeader(http.StatusNoContent)
	}
}

func (v *venue) getFills(w http.ResponseWriter, r *http.Request) {
	since, err := time.Parse(time.RFC3339Nano, r.URL.Query().Get("since"))
	if err != nil {
		refuse(w, http.StatusBadRequest, err)
		return
	}
	fills := []trading.Fill{}
	err = v.settled(r.Context(), func() error {
		found, err := v.broker.Fills(r.Context(), since)
		fills = append(fills, found...)
		return err
	})
	answer(w, fills, err)
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
