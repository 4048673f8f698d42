package binancetest

import (
	"cmp"
	"net/http"
	"time"
)

// On says which requests a fault meets. The zero value means the next new order, at either endpoint.
type On struct {
	Method, Path string // such as "POST", "/fapi/v1/order"
	Symbol       string
	ClientID     string // of newClientOrderId, origClientOrderId or clientAlgoId
	Skip         int    // so many are spared before
	Times        int    // so many are met; 0 means one, below zero until Clear
}

func (o On) meets(c *call) bool {
	if o.Method == "" && o.Path == "" {
		return c.r.Method == http.MethodPost && (c.r.URL.Path == pathOrder || c.r.URL.Path == pathAlgo) && o.is(c)
	}
	return (o.Method == "" || o.Method == c.r.Method) && (o.Path == "" || o.Path == c.r.URL.Path) && o.is(c)
}

func (o On) is(c *call) bool {
	id := cmp.Or(c.get("newClientOrderId"), c.get("origClientOrderId"), c.get("clientAlgoId"))
	return (o.Symbol == "" || o.Symbol == c.get("symbol")) && (o.ClientID == "" || o.ClientID == id)
}

// Any is any request, where a fault is about more than orders.
func Any() On { return On{Method: "*"} }

// Fault is something that goes wrong with a request, or with a stop that triggers.
type Fault interface{ fault() (On, plan) }

// plan is what a fault does to a request on its way.
type plan struct {
	before   time.Duration // it waits before the gateway looks at it
	between  time.Duration // it waits between the gateway and the engine
	after    time.Duration // its answer waits
	lost     bool          // the engine never gets it
	cut      bool          // nobody answers
	refuse   *problem      // the answer in place of the venue's
	page     string        // an answer in HTML, with refuse.status
	retry    time.Duration // Retry-After
	halfFill bool
	fillOld  bool          // what it would cancel is filled before the engine gets it
	holds    time.Duration // events wait so long after the answer
	stop     *RejectAtTrigger
}

// LoseReply has the venue take the request and the connection end without an answer.
type LoseReply struct{ On On }

// LoseRequest ends the connection before the venue has the request.
type LoseRequest struct{ On On }

// Unavailable answers 503 with one of the four texts. Of an order with UnknownError nobody knows whether the venue has
// it: with Taken it has. The other three are documented failures, and never taken.
type Unavailable struct {
	On    On
	Text  Unavailability
	Taken bool // for UnknownError
}

// Unavailability is a text of a 503.
type Unavailability int

// The four texts.
const (
	UnknownError       Unavailability = iota // "Unknown error, please check your request or try again later."
	ServiceUnavailable                       // "Service Unavailable."
	InternalError                            // "Internal error; unable to process your request. Please try again."
	ThrottledBySystem                        // -1008, which never meets cancels and what only reduces
)

// BackendTimeout answers -1007 after 10 s. With Taken the order lives.
type BackendTimeout struct {
	On    On
	Taken bool
}

// UnexpectedResponse answers -1006. With Taken the order lives.
type UnexpectedResponse struct {
	On    On
	Taken bool
}

// BadGateway answers 502 with a page in HTML, as a proxy does. With Taken the venue has the request.
type BadGateway struct {
	On    On
	Taken bool
}

// Slow answers rightly and late: 11 s where By is zero.
type Slow struct {
	On On
	By time.Duration
}

// StaleAtGateway has the request wait on its way to the gateway; By zero means a minute, longer than any recvWindow.
type StaleAtGateway struct {
	On On
	By time.Duration
}

// StaleAtEngine has the request wait between the gateway and the engine, which judges recvWindow again: -5028.
type StaleAtEngine struct {
	On On
	By time.Duration
}

// Refuse answers a refusal that no rule of the fake makes, such as -4192 or -4400.
type Refuse struct {
	On     On
	Status int // 0 means 400
	Code   int
	Text   string
}

// TooMany answers 429 with Retry-After; 0 means a minute.
type TooMany struct {
	On         On
	RetryAfter time.Duration
}

// Banned answers 418 to it, and to all that come before RetryAfter is over; 0 means two minutes.
type Banned struct {
	On         On
	RetryAfter time.Duration
}

