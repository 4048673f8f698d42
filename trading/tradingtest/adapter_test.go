package tradingtest_test

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
	"sync"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// adapter is a Broker over the exchange, as one is written for a venue. It is right unless one of its flaws makes it wrong.
type adapter struct {
	client *http.Client
	log    trading.UpdateLog
	traits trading.Traits
	flaws  flaws
	mu     sync.Mutex // guards what a flaw remembers, and all below
	known  map[string]any
}

// flaws are where an adapter can be wrong; a nil one is right.
type flaws struct {
	begin   func(a *adapter, ctx context.Context, ap trading.Approved, send func() error) error
	sent    func(o trading.Order, w *xOrder)
	outcome func(o trading.Order, status int, err error) error
	submit  func(a *adapter, ctx context.Context, ap trading.Approved, next func() error) error
	order   func(a *adapter, ref trading.OrderRef, w xOrder, r *trading.OrderReport, err error) error
	find    func(a *adapter, ref *trading.OrderRef)
	fill    func(a *adapter, w xTrade, f *trading.Fill)
	fills   func(a *adapter, from trading.Cursor, limit int) (trading.Cursor, int)
	page    func(a *adapter, from trading.Cursor, page []trading.Fill, next trading.Cursor) ([]trading.Fill, trading.Cursor)
	cancel  func(a *adapter, ctx context.Context, ref trading.OrderRef, next func() error) error
	open    func(reports []trading.OrderReport) []trading.OrderReport
	held    func(positions map[string]decimal.Decimal)
	cash    func(a *adapter, from trading.Cursor, page []trading.CashEvent) []trading.CashEvent
	listed  func(i *trading.Instrument)
	push    func(w xOrder, r trading.OrderReport) (trading.OrderReport, bool)
	margin  func(held decimal.Decimal, m *trading.Margin, ok *bool)
	replace func(a *adapter, ctx context.Context, old trading.OrderRef, with trading.Approved, next func() error) error
	pair    func(a *adapter, ctx context.Context, profit, loss trading.Approved, next func() error) error
	news    func(a *adapter, after int64, u trading.Updates) trading.Updates
	price   func(a *adapter, symbol string, price decimal.Decimal, ok bool) (decimal.Decimal, bool)
}

var (
	_ trading.Broker           = (*adapter)(nil)
	_ trading.Canceler         = (*adapter)(nil)
	_ trading.OrderLister      = (*adapter)(nil)
	_ trading.Positioner       = (*adapter)(nil)
	_ trading.InstrumentLister = (*adapter)(nil)
	_ trading.CashReporter     = (*adapter)(nil)
	_ trading.Updater          = (*adapter)(nil)
	_ trading.Replacer         = (*adapter)(nil)
	_ trading.Pairer           = (*adapter)(nil)
	_ trading.MarginReporter   = (*adapter)(nil)
	_ trading.Pricer           = (*adapter)(nil)
)

const ourSymbol = "ETH/USDT"

func newAdapter(client *http.Client, traits trading.Traits, f flaws) *adapter {
	return &adapter{client: client, traits: traits, flaws: f, known: make(map[string]any)}
}

func (a *adapter) Traits() trading.Traits { return a.traits }

// call sends a request and reads the answer into what. An answer that is no yes is an error, and its status is told.
func (a *adapter) call(ctx context.Context, method, path string, q url.Values, body []byte, what any) (status int, err error) {
	r, err := http.NewRequestWithContext(ctx, method, "http://exchange"+path+"?"+q.Encode(), bytes.NewReader(body))
	if err != nil {
		return 0, err
	}
	reply, err := a.client.Do(r)
	if err != nil {
		return 0, err
	}
	defer func() { _ = reply.Body.Close() }()
	text, err := io.ReadAll(reply.Body)
	if err != nil {
		return 0, err
	}
	if reply.StatusCode != http.StatusOK {
		var no xError
		if json.Unmarshal(text, &no) != nil || no.Code == 0 {
			return 0, fmt.Errorf("the exchange answered %d: %.80q", reply.StatusCode, text)
		}
		return reply.StatusCode, errors.New(no.Text)
	}
	if err := json.Unmarshal(text, what); err != nil {
		return 0, fmt.Errorf("the exchange's answer cannot be read: %w", err)
	}
	return reply.StatusCode, nil
}

