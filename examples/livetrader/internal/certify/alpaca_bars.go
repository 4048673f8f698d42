package certify

import (
	"cmp"
	"fmt"
	"log/slog"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

// barCases are market data: bars of the past by pages, the newest ones, and the stream.
func (a *shares) barCases() []Case {
	week := func() map[string]string {
		return map[string]string{
			"timeframe": "1Min", "limit": "50", "sort": "asc", "start": a.now().AddDate(0, 0, -7).UTC().Format(time.RFC3339),
			"end": a.now().UTC().Format(time.RFC3339),
		}
	}
	return []Case{
		{"bars", func(s *script) {
			a.measure(s)
			asked := week()
			got := a.askBars(s, asked)
			rows := a.tellBars(s, got)
			s.say("as many as asked for", "%t", len(rows) == 50)
			asked["page_token"] = got.object().text("next_page_token")
			s.say("another page", "%t", asked["page_token"] != "")
			if asked["page_token"] == "" || len(rows) == 0 {
				return
			}
			next := a.askBars(s, asked).object().children("bars")
			s.say("it begins behind the first", "%t", len(next) > 0 && next[0].text("t") > rows[len(rows)-1].text("t"))
		}},
		{"bars-newest-first", func(s *script) {
			a.measure(s)
			asked := week()
			asked["sort"] = "desc"
			rows := a.tellBars(s, a.askBars(s, asked))
			s.say("the first is not of the future", "%t", len(rows) > 0 && !barTime(rows[0]).After(a.now()))
		}},
		{"bars-of-days", func(s *script) {
			a.measure(s)
			asked := week()
			asked["timeframe"] = "1Day"
			a.tellBars(s, a.askBars(s, asked))
		}},
		{"bars-of-no-length", func(s *script) {
			s.say("answer", "%s", a.askBars(s, map[string]string{"timeframe": "7Sec"}).words())
		}},
		{"stream-of-bars", a.barStream},
		{"stream-of-bars-with-a-wrong-secret", func(s *script) {
			l := a.listenToBars(s, "no such secret")
			defer l.close()
			no := l.await(s, soon, func(e object) bool { return e.text("T") == "error" })
			s.say("answer", "%s %s", no.text("code"), no.text("msg"))
		}},
		{"adapter-bars", a.adapterBars},
	}
}

func (a *shares) askBars(s *script, asked map[string]string) answer {
	values := url.Values{"adjustment": {"raw"}, "feed": {"iex"}}
	for name, value := range asked {
		values.Set(name, value)
	}
	return a.askAt(s, cmp.Or(a.place.DataURL, a.place.URL), "/v2/stocks/"+url.PathEscape(a.symbol)+"/bars?"+values.Encode())
}

// tellBars says what bars there are, but for how many and at which prices.
func (a *shares) tellBars(s *script, got answer) []object {
	rows := got.object().children("bars")
	s.say("answer", "%s", got.words())
	s.say("fields of the answer", "%s", got.object().fields())
	if len(rows) == 0 {
		s.say("bars", "none")
		return nil
	}
	s.say("fields of a bar", "%s", rows[0].fields())
	oldest := slices.IsSortedFunc(rows, func(x, y object) int { return strings.Compare(x.text("t"), y.text("t")) })
	s.say("the oldest first", "%t", oldest)
	whole := !slices.ContainsFunc(rows, func(b object) bool { return barTime(b).Second() != 0 })
	s.say("they begin on a minute", "%t", whole)
	return rows
}

// barTime is when a bar begins.
func barTime(b object) time.Time {
	at, err := time.Parse(time.RFC3339, b.text("t"))
	if err != nil {
		return time.Time{}.Add(time.Second) // on no minute
	}
	return at
}

// listenToBars opens the stream of market data and logs on; the case ends where it does not open.
func (a *shares) listenToBars(s *script, secret string) *listener {
	at := cmp.Or(a.place.DataStreamURL, "ws"+strings.TrimPrefix(a.place.URL, "http")+"/v2")
	l, _ := a.listen(s, at+"/iex")
	if l == nil {
		s.skip("the stream of market data does not open")
		return &listener{}
	}
	said := l.await(s, soon, func(e object) bool { return e.text("T") == "success" })
	s.say("opened", "%s", said.text("msg"))
	l.say(s, map[string]any{"action": "auth", "key": a.place.Key, "secret": secret})
	return l
}

// barWithin is how long a minute's bar may take to be told: its minute, and some of the next.
const barWithin = 100 * time.Second

// barStream hears the minutes of the share, while the exchange is open.
func (a *shares) barStream(s *script) {
	l := a.listenToBars(s, a.place.Secret)
	defer l.close()
	in := l.await(s, soon, func(e object) bool { return e.text("msg") == "authenticated" || e.text("T") == "error" })
	s.say("logged on", "%s%s", in.text("msg"), in.text("code"))
	l.say(s, map[string]any{"action": "subscribe", "bars": []string{a.symbol}})
	subscribed := l.await(s, soon, func(e object) bool { return e.text("T") == "subscription" })
	s.say("subscribed to", "%s", words(subscribed["bars"]))
	s.say("fields of the subscription", "%s", subscribed.fields())
	if !a.isOpen(s) {
		return
	}
	if a.place.Move != nil {
		a.place.Move(a.symbol, decimal.NewFromInt(200))
	}
	var bar object
	for end := a.clock.Now().Add(barWithin); bar == nil && a.clock.Now().Before(end) && !s.over(); {
		a.isOpen(s) // a fake's time goes on by requests
		bar = l.await(s, 5*time.Second, func(e object) bool { return e.text("T") == "b" })
	}
	s.say("a bar is told", "%t", bar != nil)
	s.say("fields of a bar", "%s", bar.fields())
	s.say("of the share", "%t", bar.text("S") == a.symbol)
}

// venueClock is the machine's clock as the venue has it.
type venueClock struct {
	clock.Clock

	ahead time.Duration
}

// Now implements clock.Clock.
func (c venueClock) Now() time.Time { return c.Clock.Now().Add(c.ahead) }

// adapterBars asks our Source.
func (a *shares) adapterBars(s *script) {
	a.measure(s)
	now := venueClock{a.clock, a.ahead}
	b, err := alpaca.New(alpaca.Config{
		APIKey: a.place.Key, SecretKey: a.place.Secret, URL: a.place.URL, DataURL: cmp.Or(a.place.DataURL, a.place.URL),
		Transport: a.place.Transport, Clock: now, Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		s.fail(err)
		return
	}
	source, err := b.Source(time.Minute)
	if err != nil {
		s.fail(err)
		return
	}
	batch, err := source.Bars(s.ctx, a.symbol, now.Now().AddDate(0, 0, -7), 50)
	if err != nil {
		s.fail(fmt.Errorf("ask for bars: %w", err))
		return
	}
	if s.say("there are bars", "%t", len(batch.Bars) > 0); len(batch.Bars) == 0 {
		return
	}
	last := batch.Bars[len(batch.Bars)-1]
	s.say("as many as asked for", "%t", len(batch.Bars) == 50)
	s.say("they are sound", "%t", !slices.ContainsFunc(batch.Bars, func(b signal.Bar) bool { return b.Validate() != nil }))
	s.say("the newest is closed", "%t", !last.End().After(now.Now()))
}
