package binance_test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// What users of other programs reported of this venue, each by the program and its number there. Here it converges, or it
// halts with words.

// trader is an engine at the fake venue, in a bubble, whose network a test can have under its hands.
type trader struct {
	*campaign
	ticket  trading.FixedTicket
	network atomic.Pointer[through] // what requests go through; nil means the network alone
	ended   sync.WaitGroup
}

func withTrader(t *testing.T, ticket trading.FixedTicket, do func(*trader)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		r := &trader{campaign: newCampaign(t, 0), ticket: ticket}
		ctx, cancel := context.WithCancel(context.Background())
		var venue sync.WaitGroup
		venue.Go(func() { _ = r.venue.Listen(ctx) })
		defer func() { // also where do has failed: else a bubble that cannot end hides why
			r.die()
			r.ended.Wait()
			cancel()
			venue.Wait()
			synctest.Wait()
		}()
		r.move(0)
		r.restart()
		do(r)
	})
}

// restart begins a process over the journal, in place of the one before.
func (r *trader) restart() {
	if r.die != nil {
		r.die()
		r.ended.Wait()
	}
	plain := r.direct()
	broker, err := binance.New(binance.Config{
		APIKey: binancetest.Key, SecretKey: binancetest.Secret, URL: "http://venue", StreamURL: "ws://venue",
		Symbols: []string{symbol}, Logger: quiet, Transport: through(func(q *http.Request) (*http.Response, error) {
			if by := r.network.Load(); by != nil {
				return (*by)(q)
			}
			return plain.RoundTrip(q)
		}),
	})
	require.NoError(r, err)
	ctx, die := context.WithCancel(context.Background())
	r.broker, r.die = broker, die
	r.ended.Go(func() { _ = broker.Serve(ctx) })
	cfg := r.config(r.journal, broker)
	cfg.Ticket = r.ticket
	r.engine, err = engine.New(cfg)
	require.NoError(r, err)
}

// wants has the strategy want a direction, for an hour.
func (r *trader) wants(direction signal.Direction) {
	at := time.Now().UTC().Truncate(time.Second)
	stream := signal.Stream{Strategy: "reported", Symbol: symbol, Interval: time.Hour}
	require.NoError(r, r.signals.Append(context.Background(), signal.Signal{
		ID: stream.ID(at.Add(-time.Hour)), Strategy: "reported", Symbol: symbol, Interval: stream.Interval, Direction: direction,
		Confidence: 1, Price: float64(r.price.Load()), BarTime: at.Add(-time.Hour), CreatedAt: at, ValidUntil: at.Add(time.Hour),
	}))
}

func (r *trader) steps(seconds int) {
	for range seconds {
		r.step()
		time.Sleep(time.Second)
	}
}

func (r *trader) held() decimal.Decimal { return r.venue.Ledger().Positions["BTCUSDT"] }

// via has requests go through f; nil means the network alone.
func (r *trader) via(f through) {
	if f == nil {
		r.network.Store(nil)
		return
	}
	r.network.Store(&f)
}

// direct is the network as it is.
func (r *trader) direct() *http.Transport {
	return &http.Transport{DialContext: r.venue.Dial, DisableKeepAlives: true}
}

// unknownOrder is what the venue says of an order that it does not know.
const unknownOrder = `{"code":-2013,"msg":"Order does not exist."}`

// refusal is an answer with which the venue refuses a request.
func refusal(q *http.Request, says string) *http.Response {
	return &http.Response{
		StatusCode: http.StatusBadRequest, Header: http.Header{"Content-Type": {"application/json"}}, Request: q,
		Body: io.NopCloser(strings.NewReader(says)), Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
	}
}

var errNoHost = errors.New("dial tcp: lookup fapi.binance.com: no such host")

func noNetwork(*http.Request) (*http.Response, error) { return nil, errNoHost }

// sent counts the orders that the venue was asked for.
func (r *trader) sent() (n int) {
	for _, q := range r.venue.Requests() {
		if q.Method == http.MethodPost && (q.Path == "/fapi/v1/order" || q.Path == "/fapi/v1/algoOrder") {
			n++
		}
	}
	return n
}

var guarded = trading.FixedTicket{StopLoss: decimal.New(5, -2)}

// nautilus_trader#3104: a position that was held for more than ten days was not the same after a restart (75 here, -65 there).
func TestReportedNautilus3104PositionOfManyDaysIsTheSameAfterARestart(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Short)
		r.steps(10)
		held := r.held()
		require.True(t, held.IsNegative())
		r.die()
		r.ended.Wait()
		time.Sleep(12 * 24 * time.Hour)
		before := r.sent()
		r.restart()
		r.steps(60)
		require.True(t, held.Equal(r.held()))
		r.agree()
		require.Equal(t, before, r.sent(), "a restart sends nothing")

		r.journal = journal.NewMemory() // and who has lost his journal is told of the difference
		r.restart()
		r.steps(60)
		require.Contains(t, r.engine.Status().Halt.Reason, symbol)
		require.Equal(t, before, r.sent())
	})
}

