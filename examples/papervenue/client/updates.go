package client

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// News is what the venue answers to a question for updates.
type News struct {
	Run string `json:"run"` // of the venue's process: Seq counts in it
	trading.Updates
}

const (
	// Patience is how long the venue holds a question for updates while nothing happens.
	Patience = 500 * time.Millisecond
	// silence is how long an answer may take before the stream counts as broken.
	silence = Patience + 2*time.Second
	again   = 100 * time.Millisecond
)

// Serve asks the venue for what happens until ctx ends. Without it a Client knows of no updates, and says so.
func (c *Client) Serve(ctx context.Context) error {
	defer c.updates.Break(true)
	asking := *c
	asking.http = &http.Client{Transport: c.http.Transport, Timeout: silence}
	up := false
	for at := (News{}); ; {
		news, err := asking.news(ctx, at)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		if err != nil {
			if up {
				c.updates.Break(true)
			}
			up = false
			select {
			case <-ctx.Done():
			case <-c.clock.After(again):
			}
			continue
		}
		if news.Seq != at.Seq || news.Run != at.Run {
			c.updates.Push(news.Orders...)
		}
		if !up || news.Missed {
			c.updates.Break(false)
		}
		at, up = news, true
	}
}

func (c *Client) news(ctx context.Context, at News) (news News, err error) {
	asked := url.Values{"run": {at.Run}, "after": {strconv.FormatInt(at.Seq, 10)}}
	err = c.get(ctx, "/updates?"+asked.Encode(), &news)
	return news, err
}

// Updated implements trading.Updater.
func (c *Client) Updated() <-chan struct{} { return c.updates.Updated() }

// Updates implements trading.Updater.
func (c *Client) Updates(after int64) trading.Updates { return c.updates.Updates(after) }
