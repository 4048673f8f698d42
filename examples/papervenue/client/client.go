// Package client is the trading.Broker for papervenue, and a small example of an adapter for a venue with an HTTP API.
//
// It sends each order once: what is not plainly an answer is an error that says nothing about the order's fate, and the
// Engine asks by client ID. The venue refuses what was under way for longer than Flight, which is what the adapter's
// Traits rest on. It is safe for concurrent use and keeps no state besides its connections and, while Serve runs, the
// updates that the venue has told.
package client

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// Flight is the longest time that an order can be under way: the venue refuses it after half of that, and the rest is
// for executing it. Both are on one machine, so there is one clock.
const Flight = 500 * time.Millisecond

// Order is what is sent.
type Order struct {
	trading.Order
	SentAt time.Time `json:"sent_at"`
}

// Page is a page of fills.
type Page struct {
	Fills []trading.Fill `json:"fills"`
	Next  trading.Cursor `json:"next"`
}

// Client talks to one venue. Use New, and Close when done.
type Client struct {
	base    string
	http    *http.Client
	clock   health.Clock
	updates *trading.UpdateLog
}

var (
	_ trading.Broker           = (*Client)(nil)
	_ trading.Canceler         = (*Client)(nil)
	_ trading.OrderLister      = (*Client)(nil)
	_ trading.Positioner       = (*Client)(nil)
	_ trading.InstrumentLister = (*Client)(nil)
	_ trading.Updater          = (*Client)(nil)
)

// New returns a client for the venue at base, such as http://127.0.0.1:8100. clk dates the orders; nil means the
// machine's clock.
func New(base string, clk health.Clock) (*Client, error) {
	u, err := url.Parse(base)
	if err != nil || u.Host == "" {
		return nil, fmt.Errorf("client: %q is not the address of a venue", base)
	}
	if clk == nil {
		clk = clock.New()
	}
	c := &Client{
		base: strings.TrimSuffix(base, "/"), http: &http.Client{Transport: &http.Transport{}}, clock: clk,
		updates: &trading.UpdateLog{},
	}
	c.updates.Break(true) // Serve is not there yet.
	return c, nil
}

// Over lets all requests go through next, such as a transport that loses some of them for a test. It comes before the first
// call.
func (c *Client) Over(next http.RoundTripper) { c.http.Transport = next }

// Close closes the connections that nobody uses.
func (c *Client) Close() { c.http.CloseIdleConnections() }

// Traits implements trading.Broker. The venue's ledger forgets orders that are done after two days, and
// moves no money.
func (c *Client) Traits() trading.Traits {
	return trading.Traits{
		RefusesDuplicates: true, MaxFlight: Flight, Remembers: 48 * time.Hour, Replaces: trading.Beside,
		Simulated: true,
	}
}

// Submit implements trading.Broker. The order is dated first, and then begun: should the process sleep between the two or
// after them, the request comes too late and is refused.
func (c *Client) Submit(ctx context.Context, a trading.Approved) error {
	body, err := json.Marshal(Order{a.Order(), c.clock.Now().UTC()})
	if err != nil {
		return err
	}
	if err := a.Begin(ctx); err != nil {
		return fmt.Errorf("client: order %s was not sent: %w", a.Order().ClientID, err)
	}
	status, text, err := c.call(ctx, http.MethodPost, "/orders", bytes.NewReader(body))
	switch {
	case err != nil:
		return err
	case status == http.StatusCreated:
		return nil
	case status == http.StatusConflict:
		return fmt.Errorf("client: %w: %s", trading.ErrDuplicate, a.Order().ClientID)
	case status == http.StatusUnprocessableEntity:
		return fmt.Errorf("client: %w: %s", trading.ErrRejected, bytes.TrimSpace(text))
	}
	return unexpected("submit", status, text) // Whatever it is, it is no answer about the order.
}

