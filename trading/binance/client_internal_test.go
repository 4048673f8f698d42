package binance

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/stretchr/testify/require"
)

// What the venue's documentation signs, and with what key.
func TestSignatureIsThatOfTheDocumentation(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ secret, query, want string }{
		{
			"2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
			"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943",
			"3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
		},
		{
			"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
			"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
			"c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
		},
	} {
		got, err := signed(c.secret, c.query)
		require.NoError(t, err)
		require.Equal(t, c.query+"&signature="+c.want, got)
	}
}

const order = "POST /fapi/v1/order"

func send(ctx context.Context, c *client, begin func(context.Context) error) error {
	return c.do(ctx, request{what: "submit", order: true, signed: true, begin: begin}, func(ctx context.Context, f *futures.Client) error {
		_, err := f.NewCreateOrderService().Symbol("BTCUSDT").Side("BUY").Type("MARKET").Quantity("1").
			NewClientOrderID("v-1").Do(ctx, c.recv())
		return err
	})
}

func TestClientDatesWithTheVenuesClock(t *testing.T) {
	t.Parallel()
	var dates []time.Time
	v := serve(t, map[string]http.HandlerFunc{
		"GET /fapi/v1/time": func(w http.ResponseWriter, _ *http.Request) {
			answerTime(w, time.Date(2026, 11, 29, 12, 0, 7, 0, time.UTC)) // our clock is seven seconds slow
		},
		order: func(w http.ResponseWriter, r *http.Request) {
			require.Equal(t, "2000", r.URL.Query().Get("recvWindow"))
			dates = append(dates, dated(t, r.URL.Query()))
			says(200, `{"orderId":1}`)(w, r)
		},
		"GET /fapi/v1/income": func(w http.ResponseWriter, r *http.Request) {
			dates = append(dates, dated(t, r.URL.Query()))
			says(200, `[]`)(w, r)
		},
	})
	c := v.client(t)
	require.NoError(t, send(t.Context(), c, nil))
	require.NoError(t, c.get(t.Context(), request{what: "ask"}, v.URL, "/fapi/v1/income", url.Values{}, new([]int)))
	for _, at := range dates {
		require.WithinDuration(t, time.Date(2026, 11, 29, 12, 0, 7, 0, time.UTC), at, 900*time.Millisecond)
	}
	require.Len(t, dates, 2)
}

func dated(t *testing.T, q url.Values) time.Time {
	t.Helper()
	ms, err := time.ParseDuration(q.Get("timestamp") + "ms")
	require.NoError(t, err)
	return time.UnixMilli(ms.Milliseconds())
}

func TestOrderIsBegunOnceBetweenSigningAndSending(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{order: says(200, `{"orderId":1}`)})
	c := v.client(t)
	shut := errors.New("the lease is lost")
	require.ErrorIs(t, send(t.Context(), c, func(context.Context) error { return shut }), shut)
	require.Empty(t, v.calls())
	begun := 0
	require.NoError(t, send(t.Context(), c, func(context.Context) error {
		begun++
		require.Empty(t, v.calls())
		return nil
	}))
	require.Equal(t, 1, begun)
	require.Equal(t, []string{order}, v.calls())
}

func TestOrderIsSentOnce(t *testing.T) {
	t.Parallel()
	for name, answer := range map[string]http.HandlerFunc{
		"where it is redirected": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "/elsewhere", http.StatusTemporaryRedirect)
		},
		"where the server fails":             says(503, `{"code":-1000,"msg":"Unknown error"}`),
		"where there is too much":            says(429, `{"code":-1003,"msg":"Too many requests."}`),
		"where the connection is cut":        func(http.ResponseWriter, *http.Request) { panic(http.ErrAbortHandler) },
		"where the answer makes no sense":    says(200, `[`),
		"where the answer is someone's page": says(200, `<html>`),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			v := serve(t, map[string]http.HandlerFunc{order: answer})
			var f *failure
			err := send(t.Context(), v.client(t), nil)
			require.ErrorAs(t, err, &f)
			require.NotEqual(t, taken, f.outcome)
			require.NotEqual(t, rejected, f.outcome)
			require.Equal(t, []string{order}, v.calls())
			for _, secret := range []string{"signature", "secret", "v-1", v.URL} {
				require.NotContains(t, err.Error(), secret)
			}
		})
	}
}

