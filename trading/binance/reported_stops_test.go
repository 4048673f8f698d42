package binance_test

import (
	"context"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// entries counts the orders that are not conditional and that the venue was asked for.
func (r *trader) entries() (n int) {
	for _, q := range r.venue.Requests() {
		if q.Method == http.MethodPost && q.Path == "/fapi/v1/order" {
			n++
		}
	}
	return n
}

// bbgo#1764: the stop-loss of a grid had filled as a market order, which has no price. Recovery took it for an order of the
// grid, failed at it again and again, and the program did not come to its end. Here the fill is the stop's, with and without a
// process at the time, the next signal is traded, and whoever stops it is not kept waiting: the bubble would say so.
func TestReportedBbgo1764StopThatFilledAtMarketEndsInPeace(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		for _, away := range []bool{false, true} {
			r.wants(signal.Long)
			r.steps(10)
			require.True(t, r.held().IsPositive())
			if away {
				r.die()
				r.ended.Wait()
			}
			r.move(-4000)
			require.True(t, r.held().IsZero(), "the stop has filled")
			r.restart()
			r.steps(60)
			r.agree()
			require.Empty(t, r.engine.Status().Orders)
			require.Empty(t, r.engine.Status().NeedPerson)
			require.Zero(t, r.openStops())
			asked := len(r.venue.Requests())
			r.steps(300)
			require.Less(t, len(r.venue.Requests())-asked, 300, "it does not ask in a loop")
			r.wants(signal.Flat)
			r.steps(5)
			r.move(4000)
		}
	})
}

// freqtrade#12528: the venue still told of a position that was closed, and a stop was placed for it, which stayed.
func TestReportedFreqtrade12528NoStopIsLeftForAPositionThatIsGone(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		plain := r.direct()
		var mu sync.Mutex // guards stale
		stale := map[string][]byte{}
		late := time.Now().Add(time.Minute)
		r.via(func(q *http.Request) (*http.Response, error) {
			response, err := plain.RoundTrip(q)
			if err != nil || q.Method != http.MethodGet || !strings.Contains(q.URL.Path, "positionRisk") {
				return response, err
			}
			told := read(response.Body)
			mu.Lock()
			defer mu.Unlock()
			if old := stale[q.URL.Path]; old != nil && time.Now().Before(late) {
				told = old // what was true before
			} else {
				stale[q.URL.Path] = told
			}
			response.Body, response.ContentLength = io.NopCloser(strings.NewReader(string(told))), int64(len(told))
			return response, nil
		})
		_, err := r.broker.Positions(context.Background())
		require.NoError(t, err)
		mu.Lock()
		require.NotEmpty(t, stale)
		mu.Unlock()
		r.wants(signal.Flat)
		r.steps(50)
		require.True(t, r.held().IsZero())
		r.steps(600)
		require.Zero(t, r.openStops())
		r.sameAsTheVenue()
		require.Len(t, r.venue.Ledger().Fills, 2, "it was closed once")
	})
}

// freqtrade#11608: the stop of a position that was closed could not be canceled at that moment, and was left.
func TestReportedFreqtrade11608StopIsCanceledLaterIfNotAtOnce(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.Equal(t, 1, r.openStops())
		plain := r.direct()
		r.via(func(q *http.Request) (*http.Response, error) {
			if q.Method == http.MethodDelete && strings.Contains(q.URL.Path, "algo") {
				return nil, errNoHost
			}
			return plain.RoundTrip(q)
		})
		r.wants(signal.Flat)
		r.steps(120)
		require.True(t, r.held().IsZero(), "an exit does not wait for its stop")
		require.Equal(t, 1, r.openStops())
		require.NotEmpty(t, r.engine.Status().Orders, "it is tracked")
		r.via(nil)
		r.steps(60)
		require.Zero(t, r.openStops())
		r.agree()
	})
}

// nautilus_trader#4152: an order that was to be canceled during an outage was taken for canceled once it had been asked for often
// enough, and what it filled afterwards belonged to nobody.
func TestReportedNautilus4152CancelInDoubtIsNoCancel(t *testing.T) {
	t.Parallel()
	ticket := guarded
	ticket.Limit = guarded.StopLoss
	withTrader(t, ticket, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.Len(t, r.engine.Status().Orders, 1)
		r.via(noNetwork)
		r.venue.CutStreams()
		r.wants(signal.Flat)
		r.steps(1800)
		require.Len(t, r.engine.Status().Orders, 1, "nobody has said that it is canceled")
		r.move(-4000)
		require.True(t, r.held().IsPositive(), "the entry fills")
		r.steps(600)
		r.via(nil)
		r.steps(120)
		r.agree()
		require.True(t, r.held().IsZero(), "what nobody wants is closed")
		require.Zero(t, r.openStops())
	})
}

// nautilus_trader#1030: an order never reached the venue, and the program asked for it every five seconds and for ever.
func TestReportedNautilus1030OrderThatNeverArrivedIsSentAnew(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.venue.Inject(binancetest.LoseRequest{})
		r.wants(signal.Long)
		r.steps(120)
		r.agree()
		require.True(t, r.held().IsPositive())
		require.Empty(t, r.engine.Status().Unguarded)
		asked := len(r.venue.Requests())
		r.steps(300)
		require.Less(t, len(r.venue.Requests())-asked, 300)
	})
}

// freqtrade#4403: the venue did not know an order at first that it had taken, and it was given up or placed again.
func TestReportedFreqtrade4403OrderThatIsNotKnownYetIsNotPlacedAgain(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.venue.Inject(binancetest.BackendTimeout{Taken: true})
		plain := r.direct()
		until := time.Now().Add(12 * time.Second)
		var unknown atomic.Int64
		r.via(func(q *http.Request) (*http.Response, error) {
			if q.Method == http.MethodGet && q.URL.Path == "/fapi/v1/order" && time.Now().Before(until) {
				unknown.Add(1)
				return refusal(q, unknownOrder), nil
			}
			return plain.RoundTrip(q)
		})
		r.venue.MuteStreams(time.Minute)
		r.wants(signal.Long)
		r.steps(120)
		require.Positive(t, unknown.Load(), "it was asked for")
		require.Equal(t, 1, r.entries())
		r.sameAsTheVenue()
		require.Empty(t, r.engine.Status().Unguarded)
	})
}

// nautilus_trader#4772: orders and positions of instruments that the program had not loaded were dropped in silence, and the
// comparison with the venue ended well. Here what the account holds elsewhere is taken in.
func TestReportedNautilus4772PositionOfAnotherInstrumentIsTold(t *testing.T) {
	t.Parallel()
	withTrader(t, trading.FixedTicket{}, func(r *trader) {
		require.NoError(t, r.venue.Foreign("ETHUSDT", "BUY", "by-hand", decimal.NewFromInt(1), decimal.Zero))
		r.steps(400)
		require.True(t, held(r.engine, "ETH/USDT:USDT").Equal(r.venue.Ledger().Positions["ETHUSDT"]), "it counts")
		require.Equal(t, 1, r.engine.Status().Counts.ForeignFills, "and it is told whose it is not")
		require.Zero(t, r.sent(), "what a person holds is his")
	})
}
