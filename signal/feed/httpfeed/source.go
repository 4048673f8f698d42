// Package httpfeed gives bars from web addresses that answer with candles in JSON, as many venues do without a key.
//
// A Source asks, and gives what has closed; when it asks, and what is done where it fails, hangs, falls silent or talks
// nonsense, is the generator's. The feed package's Failover asks another address where one fails.
package httpfeed

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// Endpoint is a place on the web that answers with candles in JSON.
type Endpoint struct {
	// URL may hold {symbol}, {after_s}, {after_ms}, {after} (RFC 3339) and {limit}, which are filled in for each request.
	URL string
	// Symbols are those that it has, by the names that vigil uses; the values are the venue's own.
	Symbols  map[string]string
	Interval time.Duration // of the candles
	Shape    Shape         // where in an answer the candles are
	MaxLimit int           // how many candles may be asked for at once; 0 means 1,000
	Clock    feed.Clock    // nil means the machine's clock
}

const (
	maxAnswer    = 8 << 20          // bytes; a thousand candles take a hundredth of it
	defaultPause = 30 * time.Second // after a 429 that does not say how long
	maxPause     = time.Hour        // however long a server says
)

// Source asks an Endpoint for candles, and gives those that have closed. Use New, and Close when done.
//
// What is not plainly an answer is an error: a status that is not 200, text that is not JSON, a candle that cannot be, a
// body that is too long or breaks off. After a 429 or a 503 it does not ask again before the time that the server named.
// How long an answer may take is for the caller's context to say; a generator.Generator's does. It is safe for concurrent
// use.
type Source struct {
	end  Endpoint
	http *http.Client

	mu    sync.Mutex // guards pause and why
	pause time.Time  // nothing is asked before then
	why   error
}

var _ signal.Source = (*Source)(nil)

// New checks the endpoint and returns a source that has asked nothing yet.
func New(end Endpoint) (*Source, error) {
	end.MaxLimit = cmp.Or(end.MaxLimit, 1000)
	if end.Clock == nil {
		end.Clock = clock.New()
	}
	switch {
	case end.Interval <= 0:
		return nil, fmt.Errorf("httpfeed: Interval %s is not above zero", end.Interval)
	case len(end.Symbols) == 0:
		return nil, errors.New("httpfeed: Symbols is empty")
	case end.MaxLimit < 2:
		return nil, fmt.Errorf("httpfeed: MaxLimit %d is below 2", end.MaxLimit)
	}
	if err := end.Shape.check(); err != nil {
		return nil, fmt.Errorf("httpfeed: Shape.%w", err)
	}
	s := &Source{end: end, http: &http.Client{Transport: &http.Transport{Proxy: http.ProxyFromEnvironment}}}
	address := s.address("X", time.Unix(0, 0), 2)
	if u, err := url.Parse(address); err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" {
		return nil, fmt.Errorf("httpfeed: URL %q is no address of http or https", end.URL)
	}
	if strings.ContainsAny(address, "{}") {
		return nil, fmt.Errorf("httpfeed: URL %q: there are {symbol}, {after_s}, {after_ms}, {after} and {limit}", end.URL)
	}
	return s, nil
}

// Close closes the connections that are idle.
func (s *Source) Close() { s.http.CloseIdleConnections() }

// Bars asks for the candles after the given time, as signal.Source says.
func (s *Source) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	name, known := s.end.Symbols[symbol]
	switch {
	case !known:
		return signal.Batch{}, fmt.Errorf("httpfeed: %w %q", signal.ErrUnknownSymbol, symbol)
	case limit < 1:
		return signal.Batch{}, ctx.Err()
	}
	if err := s.paused(); err != nil {
		return signal.Batch{}, err
	}
	body, now, err := s.get(ctx, s.address(name, after, min(limit, s.end.MaxLimit-1)+1)) // one more: after's own may come too
	if err != nil {
		return signal.Batch{}, err
	}
	bars, err := s.end.Shape.decode(body)
	if err != nil {
		return signal.Batch{}, fmt.Errorf("httpfeed: %s: %w", symbol, err)
	}
	bars, err = choose(bars, symbol, s.end.Interval, after, now)
	if err != nil {
		return signal.Batch{}, fmt.Errorf("httpfeed: %s: %w", symbol, err)
	}
	return signal.Batch{Bars: bars[:min(len(bars), limit)]}, nil // a server does not say what it has not
}

