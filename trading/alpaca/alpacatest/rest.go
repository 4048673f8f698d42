package alpacatest

import (
	"crypto/subtle"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// ServeHTTP implements http.Handler.
func (v *Venue) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/stream" {
		v.stream(w, r)
		return
	}
	if feed, ok := feedOf(r.URL.Path); ok {
		v.dataStream(w, r, feed)
		return
	}
	body, err := io.ReadAll(io.LimitReader(r.Body, 1<<20))
	if err != nil {
		panic(http.ErrAbortHandler)
	}
	v.handling.Add(1)
	defer v.handling.Done()
	f := v.fault(r, body)
	if f != nil && f.Before > 0 {
		<-v.clock.After(f.Before)
	}
	status, text, limits := v.handle(r, body, f)
	if f != nil && f.After > 0 {
		<-v.clock.After(f.After)
	}
	if status == 0 {
		panic(http.ErrAbortHandler) // the connection ends without an answer
	}
	maps.Copy(w.Header(), limits)
	w.Header().Set("Content-Type", "application/json; charset=UTF-8")
	w.WriteHeader(status)
	if status != http.StatusNoContent {
		_, _ = w.Write(text) // whoever asked has gone
	}
}

// handle answers a request; with status 0 where nobody is to be answered.
func (v *Venue) handle(r *http.Request, body []byte, f *Fault) (status int, text []byte, limits http.Header) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.goOnLocked()
	limits, over := v.limitLocked()
	answer := any(no(0, 42910000, "rate limit exceeded"))
	if status = http.StatusTooManyRequests; !over {
		status, answer = v.handleLocked(r, body, f)
	}
	v.requests = append(v.requests, Request{At: v.Now(), Method: r.Method, Path: r.URL.Path, Status: status})
	return status, encoded(answer), limits
}

func (v *Venue) handleLocked(r *http.Request, body []byte, f *Fault) (status int, answer any) {
	wrong := f != nil && !f.Right
	if wrong && !f.Taken {
		return f.Status, problem{Code: f.Code, Text: f.Text}
	}
	if f != nil && f.Filled {
		v.fillAskedLocked(r)
	}
	answer, p := v.answerLocked(r, body)
	switch {
	case wrong:
		return f.Status, problem{Code: f.Code, Text: f.Text}
	case p != nil:
		return p.status, p
	case answer == nil:
		return http.StatusNoContent, nil
	}
	if many, ok := answer.(multiple); ok {
		return http.StatusMultiStatus, []any(many)
	}
	return http.StatusOK, answer
}

// fillAskedLocked fills what is left of the order that a request is about.
func (v *Venue) fillAskedLocked(r *http.Request) {
	id, _ := strings.CutPrefix(r.URL.Path, "/v2/orders/")
	i := slices.IndexFunc(v.orders, func(o *order) bool { return o.ID == id && !o.done() })
	if i < 0 {
		return
	}
	price := v.assets[v.orders[i].Symbol].Price
	if limit := v.orders[i].Limit; limit != nil {
		price = *limit
	}
	v.fillLocked(v.orders[i], v.orders[i].left(), price)
}

func (v *Venue) answerLocked(r *http.Request, body []byte) (any, *problem) {
	is := func(header, want string) bool {
		return subtle.ConstantTimeCompare([]byte(r.Header.Get(header)), []byte(want)) == 1
	}
	if !is("APCA-API-KEY-ID", Key) || !is("APCA-API-SECRET-KEY", Secret) || v.denied {
		return nil, no(401, 40110000, "request is not authorized")
	}
	asked := r.URL.Query()
	id, one := strings.CutPrefix(r.URL.Path, "/v2/orders/")
	switch call := r.Method + " " + r.URL.Path; {
	case call == "POST /v2/orders":
		var w wanted
		if err := json.Unmarshal(body, &w); err != nil {
			return nil, no(400, 40010000, "request body format is invalid")
		}
		return answerOf(v.placeLocked(w))
	case call == "GET /v2/orders":
		return v.listLocked(asked)
	case call == "GET /v2/orders:by_client_order_id":
		return v.foundLocked(func(o *order) bool { return o.ClientID == asked.Get("client_order_id") })
	case one && r.Method == http.MethodGet:
		return v.foundLocked(func(o *order) bool { return o.ID == id })
	case one && r.Method == http.MethodDelete:
		return nil, v.cancelLocked(id)
	case one && r.Method == http.MethodPatch:
		return v.replaceLocked(id, body)
	case call == "DELETE /v2/orders":
		return v.cancelAllLocked(), nil
	case call == "GET /v2/positions":
		return v.positionsLocked(), nil
	case strings.HasPrefix(r.URL.Path, "/v2/positions/"):
		return v.positionLocked(r.Method, strings.TrimPrefix(r.URL.Path, "/v2/positions/"), asked.Get("qty"))
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v2/assets/"):
		return v.assetLocked(strings.TrimPrefix(r.URL.Path, "/v2/assets/"))
	case call == "GET /v2/account":
		return v.accountLocked(), nil
	case call == "GET /v2/assets":
		return v.assetsLocked(), nil
	case call == "GET /v2/account/activities":
		return v.activitiesLocked(
			asked.Get("activity_types"), asked.Get("after"), asked.Get("page_token"), asked.Get("page_size"))
	case r.Method == http.MethodGet && strings.HasPrefix(r.URL.Path, "/v2/stocks/"):
		return v.dataLocked(strings.TrimPrefix(r.URL.Path, "/v2/stocks/"), asked)
	case call == "GET /v2/calendar":
		return v.calendarOf(asked.Get("start"), asked.Get("end"))
	case call == "GET /v2/clock":
		open, closing := v.next(v.Now())
		return map[string]any{
			"timestamp": v.Now(), "is_open": v.isOpen(v.Now()), "next_open": open, "next_close": closing,
		}, nil
	}
	return nil, no(501, 0, "alpacatest does not model %s %s", r.Method, r.URL.Path)
}

