package binance

import (
	"context"
	"errors"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/coder/websocket"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	opened  = "GET /private/ws"
	posted  = "POST /fapi/v1/listenKey"
	renewed = "PUT /fapi/v1/listenKey"
)

// pipe is a listener in memory, which a bubble of testing/synctest can wait for.
type pipe struct {
	conns chan net.Conn
	once  sync.Once
	done  chan struct{}
}

func (p *pipe) Accept() (net.Conn, error) {
	select {
	case c := <-p.conns:
		return c, nil
	case <-p.done:
		return nil, net.ErrClosed
	}
}

func (p *pipe) Close() error   { p.once.Do(func() { close(p.done) }); return nil }
func (p *pipe) Addr() net.Addr { return &net.IPAddr{} }

func (p *pipe) dial(ctx context.Context, _, _ string) (net.Conn, error) {
	ours, theirs := net.Pipe()
	select {
	case p.conns <- theirs:
		return ours, nil
	case <-p.done:
		return nil, errors.New("nobody listens")
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

// streaming is a venue in a bubble, with the stream of an account.
type streaming struct {
	*venue
	*Broker
	registry *health.Registry
	says     chan string // what the stream says next; "close" ends it
}

// bubble runs f with a Broker whose Serve runs, in a bubble.
func bubble(t *testing.T, change func(*streaming), f func(t *testing.T, s *streaming)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := &streaming{venue: &venue{}, says: make(chan string, 10)}
		s.venue.answers = map[string]http.HandlerFunc{
			"GET /fapi/v1/exchangeInfo":  says(200, exchangeInfo("0.10", "TRADING")),
			"GET /fapi/v1/accountConfig": says(200, `{"canTrade":true}`),
			"GET /fapi/v1/symbolConfig":  says(200, `[]`),
			"GET /fapi/v1/time":          func(w http.ResponseWriter, _ *http.Request) { answerTime(w, time.Now()) },
			posted:                       says(200, `{"listenKey":"hidden"}`),
			renewed:                      says(200, `{"listenKey":"hidden"}`),
			opened:                       s.stream,
			order:                        accepts,
			getRisk:                      says(200, `[]`),
		}
		if change != nil {
			change(s)
		}
		wire := &pipe{conns: make(chan net.Conn), done: make(chan struct{})}
		server := &http.Server{Handler: s.venue}
		var running sync.WaitGroup
		running.Go(func() { _ = server.Serve(wire) })
		transport := &http.Transport{DialContext: wire.dial}
		b, err := New(Config{
			APIKey: "key", SecretKey: "secret", URL: "http://venue", StreamURL: "ws://venue", Symbols: []string{btc}, Transport: transport,
			Logger: slog.New(slog.DiscardHandler),
		})
		require.NoError(t, err)
		s.Broker = b
		s.registry = health.NewRegistry(health.Config{Clock: clock.New()})
		ctx, cancel := context.WithCancel(t.Context())
		ctx = health.NewContext(ctx, s.registry.Begin("venue").Part())
		ended := make(chan error, 1)
		running.Go(func() { ended <- b.Serve(ctx) })
		synctest.Wait()
		f(t, s)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
		require.True(t, b.Updates(0).Missed, "after Serve nothing is told any more")
		transport.CloseIdleConnections()
		_ = server.Close()
		running.Wait()
		synctest.Wait()
	})
}

func (s *streaming) stream(w http.ResponseWriter, r *http.Request) {
	conn, err := websocket.Accept(w, r, nil)
	if err != nil {
		return
	}
	defer func() { _ = conn.CloseNow() }()
	ctx := conn.CloseRead(r.Context())
	for {
		select {
		case <-ctx.Done():
			return
		case text := <-s.says:
			if text == "close" {
				_ = conn.Close(websocket.StatusNormalClosure, "")
				return
			}
			_ = conn.Write(ctx, websocket.MessageText, []byte(text))
		}
	}
}

// told is the latest report of an order since a Seq, and that Seq.
func (s *streaming) told(t *testing.T) trading.OrderReport {
	t.Helper()
	synctest.Wait()
	u := s.Updates(0)
	require.NotEmpty(t, u.Orders)
	return u.Orders[len(u.Orders)-1]
}

func TestStreamTellsWhatBecomesOfOrders(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		asked := slices.DeleteFunc(s.venue.heard(), func(q question) bool { return q.Call == getRisk })
		require.Equal(t, []question{
			{posted, url.Values{}}, {opened, url.Values{"listenKey": {"hidden"}, "events": {events}}},
		}, asked)
		up := s.Updates(0).Seq
		require.False(t, s.Updates(up).Missed)
		updated := s.Updated()
		s.says <- `{"e":"ORDER_TRADE_UPDATE","E":1,"T":1,"o":{"s":"BTCUSDT","c":"` + id + `","S":"BUY","o":"LIMIT","x":"TRADE","X":"PARTIALLY_FILLED","i":7,"z":"0.004","l":"0.004","L":"1","N":null}}`
		<-updated
		require.Equal(t, trading.OrderReport{ClientID: id, Status: trading.StatusOpen, Filled: d("0.004")}, s.told(t))
		s.says <- `{"stream":"x","data":{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"` + id + `","X":"EXPIRED_IN_MATCH","x":"EXPIRED","i":7,"z":"0.004","er":"6"}}}`
		r := s.told(t)
		require.Equal(t, trading.StatusExpired, r.Status)
		require.Contains(t, r.Reason, "reason 6")
		require.False(t, s.Updates(up).Missed)
	})
}

