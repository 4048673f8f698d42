package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/health"
)

// faults are what a venue and the way to it can do wrong, each as a chance from 0 to 1.
type faults struct {
	loseRequest    float64       // the connection breaks before the order arrives
	loseReply      float64       // the order is taken, and the connection breaks before the answer
	duplicateFills float64       // every fill is told twice, the latest first
	delay          time.Duration // the longest that a request and an answer are each under way
	clock          health.Clock
}

func (f faults) check() error {
	for name, chance := range map[string]float64{
		"lose-requests": f.loseRequest, "lose-replies": f.loseReply, "duplicate-fills": f.duplicateFills,
	} {
		if chance < 0 || chance > 1 {
			return fmt.Errorf("--%s %v is not between 0 and 1", name, chance)
		}
	}
	if f.delay < 0 {
		return fmt.Errorf("--delay %s is negative", f.delay)
	}
	return nil
}

// over lets things go wrong on the way to and from a handler. A request that arrived is handled to its end, although
// the client may be gone: that is how an order comes to be executed for a process that was killed.
func (f faults) over(next http.Handler) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var body bytes.Buffer
		if _, err := body.ReadFrom(http.MaxBytesReader(w, r.Body, 1<<16)); err != nil {
			return
		}
		f.travel()
		if r.Method == http.MethodPost && happens(f.loseRequest) {
			panic(http.ErrAbortHandler) // closes the connection without an answer
		}
		r.Body = readCloser{&body}
		reply := httptest.NewRecorder()
		next.ServeHTTP(reply, r)
		f.travel()
		if r.Method == http.MethodPost && happens(f.loseReply) {
			panic(http.ErrAbortHandler)
		}
		if r.URL.Path == "/fills" && happens(f.duplicateFills) {
			double(reply.Body)
		}
		for name, values := range reply.Header() {
			w.Header()[name] = values
		}
		w.WriteHeader(reply.Code)
		_, _ = w.Write(reply.Body.Bytes())
	})
}

func (f faults) travel() {
	if f.delay > 0 {
		<-f.clock.After(time.Duration(rand.Int64N(int64(f.delay))) + 1)
	}
}

func happens(chance float64) bool { return rand.Float64() < chance }

// double tells every fill twice, the latest first.
func double(body *bytes.Buffer) {
	var page client.Page
	if json.NewDecoder(strings.NewReader(body.String())).Decode(&page) != nil {
		return // no fills but a refusal
	}
	again := slices.Clone(page.Fills)
	slices.Reverse(again)
	page.Fills = append(again, page.Fills...)
	body.Reset()
	_ = json.NewEncoder(body).Encode(page)
}

type readCloser struct{ *bytes.Buffer }

func (readCloser) Close() error { return nil }
