package alpaca

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"

	"github.com/seed-5dee1c0a/vigil/trading/venuekey"
)

// client asks the venue. Each call is one request: nothing is sent twice.
type client struct {
	cfg     Config
	account *budget // of what is asked at Config.URL
	data    *budget // of what is asked at Config.DataURL
	key     *venuekey.Watch
}

func newClient(cfg Config) *client {
	return &client{
		cfg: cfg, account: newBudget(cfg.Clock), data: newBudget(cfg.Clock),
		key: venuekey.New("alpaca at "+cfg.URL, cfg.Clock),
	}
}

// request is what there is to know of a request besides what it says.
type request struct {
	what  string // in the words of an error
	class class
	act   bool                        // it is an order or a cancel
	begin func(context.Context) error // see exchange
}

// do has the venue's client send one request and says what came of it: nil where the venue says yes and use could read
// that, and a *failure where it was sent. Any other error says that it was not.
func (c *client) do(ctx context.Context, r request, use func(*alpaca.Client) error) error {
	if err := c.key.Try(r.act); err != nil {
		return fmt.Errorf("alpaca: %s: %w", r.what, err)
	}
	err := c.send(ctx, c.account, r, func(h *http.Client) error {
		return use(alpaca.NewClient(alpaca.ClientOpts{
			APIKey: c.cfg.APIKey, APISecret: c.cfg.SecretKey, BaseURL: c.cfg.URL,
			RetryLimit: -1, // it would send an order again
			HTTPClient: h,
		}))
	})
	c.noteKey(r, err)
	return err
}

// noteKey follows what an answer says of the key. No answer says nothing, and neither do those that come from before the venue
// looks at it.
func (c *client) noteKey(r request, err error) {
	var f *failure
	switch {
	case err == nil, came(err, rejected), came(err, duplicate), came(err, missing):
		c.key.Accept(r.act)
	case errors.As(err, &f) && f.outcome == denied:
		c.key.Deny(f, r.act)
	}
}

func (c *client) send(ctx context.Context, from *budget, r request, use func(*http.Client) error) error {
	if err := from.take(ctx, r); err != nil {
		return err
	}
	x := &exchange{ctx: ctx, next: c.cfg.Transport, begin: r.begin}
	err := use(&http.Client{
		Transport: x,
		// An order that is sent on by a redirect would be sent twice.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	})
	switch {
	case x.held != nil:
		return x.held
	case !x.sent:
		return fmt.Errorf("alpaca: %s: %w", r.what, bare(err))
	}
	from.note(x)
	o := x.judge(err == nil)
	if o == taken {
		return nil
	}
	f := &failure{what: r.what, outcome: o, status: x.status}
	if said, complained := x.complained(); complained {
		f.complaint = said
	} else {
		f.Text, f.cause = fmt.Sprintf("%.200q", bytes.TrimSpace(x.body)), bare(err)
	}
	return f
}

// ask is a question that needs no leave and has one answer.
func ask[T any](ctx context.Context, c *client, r request, use func(*alpaca.Client) (T, error)) (answer T, err error) {
	err = c.do(ctx, r, func(a *alpaca.Client) (err error) {
		answer, err = use(a)
		return err
	})
	return answer, err
}

// askData asks for a page of market data. The venue's client reads page after page by itself, and never ends where the venue
// repeats one.
func (c *client) askData(ctx context.Context, r request, path string, asked url.Values, into any) error {
	return c.send(ctx, c.data, r, func(h *http.Client) error {
		q, err := http.NewRequestWithContext(ctx, http.MethodGet, c.cfg.DataURL+path+"?"+asked.Encode(), nil)
		if err != nil {
			return err
		}
		q.Header.Set("APCA-API-KEY-ID", c.cfg.APIKey)
		q.Header.Set("APCA-API-SECRET-KEY", c.cfg.SecretKey)
		response, err := h.Do(q)
		if err != nil {
			return err
		}
		defer func() { _ = response.Body.Close() }() // it is in memory
		if response.StatusCode != http.StatusOK {
			return errors.New(response.Status)
		}
		return json.NewDecoder(response.Body).Decode(into)
	})
}

// bare leaves the URL out of an error, as it says nothing that the error does not.
func bare(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	return err
}