// nautilus_trader#3067: both legs of an account in hedge mode were taken for one net position. Here such an account is refused.
func TestReportedNautilus3067HedgeModeIsRefused(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		plain := r.direct()
		r.via(func(q *http.Request) (*http.Response, error) {
			response, err := plain.RoundTrip(q)
			if err != nil || q.URL.Path != "/fapi/v1/accountConfig" {
				return response, err
			}
			told := bytes.ReplaceAll(read(response.Body), []byte(`"dualSidePosition":false`), []byte(`"dualSidePosition":true`))
			response.Body, response.ContentLength = io.NopCloser(bytes.NewReader(told)), int64(len(told))
			return response, nil
		})
		r.restart()
		r.wants(signal.Long)
		r.steps(120)
		require.Zero(t, r.sent())
		_, err := r.broker.Check(context.Background())
		require.ErrorContains(t, err, "hedge mode")
	})
}

// nautilus_trader#3622: where the venue had no position any more and the program did, it asked for missing fills each minute and
// for ever. Here the fill that took it is taken in, whoever sent it, and that is the end of it.
func TestReportedNautilus3622PositionThatIsGoneIsLearnedOnce(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		held := r.held()
		require.True(t, held.IsPositive())
		r.venue.CutStreams()
		require.NoError(t, r.venue.Foreign("BTCUSDT", "SELL", "by-hand", held, decimal.Zero))
		r.steps(600)
		before, requests := r.sent(), len(r.venue.Requests())
		r.steps(600)
		require.Empty(t, r.engine.Status().Positions, "a fill that is not ours is taken in")
		require.True(t, r.held().IsZero())
		require.Equal(t, before, r.sent())
		require.Less(t, len(r.venue.Requests())-requests, 600, "it does not ask in a loop")
	})
}

// nautilus_trader#4736: a restart flattened a position that was known from before.
func TestReportedNautilus4736RestartKeepsPositionAndStop(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		held, before := r.held(), r.sent()
		require.True(t, held.IsPositive())
		for range 5 {
			r.restart()
			r.steps(20)
		}
		require.True(t, held.Equal(r.held()))
		require.Equal(t, before, r.sent(), "a restart sends nothing")
		r.agree()
	})
}

// hummingbot#8457: orders that the venue had taken were given up while names could not be resolved, and what they filled was
// a position that nobody tracked. Here no network error ends the tracking of an order.
func TestReportedHummingbot8457OutageDoesNotEndTheTrackingOfAnOrder(t *testing.T) {
	t.Parallel()
	ticket := guarded
	ticket.Limit = decimal.New(1, -2)
	withTrader(t, ticket, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		require.Len(t, r.engine.Status().Orders, 1)
		r.via(noNetwork)
		r.venue.CutStreams()
		r.steps(300)
		r.move(-1000) // the entry is filled meanwhile
		r.steps(300)
		require.Len(t, r.engine.Status().Orders, 1, "it is tracked")
		require.True(t, r.held().IsPositive())
		r.via(nil)
		r.steps(60)
		r.agree()
		require.Empty(t, r.engine.Status().Unguarded, "and its position has its stop")
	})
}

// hummingbot#3374: an order that could not be canceled for errors of the network was forgotten, and another one was placed
// beside it, six times. Here the next one waits until the first is known to be gone.
func TestReportedHummingbot3374OrderThatCannotBeCanceledIsNotDoubled(t *testing.T) {
	t.Parallel()
	ticket := guarded
	ticket.Limit = decimal.New(1, -2)
	withTrader(t, ticket, func(r *trader) {
		r.wants(signal.Long)
		r.steps(10)
		plain := r.direct()
		r.via(func(q *http.Request) (*http.Response, error) {
			if q.Method == http.MethodDelete {
				return nil, errNoHost
			}
			return plain.RoundTrip(q)
		})
		for _, wanted := range []signal.Direction{signal.Flat, signal.Long, signal.Short, signal.Long} {
			r.wants(wanted)
			r.steps(120)
		}
		open := 0
		for _, o := range r.venue.Ledger().Orders {
			if o.Status == "NEW" && !o.ReduceOnly {
				open++
			}
		}
		require.LessOrEqual(t, open, 1, "one entry rests at the most")
		r.via(nil)
		r.steps(120)
		require.Empty(t, r.venue.Ledger().Fills)
		require.Len(t, r.engine.Status().Orders, 1)
		require.True(t, r.engine.Status().Reconciled)
		require.Empty(t, r.engine.Status().NeedPerson)
	})
}

// A process is stopped for ten seconds between the leave to send an order and the request. The venue refuses what comes so late;
// the book learns that, and the order is sent once more, and is there once.
func TestProcessThatIsStoppedBetweenLeaveAndRequestDoublesNothing(t *testing.T) {
	t.Parallel()
	withTrader(t, guarded, func(r *trader) {
		plain := r.direct()
		var slept atomic.Int64
		r.via(func(q *http.Request) (*http.Response, error) {
			if isOrder(q) && slept.CompareAndSwap(0, 1) {
				time.Sleep(10 * time.Second) // SIGSTOP
				q = q.WithContext(context.WithoutCancel(q.Context()))
			}
			return plain.RoundTrip(q)
		})
		r.wants(signal.Long)
		r.steps(60)
		late := 0
		for _, q := range r.venue.Requests() {
			if q.Method == http.MethodPost && q.Code == -1021 {
				late++
			}
		}
		require.Equal(t, 1, late, "the venue has refused it")
		r.agree()
		require.Len(t, r.venue.Ledger().Fills, 1, "what the signal asks for is there, once")
	})
}
