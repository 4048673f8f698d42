package certify_test

import (
	"context"
	"io"
	"net/http"
	"regexp"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/livetrader/internal/certify"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

func TestTwoFakesThatAreTheSameAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, at := serve(t, binancetest.Demo())
		sum, out, _ := certified(t, suite(), at, "")
		require.True(t, sum.Agrees(), out)
		require.GreaterOrEqual(t, sum.Same, 80)
		require.Zero(t, sum.NotRun, out)
		require.NotContains(t, out, "\n  ! ")
		require.Contains(t, out, "the account is flat: nothing is held and nothing rests")
		requireSaid(t, out, map[string]string{
			"late-request":                   "order: 400 -1021 Timestamp for this request is outside of the recvWindow.",
			"late-in-short-window":           "order: 400 -1021 Timestamp for this request is outside of the recvWindow.",
			"old-in-long-window":             "order: 200",
			"clock-ahead":                    "order: 400 -1021 Timestamp for this request was 1000ms ahead of the server's time.",
			"wrong-signature":                "order: 400 -1022 Signature for this request is not valid.",
			"unknown-key":                    "order: 401 -2015 Invalid API-key, IP, or permissions for action.",
			"limit-ioc-away":                 "order: EXPIRED, filled nothing",
			"limit-ioc-that-trades":          "order: FILLED, filled all",
			"id-again-after-fill":            "the ID finds: the second",
			"cancel-twice":                   "second: 400 -2011 Unknown order sent.",
			"countdown":                      "the order after it: CANCELED, filled nothing",
			"algo-that-triggers":             "that order: FILLED, filled all",
			"listen-key":                     "PUT after it: 400 -1125 This listenKey does not exist.",
			"stream-of-an-order":             "of one that fills: NEW TRADE",
			"stream-of-an-algo-order":        "its states: NEW CANCELED",
			"adapter-id-twice":               "second: duplicate",
			"adapter-market":                 "fills: all",
			"adapter-answer-cut-on-our-side": "submit: nobody knows",
		})
	})
}

// requireSaid wants a line in each of some cases that are the same.
func requireSaid(t *testing.T, out string, want map[string]string) {
	t.Helper()
	for name, line := range want {
		_, of, found := strings.Cut(out, "same     "+name+"\n")
		require.True(t, found, name)
		lines, _, _ := strings.Cut(of, "same     ")
		require.Contains(t, lines, "  =      "+line+"\n", name)
	}
}

// Each difference is found, and named by its case and line.
func TestVenueThatIsOtherwiseIsFoundOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		venue func(*binancetest.Config)
		only  string
		want  string
	}{
		"the order that a stop gives birth to has an ID of its own": {
			func(c *binancetest.Config) { c.BornID = func(algo string) string { return "born-" + algo } }, "algo-that-triggers",
			"DIFFERS  algo-that-triggers\n(?s:.*)  !      its client ID: venue: one of its own\n +fake:  that of the stop\n",
		},
		"another fee": {
			func(c *binancetest.Config) { c.Taker = decimal.RequireFromString("0.0004") }, "market",
			"DIFFERS  market\n(?s:.*)  !      fee in percent: venue: 0.04\n +fake:  0.05\n",
		},
		"a fee in another asset": {
			func(c *binancetest.Config) {
				c.FeesInBNB = true
				c.Balances = map[string]decimal.Decimal{"USDT": decimal.NewFromInt(10000), "BNB": decimal.NewFromInt(10)}
			}, "market",
			"DIFFERS  market\n(?s:.*)  !      fee asset: venue: BNB\n +fake:  USDT\n",
		},
		"another step": {
			func(c *binancetest.Config) {
				for i := range c.Symbols {
					c.Symbols[i].Step = decimal.RequireFromString("0.001")
				}
			}, "exchange-info",
			"DIFFERS  exchange-info\n(?s:.*)  !      LOT_SIZE stepSize: venue: 0.001\n +fake:  0.0001\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				cfg := binancetest.Demo()
				test.venue(&cfg)
				_, at := serve(t, cfg)
				sum, out, _ := certified(t, suite(), at, "", test.only)
				require.False(t, sum.Agrees())
				require.Equal(t, 1, sum.Differing, out)
				require.Regexp(t, test.want, out)
			})
		})
	}
}