// encode writes an order in the exchange's words.
func (a *adapter) encode(o trading.Order) xOrder {
	w := xOrder{
		Client: o.ClientID, Symbol: strings.ReplaceAll(o.Symbol, "/", ""), Side: strings.ToUpper(o.Side.String()),
		Type: strings.ToUpper(string(o.Type)), Quantity: o.Quantity, Price: o.LimitPrice, StopPrice: o.StopPrice,
		Force: strings.ToUpper(string(o.TimeInForce)), PostOnly: o.PostOnly, Reduce: o.ReduceOnly,
		Profit: o.Guard.TakeProfit, Loss: o.Guard.StopLoss,
	}
	if w.Type == "" {
		w.Type = "MARKET"
	}
	if w.Force == "" {
		w.Force = "GTC"
	}
	if a.flaws.sent != nil {
		a.flaws.sent(o, &w)
	}
	return w
}

// outcome says what an answer means for an order that was sent.
func (a *adapter) outcome(o trading.Order, status int, err error) error {
	if a.flaws.outcome != nil {
		return a.flaws.outcome(o, status, err)
	}
	return outcome(o, status, err)
}

func outcome(o trading.Order, status int, err error) error {
	switch {
	case err == nil:
		return nil
	case status == http.StatusConflict:
		return fmt.Errorf("%w: %s", trading.ErrDuplicate, o.ClientID)
	case status == http.StatusBadRequest:
		return fmt.Errorf("%w: %s: %w", trading.ErrRejected, o.ClientID, err)
	}
	return fmt.Errorf("send %s: %w", o.ClientID, err)
}

// Submit implements trading.Broker.
func (a *adapter) Submit(ctx context.Context, ap trading.Approved) error {
	next := func() error { return a.submit(ctx, ap) }
	if a.flaws.submit != nil {
		return a.flaws.submit(a, ctx, ap, next)
	}
	return next()
}

func (a *adapter) submit(ctx context.Context, ap trading.Approved) error {
	o := ap.Order()
	body, err := json.Marshal(a.encode(o))
	if err != nil {
		return err
	}
	send := func() error {
		status, err := a.call(ctx, http.MethodPost, "/order", nil, body, &xOrder{})
		return a.outcome(o, status, err)
	}
	return a.begun(ctx, ap, send)
}

// begun sends what may be sent.
func (a *adapter) begun(ctx context.Context, ap trading.Approved, send func() error) error {
	if a.flaws.begin != nil {
		return a.flaws.begin(a, ctx, ap, send)
	}
	if err := ap.Begin(ctx); err != nil {
		return err
	}
	return send()
}

// report is what the exchange says of an order.
func report(w xOrder) trading.OrderReport {
	r := trading.OrderReport{ClientID: w.Client, Filled: w.Executed, Triggered: w.Triggered, Reason: w.Text}
	r.Status = map[string]trading.OrderStatus{
		"NEW": trading.StatusOpen, "PARTIALLY_FILLED": trading.StatusOpen, "FILLED": trading.StatusFilled,
		"CANCELED": trading.StatusCanceled, "EXPIRED": trading.StatusExpired,
	}[w.Status]
	return r
}

