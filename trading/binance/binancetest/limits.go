package binancetest

import (
	"fmt"
	"net/http"
	"strconv"
	"time"
)

// limits counts what one address and its account ask for. All of a venue's clients share it.
type limits struct {
	cfg     Config
	weight  window
	minute  window // orders of a minute
	tenth   window // orders of 10 s
	refused window
	banned  time.Time // until when
}

// window counts within spans that begin at whole multiples of every.
type window struct {
	every time.Duration
	begun time.Time
	count int
}

func (w *window) at(now time.Time) *window {
	if begun := now.Truncate(w.every); !begun.Equal(w.begun) {
		w.begun, w.count = begun, 0
	}
	return w
}

func (w *window) left(now time.Time) time.Duration { return w.begun.Add(w.every).Sub(now) }

func newLimits(cfg Config) *limits {
	return &limits{cfg: cfg, weight: window{every: time.Minute}, minute: window{every: time.Minute},
		tenth: window{every: 10 * time.Second}, refused: window{every: time.Minute}}
}

// take counts a request, and refuses it where that is too much. Retry-After tells for how long.
func (l *limits) take(h http.Header, now time.Time, weight int) *problem {
	if now.Before(l.banned) {
		return l.ban(h, now)
	}
	if l.weight.at(now).count+weight > l.cfg.Weight {
		if l.refused.at(now).count++; l.refused.count > l.cfg.BannedAfter {
			l.banned = now.Add(l.cfg.BanFor)
			return l.ban(h, now)
		}
		retryAfter(h, l.weight.left(now))
		return &problem{429, -1003, fmt.Sprintf("Too many requests; current limit is %d requests per minute. "+
			"Please use the websocket for live updates to avoid polling the API.", l.cfg.Weight)}
	}
	l.weight.count += weight
	h.Set("X-MBX-USED-WEIGHT-1M", strconv.Itoa(l.weight.count))
	return nil
}

func (l *limits) ban(h http.Header, now time.Time) *problem {
	retryAfter(h, l.banned.Sub(now))
	return &problem{418, -1003, fmt.Sprintf("Way too many requests; IP banned until %d. "+
		"Please use the websocket for live updates to avoid bans.", l.banned.UnixMilli())}
}

func retryAfter(h http.Header, d time.Duration) {
	h.Set("Retry-After", strconv.Itoa(int((d+time.Second-1)/time.Second)))
}

// order counts an order, whether or not it will be taken.
func (l *limits) order(h http.Header, now time.Time) *problem {
	for w, limit := range map[*window]int{l.minute.at(now): l.cfg.OrdersMinute, l.tenth.at(now): l.cfg.OrdersTenth} {
		if w.count >= limit {
			retryAfter(h, w.left(now))
			text := fmt.Sprintf("Too many new orders; current limit is %d orders per %s.", limit, span(w.every))
			return &problem{429, -1015, text}
		}
	}
	l.minute.count++
	l.tenth.count++
	return nil
}

func span(d time.Duration) string {
	if d == time.Minute {
		return "MINUTE"
	}
	return "10 SECOND"
}

// counts are the headers that an order has which was taken; one that was refused lacks them.
func (l *limits) counts(h http.Header) {
	h.Set("X-MBX-ORDER-COUNT-10S", strconv.Itoa(l.tenth.count))
	h.Set("X-MBX-ORDER-COUNT-1M", strconv.Itoa(l.minute.count))
}