// A venue that refuses what the fake takes.
func TestRefusalOfTheVenueStandsBesideWhatTheFakeSays(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue, at := serve(t, binancetest.Demo())
		venue.Inject(binancetest.Refuse{
			On: binancetest.On{Method: http.MethodPost, Path: "/fapi/v1/algoOrder"}, Code: -4045, Text: "Reach max stop order limit.",
		})
		sum, out, _ := certified(t, suite(), at, "", "algo-trailing")
		require.False(t, sum.Agrees())
		require.Regexp(t, "DIFFERS  algo-trailing\n"+
			"  !      order: venue: 400 -4045 Reach max stop order limit.\n +fake:  NEW\n"+
			"  !      order asked for: venue: 400 -2013 Order does not exist.\n +fake:  NEW\n", out)
	})
}

func TestAccountThatIsInUseIsLeftAlone(t *testing.T) {
	t.Parallel()
	refused := func(t *testing.T, cfg binancetest.Config, before func(*binancetest.Venue)) string {
		t.Helper()
		venue, at := serve(t, cfg)
		before(venue)
		_, err := certify.Run(t.Context(), suite(), certify.Config{Venue: at, Out: io.Discard, Clock: clock.New()})
		require.Error(t, err)
		for _, r := range venue.Requests() {
			require.Equal(t, http.MethodGet, r.Method, "%s: nothing is sent", r.Path)
		}
		return err.Error()
	}
	synctest.Test(t, func(t *testing.T) {
		why := refused(t, binancetest.Demo(), func(v *binancetest.Venue) {
			require.NoError(t, v.Foreign("ETHUSDT", "BUY", "mine", decimal.NewFromInt(1), decimal.Zero))
		})
		require.Contains(t, why, "binance-demo: the account is in use")
		require.Contains(t, why, "position 1.0000 ETHUSDT")
	})
	synctest.Test(t, func(t *testing.T) {
		cfg := binancetest.Demo()
		cfg.Balances = map[string]decimal.Decimal{"USDT": decimal.NewFromInt(50)}
		why := refused(t, cfg, func(*binancetest.Venue) {})
		require.Contains(t, why, "binance-demo: no money: 50 is free")
	})
	synctest.Test(t, func(t *testing.T) {
		_, at := serve(t, binancetest.Demo())
		at.Secret = "another"
		_, err := certify.Run(t.Context(), suite(), certify.Config{Venue: at, Out: io.Discard, Clock: clock.New()})
		require.ErrorContains(t, err, "the account may not trade, or the key does not fit: 400 -1022")
		_, err = certify.Run(t.Context(), certify.Binance("NO/SUCH:SUCH", quiet(binancetest.Config{})),
			certify.Config{Venue: at, Out: io.Discard, Clock: clock.New()})
		require.ErrorContains(t, err, "NOSUCH is not traded there")
	})
}

// tapped shows a test each request before it is sent.
type tapped struct {
	next http.RoundTripper
	see  func(*http.Request)
	read func(*http.Response)
}

func (s tapped) RoundTrip(r *http.Request) (*http.Response, error) {
	s.see(r)
	answer, err := s.next.RoundTrip(r)
	if err == nil && s.read != nil {
		s.read(answer)
	}
	return answer, err
}