// Order implements trading.Broker.
func (a *adapter) Order(ctx context.Context, ref trading.OrderRef) (trading.OrderReport, error) {
	if a.flaws.find != nil {
		a.flaws.find(a, &ref)
	}
	var w xOrder
	status, err := a.call(ctx, http.MethodGet, "/order", url.Values{"client": {ref.ClientID}}, nil, &w)
	if status == http.StatusNotFound {
		err = fmt.Errorf("%w: %s", trading.ErrUnknownOrder, ref.ClientID)
	}
	r := report(w)
	if err != nil {
		r = trading.OrderReport{}
	}
	if a.flaws.order != nil {
		err = a.flaws.order(a, ref, w, &r, err)
	}
	return r, err
}

// Cancel implements trading.Canceler.
func (a *adapter) Cancel(ctx context.Context, ref trading.OrderRef) error {
	next := func() error {
		status, err := a.call(ctx, http.MethodDelete, "/order", url.Values{"client": {ref.ClientID}}, nil, &xOrder{})
		if status == http.StatusNotFound {
			return fmt.Errorf("%w: %s", trading.ErrUnknownOrder, ref.ClientID)
		}
		return err
	}
	if a.flaws.cancel != nil {
		return a.flaws.cancel(a, ctx, ref, next)
	}
	return next()
}

// OpenOrders implements trading.OrderLister.
func (a *adapter) OpenOrders(ctx context.Context) ([]trading.OrderReport, error) {
	var open []xOrder
	if _, err := a.call(ctx, http.MethodGet, "/open", nil, nil, &open); err != nil {
		return nil, err
	}
	var reports []trading.OrderReport
	for _, w := range open {
		r := report(w)
		r.Symbol, r.Type = ourSymbol, trading.OrderType(strings.ToLower(w.Type))
		reports = append(reports, r)
	}
	if a.flaws.open != nil {
		reports = a.flaws.open(reports)
	}
	return reports, nil
}

// place is a cursor in the exchange's words.
func place(from trading.Cursor, limit int) url.Values {
	q := url.Values{"limit": {strconv.Itoa(limit)}}
	if from.Token != "" {
		q.Set("from", from.Token)
	} else {
		q.Set("since", from.Since.UTC().Format(time.RFC3339Nano))
	}
	return q
}

// Fills implements trading.Broker.
func (a *adapter) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	asked := from
	if a.flaws.fills != nil {
		from, limit = a.flaws.fills(a, from, limit)
	}
	var trades []xTrade
	if _, err := a.call(ctx, http.MethodGet, "/trades", place(from, limit), nil, &trades); err != nil {
		return nil, from, err
	}
	fills, next := []trading.Fill(nil), from
	for _, w := range trades {
		f := trading.Fill{
			ID: strconv.FormatInt(w.ID, 10), ClientID: w.Client, Symbol: ourSymbol, Side: trading.Buy, Price: w.Price,
			Quantity: w.Quantity, Fee: w.Fee.Neg(), FeeAsset: w.FeeAsset, Time: w.Time, Liquidation: w.Liquidation,
		}
		if w.Side == "SELL" {
			f.Side = trading.Sell
		}
		if a.flaws.fill != nil {
			a.flaws.fill(a, w, &f)
		}
		fills, next = append(fills, f), trading.Cursor{Token: strconv.FormatInt(w.ID+1, 10)}
	}
	if a.flaws.page != nil {
		fills, next = a.flaws.page(a, asked, fills, next)
	}
	return fills, next, nil
}

// CashEvents implements trading.CashReporter.
func (a *adapter) CashEvents(ctx context.Context, from trading.Cursor, limit int) ([]trading.CashEvent, trading.Cursor, error) {
	var moves []xMove
	if _, err := a.call(ctx, http.MethodGet, "/moves", place(from, limit), nil, &moves); err != nil {
		return nil, from, err
	}
	events, next := []trading.CashEvent(nil), from
	for _, m := range moves {
		events = append(events, trading.CashEvent{
			ID: strconv.FormatInt(m.ID, 10), Kind: trading.CashKind(strings.ToLower(m.Kind)), Amount: m.Amount, Asset: m.Asset,
			Time: m.Time,
		})
		next = trading.Cursor{Token: strconv.FormatInt(m.ID+1, 10)}
	}
	if a.flaws.cash != nil {
		events = a.flaws.cash(a, from, events)
	}
	return events, next, nil
}

