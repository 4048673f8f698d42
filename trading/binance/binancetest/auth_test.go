package binancetest_test

import (
	"net/http"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// The vectors are from the venue's pages, futures and spot.
func TestSignIsThatOfTheVenuesPages(t *testing.T) {
	t.Parallel()
	for name, vector := range map[string]struct{ secret, text, want string }{
		"futures": {
			"2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9",
			"symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC&recvWindow=5000&timestamp=1591702613943",
			"3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9",
		},
		"spot": {
			"NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j",
			"symbol=LTCBTC&side=BUY&type=LIMIT&timeInForce=GTC&quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559",
			"c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71",
		},
	} {
		assert.Equal(t, vector.want, binancetest.Sign(vector.secret, vector.text), name)
	}
}

// The venue accepts parameters in the query, in the body, and in both: the signature is of one behind the other, in the
// order in which they were sent.
func TestSignatureCoversQueryAndBodyAsTheyWereSent(t *testing.T) {
	t.Parallel()
	const vector = "symbol=BTCUSDT&side=BUY&type=LIMIT&quantity=1&price=9000&timeInForce=GTC" +
		"&recvWindow=5000&timestamp=1591702613943"
	const signature = "&signature=3c661234138461fcc7a7d8746c6558c9842d4e10870d2ecbedf7777cad694af9"
	cfg := binancetest.Config{
		Secret: "2b5eb11e18796d12d88f13dc27dbbd02c2cc51ff7059765ed9821957d82bb4d9", Start: time.UnixMilli(1591702613943),
	}
	for name, request := range map[string]struct{ query, body string }{
		"query":             {vector + signature, ""},
		"query, empty JSON": {vector + signature, "{}"},
		"body":              {"", vector + signature},
		"mixed": {
			"symbol=BTCUSDT&side=BUY&type=LIMIT&timeInForce=GTC",
			"quantity=1&price=9000&recvWindow=5000&timestamp=1591702613943" +
				"&signature=30baaf0fab549bbeda7f5ef201898b34122da25fd23c646cac2c529aebe670a4", // by Python's hmac
		},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, cfg, func(t *testing.T, c *client) {
				a := c.send(http.MethodPost, "/fapi/v1/order?"+request.query, []byte(request.body))
				require.NotEqual(t, -1022, a.code(t), "%s", a.body)
				require.NotEqual(t, -1102, a.code(t), "%s", a.body)
			})
		})
	}
}

func TestGatewayRefusesWithTheVenuesCodes(t *testing.T) {
	t.Parallel()
	at := func(c *client, by time.Duration) string {
		return strconv.FormatInt(c.venue.Now().Add(by).UnixMilli(), 10)
	}
	const path = "/fapi/v1/openOrders"
	for name, test := range map[string]struct {
		ask          func(c *client) answer
		status, code int
		text         string
	}{
		"no key": {func(c *client) answer {
			c.key = ""
			return c.signed("GET", path)
		}, 401, -2014, "API-key format invalid."},
		"another's key": {func(c *client) answer {
			c.key = "other"
			return c.signed("GET", path)
		}, 401, -2015, "Invalid API-key, IP, or permissions for action."},
		"a wrong signature": {func(c *client) answer {
			return c.send("GET", path+"?timestamp="+at(c, 0)+"&signature=00", nil)
		}, 400, -1022, "Signature for this request is not valid."},
		"no signature": {func(c *client) answer {
			return c.send("GET", path+"?timestamp="+at(c, 0), nil)
		}, 400, -1102, "Mandatory parameter 'signature' was not sent, was empty/null, or malformed."},
		"no timestamp": {func(c *client) answer {
			query := "symbol=BTCUSDT"
			return c.send("GET", path+"?"+query+"&signature="+binancetest.Sign(binancetest.Secret, query), nil)
		}, 400, -1102, "Mandatory parameter 'timestamp' was not sent, was empty/null, or malformed."},
		"a second ahead": {func(c *client) answer { return c.signed("GET", path, "timestamp", at(c, time.Second)) },
			400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."},
		"older than the window": {func(c *client) answer {
			return c.signed("GET", path, "timestamp", at(c, -2001*time.Millisecond), "recvWindow", "2000")
		}, 400, -1021, "Timestamp for this request is outside of the recvWindow."},
		"a clock that is 1.5 s behind": {func(c *client) answer {
			before := at(c, 0)
			c.venue.ShiftClock(-1500 * time.Millisecond)
			return c.signed("GET", path, "timestamp", before)
		}, 400, -1021, "Timestamp for this request was 1000ms ahead of the server's time."},
		"a clock that is 1.5 s ahead, and a narrow window": {func(c *client) answer {
			before := at(c, 0)
			c.venue.ShiftClock(1500 * time.Millisecond)
			return c.signed("GET", path, "timestamp", before, "recvWindow", "1000")
		}, 400, -1021, "Timestamp for this request is outside of the recvWindow."},
		"an unknown path": {func(c *client) answer { return c.signed("GET", "/fapi/v1/batchOrders") },
			501, -9999, "binancetest does not model GET /fapi/v1/batchOrders."},
	} {
		t.Run(name, func(t *testing.T) {
			trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
				a := test.ask(c)
				assert.Equal(t, test.status, a.status)
				assert.Equal(t, object{"code": float64(test.code), "msg": test.text}, a.object(t))
			})
		})
	}
}

func TestTimestampWithinTheWindowIsAccepted(t *testing.T) {
	t.Parallel()
	trial(t, binancetest.Config{}, func(t *testing.T, c *client) {
		for _, by := range []time.Duration{999 * time.Millisecond, -5 * time.Second} {
			stamp := strconv.FormatInt(c.venue.Now().Add(by).UnixMilli(), 10)
			assert.Zero(t, c.signed("GET", "/fapi/v1/openOrders", "timestamp", stamp).code(t), by)
		}
	})
}

func TestSymbolMayBeEncodedUTF8(t *testing.T) {
	t.Parallel()
	cfg := binancetest.Config{Symbols: binancetest.LiveSymbols()[:1]}
	cfg.Symbols[0].Name = "币安人生USDT"
	trial(t, cfg, func(t *testing.T, c *client) {
		assert.Zero(t, c.signed("GET", "/fapi/v1/openOrders", "symbol", cfg.Symbols[0].Name).code(t))
		assert.Equal(t, -1121, c.signed("GET", "/fapi/v1/openOrders", "symbol", "BTCUSDT").code(t))
	})
}
