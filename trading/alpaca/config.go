package alpaca

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/url"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/health"
)

// The venue's addresses, for a Config. Paper money has an address and keys of its own.
const (
	LiveURL        = "https://api.alpaca.markets"
	LiveStreamURL  = "wss://api.alpaca.markets/stream"
	PaperURL       = "https://paper-api.alpaca.markets"
	PaperStreamURL = "wss://paper-api.alpaca.markets/stream"

	DataURL       = "https://data.alpaca.markets"         // of bars, for live and paper
	DataStreamURL = "wss://stream.data.alpaca.markets/v2" // likewise
)

// Config says where the venue is and who asks. Keys and URL are needed; nothing is taken from the environment.
type Config struct {
	APIKey    string
	SecretKey string // it is never in an error or a log

	URL       string // where to ask, such as PaperURL; there is no default, since money hangs on it
	StreamURL string // where the stream is, such as PaperStreamURL; Serve needs it

	DataURL       string   // where to ask for bars, such as DataURL; Source needs it
	DataStreamURL string   // where bars are pushed, such as DataStreamURL; Source.Serve needs it
	Feed          string   // whose trades the bars are of: "iex", which is free, or "sip", of all exchanges; "" means "iex"
	Symbols       []string // those whose bars are pushed; Source.Serve needs them

	// OutOfHours has a Source tell the bars from outside the hours of IsOpen as well. Where IsOpen is nil it tells all.
	OutOfHours bool

	// BelowDollar are the symbols that trade below one dollar. Their prices have four decimals, and all others two.
	BelowDollar []string

	// MaxFlight is what you take for the longest time that a request can be under way. The venue states none, so 0 leaves
	// an order that it does not know to a person.
	MaxFlight time.Duration

	// IsOpen tells when you take the market for open; Check and Serve hold it against the venue's clock and calendar. nil
	// leaves that out. It has to be safe for concurrent use.
	IsOpen func(time.Time) bool
	// Calendar is filled from the venue's, and then the hours are its own: IsOpen may be left out. See NewCalendar.
	Calendar *Calendar

	Transport http.RoundTripper // what requests and streams go through; nil means one of its own
	Clock     health.Clock      // nil means the machine's clock
	Logger    *slog.Logger      // nil means slog.Default()
}

func (cfg Config) prepared() (Config, error) {
	cfg.Logger, cfg.Feed = cmp.Or(cfg.Logger, slog.Default()), cmp.Or(cfg.Feed, "iex")
	if cfg.Clock == nil {
		cfg.Clock = clock.New()
	}
	if cfg.Transport == nil {
		cfg.Transport = &http.Transport{
			Proxy: http.ProxyFromEnvironment, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
		}
	}
	if cfg.IsOpen == nil && cfg.Calendar != nil {
		cfg.IsOpen = cfg.Calendar.isOpen
	}
	switch {
	case cfg.APIKey == "":
		return cfg, errors.New("alpaca: Config.APIKey is empty")
	case cfg.SecretKey == "":
		return cfg, errors.New("alpaca: Config.SecretKey is empty")
	case cfg.Feed != "iex" && cfg.Feed != "sip":
		return cfg, fmt.Errorf("alpaca: Config.Feed %q is neither iex nor sip", cfg.Feed)
	case cfg.MaxFlight < 0:
		return cfg, fmt.Errorf("alpaca: Config.MaxFlight %s is negative", cfg.MaxFlight)
	}
	return cfg, errors.Join(
		checkURL("URL", cfg.URL, false, "http", "https"),
		checkURL("StreamURL", cfg.StreamURL, true, "ws", "wss"),
		checkURL("DataURL", cfg.DataURL, true, "http", "https"),
		checkURL("DataStreamURL", cfg.DataStreamURL, true, "ws", "wss"),
	)
}

func checkURL(name, text string, optional bool, schemes ...string) error {
	if text == "" && optional {
		return nil
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || u.Scheme != schemes[0] && u.Scheme != schemes[1] || u.RawQuery != "" || u.User != nil {
		return fmt.Errorf("alpaca: Config.%s %q is no address of %s or %s", name, text, schemes[0], schemes[1])
	}
	return nil
}

// Format prints a Config without its keys, whatever the verb.
func (cfg Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, cfg.public()) }

// LogValue implements slog.LogValuer, without the keys.
func (cfg Config) LogValue() slog.Value { return slog.StringValue(cfg.public()) }

func (cfg Config) public() string {
	return fmt.Sprintf("alpaca at %s, stream at %s, bars at %s", cfg.URL, cmp.Or(cfg.StreamURL, "no address"),
		cmp.Or(cfg.DataURL, "no address"))
}