func (a *adapter) position(ctx context.Context) (p xPosition, err error) {
	_, err = a.call(ctx, http.MethodGet, "/position", nil, nil, &p)
	return p, err
}

// Positions implements trading.Positioner.
func (a *adapter) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	p, err := a.position(ctx)
	if err != nil {
		return nil, err
	}
	held := map[string]decimal.Decimal{}
	if !p.Quantity.IsZero() {
		held[ourSymbol] = p.Quantity
	}
	if a.flaws.held != nil {
		a.flaws.held(held)
	}
	return held, nil
}

// Margin implements trading.MarginReporter.
func (a *adapter) Margin(symbol string) (m trading.Margin, ok bool) {
	p, err := a.position(context.Background())
	if ok = err == nil && symbol == ourSymbol && !p.Quantity.IsZero(); ok {
		m.Liquidation = decimal.NewNullDecimal(p.Liquidation)
		m.Distance = p.Liquidation.Sub(p.Mark).Abs().Div(p.Mark)
	}
	if a.flaws.margin != nil {
		a.flaws.margin(p.Quantity, &m, &ok)
	}
	return m, ok
}

// Price implements trading.Pricer.
func (a *adapter) Price(symbol string) (decimal.Decimal, bool) {
	p, err := a.position(context.Background())
	price, ok := p.Mark, err == nil && symbol == ourSymbol
	if !ok {
		price = decimal.Zero
	}
	if a.flaws.price != nil {
		return a.flaws.price(a, symbol, price, ok)
	}
	return price, ok
}

// Instruments implements trading.InstrumentLister.
func (a *adapter) Instruments(ctx context.Context) ([]trading.Instrument, error) {
	var listed []xFilters
	if _, err := a.call(ctx, http.MethodGet, "/symbols", nil, nil, &listed); err != nil {
		return nil, err
	}
	var traded []trading.Instrument
	for _, l := range listed {
		i := trading.Instrument{Symbol: ourSymbol}
		i.Tick, i.Step = decimal.RequireFromString(l.Tick), decimal.RequireFromString(l.Step)
		if a.flaws.listed != nil {
			a.flaws.listed(&i)
		}
		traded = append(traded, i)
	}
	return traded, nil
}

// Replace implements trading.Replacer.
func (a *adapter) Replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	next := func() error { return a.replace(ctx, old, with) }
	if a.flaws.replace != nil {
		return a.flaws.replace(a, ctx, old, with, next)
	}
	return next()
}

func (a *adapter) replace(ctx context.Context, old trading.OrderRef, with trading.Approved) error {
	o := with.Order()
	body, err := json.Marshal(a.encode(o))
	if err != nil {
		return err
	}
	return a.begun(ctx, with, func() error {
		status, err := a.call(ctx, http.MethodPut, "/order", url.Values{"old": {old.ClientID}}, body, &xOrder{})
		return a.outcome(o, status, err)
	})
}

// SubmitPair implements trading.Pairer.
func (a *adapter) SubmitPair(ctx context.Context, profit, loss trading.Approved) error {
	next := func() error { return a.submitPair(ctx, profit, loss) }
	if a.flaws.pair != nil {
		return a.flaws.pair(a, ctx, profit, loss, next)
	}
	return next()
}

func (a *adapter) submitPair(ctx context.Context, profit, loss trading.Approved) error {
	body, err := json.Marshal([2]xOrder{a.encode(profit.Order()), a.encode(loss.Order())})
	if err != nil {
		return err
	}
	if err := profit.Begin(ctx); err != nil {
		return err
	}
	return a.begun(ctx, loss, func() error {
		status, err := a.call(ctx, http.MethodPost, "/pair", nil, body, &struct{}{})
		return a.outcome(profit.Order(), status, err)
	})
}
