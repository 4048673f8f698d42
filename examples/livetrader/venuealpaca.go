package main

import (
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

const (
	alpacaVenue = "alpaca"
	alpacaPaper = "alpaca-paper"

	// exchangeHours are those of the New York Stock Exchange, but for its holidays.
	exchangeHours = "America/New_York 09:30-16:00"
	dollars       = "USD"
)

func (p place) isAlpaca() bool { return p.name == alpacaVenue || p.name == alpacaPaper }

// alpaca is the account that the flags and the variables name.
func (c *config) alpaca(clk clock.Clock, log *slog.Logger, through http.RoundTripper) alpaca.Config {
	p := c.place()
	cfg := alpaca.Config{
		APIKey: c.venueKey, SecretKey: c.venueSecret, Symbols: c.symbols, Clock: clk, Logger: log, Transport: through,
		URL: alpaca.PaperURL, StreamURL: alpaca.PaperStreamURL, DataURL: alpaca.DataURL, DataStreamURL: alpaca.DataStreamURL,
		IsOpen: c.isOpen, Calendar: c.venueCalendar(),
	}
	if p.real() {
		cfg.URL, cfg.StreamURL = alpaca.LiveURL, alpaca.LiveStreamURL
	}
	if p.url != "" { // All of it is at one place then.
		streams := "ws" + strings.TrimPrefix(p.url, "http")
		cfg.URL, cfg.StreamURL, cfg.DataURL, cfg.DataStreamURL = p.url, streams+"/stream", p.url, streams+"/v2"
	}
	return cfg
}

// isOpen reports whether the market is open.
func (c *config) isOpen(at time.Time) bool {
	open, _ := c.marketHours().Open("", at)
	return open
}

// marketHours are those of --hours, or those of the venue where nothing is said.
func (c *config) marketHours() openHours {
	if c.hours.text == "" && c.place().isAlpaca() {
		return openHours{c.venueCalendar(), "the venue's calendar"}
	}
	return c.hours
}

// venueCalendar are the days of trading of Alpaca, and those of a week without holidays until the venue has told them. It is nil
// where --hours says others.
func (c *config) venueCalendar() *alpaca.Calendar {
	if c.hours.text != "" {
		return nil
	}
	if c.calendar == nil {
		c.calendar = alpaca.NewCalendar(newYork)
	}
	return c.calendar
}

var newYork = func() openHours {
	hours, err := readHours(exchangeHours)
	if err != nil {
		panic(err) // a program without the zones of the world
	}
	return hours
}()
