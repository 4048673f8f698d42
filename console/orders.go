package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

var statuses = []trading.OrderStatus{
	trading.StatusIntended, trading.StatusUnknown, trading.StatusOpen, trading.StatusFilled, trading.StatusCanceled,
	trading.StatusExpired, trading.StatusRejected,
}

// wantedOrders is what a request asks for.
type wantedOrders struct {
	symbol, status, before string
	limit                  int
	as                     format
}

func (q *wantedOrders) setStatus(value string) string {
	if !slices.Contains(statuses, trading.OrderStatus(value)) {
		return fmt.Sprintf("%.100q is none of %q", value, statuses)
	}
	q.status = value
	return ""
}

func (q *wantedOrders) fits(o book.OrderState) bool {
	return (q.symbol == "" || o.Symbol == q.symbol) && (q.status == "" || string(o.Status) == q.status)
}

// next is the address of the page that follows the order with that ID.
func (q *wantedOrders) next(last string) string {
	values := url.Values{"limit": {strconv.Itoa(q.limit)}, "before": {last}}
	if q.symbol != "" {
		values.Set("symbol", q.symbol)
	}
	if q.status != "" {
		values.Set("status", q.status)
	}
	return "/api/orders?" + q.as.with(values).Encode()
}

// orders answers GET /api/orders.
func (a *api) orders(w http.ResponseWriter, r *http.Request) {
	q := wantedOrders{limit: signal.DefaultLimit}
	if wrong := parse(r.URL.RawQuery, map[string]setter{
		"symbol": setText(&q.symbol), "status": q.setStatus, "limit": setLimit(&q.limit), "before": setText(&q.before),
		"format": q.as.set,
	}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	all, answered := a.knownOrders(w, r)
	if answered {
		return
	}
	if q.before != "" {
		i := slices.IndexFunc(all, func(o book.OrderState) bool { return o.ClientID == q.before })
		if i < 0 {
			answer.Refuse(w, r, answer.Problem{
				Status: http.StatusGone, Parameter: "before", Detail: "before: this order is not remembered; begin without it",
			})
			return
		}
		all = all[i+1:]
	}
	found := []orderView{}
	for _, o := range all {
		if !q.fits(o) {
			continue
		}
		if len(found) == q.limit {
			w.Header().Set("Link", fmt.Sprintf(`<%s>; rel="next"`, q.next(found[q.limit-1].ClientID)))
			break
		}
		found = append(found, orderView{o, becameOfOrder(o).Code})
	}
	answerList(a, w, r, q.as, orderTable, found)
}

// orderView is an order as it is shown in a list.
type orderView struct {
	book.OrderState
	Code string `json:"reason_code,omitempty"` // the same as Reason in one word
}

// knownOrders returns the orders that the host remembers, newest first, or has answered.
func (a *api) knownOrders(w http.ResponseWriter, r *http.Request) (all []book.OrderState, answered bool) {
	if a.cfg.Orders == nil && a.cfg.Account == nil {
		absent(w, r, "orders", "Orders")
		return nil, true
	}
	found, err := read(a, r, "orders", func() ([]book.OrderState, error) {
		if a.cfg.Orders != nil {
			return a.cfg.Orders(), nil
		}
		s, ok := a.cfg.Account()
		if !ok {
			return nil, errNoAccount
		}
		return s.Orders, nil
	})
	if err != nil {
		a.unreadable(w, r, "orders", err)
		return nil, true
	}
	found = slices.Clone(found) // it is shared with whoever asks at the same time
	slices.Reverse(found)
	slices.SortStableFunc(found, func(a, b book.OrderState) int {
		return b.CreatedAt.Compare(a.CreatedAt)
	})
	return found, false
}
