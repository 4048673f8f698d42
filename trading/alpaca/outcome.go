package alpaca

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
	duplicate         // an order had this client ID before
	missing           // there is no such thing
	refused           // it was turned away unread, for a reason that passes
	denied            // the venue does not accept the key, and a person has to see to that
)

// complaint is the body of an answer that says no.
type complaint struct {
	Code int    `json:"code"`
	Text string `json:"message"`
}

// complained returns what an answer complains of; false where it is none of the venue's.
func (x *exchange) complained() (complaint, bool) {
	var c complaint
	if err := json.Unmarshal(x.body, &c); err != nil || c.Text == "" {
		return complaint{}, false
	}
	return c, true
}

// judge says what came of a request; read is whether whoever asked could read an answer that says yes:
//
//	transport error, 3xx, 408, 5xx, an answer that cannot be read    unknown
//	4xx that is not the venue's JSON                                 unknown
//	2xx                                                              taken
//	429                                                              refused
//	401, and a 403 whose text says that the key is not known         denied
//	404                                                              missing
//	409, 422 and a text that says the client ID is not unique        duplicate
//	any other 4xx                                                    rejected
func (x *exchange) judge(read bool) outcome {
	c, complained := x.complained()
	switch {
	case x.broken != nil || !x.sent:
		return unknown
	case x.status/100 == 2 && read:
		return taken
	case x.status == http.StatusTooManyRequests:
		return refused
	case x.status/100 != 4 || x.status == http.StatusRequestTimeout || !complained:
		return unknown
	case x.status == http.StatusUnauthorized, x.status == http.StatusForbidden && c.saysDenied():
		return denied
	case x.status == http.StatusNotFound:
		return missing
	case c.saysUsed():
		return duplicate
	}
	return rejected
}

// codeForbidden is that of an order which the account must not place, of the same status as a key that is denied.
const codeForbidden = 40310000

// saysDenied looks for words, as a 403 stands for much else: buying power, what is held, an account that is blocked.
func (c complaint) saysDenied() bool {
	text := strings.ToLower(c.Text)
	return c.Code != codeForbidden && (strings.HasPrefix(text, "forbidden") || strings.Contains(text, "not authorized") ||
		strings.Contains(text, "access key"))
}

// saysUsed looks for words, as the code stands for other things as well and the text has varied.
func (c complaint) saysUsed() bool {
	text := strings.ToLower(c.Text)
	names := strings.Contains(text, "client_order_id") || strings.Contains(text, "client order id")
	return names && (strings.Contains(text, "unique") || strings.Contains(text, "exist") || strings.Contains(text, "duplicate"))
}

// failure is a request that came to something else than was hoped for.
type failure struct {
	what    string
	outcome outcome
	status  int
	complaint
	cause error // of the transport or of reading the answer; nil where the venue complained
}

func (f *failure) Error() string {
	text := "alpaca: " + f.what + ": "
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
		text += " (the venue does not accept the key: see that it is of this address, live or paper)"
	}
	return text
}

func (f *failure) Unwrap() error { return f.cause }

func came(err error, to outcome) bool {
	var f *failure
	return errors.As(err, &f) && f.outcome == to
}
