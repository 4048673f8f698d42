package alpaca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/coder/websocket"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// Wake implements signal.Waker.
func (s *Source) Wake() <-chan struct{} { return s.pushed.waken() }

// Serve has each bar told as it closes, until ctx ends. Without it a Source works, and the venue is asked each time.
//
// Minutes of the Config's Symbols are pushed over a stream, which is connected anew whenever it breaks; health says bars
// meanwhile, and the venue is asked. It allows one stream for an account, so only one Source of minutes can be served with a
// key. Bars of other intervals the venue does not push: Serve then wakes whoever waits when one has closed, and it is asked for.
func (s *Source) Serve(ctx context.Context) error {
	c := s.broker.client
	if s.interval > time.Minute {
		health.Ready(ctx)
		return s.strike(ctx)
	}
	switch {
	case c.cfg.DataStreamURL == "":
		return errors.New("alpaca: Config.DataStreamURL is empty: bars are pushed there, see DataStreamURL")
	case len(c.cfg.Symbols) == 0:
		return errors.New("alpaca: Config.Symbols is empty: their bars are pushed")
	}
	health.Ready(ctx)
	refused := 0 // in a row
	c.keepUp(ctx, s.listen, func(err error) {
		s.pushed.end()
		s.pushed.wake() // it is to be asked for
		var said dataError
		if refused++; !errors.As(err, &said) {
			refused = 0
		}
		health.Raise(ctx, said.condition(err, refused))
		c.cfg.Logger.Warn("The stream of bars is down, and they are asked for", "error", err)
	})
	s.pushed.end()
	return ctx.Err()
}

// strike wakes whoever waits when an interval is over. A day's is not at midnight in London, so that is done each hour.
func (s *Source) strike(ctx context.Context) error {
	c := s.broker.client
	for {
		now := c.cfg.Clock.Now()
		next := now.Add(-certain).Truncate(time.Minute).Add(time.Minute)
		if !c.wait(ctx, next.Add(certain).Sub(now)+time.Millisecond) {
			return ctx.Err()
		}
		health.Beat(ctx)
		if next.Equal(next.Truncate(min(s.interval, time.Hour))) {
			s.pushed.wake()
		}
	}
}

// dataMessage is one of those that the stream of market data tells in a list.
type dataMessage struct {
	Kind   string   `json:"T"`
	Code   int      `json:"code"`
	Text   string   `json:"msg"`
	Bars   []string `json:"bars"` // what is pushed from now on
	Symbol string   `json:"S"`
	barRow
}

// listen follows one connection to its end.
func (s *Source) listen(ctx context.Context) error {
	c := s.broker.client
	conn, err := c.dial(ctx, c.cfg.DataStreamURL+"/"+c.cfg.Feed)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	if err := c.within(ctx, func(ctx context.Context) error { return c.subscribe(ctx, conn) }); err != nil {
		return err
	}
	s.pushed.begin(c.cfg.Symbols, c.cfg.Clock.Now())
	health.Observe(ctx, nil)
	health.Clear(ctx, "bars")
	c.cfg.Logger.Info("The stream of bars is up")
	return c.follow(ctx, conn, func(time.Time) error { return s.pushed.mute() }, s.hear)
}

// subscribe says who listens, and to what.
func (c *client) subscribe(ctx context.Context, conn *websocket.Conn) error {
	symbols := slices.Compact(slices.Sorted(slices.Values(c.cfg.Symbols)))
	for _, step := range []struct {
		say   map[string]any
		heard func(dataMessage) bool
	}{
		{nil, func(m dataMessage) bool { return m.Kind == "success" && m.Text == "connected" }},
		{
			map[string]any{"action": "auth", "key": c.cfg.APIKey, "secret": c.cfg.SecretKey},
			func(m dataMessage) bool { return m.Kind == "success" && m.Text == "authenticated" },
		},
		{
			map[string]any{"action": "subscribe", "bars": symbols, "updatedBars": symbols},
			func(m dataMessage) bool { return m.Kind == "subscription" && hasAll(m.Bars, symbols) },
		},
	} {
		if err := c.say(ctx, conn, step.say); err != nil {
			return err
		}
		_, text, err := conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("alpaca: the stream of bars is not opened: %w", err)
		}
		messages, err := dataMessages(text)
		if err != nil {
			return err
		}
		if !slices.ContainsFunc(messages, step.heard) {
			return fmt.Errorf("alpaca: the stream of bars is not opened: the venue answers %.200q", text)
		}
	}
	return nil
}

