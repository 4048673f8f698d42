package binance

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
)

// outcome is what an answer says about the request.
type outcome int

const (
	// unknown: nobody knows whether it took effect. It is the zero value, as any doubt ends here.
	unknown   outcome = iota
	taken             // the venue has it
	rejected          // it did not take effect and never will, for a reason of its own
	duplicate         // an open order has this client ID
	refused           // it was turned away before it reached the market, for a reason that passes
	denied            // the venue does not accept the key, and a person has to see to that
)

// The codes that mean something beyond "no".
const (
	codeUnknown      = -1000
	codeDisconnected = -1001
	codeTooMany      = -1003
	codeUnexpected   = -1006
	codeTimeout      = -1007
	codeThrottled    = -1008
	codeTooManyNew   = -1015
	codeTimestamp    = -1021
	codeSignature    = -1022
	codeNoListenKey  = -1125
	codeNotCanceled  = -2011
	codeNoOrder      = -2013
	codeKeyFormat    = -2014
	codeKeyDenied    = -2015
	codeDuplicate    = -4116
	codeLate         = -5028
)

// What the venue documents as "was not executed". Only its own JSON with just these words is believed.
const (
	textUnavailable = "Service Unavailable."
	textTryAgain    = "Internal error; unable to process your request. Please try again."
	textThrottled   = "Request throttled by system-level protection"
)

// complaint is the body of an answer that says no.
type complaint struct {
	Code int    `json:"code"`
	Text string `json:"msg"`
}

// complained returns what an answer complains of; false where it is none of the venue's.
func (x *exchange) complained() (complaint, bool) {
	var c complaint
	if err := json.Unmarshal(x.body, &c); err != nil || c.Code >= 0 {
		return complaint{}, false
	}
	return c, true
}

// judge says what came of a request:
//
//	transport error, 408, 5xx, what is not JSON, what cannot be read    unknown
//	-1000, -1006, -1007 at any status                                   unknown
//	5xx or -1001, -1008 with a text that says "not executed"            refused
//	2xx                                                                 taken, if the answer can be read
//	-4116                                                               duplicate
//	429, 418, -1003, -1015; -1021, -5028; 403 of the firewall           refused
//	-1022, -2014, -2015                                                 denied
//	any other 4xx with a code                                           rejected
//
// read is whether whoever asked could read an answer that says yes.
func (x *exchange) judge(read bool) outcome {
	if x.broken != nil || !x.sent {
		return unknown
	}
	c, complained := x.complained()
	if complained {
		if o, known := codes[c.Code]; known {
			return o
		}
		if c.saysNotExecuted() {
			return refused
		}
	}
	switch {
	case !complained && x.status/100 == 2 && read:
		return taken
	case x.status == http.StatusForbidden && !complained:
		return refused
	case !complained, c.Code == codeDisconnected, c.Code == codeThrottled:
		return unknown
	case x.status == http.StatusTooManyRequests, x.status == http.StatusTeapot:
		return refused
	case x.status == http.StatusRequestTimeout, x.status/100 != 4:
		return unknown
	}
	return rejected
}

// codes are those that mean the same at any status.
var codes = map[int]outcome{
	codeUnknown: unknown, codeUnexpected: unknown, codeTimeout: unknown,
	codeDuplicate: duplicate,
	codeTooMany:   refused, codeTooManyNew: refused, codeTimestamp: refused, codeLate: refused,
	codeSignature: denied, codeKeyFormat: denied, codeKeyDenied: denied,
}

func (c complaint) saysNotExecuted() bool {
	switch c.Text {
	case textUnavailable, textTryAgain:
		return true
	}
	return c.Code == codeThrottled && strings.HasPrefix(c.Text, textThrottled)
}

// failure is a request that came to something else than was hoped for.
type failure struct {
	what    string
	outcome outcome
	status  int
	order   bool // what came to that was an order
	complaint
	cause error // of the transport or of reading the answer; nil where the venue complained
}

func (f *failure) Error() string {
	text := "binance: " + f.what + ": "
	switch {
	case f.Code != 0:
		text += fmt.Sprintf("%d %s", f.Code, f.Text)
	case f.status != 0:
		text += fmt.Sprintf("unexpected answer %d: %s", f.status, f.Text)
	default:
		text += "no answer"
	}
	if f.cause != nil {
		text += ": " + f.cause.Error()
	}
	switch f.outcome {
	case refused:
		text += " (it was not executed)"
	case denied:
		text += " (the venue does not accept the key: see its permissions and the addresses that it is bound to)"
	}
	return text
}

func (f *failure) Unwrap() error { return f.cause }

// wasRejected reports whether the venue said no for good.
func wasRejected(err error) bool {
	var f *failure
	return errors.As(err, &f) && f.outcome == rejected
}