func answerOf(o *order, p *problem) (any, *problem) {
	if p != nil {
		return nil, p
	}
	return o, nil
}

func (v *Venue) foundLocked(is func(*order) bool) (any, *problem) {
	if i := slices.IndexFunc(v.orders, is); i >= 0 {
		return v.orders[i].alone(), nil
	}
	return nil, no(404, 40410000, "order not found")
}

// listLocked lists the newest first unless it is asked to list the oldest first, as the venue does.
func (v *Venue) listLocked(asked url.Values) (any, *problem) {
	most, err := strconv.Atoi(asked.Get("limit"))
	if err != nil {
		most = 50
	}
	since, err := time.Parse(time.RFC3339, asked.Get("after"))
	if asked.Get("after") != "" && err != nil {
		return nil, no(422, 42210000, "after: %q is no time", asked.Get("after"))
	}
	all := slices.Clone(v.orders)
	if asked.Get("direction") != "asc" {
		slices.Reverse(all)
	}
	list, nested, status, symbols := []*order{}, asked.Get("nested") == "true", asked.Get("status"), asked.Get("symbols")
	for _, o := range all {
		meant := o.Submitted.After(since) && (status == "all" || o.done() == (status == "closed")) && !(nested && o.isLeg)
		if len(list) < most && meant && (symbols == "" || slices.Contains(strings.Split(symbols, ","), o.Symbol)) {
			if !nested {
				o = o.alone()
			}
			list = append(list, o)
		}
	}
	return list, nil
}

func (v *Venue) cancelLocked(id string) *problem {
	i := slices.IndexFunc(v.orders, func(o *order) bool { return o.ID == id })
	if i < 0 {
		return no(404, 40410000, "order not found for %s", id)
	}
	o := v.orders[i]
	if o.done() || o.Status == "pending_cancel" {
		return no(422, 42210000, "order is not cancelable, it is already in %q state", o.Status)
	}
	status := "canceled"
	if v.sticky {
		status = "pending_cancel"
	}
	v.becomeLocked(o, status)
	return nil
}

// replaceLocked puts a new order in the place of one, with what is left of its quantity unless another is asked for.
func (v *Venue) replaceLocked(id string, body []byte) (any, *problem) {
	i := slices.IndexFunc(v.orders, func(o *order) bool { return o.ID == id })
	if i < 0 || v.orders[i].done() {
		return nil, no(422, 42210000, "order cannot be replaced")
	}
	var w change
	if err := json.Unmarshal(body, &w); err != nil {
		return nil, no(400, 40010000, "request body format is invalid")
	}
	return v.changeLocked(v.orders[i], w), nil
}

// change is a request for another order in the place of one.
type change struct {
	Quantity *decimal.Decimal `json:"qty"`
	Limit    *decimal.Decimal `json:"limit_price"`
	Stop     *decimal.Decimal `json:"stop_price"`
	ClientID string           `json:"client_order_id"`
}

// Replace has a hand put an order with another limit in the place of one that is open.
func (v *Venue) Replace(clientID string, limit decimal.Decimal) error {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.goOnLocked()
	for _, o := range v.orders {
		if o.ClientID == clientID && !o.done() && o.Limit != nil && o.other == nil {
			v.changeLocked(o, change{Limit: &limit})
			return nil
		}
	}
	return fmt.Errorf("alpacatest: no order %q with a limit is open", clientID)
}

func (v *Venue) changeLocked(old *order, w change) *order {
	o := *old
	o.ID, o.Quantity, o.Status = v.idLocked(), old.left(), "accepted"
	o.Filled, o.paid, o.Average = decimal.Zero, decimal.Zero, nil
	if o.ClientID = w.ClientID; o.ClientID == "" {
		o.ClientID = o.ID
	}
	if w.Quantity != nil {
		o.Quantity = *w.Quantity
	}
	if w.Limit != nil {
		o.Limit = w.Limit
	}
	if w.Stop != nil {
		o.Stop = w.Stop
	}
	before, after := old.ID, o.ID
	o.Replaces, old.ReplacedBy = &before, &after
	v.orders = append(v.orders, &o)
	v.becomeLocked(old, "replaced")
	v.startLocked(&o)
	return &o
}

// activitiesLocked tells them in the order of their IDs: one that comes later may stand before others.
func (v *Venue) activitiesLocked(kinds, after, behind, size string) (any, *problem) {
	since, err := time.Parse(time.RFC3339Nano, after)
	if after != "" && err != nil {
		return nil, no(422, 42210000, "after: %q is no time", after)
	}
	most, err := strconv.Atoi(size)
	if err != nil || most < 1 || most > 100 {
		return nil, no(422, 42210000, "page_size must be between 1 and 100")
	}
	all := slices.Clone(v.activities)
	slices.SortStableFunc(all, func(a, b activity) int { return strings.Compare(a.ID, b.ID) })
	list := []activity{}
	for _, a := range all {
		meant := slices.Contains(strings.Split(kinds, ","), a.Kind) && (after == "" || a.at.After(since))
		if meant && len(list) < most && a.ID > behind {
			list = append(list, a)
		}
	}
	return list, nil
}
