package alpaca

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
)

// client asks the venue. Each call is one request: nothing is sent twice.
type client struct{ cfg Config }

// do has the venue's client send one request and says what came of it: nil where the venue says yes and use could read
// that, and a *failure where it was sent. Any other error says that it was not.
func (c *client) do(ctx context.Context, what string, begin func(context.Context) error, use func(*alpaca.Client) error) error {
	x := &exchange{ctx: ctx, next: c.cfg.Transport, begin: begin}
	err := use(alpaca.NewClient(alpaca.ClientOpts{
		APIKey: c.cfg.APIKey, APISecret: c.cfg.SecretKey, BaseURL: c.cfg.URL,
		RetryLimit: -1, // it would send an order again
		HTTPClient: &http.Client{
			Transport: x,
			// An order that is sent on by a redirect would be sent twice.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
	}))
	switch {
	case x.held != nil:
		return x.held
	case !x.sent:
		return fmt.Errorf("alpaca: %s: %w", what, bare(err))
	}
	o := x.judge(err == nil)
	if o == taken {
		return nil
	}
	f := &failure{what: what, outcome: o, status: x.status}
	if said, complained := x.complained(); complained {
		f.complaint = said
	} else {
		f.Text, f.cause = fmt.Sprintf("%.200q", bytes.TrimSpace(x.body)), bare(err)
	}
	return f
}

// ask is a question that needs no leave and has one answer.
func ask[T any](ctx context.Context, c *client, what string, use func(*alpaca.Client) (T, error)) (answer T, err error) {
	err = c.do(ctx, what, nil, func(a *alpaca.Client) (err error) {
		answer, err = use(a)
		return err
	})
	return answer, err
}

// bare leaves the URL out of an error, as it says nothing that the error does not.
func bare(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