// Order implements trading.Broker. This venue needs no more of the reference than the client ID.
func (c *Client) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	var report trading.OrderReport
	status, text, err := c.call(ctx, http.MethodGet, "/orders/"+url.PathEscape(ref.ClientID), nil)
	switch {
	case err != nil:
		return report, err
	case status == http.StatusNotFound && bytes.Contains(text, []byte(trading.ErrUnknownOrder.Error())):
		return report, fmt.Errorf("client: %w: %s", trading.ErrUnknownOrder, ref.ClientID) // and not just any 404
	case status != http.StatusOK:
		return report, unexpected("ask for an order", status, text)
	}
	return report, decode(text, &report)
}

// Cancel implements trading.Canceler.
func (c *Client) Cancel(ctx context.Context, ref trading.OrderRef) error {
	status, text, err := c.call(ctx, http.MethodDelete, "/orders/"+url.PathEscape(ref.ClientID), nil)
	switch {
	case err != nil:
		return err
	case status == http.StatusNotFound && bytes.Contains(text, []byte(trading.ErrUnknownOrder.Error())):
		return fmt.Errorf("client: %w: %s", trading.ErrUnknownOrder, ref.ClientID)
	case status != http.StatusNoContent:
		return unexpected("cancel an order", status, text)
	}
	return nil
}

// OpenOrders implements trading.OrderLister.
func (c *Client) OpenOrders(ctx context.Context) (open []trading.OrderReport, err error) {
	err = c.get(ctx, "/orders", &open)
	return open, err
}

// Fills implements trading.Broker. The venue goes on after a fill by its ID.
func (c *Client) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	asked := url.Values{
		"since": {from.Since.UTC().Format(time.RFC3339Nano)}, "after": {from.Token}, "limit": {strconv.Itoa(limit)},
	}
	var page Page
	if err := c.get(ctx, "/fills?"+asked.Encode(), &page); err != nil {
		return nil, from, err
	}
	for i := range page.Fills {
		page.Fills[i].Time = page.Fills[i].Time.UTC()
	}
	return page.Fills, page.Next, nil
}

// Instruments implements trading.InstrumentLister.
func (c *Client) Instruments(ctx context.Context) (all []trading.Instrument, err error) {
	err = c.get(ctx, "/instruments", &all)
	return all, err
}

// Positions implements trading.Positioner.
func (c *Client) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	held := make(map[string]decimal.Decimal)
	return held, c.get(ctx, "/positions", &held)
}

// PriceOf asks what symbol trades at. It is no trading.Pricer, which is asked often and must not wait.
func (c *Client) PriceOf(ctx context.Context, symbol string) (decimal.Decimal, error) {
	var price decimal.Decimal
	return price, c.get(ctx, "/price?symbol="+url.QueryEscape(symbol), &price)
}

func (c *Client) get(ctx context.Context, path string, into any) error {
	status, text, err := c.call(ctx, http.MethodGet, path, nil)
	if err != nil {
		return err
	}
	if status != http.StatusOK {
		return unexpected("get "+path, status, text)
	}
	return decode(text, into)
}

// maxAnswer bounds what is read of an answer: a million fills are about a quarter of it.
const maxAnswer = 1 << 30

func (c *Client) call(ctx context.Context, method, path string, body io.Reader) (status int, text []byte, err error) {
	request, err := http.NewRequestWithContext(ctx, method, c.base+path, body)
	if err != nil {
		return 0, nil, err
	}
	response, err := c.http.Do(request)
	if err != nil {
		return 0, nil, err
	}
	text, err = io.ReadAll(io.LimitReader(response.Body, maxAnswer))
	return response.StatusCode, text, errors.Join(err, response.Body.Close())
}

func decode(text []byte, into any) error {
	if err := json.Unmarshal(text, into); err != nil {
		return fmt.Errorf("client: the venue's answer makes no sense: %w", err)
	}
	return nil
}

func unexpected(what string, status int, text []byte) error {
	return fmt.Errorf("client: %s: unexpected answer %d: %.200s", what, status, bytes.TrimSpace(text))
}
