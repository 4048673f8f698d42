package main

import (
	"errors"
	"flag"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed/httpfeed"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/trading/session"
)

// config is what the flags say.
type config struct {
	urls  []string          // in the order of preference
	end   httpfeed.Endpoint // what all of the urls have in common
	hours signal.Hours      // nil means always
	cycle time.Duration
}

func parse(args []string, out io.Writer) (cfg config, err error) {
	flags := flag.NewFlagSet("httpfeed", flag.ContinueOnError)
	flags.SetOutput(out)
	flags.Func("url", "an address, with {symbol}, {after_s}, {after_ms}, {after} and {limit}; given again, one that has the "+
		"same candles and is asked where the one before fails", func(text string) error {
		cfg.urls = append(cfg.urls, text)
		return nil
	})
	flags.StringVar(&cfg.end.Shape.Rows, "rows", "", "the way to the list of candles, such as data.candles")
	fields := flags.String("fields", "", "where a candle has time, open, high, low, close and volume: places or names")
	symbols := flags.String("symbols", "", "NAME=THEIRS,... or NAME,... where the venue uses the same")
	flags.Func("hours", "when the market is open on Monday to Friday, such as 'America/New_York 09:30-16:00'; always if not "+
		"given", func(text string) (err error) {
		cfg.hours, err = weekdays(text)
		return err
	})
	flags.DurationVar(&cfg.end.Interval, "interval", time.Minute, "of the candles")
	flags.DurationVar(&cfg.cycle, "cycle", generator.DefaultCycle, "from one request to the next")
	if err := flags.Parse(args); err != nil {
		return cfg, err
	}
	if *fields != "" {
		cfg.end.Shape.Fields = strings.Split(*fields, ",")
	}
	cfg.end.Symbols = make(map[string]string)
	for _, pair := range strings.FieldsFunc(*symbols, func(c rune) bool { return c == ',' }) {
		name, theirs, ok := strings.Cut(pair, "=")
		if !ok {
			theirs = name
		}
		cfg.end.Symbols[name] = theirs
	}
	return cfg, nil
}

// weekdays reads the hours of a market that is open on Monday to Friday.
func weekdays(text string) (signal.Hours, error) {
	place, times, _ := strings.Cut(text, " ")
	opens, closes, _ := strings.Cut(times, "-")
	from, bad := time.Parse("15:04", opens)
	to, worse := time.Parse("15:04", closes)
	if bad != nil || worse != nil {
		return nil, errors.New("want a place and its hours, such as America/New_York 09:30-16:00")
	}
	location, err := time.LoadLocation(place)
	if err != nil {
		return nil, fmt.Errorf("no such place: %w", err)
	}
	midnight := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC) // of the day that time.Parse knows
	var spans []session.Span
	for day := time.Monday; day <= time.Friday; day++ {
		spans = append(spans, session.Span{Day: day, Opens: from.Sub(midnight), Closes: to.Sub(midnight)})
	}
	return session.NewWeekly(location, spans...)
}