func TestStreamTellsAStopUnderItsOwnName(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		stop := func(status, born, filled string) string {
			return `{"e":"ALGO_UPDATE","T":1,"E":2,"o":{"caid":"v-stop","aid":9,"o":"STOP_MARKET","s":"BTCUSDT","S":"SELL","q":"0.010","X":"` +
				status + `","ai":"` + born + `","aq":"` + filled + `"}}`
		}
		s.says <- stop("NEW", "", "0")
		require.Equal(t, trading.StatusOpen, s.told(t).Status)
		s.says <- stop("TRIGGERED", "7", "0")
		r := s.told(t)
		require.Equal(t, trading.StatusOpen, r.Status)
		require.True(t, r.Triggered)
		s.says <- `{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"born","X":"PARTIALLY_FILLED","i":7,"z":"0.004"}}`
		r = s.told(t)
		require.Equal(t, "v-stop", r.ClientID)
		require.True(t, r.Triggered)
		require.True(t, r.Filled.Equal(d("0.004")))
		s.says <- stop("FINISHED", "7", "0.010")
		require.Equal(t, trading.StatusFilled, s.told(t).Status)
		s.says <- stop("FINISHED", "7", "0.004")
		require.Equal(t, trading.StatusCanceled, s.told(t).Status)
	})
}

func TestStreamThatBreaksComesBackAndAllIsAskedFor(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		up := s.Updates(0).Seq
		s.says <- "close"
		synctest.Wait()
		require.True(t, s.Updates(up).Missed)
		require.Contains(t, s.conditions(), "stream")
		time.Sleep(time.Second)
		require.Equal(t, 2, s.count(opened))
		require.True(t, s.Updates(up).Missed, "what happened meanwhile is not told")
		require.False(t, s.Updates(s.Updates(0).Seq).Missed)
		require.NotContains(t, s.conditions(), "stream")
	})
}

func (s *streaming) conditions() (keys []string) {
	for _, p := range s.registry.Report().Parts {
		for _, c := range p.Conditions {
			keys = append(keys, c.Key)
		}
	}
	return keys
}

func TestStreamWhoseKeyExpiresGetsANewOne(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		s.says <- `{"e":"listenKeyExpired","E":1,"listenKey":"hidden"}`
		time.Sleep(time.Second)
		require.Equal(t, 2, s.count(posted))
		require.Equal(t, 2, s.count(opened))
	})
}

func TestListenKeyIsRenewed(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		time.Sleep(2*time.Hour + 2*time.Minute)
		require.Equal(t, 1, s.count(posted))
		require.Equal(t, 4, s.count(renewed))
		s.answer(renewed, says(503, `<html>`))
		time.Sleep(20 * time.Minute)
		require.Equal(t, 1, s.count(opened), "one that fails is tried again")
		s.answer(renewed, says(400, `{"code":-1125,"msg":"This listenKey does not exist."}`))
		time.Sleep(30 * time.Minute)
		require.Equal(t, 2, s.count(posted))
	})
}

func TestStreamIsRenewedBeforeTheVenueCutsIt(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		time.Sleep(23*time.Hour - time.Minute)
		require.Equal(t, 1, s.count(opened))
		time.Sleep(2 * time.Minute)
		require.Equal(t, 2, s.count(opened))
		require.NotContains(t, s.conditions(), "stream")
	})
}

func TestStreamThatIsMuteIsOpenedAnew(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		require.NoError(t, submit(t.Context(), t, s.Broker, nil))
		s.says <- `{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"` + id + `","X":"FILLED","i":22542179,"z":"0.010"}}`
		time.Sleep(time.Hour)
		require.Equal(t, 1, s.count(opened))
		require.NoError(t, submit(t.Context(), t, s.Broker, nil))
		time.Sleep(time.Minute)
		require.Equal(t, 2, s.count(opened), "the venue took an order, and the stream said nothing of it")
		s.answer(order, says(400, `{"code":-2019,"msg":"Margin is insufficient."}`))
		require.Error(t, submit(t.Context(), t, s.Broker, nil))
		time.Sleep(time.Hour)
		require.Equal(t, 2, s.count(opened), "of what was refused there is nothing to say")
	})
}

