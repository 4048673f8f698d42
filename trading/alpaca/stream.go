package alpaca

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/coder/websocket"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	pingEvery  = 30 * time.Second
	patient    = 10 * time.Second // for what opens a stream, and for a pong
	maxMessage = 4 << 20
)

var errMute = fmt.Errorf("alpaca: the stream is open and says nothing: the venue took an order %s ago", trading.MuteAfter)

// keepStream listens to the account until ctx ends, and connects anew whenever the stream breaks. Each time it is up again
// whoever reads the updates has to ask for everything, as the venue repeats nothing.
func (b *Broker) keepStream(ctx context.Context) {
	b.client.keepUp(ctx, b.listen, func(err error) {
		b.updates.Break(true)
		health.Raise(ctx, health.Condition{
			Key: "stream", Verdict: health.Degraded, Text: "the venue does not tell what happens: " + err.Error(),
			Remedy: "it connects again by itself, and everything is asked for meanwhile",
		})
		b.client.cfg.Logger.Warn("The stream of the account is down", "error", err)
	})
}

// keepUp listens again and again until ctx ends, after pauses; down is told why.
func (c *client) keepUp(ctx context.Context, listen func(context.Context) error, down func(error)) {
	pauses := pauses{first: 250 * time.Millisecond, longest: 30 * time.Second}
	for ctx.Err() == nil {
		began := c.cfg.Clock.Now()
		err := listen(ctx)
		if ctx.Err() != nil {
			return
		}
		health.Observe(ctx, err)
		down(err)
		if !c.wait(ctx, pauses.next(c.cfg.Clock.Now().Sub(began))) {
			return
		}
	}
}

// listen follows one connection to its end.
func (b *Broker) listen(ctx context.Context) error {
	if err := b.client.key.Denied(); err != nil {
		return fmt.Errorf("alpaca: the stream is not opened: %w", err)
	}
	conn, err := b.client.dial(ctx, b.client.cfg.StreamURL)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	if err := b.client.within(ctx, func(ctx context.Context) error { return b.client.logOn(ctx, conn) }); err != nil {
		var no *logOnError
		if errors.As(err, &no) && no.denied {
			_, _ = b.Positions(ctx) // what is said of the key there counts
		}
		return err
	}
	b.updates.Break(false)
	health.Observe(ctx, nil)
	health.Clear(ctx, "stream")
	b.client.cfg.Logger.Info("The stream of the account is up")

	look := func(now time.Time) error {
		if b.updates.Mute(now) {
			return errMute
		}
		return nil
	}
	return b.client.follow(ctx, conn, look, b.hear)
}

// follow hears a stream to its end, and says why that has come: what look finds now and then, what hear says, or the connection.
func (c *client) follow(ctx context.Context, conn *websocket.Conn, look func(time.Time) error,
	hear func(context.Context, []byte) error,
) (err error) {
	listening, end := context.WithCancel(ctx)
	kept := make(chan error, 1)
	go func() {
		defer end()
		kept <- c.keepAlive(listening, conn, look)
	}()
	for err == nil {
		var message []byte
		if _, message, err = conn.Read(listening); err != nil {
			err = fmt.Errorf("alpaca: the stream has broken: %w", err)
		} else {
			err = hear(listening, message)
		}
	}
	end()
	if why := <-kept; why != nil { // it knows better why reading has ended
		return why
	}
	return err
}

// logOn says who listens, and to what.
func (c *client) logOn(ctx context.Context, conn *websocket.Conn) error {
	for _, step := range []struct {
		say  any
		hear string
	}{
		{map[string]any{
			"action": "authenticate", "data": map[string]string{"key_id": c.cfg.APIKey, "secret_key": c.cfg.SecretKey},
		}, "authorization"},
		{map[string]any{"action": "listen", "data": map[string]any{"streams": []string{"trade_updates"}}}, "listening"},
	} {
		text, err := json.Marshal(step.say)
		if err != nil {
			return err
		}
		if err := conn.Write(ctx, websocket.MessageText, text); err != nil {
			return fmt.Errorf("alpaca: the stream is not opened: %w", err)
		}
		_, text, err = conn.Read(ctx)
		if err != nil {
			return fmt.Errorf("alpaca: the stream is not opened: %w", err)
		}
		var m message
		if err := json.Unmarshal(text, &m); err != nil || m.Stream != step.hear || m.Data.Status == "unauthorized" {
			return &logOnError{answer: text, denied: m.Data.Status == "unauthorized"}
		}
	}
	return nil
}