func TestErrorHasTheVenuesWords(t *testing.T) {
	t.Parallel()
	v := serve(t, map[string]http.HandlerFunc{order: says(400, `{"code":-2019,"msg":"Margin is insufficient."}`)})
	require.EqualError(t, send(t.Context(), v.client(t), nil), "binance: submit: -2019 Margin is insufficient.")
	v = serve(t, map[string]http.HandlerFunc{order: says(502, "Bad\nGateway")})
	require.EqualError(t, send(t.Context(), v.client(t), nil), `binance: submit: unexpected answer 502: "Bad\nGateway"`)
}

func TestClockIsMeasuredAnewWhereTheVenueDoubtsIt(t *testing.T) {
	t.Parallel()
	asked := 0
	answers := map[string]http.HandlerFunc{
		"GET /fapi/v1/time": func(w http.ResponseWriter, _ *http.Request) { asked++; answerTime(w, noon) },
		order:               says(400, `{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}`),
	}
	v := serve(t, answers)
	c := v.client(t)
	for range 3 {
		require.ErrorContains(t, send(t.Context(), c, nil), "(it was not executed)")
	}
	require.Equal(t, 3, asked)
	v.answer(order, says(200, `{"orderId":1}`))
	for range 3 {
		require.NoError(t, send(t.Context(), c, nil))
	}
	require.Equal(t, 4, asked)
	v.clock.Add(resync)
	require.NoError(t, send(t.Context(), c, nil))
	require.Equal(t, 5, asked)
}

func TestConfigRefusesWhatCannotBe(t *testing.T) {
	t.Parallel()
	good := Config{APIKey: "k", SecretKey: "s", URL: LiveURL, Symbols: []string{"BTC/USDT:USDT"}}
	_, err := good.prepared()
	require.NoError(t, err)
	for want, change := range map[string]func(*Config){
		"Config.APIKey is empty":                        func(c *Config) { c.APIKey = "" },
		"Config.SecretKey is empty":                     func(c *Config) { c.SecretKey = "" },
		`Config.URL "" is no address of http or https`:  func(c *Config) { c.URL = "" },
		`Config.URL "fapi" is no address`:               func(c *Config) { c.URL = "fapi" },
		`Config.StreamURL "https://x" is no address`:    func(c *Config) { c.StreamURL = "https://x" },
		`Config.SpotURL "wss://x" is no address`:        func(c *Config) { c.SpotURL = "wss://x" },
		"Config.Symbols is empty":                       func(c *Config) { c.Symbols = nil },
		"Config.RecvWindow 2m0s is not between":         func(c *Config) { c.RecvWindow = 2 * time.Minute },
		"Config.RecvWindow -1s is not between":          func(c *Config) { c.RecvWindow = -time.Second },
		"Config.Countdown 1s is neither 0 nor at least": func(c *Config) { c.Countdown = time.Second },
	} {
		cfg := good
		change(&cfg)
		_, err := cfg.prepared()
		require.ErrorContains(t, err, want)
		require.False(t, strings.Contains(err.Error(), "\"s\""))
	}
}

func TestConfigIsPrintedWithoutItsKeys(t *testing.T) {
	t.Parallel()
	cfg := Config{APIKey: "hidden-key", SecretKey: "hidden-secret", URL: LiveURL, Symbols: []string{btc}}
	var log strings.Builder
	slog.New(slog.NewJSONHandler(&log, nil)).Info("set up", "venue", cfg)
	for _, text := range []string{
		fmt.Sprint(cfg), fmt.Sprintf("%+v", cfg), fmt.Sprintf("%#v", cfg), fmt.Sprintf("%v", &cfg), fmt.Sprintf("%s", cfg), log.String(),
	} {
		require.Contains(t, text, LiveURL)
		require.NotContains(t, text, "hidden")
	}
}
