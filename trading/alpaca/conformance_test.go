package alpaca_test

import (
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// desk is a fake venue on loopback, on a Monday at 10:00 in New York.
type desk struct {
	*alpacatest.Venue
	url string
}

func open(t *testing.T, change ...func(*alpacatest.Config)) desk {
	t.Helper()
	begun := time.Now()
	cfg := alpacatest.Config{Now: func() time.Time {
		return time.Date(2026, 11, 30, 15, 0, 0, 0, time.UTC).Add(time.Since(begun))
	}}
	for _, c := range change {
		c(&cfg)
	}
	v := alpacatest.New(cfg)
	server := httptest.NewServer(v)
	t.Cleanup(server.Close)
	return desk{v, server.URL}
}

func (d desk) broker(t *testing.T, change ...func(*alpaca.Config)) *alpaca.Broker {
	t.Helper()
	transport := &http.Transport{}
	t.Cleanup(transport.CloseIdleConnections)
	cfg := alpaca.Config{
		APIKey: alpacatest.Key, SecretKey: alpacatest.Secret, URL: d.url, StreamURL: "ws" + d.url[len("http"):] + "/stream",
		Transport: transport, Logger: slog.New(slog.DiscardHandler),
	}
	for _, c := range change {
		c(&cfg)
	}
	b, err := alpaca.New(cfg)
	require.NoError(t, err)
	return b
}

func num(text string) decimal.Decimal { return decimal.RequireFromString(text) }

func TestBrokerKeepsItsPromises(t *testing.T) {
	t.Parallel()
	tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject {
		d := open(t)
		b := d.broker(t)
		listen(t, b)
		return tradingtest.BrokerSubject{
			Broker: b, Price: num("200"), Short: true, Now: d.Now, Lacks: []tradingtest.Ability{tradingtest.PostOnly, tradingtest.Flips},
			Instrument: trading.Instrument{Symbol: "AAPL", Tick: num("0.01"), Step: num("1"), MinQuantity: num("1")},
			MoveCash:   func() { d.Book("FEE", num("-0.02"), d.Now().AddDate(0, 0, -1)) },
			Reopen:     func() trading.Broker { return d.broker(t) },
		}
	})
}

// approved lets an order of ten shares pass.
func approved(t *testing.T, o trading.Order, held string) trading.Approved {
	t.Helper()
	o.Symbol, o.Quantity, o.SignalID = "AAPL", num("10"), "s"
	v := trading.View{
		Instrument: trading.Instrument{Symbol: "AAPL", Tick: num("0.0001"), Step: num("1")}, Price: num("200"), Held: num(held),
	}
	all := func(_ trading.Order, _ trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
		return opening, nil
	}
	a, err := trading.Approve(o, v, all)
	require.NoError(t, err)
	return a
}

func TestWhatAnAnswerSaysOfAnOrder(t *testing.T) {
	t.Parallel()
	type fault = alpacatest.Fault
	const nobodyKnows, isRejected, isDuplicate = "nobody knows", "rejected", "duplicate"
	for name, c := range map[string]struct {
		fault fault
		says  string
		there bool
	}{
		"a reply that is lost":        {fault{Taken: true}, nobodyKnows, true},
		"a request that is lost":      {fault{}, nobodyKnows, false},
		"500 and it was taken":        {fault{Taken: true, Status: 500, Text: "internal server error"}, nobodyKnows, true},
		"503":                         {fault{Status: 503, Text: "unavailable"}, nobodyKnows, false},
		"429":                         {fault{Status: 429, Code: 42910000, Text: "rate limit exceeded"}, nobodyKnows, false},
		"404 of some proxy":           {fault{Status: 404}, nobodyKnows, false},
		"a redirect":                  {fault{Status: 307}, nobodyKnows, false},
		"401":                         {fault{Status: 401, Code: 40110000, Text: "request is not authorized"}, isRejected, false},
		"buying power":                {fault{Status: 403, Code: 40310000, Text: "insufficient buying power"}, isRejected, false},
		"an id that is too long":      {fault{Status: 422, Code: 40010001, Text: "client_order_id is too long"}, isRejected, false},
		"an id that was used":         {fault{Status: 422, Code: 40010001, Text: "client_order_id must be unique"}, isDuplicate, false},
		"an id that was used, as 409": {fault{Status: 409, Text: "Client Order ID already exists"}, isDuplicate, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			d := open(t)
			b := d.broker(t)
			c.fault.Method, c.fault.Path = "POST", "/v2/orders"
			d.Inject(c.fault)
			a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Buy, Type: trading.Market}, "0")
			err := b.Submit(t.Context(), a)
			require.Error(t, err)
			require.Equal(t, c.says == isRejected, errors.Is(err, trading.ErrRejected), err)
			require.Equal(t, c.says == isDuplicate, errors.Is(err, trading.ErrDuplicate), err)
			require.NotContains(t, err.Error(), alpacatest.Secret)
			_, err = b.Order(t.Context(), a.Order().Ref())
			require.Equal(t, !c.there, errors.Is(err, trading.ErrUnknownOrder), err)
		})
	}
}