// FillBeforeCancel fills an order between the request to cancel it and the engine, which then answers -2011. On zero
// means the next DELETE of an order.
type FillBeforeCancel struct{ On On }

// ExpireInMatch fills a half of the order and ends it by self-trade prevention.
type ExpireInMatch struct{ On On }

// EventsAfterReply holds the account's events back until By after the answer to a request; 0 means 1 s. Without it they go
// out while the answer is on its way.
type EventsAfterReply struct {
	On On
	By time.Duration
}

// EventsBeforeReply has the answer wait for By, so that the events come before it; 0 means 1 s.
type EventsBeforeReply struct {
	On On
	By time.Duration
}

// RejectAtTrigger has the next stop that triggers be refused by the engine.
type RejectAtTrigger struct {
	Symbol, ClientID string // "" means any
	Reason           string // "" means "Margin is insufficient."
}

func (f RejectAtTrigger) reason() string { return cmp.Or(f.Reason, errMargin.msg) }

func (f LoseReply) fault() (On, plan)   { return f.On, plan{cut: true} }
func (f LoseRequest) fault() (On, plan) { return f.On, plan{cut: true, lost: true} }
func (f Slow) fault() (On, plan)        { return f.On, plan{after: cmp.Or(f.By, 11*time.Second)} }

func (f Unavailable) fault() (On, plan) {
	switch f.Text {
	case UnknownError:
		return f.On, plan{lost: !f.Taken, refuse: errUnknown}
	case ServiceUnavailable:
		return f.On, plan{lost: true, refuse: errUnavailable}
	case InternalError:
		return f.On, plan{lost: true, refuse: errInternal}
	default:
		return f.On, plan{lost: true, refuse: errThrottled}
	}
}

func (f BackendTimeout) fault() (On, plan) {
	return f.On, plan{lost: !f.Taken, after: 10 * time.Second, refuse: errBackendTimeout}
}

func (f UnexpectedResponse) fault() (On, plan) {
	return f.On, plan{lost: !f.Taken, refuse: errUnexpected}
}

func (f BadGateway) fault() (On, plan) {
	return f.On, plan{lost: !f.Taken, refuse: &problem{status: 502}, page: badGateway}
}

const badGateway = "<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n" +
	"<body>\r\n<center><h1>502 Bad Gateway</h1></center>\r\n</body>\r\n</html>\r\n"

func (f StaleAtGateway) fault() (On, plan) { return f.On, plan{before: cmp.Or(f.By, 61*time.Second)} }
func (f StaleAtEngine) fault() (On, plan)  { return f.On, plan{between: cmp.Or(f.By, 61*time.Second)} }

func (f Refuse) fault() (On, plan) {
	return f.On, plan{lost: true, refuse: &problem{f.Status, f.Code, f.Text}}
}

func (f TooMany) fault() (On, plan) {
	return f.On, plan{lost: true, retry: cmp.Or(f.RetryAfter, time.Minute), refuse: &problem{429, -1003,
		"Too many requests; current limit is 2400 requests per minute. " +
			"Please use the websocket for live updates to avoid polling the API."}}
}

func (f Banned) fault() (On, plan) {
	return f.On, plan{lost: true, retry: cmp.Or(f.RetryAfter, 2*time.Minute), refuse: &problem{status: 418}}
}

func (f FillBeforeCancel) fault() (On, plan) {
	if f.On.Method == "" && f.On.Path == "" {
		f.On.Method, f.On.Path = http.MethodDelete, pathOrder
	}
	return f.On, plan{fillOld: true}
}

func (f ExpireInMatch) fault() (On, plan) { return f.On, plan{halfFill: true} }

func (f EventsAfterReply) fault() (On, plan) {
	return f.On, plan{holds: cmp.Or(f.By, time.Second)}
}

func (f EventsBeforeReply) fault() (On, plan) {
	return f.On, plan{after: cmp.Or(f.By, time.Second)}
}
func (f RejectAtTrigger) fault() (On, plan) { return On{}, plan{stop: &f} } //nolint:unparam // as the others have it
