package binance

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/coder/websocket"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/trading"
)

const (
	pingEvery  = 30 * time.Second
	patient    = 10 * time.Second // for what opens a stream, and for a pong
	renewKey   = 30 * time.Minute // a listen key lives for an hour
	keyLives   = 55 * time.Minute
	streamAge  = 23 * time.Hour // the venue cuts a stream after 24 hours
	maxMessage = 4 << 20
	// events leaves out TRADE_LITE, which comes early and knows no fee.
	events = "ORDER_TRADE_UPDATE/ACCOUNT_UPDATE/ALGO_UPDATE/MARGIN_CALL/listenKeyExpired"
)

var (
	errMute = fmt.Errorf("binance: the stream is open and says nothing: the venue took an order %s ago", trading.MuteAfter)
	errOld  = errors.New("binance: the stream is to be renewed before the venue cuts it")
	// errExpired is what the venue says of a listen key that was not renewed.
	errExpired = errors.New("binance: the listen key has expired")
)

// keepStream listens to the account until ctx ends, and connects anew whenever the stream breaks. Each time it is up again
// whoever reads the updates has to ask for everything, as the venue numbers nothing and repeats nothing.
func (b *Broker) keepStream(ctx context.Context) {
	pauses := pauses{first: 250 * time.Millisecond, longest: 30 * time.Second}
	for ctx.Err() == nil {
		began := b.client.cfg.Clock.Now()
		err := b.listen(ctx)
		b.updates.Break(true)
		if ctx.Err() != nil {
			return
		}
		if errors.Is(err, errOld) {
			continue
		}
		health.Observe(ctx, err)
		health.Raise(ctx, health.Condition{
			Key: "stream", Verdict: health.Degraded, Text: "the venue does not tell what happens: " + err.Error(),
			Remedy: "it connects again by itself, and everything is asked for meanwhile",
		})
		b.client.cfg.Logger.Warn("The stream of the account is down", "error", err)
		if !b.client.wait(ctx, pauses.next(b.client.cfg.Clock.Now().Sub(began))) {
			return
		}
	}
}

// listen follows one connection to its end.
func (b *Broker) listen(ctx context.Context) error {
	key, err := b.listenKey(ctx)
	if err != nil {
		return err
	}
	address := b.client.cfg.StreamURL + "/private/ws?listenKey=" + url.QueryEscape(key) + "&events=" + events
	conn, err := b.client.dial(ctx, address)
	if err != nil {
		return err
	}
	defer func() { _ = conn.CloseNow() }() // it is at its end, however that came
	b.signs.doubt()
	b.updates.Break(false)
	health.Observe(ctx, nil)
	health.Clear(ctx, "stream")
	b.client.cfg.Logger.Info("The stream of the account is up")
	return b.client.follow(ctx, conn, b.keepAlive(key), b.hear)
}

// keepAlive returns what looks at a stream of the account: it renews the key, and says why the stream is to end.
func (b *Broker) keepAlive(key string) func(context.Context, time.Time) error {
	renewed := b.client.cfg.Clock.Now()
	return func(ctx context.Context, now time.Time) error {
		if b.updates.Mute(now) {
			return errMute
		}
		if now.Sub(renewed) < renewKey {
			return nil
		}
		err := b.renew(ctx, key)
		if err == nil {
			renewed = now
		} else if hasCode(err, codeNoListenKey) || now.Sub(renewed) > keyLives {
			return err
		}
		return nil
	}
}

// follow hears a stream to its end, and says why that has come: what look finds now and then, what hear says, or the connection.
func (c *client) follow(ctx context.Context, conn *websocket.Conn, look func(context.Context, time.Time) error,
	hear func(context.Context, []byte) error,
) (err error) {
	listening, end := context.WithCancel(ctx)
	kept := make(chan error, 1)
	go func() {
		defer end()
		kept <- c.keepOpen(listening, conn, look)
	}()
	for err == nil {
		var message []byte
		if _, message, err = conn.Read(listening); err != nil {
			err = fmt.Errorf("binance: the stream has broken: %w", err)
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

// keepOpen pings, and says why a stream is to end: a pong that does not come, its age, or what look finds. It is nil where ctx
// has ended.
func (c *client) keepOpen(ctx context.Context, conn *websocket.Conn, look func(context.Context, time.Time) error) error {
	began := c.cfg.Clock.Now()
	for c.wait(ctx, pingEvery) {
		health.Beat(ctx)
		now := c.cfg.Clock.Now()
		if now.Sub(began) >= streamAge {
			return errOld
		}
		if err := look(ctx, now); err != nil {
			return err
		}
		if err := c.within(ctx, conn.Ping); err != nil && ctx.Err() == nil {
			return fmt.Errorf("binance: the stream does not answer: %w", err)
		}
	}
	return nil
}

func (b *Broker) listenKey(ctx context.Context) (key string, err error) {
	err = b.client.within(ctx, func(ctx context.Context) error {
		return b.signed(ctx, request{what: "ask for a listen key", weight: 1, class: urgent},
			func(ctx context.Context, f *futures.Client) (err error) {
				key, err = f.NewStartUserStreamService().Do(ctx, b.client.recv())
				return unreadable(err, key == "")
			})
	})
	return key, err
}

func (b *Broker) renew(ctx context.Context, key string) error {
	return b.client.within(ctx, func(ctx context.Context) error {
		return b.signed(ctx, request{what: "renew the listen key", weight: 1, class: urgent},
			func(ctx context.Context, f *futures.Client) error {
				return f.NewKeepaliveUserStreamService().ListenKey(key).Do(ctx, b.client.recv())
			})
	})
}

func hasCode(err error, code int) bool {
	var f *failure
	return errors.As(err, &f) && f.Code == code
}

// dial opens a stream. An error does not show the address, as the listen key stands in it.
func (c *client) dial(ctx context.Context, address string) (conn *websocket.Conn, err error) {
	err = c.within(ctx, func(ctx context.Context) error {
		var response *http.Response
		conn, response, err = websocket.Dial(ctx, address, &websocket.DialOptions{
			HTTPClient: &http.Client{Transport: c.cfg.Transport},
		})
		if response != nil && response.Body != nil {
			_ = response.Body.Close() // whatever is wrong with it, the error says more
		}
		if err != nil && response != nil {
			return fmt.Errorf("binance: the stream is not opened: %s", response.Status)
		}
		if err != nil {
			return fmt.Errorf("binance: the stream is not opened: %w", bare(err))
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	conn.SetReadLimit(maxMessage)
	return conn, nil
}

// within calls f with a context that ends after patient on the client's clock.
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
	if err != nil && limited.Err() != nil && ctx.Err() == nil {
		return context.Cause(limited)
	}
	return err
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