func TestDoubtIsNoUnknownOrder(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	for _, f := range []alpacatest.Fault{{Status: 500, Text: "x"}, {Status: 404}, {}} {
		d.Clear()
		f.Times = -1
		d.Inject(f)
		_, err := b.Order(t.Context(), trading.OrderRef{ClientID: "v-1"})
		require.Error(t, err)
		require.NotErrorIs(t, err, trading.ErrUnknownOrder)
	}
}

func TestCancelThatSticksIsOpen(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Buy, Type: trading.Limit, LimitPrice: num("100")}, "0")
	require.NoError(t, b.Submit(t.Context(), a))
	d.StickCancels(true)
	for range 2 {
		require.NoError(t, b.Cancel(t.Context(), a.Order().Ref()))
		r, err := b.Order(t.Context(), a.Order().Ref())
		require.NoError(t, err)
		require.Equal(t, trading.StatusOpen, r.Status)
	}
	d.StickCancels(false)
	r, err := b.Order(t.Context(), a.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusCanceled, r.Status)
}

func TestOrderThatWasReplacedIsFollowed(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Buy, Type: trading.Limit, LimitPrice: num("100")}, "0")
	require.NoError(t, b.Submit(t.Context(), a))
	require.NoError(t, d.Fill("v-1", num("4"), num("100")))
	d.replace(t, "v-1", num("150"))
	d.Move("AAPL", num("140"))

	b = d.broker(t) // it remembers nothing
	fills, _, err := b.Fills(t.Context(), trading.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, fills, 2)
	sum := decimal.Zero
	for _, f := range fills {
		require.Equal(t, "v-1", f.ClientID)
		sum = sum.Add(f.Quantity)
	}
	require.True(t, sum.Equal(num("10")), sum)
	r, err := b.Order(t.Context(), a.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusFilled, r.Status)
	require.True(t, r.Filled.Equal(num("10")), r.Filled)
}

func TestFeeThatComesLaterThanOthersIsTold(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	d.Book("FEE", num("-0.02"), d.Now())
	page, next, err := b.CashEvents(t.Context(), trading.Cursor{}, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	d.Book("FEE", num("-0.03"), d.Now().AddDate(0, 0, -2)) // for a trade of two days ago
	page, _, err = b.CashEvents(t.Context(), next, 10)
	require.NoError(t, err)
	require.Len(t, page, 1)
	require.True(t, page[0].Amount.Equal(num("-0.03")), page[0].Amount)
}

func TestSaleThatOnlyReducesOpensNoShort(t *testing.T) {
	t.Parallel()
	d := open(t)
	a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Sell, Type: trading.Market}, "10")
	require.ErrorIs(t, d.broker(t).Submit(t.Context(), a), trading.ErrRejected)
	require.True(t, d.Held("AAPL").IsZero())
}

func TestWhatTheVenueCannotDoIsNotSent(t *testing.T) {
	t.Parallel()
	d := open(t)
	b := d.broker(t)
	for name, o := range map[string]trading.Order{
		"post only": {Type: trading.Limit, LimitPrice: num("100"), PostOnly: true},
		"sub-penny": {Type: trading.Limit, LimitPrice: num("100.005")},
	} {
		o.ClientID, o.Side = "v-1", trading.Buy
		require.ErrorIs(t, b.Submit(t.Context(), approved(t, o, "0")), trading.ErrRejected, name)
	}
	require.Zero(t, d.Orders())
}

func TestMarketOrderAtNightWaits(t *testing.T) {
	t.Parallel()
	now := time.Date(2026, 11, 30, 3, 0, 0, 0, time.UTC)
	d := open(t, func(c *alpacatest.Config) { c.Now = func() time.Time { return now } })
	b := d.broker(t)
	a := approved(t, trading.Order{ClientID: "v-1", Side: trading.Buy, Type: trading.Market}, "0")
	require.NoError(t, b.Submit(t.Context(), a))
	r, err := b.Order(t.Context(), a.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusOpen, r.Status)
	now = now.Add(12 * time.Hour)
	r, err = b.Order(t.Context(), a.Order().Ref())
	require.NoError(t, err)
	require.Equal(t, trading.StatusFilled, r.Status)
}

func TestNewRefusesAnEmptyURL(t *testing.T) {
	t.Parallel()
	_, err := alpaca.New(alpaca.Config{APIKey: "k", SecretKey: "s"})
	require.ErrorContains(t, err, "Config.URL") // empty means live to the venue's client
}
