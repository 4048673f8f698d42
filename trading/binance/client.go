package binance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/adshao/go-binance/v2/common"
	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/trading/venuekey"
)

// client asks the venue. Each call is one request: nothing is sent twice.
type client struct {
	cfg    Config
	http   *http.Client
	time   *serverTime
	budget *budget
	key    *venuekey.Watch
}

// request is what there is to know of a request besides what it says.
type request struct {
	what   string // in the words of an error
	weight int
	class  class
	order  bool // it counts as an order
	cancel bool
	signed bool
	begin  func(context.Context) error // see exchange
}

// acts reports whether a request is an order or a cancel.
func (r request) acts() bool { return r.order || r.cancel }

func newClient(cfg Config) *client {
	c := &client{
		cfg: cfg,
		http: &http.Client{
			Transport: wire{cfg.Transport},
			// An order that is sent on by a redirect would be sent twice.
			CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		},
		time: &serverTime{clock: cfg.Clock},
		key:  venuekey.New("binance at "+cfg.URL, cfg.Clock),
	}
	c.budget = newBudget(cfg.Clock, c.time.now)
	return c
}

// do has go-binance send one request and says what came of it: nil where the venue says yes and use could read that, and a
// *failure where it was sent. Any other error says that it was not.
func (c *client) do(ctx context.Context, r request, use func(context.Context, *futures.Client) error) error {
	if r.signed {
		if err := c.key.Try(r.acts()); err != nil {
			return fmt.Errorf("binance: %s: %w", r.what, err)
		}
		if err := c.time.sync(ctx, c); err != nil {
			return err
		}
	}
	if err := c.budget.take(ctx, r); err != nil {
		return err
	}
	x := &exchange{begin: r.begin}
	err := use(context.WithValue(ctx, exchangeKey{}, x), c.dated())
	return c.outcome(r, x, err)
}

// dated is a client of go-binance for one request. Its time offset is a plain field, so that each has its own.
func (c *client) dated() *futures.Client {
	f := futures.NewClient(c.cfg.APIKey, c.cfg.SecretKey)
	f.BaseURL, f.HTTPClient, f.TimeOffset = c.cfg.URL, c.http, c.time.ahead().Milliseconds()
	return f
}

func (c *client) outcome(r request, x *exchange, err error) error {
	switch {
	case x.held != nil:
		return x.held
	case !x.sent && err != nil:
		return fmt.Errorf("binance: %s: %w", r.what, bare(err))
	}
	o := x.judge(err == nil)
	if o == taken {
		c.budget.note(x, nil)
		if r.signed {
			c.key.Accept(r.acts())
		}
		return nil
	}
	f := &failure{what: r.what, outcome: o, status: x.status, order: r.order}
	if said, complained := x.complained(); complained {
		f.complaint = said
	} else {
		f.Text, f.cause = fmt.Sprintf("%.200q", bytes.TrimSpace(x.body)), bare(err)
	}
	c.budget.note(x, f)
	switch {
	case o == denied:
		c.key.Deny(f, r.acts())
	case f.Code == codeTimestamp, f.Code == codeLate:
		c.time.doubt()
	}
	return f
}

// recv is the receive window of a signed request.
func (c *client) recv() futures.RequestOption {
	return futures.WithRecvWindow(c.cfg.RecvWindow.Milliseconds())
}

// get sends a signed question that go-binance does not have, or not as the venue wants it, and reads the answer.
func (c *client) get(ctx context.Context, r request, base, path string, asked url.Values, into any) error {
	return c.raw(ctx, r, http.MethodGet, base, path, asked, into)
}

func (c *client) raw(ctx context.Context, r request, method, base, path string, asked url.Values, into any) error {
	r.signed = true
	return c.do(ctx, r, func(ctx context.Context, _ *futures.Client) error {
		asked.Set("recvWindow", strconv.FormatInt(c.cfg.RecvWindow.Milliseconds(), 10))
		asked.Set("timestamp", strconv.FormatInt(c.time.now().UnixMilli(), 10))
		query, err := signed(c.cfg.SecretKey, asked.Encode())
		if err != nil {
			return err
		}
		request, err := http.NewRequestWithContext(ctx, method, base+path+"?"+query, nil)
		if err != nil {
			return err
		}
		request.Header.Set("X-MBX-APIKEY", c.cfg.APIKey)
		response, err := c.http.Do(request)
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

// signed puts the signature behind a query.
func signed(secret, query string) (string, error) {
	signature, err := common.Hmac(secret, query)
	if err != nil {
		return "", err
	}
	return query + "&signature=" + *signature, nil
}

// unreadable says that an answer lacks what it should say.
func unreadable(err error, lacking bool) error {
	if err == nil && lacking {
		return errors.New("the answer makes no sense")
	}
	return err
}

// bare leaves the URL out of an error, as signature and listen key stand in it, and the body that go-binance repeats.
func bare(err error) error {
	var of *url.Error
	if errors.As(err, &of) {
		return of.Err
	}
	if common.IsAPIError(err) {
		return nil
	}
	return err
}

// wait waits, and reports whether ctx still stands.
func (c *client) wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-c.cfg.Clock.After(d):
		return true
	}
}