func hasAll(list, wanted []string) bool {
	return !slices.ContainsFunc(wanted, func(one string) bool { return !slices.Contains(list, one) })
}

func (c *client) say(ctx context.Context, conn *websocket.Conn, what map[string]any) error {
	if what == nil {
		return nil
	}
	text, err := json.Marshal(what)
	if err != nil {
		return err
	}
	if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
		return fmt.Errorf("alpaca: the stream is not opened: %w", err)
	}
	return nil
}

func dataMessages(text []byte) (messages []dataMessage, err error) {
	if err := json.Unmarshal(text, &messages); err != nil {
		return nil, fmt.Errorf("alpaca: a message of the stream of bars makes no sense: %w: %.200q", err, text)
	}
	for _, m := range messages {
		if m.Kind == "error" {
			return nil, dataError{m.Code, m.Text}
		}
	}
	return messages, nil
}

// hear takes in what the stream says. What makes no sense ends it, so that everything is asked for.
func (s *Source) hear(_ context.Context, text []byte) error {
	c := s.broker.client
	s.pushed.hear(c.cfg.Clock.Now())
	messages, err := dataMessages(text)
	if err != nil {
		return err
	}
	for _, m := range messages {
		if m.Kind != "b" && m.Kind != "u" {
			continue
		}
		b, err := s.bar(m.Symbol, m.barRow)
		if err != nil {
			return err
		}
		if !s.tells(b) {
			continue
		}
		if m.Kind == "u" {
			s.correct(b)
		}
		s.pushed.push(b)
	}
	return nil
}

// correct takes in what a trade that was reported late has made of a bar. It is for whoever asks from now on; signals that came
// of the bar stand.
func (s *Source) correct(b signal.Bar) {
	if before, told := s.pushed.correct(b); told && before != b {
		s.broker.client.cfg.Logger.Info("The venue has corrected a bar that was told", "symbol", b.Symbol, "bar", b.Time,
			"close_was", before.Close, "close", b.Close, "volume_was", before.Volume, "volume", b.Volume)
	}
}

// dataError is what the stream of market data says of something that it does not do.
type dataError struct {
	code int
	text string
}

func (e dataError) Error() string {
	return fmt.Sprintf("alpaca: the stream of bars is refused: %d %s", e.code, e.text)
}

// remedies are what a person does about what the venue says.
var remedies = map[int]string{
	401: "see that the key is right, and of this account",
	402: "see that the key is right, and of this account",
	405: "the account may listen to fewer symbols: leave some out of Config.Symbols, or pay the venue for more",
	406: "another stream of this account is open, and the venue allows one: end the other program, or serve one Source only",
	409: "the account does not pay for this feed: set Config.Feed to iex, or pay the venue for it",
	410: "the account does not pay for this feed: set Config.Feed to iex, or pay the venue for it",
}

// lingers is how often in a row the venue may say that another stream is open before it is taken for somebody else's: ours that
// has just broken may be open yet at the venue.
const lingers = 3

// condition is what health says while the stream is down.
func (e dataError) condition(why error, refused int) health.Condition {
	c := health.Condition{
		Key: "bars", Verdict: health.Degraded, Text: "bars are not pushed but asked for: " + why.Error(),
		Remedy: "it connects again by itself",
	}
	if remedy, ok := remedies[e.code]; ok && (e.code != 406 || refused > lingers) {
		c.Remedy, c.Person = remedy, true
	}
	return c
}