// A person who interrupts a case leaves neither an order nor a position there.
func TestInterruptedRunClearsUp(t *testing.T) {
	t.Parallel()
	for name, only := range map[string]string{"with a position": "two-that-reduce", "with an order": "id-twice", "with a stop": "algo-id-twice"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				venue, at := serve(t, binancetest.Demo())
				ctx, cancel := context.WithCancel(t.Context())
				var orders atomic.Int32
				at.Transport = tapped{next: at.Transport, see: func(r *http.Request) {
					if r.Method == http.MethodPost && strings.HasSuffix(strings.ToLower(r.URL.Path), "order") && orders.Add(1) == 2 {
						cancel()
					}
				}}
				var out strings.Builder
				sum, err := certify.Run(ctx, suite(), certify.Config{Venue: at, Out: &out, Clock: clock.New(), Only: []string{only}})
				require.NoError(t, err)
				require.True(t, sum.Interrupted)
				require.False(t, sum.Agrees())
				require.Empty(t, sum.Left)
				require.Contains(t, out.String(), "interrupted: the other cases were not run\nthe account is flat")
				require.Empty(t, venue.Ledger().Positions)
				for _, o := range venue.Ledger().Orders {
					require.NotEqual(t, "NEW", o.Status)
				}
			})
		})
	}
}

// What cannot be canceled is told, and nobody calls that an agreement.
func TestWhatIsLeftIsTold(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		venue, at := serve(t, binancetest.Demo())
		venue.Inject(binancetest.Refuse{On: binancetest.On{Method: http.MethodDelete, Times: -1}, Code: -1000, Text: "no"})
		sum, out, _ := certified(t, suite(), at, "", "gtd")
		require.False(t, sum.Agrees())
		require.Len(t, sum.Left, 1)
		require.Contains(t, out, "venue: clear up behind it: left is order certify-")
		require.Regexp(t, `\nLEFT: order certify-\S+ of BTCUSDT\n`, out)
	})
}

// A list of what is left that the venue refuses is no empty one: it may be anything.
func TestAccountThatCannotBeLookedAtIsNotCalledFlat(t *testing.T) {
	t.Parallel()
	for _, path := range []string{"/fapi/v1/openOrders", "/fapi/v1/openAlgoOrders", "/fapi/v3/positionRisk"} {
		t.Run(path, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				venue, at := serve(t, binancetest.Demo())
				venue.Inject(binancetest.Refuse{
					On: binancetest.On{Method: http.MethodGet, Path: path, Times: -1}, Code: -1109, Text: "Invalid account.",
				})
				_, err := certify.Run(t.Context(), suite(), certify.Config{Venue: at, Out: io.Discard, Clock: clock.New()})
				require.ErrorContains(t, err, "ask for "+path+", which says what is left: 400 -1109 Invalid account.")
			})
		})
	}
}

// No key, no signature and no listenKey is on a tape.
func TestTapeHasNoSecrets(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		_, at := serve(t, binancetest.Demo())
		secrets := []string{binancetest.Key, binancetest.Secret, "SgsR"}
		at.Transport = tapped{
			next: at.Transport,
			see: func(r *http.Request) {
				if s := r.URL.Query().Get("signature"); s != "" {
					secrets = append(secrets, s)
				}
			},
			read: func(r *http.Response) {
				if r.Request.URL.Path != "/fapi/v1/listenKey" {
					return
				}
				text, err := io.ReadAll(r.Body)
				require.NoError(t, err)
				r.Body = io.NopCloser(strings.NewReader(string(text)))
				secrets = append(secrets, regexp.MustCompile(`[A-Z0-9]{64}`).FindAllString(string(text), -1)...)
			},
		}
		_, out, tape := certified(t, suite(), at, "")
		require.Greater(t, len(secrets), 300)
		require.Regexp(t, `[A-Z0-9]{64}`, strings.Join(secrets, " "))
		for _, secret := range secrets {
			require.NotContains(t, tape, secret)
			require.NotContains(t, out, secret)
		}
		require.NotContains(t, tape, "APIKEY")
		require.Contains(t, tape, `SCRUBBED`)
		require.Contains(t, tape, `ORDER_TRADE_UPDATE`)
	})
}
