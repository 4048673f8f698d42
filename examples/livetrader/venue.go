package main

import (
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/examples/papervenue/client"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
)

// The venues that have a name. Any other --venue is the address of a papervenue.
const (
	binanceVenue = "binance"
	binanceDemo  = "binance-demo"
)

// venueNames are all of them.
var venueNames = []string{binanceVenue, binanceDemo, alpacaVenue, alpacaPaper}

// place is where --venue has orders go: NAME, or NAME=URL where that venue is not at its own address, or the address of a
// papervenue.
type place struct {
	name string // of a venue; "" for a papervenue
	url  string // "" for the venue's own
}

func (c *config) place() place {
	name, url, _ := strings.Cut(c.venue, "=")
	for _, known := range venueNames {
		if name == known {
			return place{name, url}
		}
	}
	return place{url: c.venue}
}

// real reports whether the money there is. It goes by the name alone: nobody can know what stands behind an address.
func (p place) real() bool { return p.name == binanceVenue || p.name == alpacaVenue }

// leadsToMoney reports whether a name that says that no money is real has the address of a venue where it is.
func (p place) leadsToMoney() bool {
	u, err := url.Parse(p.url)
	if p.real() || p.name == "" || err != nil {
		return false
	}
	for _, live := range []string{binance.LiveURL, binance.LiveSpotURL, alpaca.LiveURL} {
		if known, err := url.Parse(live); err == nil && strings.EqualFold(u.Hostname(), known.Hostname()) {
			return true
		}
	}
	return false
}

// trial is where the same can be tried without money.
func (p place) trial() string {
	if p.isAlpaca() {
		return alpacaPaper
	}
	return binanceDemo
}

// words are what --confirm has to say before real money is traded.
func (c *config) words() string { return c.place().name + " " + c.account }

func (c *config) rulesOfVenue() []rule {
	p := c.place()
	papervenue := c.venue != "" && p.name == ""
	return []rule{
		{c.paper && c.venue != "", "--paper and --venue contradict each other"},
		{!c.paper && c.venue == "", "--paper is required, or the --venue where orders go"},
		{papervenue && !isHTTP(c.venue), "--venue " + c.noVenue()},
		{p.url != "" && !isHTTP(p.url), fmt.Sprintf("--venue %s: %q is no http address", c.venue, p.url)},
		{c.shadow && p.name == "", "--shadow goes with a --venue that has a name: it is of the account there"},
		{c.shadow && c.live, "--shadow and --live contradict each other: a shadow sends nothing"},
		{p.leadsToMoney(), fmt.Sprintf("--venue %s: money is real at that address, and %s says that it is not", c.venue, p.name)},
		{p.real() && !c.live && !c.shadow, fmt.Sprintf(
			"--venue %s trades with real money: that wants --live, --account and --confirm", p.name)},
		{c.live && !p.real(),
			"--live goes with --venue " + binanceVenue + " or " + alpacaVenue + ": nowhere else is real money traded"},
		{c.live && c.account == "", "--live wants --account, a name of yours for the account: the database belongs to it"},
		{c.live && c.confirm != c.words(), fmt.Sprintf(
			"--live trades with real money: say so with --confirm '%s', which names the venue and the account", c.words())},
		{c.adopt != "" && (p.name == "" || c.shadow), "--adopt goes with a --venue that has a name, and without --shadow"},
		{!c.live && c.confirm != "", "--confirm goes with --live"},
		{p.name == "" && c.account != "", "--account goes with a --venue that has a name"},
		{c.live && c.chaos != "", "--chaos and --live contradict each other: nothing is broken on purpose with real money"},
		{p.name != "" && c.origin["cash"] == fromDefault, fmt.Sprintf(
			"--venue %s wants --cash, what the account is worth when its database begins: losses are counted from it", p.name)},
		{p.name != "" && c.origin["interval"] == fromDefault,
			fmt.Sprintf("--venue %s wants --interval, that of its candles", p.name)},
		{p.name != "" && c.lacksKey(), "--venue " + p.name + wantsKey},
	}
}

// noVenue says what a --venue may be that is none.
func (c *config) noVenue() string {
	return fmt.Sprintf("%s is none of %s, and no http address of a papervenue", c.venue, strings.Join(venueNames, ", "))
}

// wantsKey follows what cannot go on without the key of an account.
const wantsKey = " wants the key of the account in " + venueKeyVariable + " or " + venueKeyVariable + fileSuffix +
	", and its secret in " + venueSecretVariable + " or " + venueSecretVariable + fileSuffix

func (c *config) lacksKey() bool { return c.venueKey == "" || c.venueSecret == "" }

func isHTTP(text string) bool {
	return strings.HasPrefix(text, "http://") || strings.HasPrefix(text, "https://")
}

// venueBroker is what a venue must be able to do for panic, too.
type venueBroker interface {
	trading.Broker
	trading.Canceler
	trading.OrderLister
	trading.Positioner
	trading.InstrumentLister
	Close()
}

// broker makes the one of --venue. It asks nothing yet.
func (c *config) broker(clk clock.Clock, log *slog.Logger) (venueBroker, error) {
	p := c.place()
	switch {
	case p.name == "" && !isHTTP(p.url):
		return nil, errors.New(c.noVenue())
	case p.name == "":
		return client.New(p.url, clk)
	case c.lacksKey():
		return nil, errors.New(p.name + wantsKey)
	case p.isAlpaca():
		network := c.transport()
		broker, err := alpaca.New(c.alpaca(clk, log, network))
		if err != nil {
			return nil, err
		}
		hangUp := (&http.Client{Transport: network}).CloseIdleConnections
		return atAlpaca{broker, clk, c.venueCalendar(), !p.real(), hangUp}, nil
	}
	broker, err := binance.New(c.binance(clk, log))
	if err != nil {
		return nil, err
	}
	return atBinance{broker}, nil
}

// binance is the account that the flags and the variables name.
func (c *config) binance(clk clock.Clock, log *slog.Logger) binance.Config {
	p := c.place()
	cfg := binance.Config{
		APIKey: c.venueKey, SecretKey: c.venueSecret, Symbols: c.symbols, Clock: clk, Logger: log, Countdown: countdown,
		Simulated: !p.real(), Transport: c.transport(),
		URL: binance.DemoURL, StreamURL: binance.DemoStreamURL,
	}
	if p.real() {
		cfg.URL, cfg.StreamURL, cfg.SpotURL = binance.LiveURL, binance.LiveStreamURL, binance.LiveSpotURL
	}
	if c.shadow {
		cfg.Countdown = 0
	}
	if p.url != "" { // All of it is at one place then. What a key may do is asked only where money is real.
		cfg.URL, cfg.StreamURL = p.url, "ws"+strings.TrimPrefix(p.url, "http")
		if cfg.SpotURL != "" {
			cfg.SpotURL = p.url
		}
	}
	return cfg
}

// transport is what all that goes to the venue goes through.
func (c *config) transport() http.RoundTripper {
	network := &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: c.dial, MaxIdleConnsPerHost: 8, IdleConnTimeout: 90 * time.Second,
	}
	if c.shadow {
		return onlyAsks{network}
	}
	return network
}

// countdown is how long entries rest at the venue when this process gives no sign of life any more.
const countdown = time.Minute
