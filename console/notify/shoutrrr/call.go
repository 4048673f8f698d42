package shoutrrr

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/console/notify"
	"github.com/seed-5dee1c0a/vigil/health"
)

// call is the client that a service of the library has for one attempt. It gives the request the attempt's context, which
// the library does not pass on, and keeps what came of it, which the library does not tell, or tells wrongly. What is no
// success it hides from the library, which would sleep and try again.
type call struct {
	ctx    context.Context //nolint:containedctx // a call is one attempt, and the library has no other way to pass it
	client *http.Client

	err    error // of the connection
	status int   // 0 where there was no answer
	header http.Header
	body   []byte
}

// errOver ends the library's attempt; it must be none that the library takes for one that passes.
var errOver = errors.New("over")

// maxAnswer is how much of an answer is read.
const maxAnswer = 64 << 10

// Do implements types.HTTPClient.
func (c *call) Do(req *http.Request) (*http.Response, error) {
	c.status, c.header, c.body, c.err = 0, nil, nil, nil
	resp, err := c.client.Do(req.WithContext(c.ctx)) //nolint:gosec // where it goes is the host's to say
	if err != nil {
		c.err = err
		return nil, errOver
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	c.status, c.header = resp.StatusCode, resp.Header
	c.body, c.err = io.ReadAll(io.LimitReader(resp.Body, maxAnswer))
	if !c.good() {
		return nil, errOver
	}
	c.err = nil // What was said of a message that is taken does not matter.
	answer := *resp
	answer.Body = io.NopCloser(bytes.NewReader(c.body))
	return &answer, nil
}

func (c *call) good() bool { return c.status >= 200 && c.status < 300 }

// judge says what came of an attempt, of which the library says said.
func (c *call) judge(said error, clk health.Clock) error {
	switch {
	case c.status == 0 && c.err != nil:
		return fmt.Errorf("not reached: %w", withoutURL(c.err))
	case c.status == 0 && said != nil: // It did not get as far as a request.
		return &refusal{said.Error()}
	case c.status == 0:
		return &refusal{"nothing was sent"}
	case c.good():
		return said
	}
	err := fmt.Errorf("answered %d %s", c.status, strconv.Quote(cut(string(c.body), maxReason/2)))
	switch {
	case c.status == http.StatusTooManyRequests, c.status == http.StatusRequestTimeout, c.status == http.StatusTooEarly,
		c.status >= 500:
		return c.later(err, clk)
	}
	return &refusal{err.Error()}
}

// later is an attempt that may be repeated, when the answer says so.
func (c *call) later(err error, clk health.Clock) error {
	if after, ok := c.retryAfter(clk); ok {
		return &notify.RetryError{After: after, Err: err}
	}
	return err
}

// retryAfter reads a number of seconds or a date of the header, or the number that Telegram and Discord have in the body.
func (c *call) retryAfter(clk health.Clock) (time.Duration, bool) {
	header := c.header.Get("Retry-After")
	if at, err := http.ParseTime(header); err == nil {
		return max(0, at.Sub(clk.Now())), true
	}
	n, err := strconv.ParseFloat(header, 64)
	if err != nil {
		var answer struct {
			After      *float64 `json:"retry_after"`
			Parameters struct {
				After *float64 `json:"retry_after"`
			}
		}
		_ = json.Unmarshal(c.body, &answer) // It may be no JSON at all.
		switch {
		case answer.After != nil:
			n = *answer.After
		case answer.Parameters.After != nil:
			n = *answer.Parameters.After
		default:
			return 0, false
		}
	}
	if math.IsNaN(n) {
		return 0, false
	}
	return time.Duration(min(max(n, 0), longest.Seconds()) * float64(time.Second)), true
}

// longest is more than the queue waits in any case.
const longest = 24 * time.Hour

// withoutURL is an error of an HTTP client without the URL, which has the token in it.
func withoutURL(err error) error {
	if inner := (*url.Error)(nil); errors.As(err, &inner) {
		return inner.Err
	}
	return err
}