func TestStreamThatDoesNotAnswerIsOpenedAnew(t *testing.T) {
	t.Parallel()
	var deaf chan struct{}
	bubble(t, func(s *streaming) {
		deaf = make(chan struct{})
		s.venue.answers[opened] = func(w http.ResponseWriter, r *http.Request) {
			conn, err := websocket.Accept(w, r, nil)
			if err != nil {
				return
			}
			<-deaf // it does not even read
			_ = conn.CloseNow()
		}
	}, func(t *testing.T, s *streaming) {
		time.Sleep(pingEvery + patient)
		time.Sleep(time.Second)
		require.Equal(t, 2, s.count(opened))
		close(deaf)
	})
}

func TestStreamThatIsNotOpenedIsTriedMoreAndMoreRarely(t *testing.T) {
	t.Parallel()
	bubble(t, func(s *streaming) {
		s.venue.answers[opened] = says(500, "")
	}, func(t *testing.T, s *streaming) {
		time.Sleep(time.Minute)
		require.Equal(t, 8, s.count(opened))
		time.Sleep(10 * time.Minute)
		require.Equal(t, 28, s.count(opened))
		require.True(t, s.Updates(s.Updates(0).Seq).Missed)
	})
}

func TestVenuesOwnOrderIsTold(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		seq := s.Updates(0).Seq
		s.says <- `{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"autoclose-1","S":"SELL","x":"CALCULATED","X":"NEW","i":8,"l":"0","z":"0","L":"0"}}`
		synctest.Wait()
		require.NotContains(t, s.conditions(), "venue_order/"+btc, "nothing was closed yet")
		s.says <- `{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"adl_autoclose","S":"SELL","x":"CALCULATED","X":"FILLED","i":9,"l":"0.1","z":"0.1","L":"50000"}}`
		synctest.Wait()
		require.Contains(t, s.conditions(), "venue_order/"+btc)
		u := s.Updates(seq)
		require.Empty(t, u.Orders)
		require.Greater(t, u.Seq, seq, "it is asked for")
		time.Sleep(tellOwnFor + 2*lookEvery)
		require.NotContains(t, s.conditions(), "venue_order/"+btc)
	})
}

func TestMessageThatMakesNoSenseCountsAsMissed(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		for _, text := range []string{
			`{`, `{"e":"ORDER_TRADE_UPDATE"}`, `{"e":"ORDER_TRADE_UPDATE","o":{"s":"BTCUSDT","c":"x","X":"DREAMING"}}`,
			`{"e":"ALGO_UPDATE","o":{"caid":"x","X":"NEW","aq":"?"}}`, `{"e":"ACCOUNT_UPDATE","a":3}`,
		} {
			seq := s.Updates(0).Seq
			s.says <- text
			synctest.Wait()
			require.True(t, s.Updates(seq).Missed, text)
		}
		seq := s.Updates(0).Seq
		s.says <- `{"e":"SOMETHING_NEW","x":1}`
		synctest.Wait()
		require.False(t, s.Updates(seq).Missed)
		s.says <- `{"e":"ACCOUNT_UPDATE","a":{"m":"FUNDING_FEE","B":[],"P":[{"s":"ETHUSDT","pa":"1"}]}}`
		synctest.Wait()
		require.Greater(t, s.Updates(seq).Seq, seq)
		require.Contains(t, s.names.instruments(), "ETHUSDT")
		require.Equal(t, 1, s.count(opened))
	})
}

func TestInstrumentsAreThoseThatAreTradedNow(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		ticks := func() (all map[string]string) {
			all = make(map[string]string)
			listed, err := s.Instruments(t.Context())
			require.NoError(t, err)
			for _, i := range listed {
				all[i.Symbol] = i.Tick.String()
			}
			return all
		}
		require.Equal(t, "0.1", ticks()[btc])
		s.answer("GET /fapi/v1/exchangeInfo", says(200, exchangeInfo("0.10", "SETTLING")))
		require.NotContains(t, ticks(), btc)
		s.answer("GET /fapi/v1/exchangeInfo", says(200, exchangeInfo("0.50", "TRADING")))
		require.Equal(t, "0.5", ticks()[btc])
	})
}

func TestServeTellsOfAKeyThatIsDenied(t *testing.T) {
	t.Parallel()
	bubble(t, nil, func(t *testing.T, s *streaming) {
		s.answer(order, says(401, `{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}`))
		require.ErrorIs(t, submit(t.Context(), t, s.Broker, nil), trading.ErrRejected)
		synctest.Wait()
		require.Contains(t, s.conditions(), "key", "at once")
		require.ErrorContains(t, submit(t.Context(), t, s.Broker, nil), "was not sent")
		time.Sleep(lookEvery)
		_, err := s.Positions(t.Context())
		require.NoError(t, err)
		synctest.Wait()
		require.NotContains(t, s.conditions(), "key")
	})
}

func TestServeRefusesWhatMustNotBeTradedWith(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{"GET /fapi/v1/accountConfig": says(200, `{"canTrade":true,"dualSidePosition":true}`)})
	require.ErrorContains(t, v.broker(t).Serve(t.Context()), "hedge mode")
	require.ErrorContains(t, v.broker(t, func(c *Config) { c.StreamURL = "" }).Serve(t.Context()), "Config.StreamURL is empty")
}
