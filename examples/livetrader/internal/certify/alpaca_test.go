package certify_test

import (
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/livetrader/internal/certify"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
)

// serveAlpaca has a fake stand for the venue, until the test ends.
func serveAlpaca(t *testing.T) (*alpacatest.Venue, certify.Place) {
	t.Helper()
	venue := alpacatest.New(alpacatest.Config{Now: clock.New().Now})
	venue.History("AAPL", slices.Repeat([]decimal.Decimal{decimal.NewFromInt(190)}, 400))
	return venue, certify.Place{
		Name: "alpaca-paper", URL: "http://venue", StreamURL: "ws://venue/stream", Key: alpacatest.Key, Secret: alpacatest.Secret,
		Transport: over(t, venue), Move: venue.Move, Pace: 350 * time.Millisecond,
	}
}

// openHours has it be a Monday at noon in New York.
func openHours() {
	until := time.Date(2026, 11, 30, 17, 0, 0, 0, time.UTC)
	time.Sleep(time.Until(until)) // of the bubble
}

func shares() certify.Suite { return certify.Alpaca("AAPL", clock.New()) }

func TestTwoFakesOfAlpacaAgree(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		openHours()
		_, at := serveAlpaca(t)
		sum, out, _ := certified(t, shares(), at, "")
		require.True(t, sum.Agrees(), out)
		require.GreaterOrEqual(t, sum.Same, 50)
		require.Zero(t, sum.NotRun, out)
		require.NotContains(t, out, "does not model")
		requireSaid(t, out, map[string]string{
			"wrong-secret":                   "answer: 401 40110000 request is not authorized",
			"more-than-the-money":            "order: 403 40310000 insufficient buying power",
			"limit-day":                      "order asked for: new, filled nothing",
			"stop":                           "its limit: 5124.95",
			"id-again-after-cancel":          "second: 422 40010001 client_order_id must be unique",
			"replace":                        "the old one: replaced, filled nothing",
			"market":                         "order asked for: filled, filled all",
			"ioc-away":                       "order asked for: canceled, filled nothing",
			"sell-what-another-order-holds":  "second: 403 40310000 insufficient qty available for order (requested: 1, available: 0)",
			"oco":                            "the other after it: canceled, filled nothing",
			"stream-of-an-order":             "its events end with: canceled",
			"stream-with-a-wrong-secret":     "status: unauthorized",
			"bars":                           "it begins behind the first: true",
			"bars-of-no-length":              "answer: 400 0 invalid timeframe: 7Sec",
			"stream-of-bars":                 "a bar is told: true",
			"adapter-bars":                   "the newest is closed: true",
			"adapter-id-twice":               "second: duplicate",
			"adapter-pair":                   "take-profit after it: canceled, filled nothing",
			"adapter-answer-cut-on-our-side": "submit: nobody knows",
		})
	})
}

// At night what needs a fill is not run, and says why.
func TestCasesThatWantAFillAreNotRunAtNight(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) { // a Saturday
		_, at := serveAlpaca(t)
		sum, out, _ := certified(t, shares(), at, "")
		require.True(t, sum.Agrees(), out)
		require.GreaterOrEqual(t, sum.Same, 30)
		require.Greater(t, sum.NotRun, 10)
		require.Contains(t, out, "not run  market\n")
		require.Regexp(t, `         venue: the market is closed, and opens at 2000-01-03T`, out)
	})
}

func TestAlpacaThatIsOtherwiseIsFoundOut(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		only  string
		fault alpacatest.Fault
		stick bool
		want  string
	}{
		"another refusal of an ID that comes twice": {
			"id-twice-while-open",
			alpacatest.Fault{
				Method: http.MethodPost, Path: "/v2/orders", ClientID: "certify-mark-1", Status: 409, Code: 40910000, Text: "duplicate",
			},
			false,
			"DIFFERS  id-twice-while-open\n" +
				"  !      first: venue: false\n +fake:  true\n" +
				"(?s:.*)",
		},
		"another way to say that nothing is there": {
			"nothing-there",
			alpacatest.Fault{Method: http.MethodDelete, Status: 422, Code: 42210000, Text: "order not found"},
			false,
			"DIFFERS  nothing-there\n(?s:.*)  !      cancel: venue: 422\n +fake:  404\n",
		},
		"bars that are not told": {
			"bars-of-days",
			alpacatest.Fault{Path: "/v2/stocks/AAPL/bars", Status: 403, Code: 42210000, Text: "subscription does not permit"},
			false,
			"DIFFERS  bars-of-days\n  !      answer: venue: 403 42210000 subscription does not permit\n +fake:  200\n",
		},
		"cancels that stick": {
			"cancel-twice", alpacatest.Fault{Method: "NONE"}, true,
			"FAILED   cancel-twice\n +venue: clear up behind it: left is order certify-mark-1 of AAPL\n",
		},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				openHours()
				venue, at := serveAlpaca(t)
				venue.Inject(test.fault)
				venue.StickCancels(test.stick)
				sum, out, _ := certified(t, shares(), at, "mark", test.only)
				require.False(t, sum.Agrees())
				require.Equal(t, 1, sum.Differing, out)
				require.Regexp(t, test.want, out)
			})
		})
	}
}

func TestAlpacaTapeHasNoSecretsAndIsReplayed(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		openHours()
		_, at := serveAlpaca(t)
		_, _, tape := certified(t, shares(), at, "")
		for _, secret := range []string{alpacatest.Key, alpacatest.Secret, "PA0000000", "APCA-API"} {
			require.NotContains(t, tape, secret)
		}
		require.Contains(t, tape, "SCRUBBED")
		require.Contains(t, tape, "trade_updates")
		require.Contains(t, tape, `\"T\":\"b\"`, "a bar was pushed")
		require.Equal(t, said(t, tape), replayed(t, tape, shares(), "/stream"))
	})
}