// address fills in the URL.
func (s *Source) address(symbol string, after time.Time, limit int) string {
	if epoch := time.Unix(0, 0); after.Before(epoch) { // few servers know an earlier time
		after = epoch
	}
	return strings.NewReplacer(
		"{symbol}", url.QueryEscape(symbol), "{limit}", strconv.Itoa(limit), "{after}", after.UTC().Format(time.RFC3339),
		"{after_s}", strconv.FormatInt(after.Unix(), 10), "{after_ms}", strconv.FormatInt(after.UnixMilli(), 10),
	).Replace(s.end.URL)
}

// get returns the answer, and until when a candle must have ended to have closed: by our clock and by the server's, which
// stands in the header Date. A clock that is ahead would else take a candle for final that still moves.
func (s *Source) get(ctx context.Context, address string) (body []byte, now time.Time, err error) {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, now, fmt.Errorf("httpfeed: %w", err)
	}
	request.Header.Set("Accept", "application/json")
	answer, err := s.http.Do(request)
	if err != nil {
		return nil, now, fmt.Errorf("httpfeed: %w", bare(err))
	}
	defer func() { _ = answer.Body.Close() }() // it was only read from
	body, err = io.ReadAll(io.LimitReader(answer.Body, maxAnswer+1))
	where := answer.Request.URL.Host + answer.Request.URL.Path // without the query, where keys may stand
	switch {
	case answer.StatusCode != http.StatusOK: // also where the rest cannot be read
		return nil, now, s.refused(fmt.Errorf("httpfeed: %s: %s: %.120q", where, answer.Status, body), answer)
	case err != nil:
		return nil, now, fmt.Errorf("httpfeed: %s: after %d bytes: %w", where, len(body), err)
	case len(body) > maxAnswer:
		return nil, now, fmt.Errorf("httpfeed: %s: the answer is longer than %d bytes", where, maxAnswer)
	}
	now = s.end.Clock.Now()
	if serverTime, err := http.ParseTime(answer.Header.Get("Date")); err == nil && serverTime.Before(now) {
		now = serverTime
	}
	return body, now, nil
}

// bare leaves the URL out of an error, and with it what its query may hold.
func bare(err error) error {
	var of *url.Error
	if !errors.As(err, &of) {
		return err
	}
	if u, bad := url.Parse(of.URL); bad == nil {
		return fmt.Errorf("%s%s: %w", u.Host, u.Path, of.Err)
	}
	return of.Err
}

// refused remembers how long not to ask again, where the server is too busy.
func (s *Source) refused(err error, answer *http.Response) error {
	code := answer.StatusCode
	if code != http.StatusTooManyRequests && code != http.StatusServiceUnavailable && code != http.StatusTeapot { // Binance's ban
		return err
	}
	now := s.end.Clock.Now()
	wait := defaultPause
	after := answer.Header.Get("Retry-After")
	if seconds, bad := strconv.Atoi(after); bad == nil {
		wait = time.Duration(min(max(seconds, 0), int(maxPause/time.Second))) * time.Second
	} else if at, bad := http.ParseTime(after); bad == nil {
		wait = min(at.Sub(now), maxPause)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.pause, s.why = now.Add(wait), err
	return err
}

// paused says why nothing is to be asked at present.
func (s *Source) paused() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	if wait := s.pause.Sub(s.end.Clock.Now()); wait > 0 {
		return fmt.Errorf("not asked for another %s: %w", wait, s.why)
	}
	return nil
}
