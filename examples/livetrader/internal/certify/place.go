package certify

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/shopspring/decimal"
)

// Place is where a venue, or a fake of one, is asked.
type Place struct {
	Name           string // as it is printed
	URL, StreamURL string
	// DataURL and DataStreamURL are where bars are; "" means at URL, as at a fake.
	DataURL, DataStreamURL string
	Key, Secret            string            // of the account
	Transport              http.RoundTripper // nil means one of its own
	Pace                   time.Duration     // the least time between two requests; 0 for what the place takes
	// Move has others trade at a price, at a place where somebody can: a fake. nil has a case wait for the price.
	Move func(symbol string, price decimal.Decimal)
}

// ownTransport is for a place that has none.
func ownTransport() *http.Transport {
	return &http.Transport{Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second}
}

// longestAsk is how long one answer may take.
const longestAsk = 20 * time.Second

// maxAnswer is more than any answer has.
const maxAnswer = 32 << 20

// answer is what came of one request.
type answer struct {
	status int
	header http.Header
	raw    []byte
	err    error // of the connection: nobody knows then
}

// send sends one request. It follows no redirect, as an order would be sent twice.
func send(ctx context.Context, through http.RoundTripper, r *http.Request) answer {
	ctx, cancel := context.WithTimeout(ctx, longestAsk) //vigil:wallclock the venue's answer is waited for
	defer cancel()
	response, err := through.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return answer{err: bare(err)}
	}
	defer func() { _ = response.Body.Close() }() // it is read
	raw, err := io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return answer{response.StatusCode, response.Header, raw, bare(err)}
}

// bare leaves the address out of an error, as keys stand in it.
func bare(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}

// taken reports whether the place said yes.
func (a answer) taken() bool { return a.err == nil && a.status/100 == 2 }

// words are the answer as a line has it: 200, or the status with code and text.
func (a answer) words() string {
	if a.err != nil {
		return "no answer"
	}
	o := a.object()
	text := o.text("msg")
	if text == "" {
		text = o.text("message")
	}
	if a.taken() || o == nil {
		return fmt.Sprint(a.status)
	}
	return strings.TrimSpace(fmt.Sprintf("%d %s %s", a.status, o.text("code"), text))
}

// object is one of JSON, with its numbers as they were written.
type object map[string]any

func decode(raw []byte, into any) bool {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	return d.Decode(into) == nil
}

func (a answer) object() (o object) {
	if !decode(a.raw, &o) {
		return nil
	}
	return o
}

func (a answer) rows() (rows []object) {
	if !decode(a.raw, &rows) {
		return nil
	}
	return rows
}

// text is a field as it is written, "" where there is none.
func (o object) text(name string) string {
	if v, ok := o[name]; ok && v != nil {
		return fmt.Sprint(v)
	}
	return ""
}

// number is a field that is one, 0 where it is none.
func (o object) number(name string) decimal.Decimal {
	d, err := decimal.NewFromString(o.text(name))
	if err != nil {
		return decimal.Zero
	}
	return d
}

// child is a field that is an object; it is empty where there is none.
func (o object) child(name string) object {
	c, _ := o[name].(map[string]any)
	return c
}

// children is a field that is a list of objects.
func (o object) children(name string) (list []object) {
	all, _ := o[name].([]any)
	for _, one := range all {
		if c, ok := one.(map[string]any); ok {
			list = append(list, c)
		}
	}
	return list
}

// fields are the names that an object has.
func (o object) fields() string { return strings.Join(slices.Sorted(maps.Keys(o)), " ") }

// part says how much of a quantity was filled.
func part(filled, of decimal.Decimal) string {
	switch {
	case filled.IsZero():
		return "nothing"
	case filled.Equal(of):
		return "all"
	default:
		return "a part"
	}
}
