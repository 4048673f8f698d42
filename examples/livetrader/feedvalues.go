package main

import (
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/session"
)

// openHours are when a market is open, and the text that says so. Without a text it is always.
type openHours struct {
	signal.Hours
	text string
}

// readHours reads the hours of a market that is open on Monday to Friday.
func readHours(text string) (openHours, error) {
	place, times, _ := strings.Cut(text, " ")
	opens, closes, _ := strings.Cut(times, "-")
	from, bad := time.Parse("15:04", opens)
	to, worse := time.Parse("15:04", closes)
	if bad != nil || worse != nil {
		return openHours{}, errors.New("want a place and its hours, such as America/New_York 09:30-16:00")
	}
	location, err := time.LoadLocation(place)
	if err != nil {
		return openHours{}, fmt.Errorf("no such place: %w", err)
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) // of the day that time.Parse knows
	var spans []session.Span
	for day := time.Monday; day <= time.Friday; day++ {
		spans = append(spans, session.Span{Day: day, Opens: from.Sub(midnight), Closes: to.Sub(midnight)})
	}
	week, err := session.NewWeekly(location, spans...)
	return openHours{week, text}, err
}

func readLevel(text string) (level slog.Level, err error) {
	if err = level.UnmarshalText([]byte(text)); err != nil || strings.ContainsAny(text, "+-") {
		return level, errors.New("want debug, info, warn or error")
	}
	return level, nil
}

func readFormat(text string) (string, error) {
	switch text {
	case autoLog, textLog, jsonLog:
		return text, nil
	}
	return "", errors.New("want text, json or auto")
}

func readAddresses(text string) ([]string, error) {
	list := strings.Fields(text)
	if len(list) == 0 {
		return nil, errors.New("want an address of http or https")
	}
	return list, nil
}

func readFields(text string) ([]string, error) { return strings.Split(text, ","), nil }

// readRenames reads what symbols are called elsewhere.
func readRenames(text string) (pairs []string, err error) {
	for pair := range strings.SplitSeq(text, ",") {
		name, theirs, _ := strings.Cut(pair, "=")
		if _, err := signal.ParseSymbol(name); err != nil {
			return nil, err
		}
		if theirs == "" {
			return nil, fmt.Errorf("%q: want NAME=THEIRS, such as BTC/USDT=BTCUSDT", pair)
		}
		pairs = append(pairs, pair)
	}
	return pairs, nil
}
