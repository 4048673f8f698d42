package binance_test

import (
	"bytes"
	"io"
	"net/http"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// part is some half of what is held.
var part = decimal.New(12, -3)

// openStops counts the stops that wait at the venue.
func (r *trader) openStops() (n int) {
	for _, o := range r.venue.Ledger().Orders {
		if o.Algo && o.Status == "NEW" {
			n++
		}
	}
	return n
}

// sells has a person sell a part of what is held, by the venue's page.
func (r *trader) sells(quantity decimal.Decimal) {
	require.NoError(r, r.venue.Foreign("BTCUSDT", "SELL", "by-hand", quantity, decimal.Zero))
}

// sameAsTheVenue says that positions agree and that each fill was journaled once.
func (r *trader) sameAsTheVenue() {
	ledger, status := r.venue.Ledger(), r.engine.Status()
	require.True(r, status.Reconciled)
	require.Empty(r, status.Differences)
	require.Equal(r, len(ledger.Fills), status.Counts.Fills)
	require.True(r, held(r.engine, symbol).Equal(ledger.Positions["BTCUSDT"]), "%s and %s", held(r.engine, symbol), r.held())
}

// nautilus_trader#3775: a fill whose instrument was not loaded yet was dropped, another one was made up in its place, and a part
// that was closed became a position of its own. Here a process that cannot read the instruments waits, and then takes the fill.
func TestReportedNautilus3775FillBeforeTheInstrumentsAreKnownIsNotLost(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		whole, before := r.held(), r.sent()
		plain := r.direct()
		r.via(func(q *http.Request) (*http.Response, error) {
			response, err := plain.RoundTrip(q)
			if err != nil || q.URL.Path != "/fapi/v1/exchangeInfo" {
				return response, err
			}
			told := bytes.ReplaceAll(read(response.Body), []byte(`"BTCUSDT"`), []byte(`"ELSEUSDT"`))
			told = bytes.ReplaceAll(told, []byte(`"baseAsset":"BTC"`), []byte(`"baseAsset":"ELSE"`))
			response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(told)), int64(len(told))
			return response, nil
		})
		r.restart()
		r.sells(part)
		r.steps(60)
		require.Equal(t, before, r.sent(), "nothing is sent for what cannot be told apart")
		r.via(nil)
		r.restart()
		r.steps(60)
		r.sameAsTheVenue()
		require.True(t, held(r.engine, symbol).Equal(whole.Sub(part)))
		require.Len(t, r.engine.Status().Positions, 1)
		require.Equal(t, 1, r.openStops())
	})
}

// nautilus_trader#4215: after -1007 an order was sent again although the stream had said by then that the venue has it.
func TestReportedNautilus4215OrderThatTimedOutIsNotSentAgain(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.venue.Inject(binancetest.BackendTimeout{Taken: true})
		r.wants(signal.Long)
		r.steps(60)
		entries := 0
		for _, q := range r.venue.Requests() {
			if q.Method == http.MethodPost && q.Path == "/fapi/v1/order" {
				entries++
			}
			require.NotEqual(t, -4116, q.Code, "no ID is used twice")
		}
		require.Equal(t, 1, entries)
		r.agree()
		require.Empty(t, r.engine.Status().Unguarded)
	})
}

// nautilus_trader#3861: after a listen key had expired the stream was opened anew and nobody was subscribed to anything.
func TestReportedNautilus3861ExpiredListenKeyIsReplaced(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		for range 3 {
			r.venue.ExpireListenKey()
			r.steps(30)
			updates := r.broker.Updates(0).Seq
			r.sells(decimal.New(2, -3))
			time.Sleep(time.Second) //vigil:wallclock the bubble
			told := r.broker.Updates(updates)
			require.False(t, told.Missed, "the stream is up")
			require.Greater(t, told.Seq, updates, "and it tells")
			r.steps(5)
			r.sameAsTheVenue()
		}
	})
}

// nautilus_trader#3983: an order that only reduces and is larger than what is held by then was shrunk by the venue, counted as filled in
// part for ever, and could not be canceled. Here the book ends flat, and no order is left on either side.
func TestReportedNautilus3983ExitThatIsLargerThanThePositionEnds(t *testing.T) {
	t.Parallel()
	ticket := guarded
	ticket.TakeProfit = decimal.New(1, -2)
	withTrader(t, ticket, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		r.via(noNetwork)
		r.venue.CutStreams()
		r.sells(part)
		r.move(1000) // the profit is reached while nobody listens
		r.steps(30)
		r.via(nil)
		r.steps(120)
		require.True(t, r.held().IsZero())
		r.sameAsTheVenue()
		require.Empty(t, r.engine.Status().Orders)
		require.Empty(t, r.engine.Status().NeedPerson)
		require.Zero(t, r.openStops())
	})
}

// freqtrade#12681: the venue said now and then that it has no such stop, when that was asked for or canceled. Another one was placed
// each time, and the first ones stayed. Here one stop waits at the most.
func TestReportedFreqtrade12681StopThatIsDeniedIsNotPlacedAgain(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.Equal(t, 1, r.openStops())
		var denied atomic.Int64
		plain := r.direct()
		r.via(func(q *http.Request) (*http.Response, error) {
			if q.URL.Path != "/fapi/v1/algoOrder" || q.Method == http.MethodPost {
				return plain.RoundTrip(q)
			}
			denied.Add(1)
			if q.Method == http.MethodDelete {
				return refusal(q, `{"code":-2011,"msg":"Unknown order sent."}`), nil
			}
			return refusal(q, unknownOrder), nil
		})
		for range 10 {
			r.venue.CutStreams()
			r.steps(60)
			require.LessOrEqual(t, r.openStops(), 1)
		}
		r.wants(signal.Flat)
		r.steps(120)
		require.LessOrEqual(t, r.openStops(), 1)
		require.Positive(t, denied.Load())
		r.via(nil)
		r.steps(200)
		r.sameAsTheVenue()
		require.True(t, r.held().IsZero())
		require.Zero(t, r.openStops(), "none is left behind")
	})
}

// freqtrade#13399: the fill of a stop was taken for one of the position that was opened the other way right after it.
func TestReportedFreqtrade13399StopBeforeAReversalIsItsOwn(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.True(t, r.held().IsPositive())
		r.venue.CutStreams()
		r.move(-4000) // the stop fills
		r.wants(signal.Short)
		r.steps(2)
		r.restart()
		r.steps(60)
		r.agree()
		require.True(t, r.held().IsNegative())
		require.Empty(t, r.engine.Status().Unguarded)
		require.Equal(t, 1, r.openStops())
	})
}
