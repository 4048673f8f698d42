package binance

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
)

// The venue's addresses, for a Config. The demo is a market of its own, with other filters.
const (
	LiveURL       = "https://fapi.binance.com"
	LiveStreamURL = "wss://fstream.binance.com"
	LiveSpotURL   = "https://api.binance.com"
	DemoURL       = "https://demo-fapi.binance.com"
	DemoStreamURL = "wss://demo-fstream.binance.com"
)

// Config says where the venue is and who asks. Keys, URL and Symbols are needed; nothing is taken from the environment.
type Config struct {
	APIKey    string
	SecretKey string // of an HMAC key; it is never in an error or a log

	URL       string // where to ask, such as LiveURL; there is no default, since money hangs on it
	StreamURL string // where the streams are, such as LiveStreamURL; Serve needs it
	SpotURL   string // where to ask what the key may do, such as LiveSpotURL; "" leaves that out, as the demo has no such place

	Simulated bool // no money is real there, as at DemoURL; Traits tells it

	// Symbols are the instruments that are traded, such as BTC/USDT:USDT. Fills are asked for by instrument, so those of
	// others on the account are told only where a position or an order of this process shows them.
	Symbols []string

	// RecvWindow is how old a request may be when the venue takes it up; 0 means 2 s, and at most 60 s. The venue allows for
	// a second between the clocks, and Traits.MaxFlight is three seconds longer than it.
	RecvWindow time.Duration

	// Countdown is after how long without a sign of life the venue is to cancel the orders of an instrument in which an
	// entry rests, take-profits among them but not stops; 0 leaves that out, and it is at least 10 s. Serve gives that sign
	// three times in each Countdown, and takes it back when no entry rests any more. After Serve has ended it runs out.
	Countdown time.Duration

	Transport http.RoundTripper // what requests and streams go through; nil means one of its own
	Clock     health.Clock      // nil means the machine's clock
	Logger    *slog.Logger      // nil means slog.Default()
}

const (
	defaultWindow = 2 * time.Second
	maxWindow     = time.Minute
	// beyondWindow is what MaxFlight adds: a second by which our clock may be ahead, and two until a query sees the order.
	beyondWindow = 3 * time.Second
	minCountdown = 10 * time.Second
)

func (cfg Config) prepared() (Config, error) {
	cfg.RecvWindow = cmp.Or(cfg.RecvWindow, defaultWindow)
	cfg.Logger = cmp.Or(cfg.Logger, slog.Default())
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
		}
	}
	switch {
	case cfg.APIKey == "":
		return cfg, errors.New("binance: Config.APIKey is empty")
	case cfg.SecretKey == "":
		return cfg, errors.New("binance: Config.SecretKey is empty")
	case len(cfg.Symbols) == 0:
		return cfg, errors.New("binance: Config.Symbols is empty: fills are asked for by instrument")
	case cfg.RecvWindow < time.Millisecond, cfg.RecvWindow > maxWindow:
		return cfg, fmt.Errorf("binance: Config.RecvWindow %s is not between 1ms and %s", cfg.RecvWindow, maxWindow)
	case cfg.Countdown < 0, cfg.Countdown > 0 && cfg.Countdown < minCountdown:
		return cfg, fmt.Errorf("binance: Config.Countdown %s is neither 0 nor at least %s", cfg.Countdown, minCountdown)
	}
	return cfg, errors.Join(
		checkURL("URL", cfg.URL, false, "http", "https"),
		checkURL("StreamURL", cfg.StreamURL, true, "ws", "wss"),
		checkURL("SpotURL", cfg.SpotURL, true, "http", "https"),
	)
}

func checkURL(name, text string, optional bool, schemes ...string) error {
	if text == "" && optional {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != schemes[0] && u.Scheme != schemes[1] || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("binance: Config.%s %q is no address of %s or %s", name, text, schemes[0], schemes[1])
	}
	return nil
}

// Format prints a Config without its keys, whatever the verb.
func (cfg Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, cfg.public()) }

// LogValue implements slog.LogValuer, without the keys.
func (cfg Config) LogValue() slog.Value { return slog.StringValue(cfg.public()) }

func (cfg Config) public() string {
	return fmt.Sprintf("binance at %s, streams at %s, for %s", cfg.URL, cmp.Or(cfg.StreamURL, "no address"),
		strings.Join(cfg.Symbols, ", "))
}