// logOnError is an answer of the stream to whoever wants to hear it.
type logOnError struct {
	answer []byte
	denied bool // it does not know the key
}

func (e *logOnError) Error() string {
	return fmt.Sprintf("alpaca: the stream is not opened: the venue answers %.200q", e.answer)
}

// keepAlive says why a stream is to end; nil where ctx has ended.
func (c *client) keepAlive(ctx context.Context, conn *websocket.Conn, look func(time.Time) error) error {
	for c.wait(ctx, pingEvery) {
		health.Beat(ctx)
		if err := look(c.cfg.Clock.Now()); err != nil {
			return err
		}
		if err := c.within(ctx, conn.Ping); err != nil && ctx.Err() == nil {
			return fmt.Errorf("alpaca: the stream does not answer: %w", err)
		}
	}
	return nil
}

// message is what the stream says, in frames of text or, for paper, of bytes.
type message struct {
	Stream string `json:"stream"`
	Data   struct {
		Status string          `json:"status"`
		Event  string          `json:"event"`
		Order  json.RawMessage `json:"order"`
	} `json:"data"`
}

// hear takes in one message. What cannot be read counts as something that was missed, so that everything is asked for.
func (b *Broker) hear(ctx context.Context, text []byte) error {
	var m message
	err := json.Unmarshal(text, &m)
	if err == nil && m.Stream != "trade_updates" {
		return nil
	}
	var o alpaca.Order
	if err == nil {
		err = json.Unmarshal(m.Data.Order, &o)
	}
	if err == nil {
		err = b.tell(ctx, &o)
	}
	if err != nil && ctx.Err() == nil {
		b.client.cfg.Logger.Warn("A message of the venue was not understood", "error", err)
		b.updates.Break(false)
	}
	return nil
}

// tell passes on what became of an order. Of one that took the place of another, or gave way, the venue is asked.
func (b *Broker) tell(ctx context.Context, o *alpaca.Order) error {
	replaced := o.Status == "replaced" || o.Replaces != nil && *o.Replaces != ""
	if !replaced {
		name := o.ClientOrderID
		if isPart(o) {
			var err error
			if name, err = b.clientID(ctx, o.ID); err != nil {
				return err
			}
		}
		b.names.put(o.ID, name)
		r, err := reportOf(name, o)
		if err == nil {
			b.updates.Push(r)
		}
		return err
	}
	first, err := b.clientID(ctx, o.ID)
	if err != nil {
		return err
	}
	r, err := b.Order(ctx, trading.OrderRef{ClientID: first, Symbol: o.Symbol})
	if err == nil {
		b.updates.Push(r)
	}
	return err
}

func (c *client) dial(ctx context.Context, url string) (conn *websocket.Conn, err error) {
	err = c.within(ctx, func(ctx context.Context) error {
		var response *http.Response
		conn, response, err = websocket.Dial(ctx, url, &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: c.cfg.Transport},
		})
		if response != nil && response.Body != nil {
			_ = response.Body.Close() // whatever is wrong with it, the error says more
		}
		if err != nil {
			return fmt.Errorf("alpaca: the stream is not opened: %w", bare(err))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	return conn, nil
}

// within calls f with a context that ends when the client has no patience any more, on its clock.
func (c *client) within(ctx context.Context, f func(context.Context) error) error {
	limited, cancel := context.WithCancelCause(ctx)
	var watching sync.WaitGroup
	watching.Go(func() {
		select {
		case <-limited.Done():
		case <-c.cfg.Clock.After(patient):
			cancel(fmt.Errorf("no answer within %s: %w", patient, context.DeadlineExceeded))
		}
	})
	defer watching.Wait()
	defer cancel(nil)
	err := f(limited)
	if cause := context.Cause(limited); err != nil && cause != nil && ctx.Err() == nil && !errors.Is(cause, context.Canceled) {
		return cause
	}
	return err
}

// wait waits, and reports whether ctx still stands.
func (c *client) wait(ctx context.Context, d time.Duration) bool {
	select {
	case <-ctx.Done():
		return false
	case <-c.cfg.Clock.After(d):
		return true
	}
}

// pauses grow from one attempt that failed at once to the next.
type pauses struct {
	first, longest time.Duration
	last           time.Duration
}

func (p *pauses) next(lived time.Duration) time.Duration {
	p.last = min(max(p.last*2, p.first), p.longest)
	if lived > p.longest {
		p.last = p.first
	}
	return p.last
}
