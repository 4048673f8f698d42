package alpacatest

import (
	"bytes"
	"context"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/coder/websocket"
	"github.com/vmihailenco/msgpack/v5"
)

// channels are what a client can subscribe to here, with a list of symbols each. Of the others that the venue has, the fake
// tells nothing.
type channels struct {
	Trades       []string `json:"trades"`
	Quotes       []string `json:"quotes"`
	Bars         []string `json:"bars"`
	UpdatedBars  []string `json:"updatedBars"`
	DailyBars    []string `json:"dailyBars"`
	Statuses     []string `json:"statuses"`
	LULDs        []string `json:"lulds"`
	Corrections  []string `json:"corrections"`
	CancelErrors []string `json:"cancelErrors"`
}

// byName gives the lists under their names.
func (c *channels) byName() map[string]*[]string {
	return map[string]*[]string{
		"trades": &c.Trades, "quotes": &c.Quotes, "bars": &c.Bars, "updatedBars": &c.UpdatedBars, "dailyBars": &c.DailyBars,
		"statuses": &c.Statuses, "lulds": &c.LULDs, "corrections": &c.Corrections, "cancelErrors": &c.CancelErrors,
	}
}

// dataError is what the stream of market data says of something wrong.
type dataError struct {
	Kind string `json:"T"`
	Code int    `json:"code"`
	Text string `json:"msg"`
}

func dataNo(code int, text string) []dataError { return []dataError{{"error", code, text}} }

// dataWord is what it says of something right.
type dataWord struct {
	Kind string `json:"T"`
	Text string `json:"msg"`
}

// subscription is what a client hears of.
type subscription struct {
	Kind string `json:"T"`
	channels
}

// dataRequest is what a client says.
type dataRequest struct {
	Action string `json:"action"`
	Key    string `json:"key"`
	Secret string `json:"secret"`
	channels
}

func packed(what any) []byte {
	var b bytes.Buffer
	e := msgpack.NewEncoder(&b)
	e.SetCustomStructTag("json")
	if err := e.Encode(what); err != nil {
		panic(err) // it is ours
	}
	return b.Bytes()
}

// authWithin is how long a client may take to say who it is.
const authWithin = 10 * time.Second

// dataStream serves one who hears of market data, in JSON or, where it says so, in MessagePack.
func (v *Venue) dataStream(w http.ResponseWriter, r *http.Request, feed string) {
	s := &sink{frames: websocket.MessageText, encode: encoded, wants: make(map[string][]string)}
	if r.Header.Get("Content-Type") == "application/msgpack" {
		s.frames, s.encode = websocket.MessageBinary, packed
	}
	v.open(w, r, s, func(ctx context.Context) bool {
		return s.ws.Write(ctx, s.frames, s.encode([]dataWord{{"success", "connected"}})) == nil && v.authData(ctx, s, feed)
	})
}

// authData hears who listens. A connection ends by a wrong answer, or by none in time.
func (v *Venue) authData(ctx context.Context, s *sink, feed string) bool {
	said := make(chan []byte, 1)
	go func() {
		defer close(said)
		if _, text, err := s.ws.Read(ctx); err == nil {
			said <- text
		}
	}()
	var answer []dataError
	select {
	case <-v.clock.After(authWithin):
		answer = dataNo(404, "auth timeout")
	case text, ok := <-said:
		if !ok {
			return false
		}
		answer = v.known(s, text, feed)
	}
	if answer != nil {
		_ = s.ws.Write(ctx, s.frames, s.encode(answer)) // it ends now
		_ = s.ws.Close(websocket.StatusNormalClosure, "")
		return false
	}
	return s.ws.Write(ctx, s.frames, s.encode([]dataWord{{"success", "authenticated"}})) == nil
}

func (v *Venue) known(s *sink, text []byte, feed string) []dataError {
	r, ok := s.decode(text)
	v.mu.Lock()
	defer v.mu.Unlock()
	others := slices.ContainsFunc(v.sinks, func(one *sink) bool { return one.known })
	switch {
	case !ok:
		return dataNo(400, "invalid syntax")
	case r.Action != "auth":
		return dataNo(401, "not authenticated")
	case r.Key != Key || r.Secret != Secret:
		return dataNo(402, "auth failed")
	case feed == "sip" && !v.cfg.SIP:
		return dataNo(409, "insufficient subscription")
	case others:
		return dataNo(406, "connection limit exceeded")
	}
	s.known = true
	return nil
}

func (s *sink) decode(text []byte) (r dataRequest, ok bool) {
	if s.frames == websocket.MessageText {
		return r, json.Unmarshal(text, &r) == nil
	}
	d := msgpack.NewDecoder(bytes.NewReader(text))
	d.SetCustomStructTag("json")
	return r, d.Decode(&r) == nil
}

// mostSymbols is how many symbols a client that does not pay may hear of.
const mostSymbols = 30

// askedOfData does what a client asks of its subscription.
func (v *Venue) askedOfData(s *sink, text []byte) {
	r, ok := s.decode(text)
	v.mu.Lock()
	defer v.mu.Unlock()
	switch {
	case !ok:
		s.put(s.encode(dataNo(400, "invalid syntax")))
	case r.Action == "auth":
		s.put(s.encode(dataNo(403, "already authenticated")))
	case r.Action == "subscribe", r.Action == "unsubscribe":
		s.subscribe(r.channels, r.Action == "subscribe", v.cfg.SIP)
	default:
		s.put(s.encode(dataNo(400, "invalid syntax")))
	}
}

// subscribe adds symbols to what a client hears of, or takes them away, unless they are too many for one who does not pay.
func (s *sink) subscribe(asked channels, add, paid bool) {
	after, symbols := make(map[string][]string), 0
	told := subscription{Kind: "subscription"}
	lists := told.byName()
	for name, wants := range asked.byName() {
		named := func(symbol string) bool { return slices.Contains(*wants, symbol) }
		list := slices.DeleteFunc(slices.Clone(s.wants[name]), named)
		if add {
			list = append(list, *wants...)
		}
		slices.Sort(list)
		after[name] = slices.Compact(list)
		symbols += len(after[name])
		*lists[name] = append([]string{}, after[name]...) // [] and not null
	}
	if symbols > mostSymbols && !paid {
		s.put(s.encode(dataNo(405, "symbol limit exceeded")))
		return
	}
	s.wants = after
	s.put(s.encode([]subscription{told}))
}

// tellDataLocked tells those who want to hear of a symbol.
func (v *Venue) tellDataLocked(channel, symbol string, b told) {
	v.sendLocked(func() {
		for _, s := range v.sinks {
			if list := s.wants[channel]; s.known && (slices.Contains(list, symbol) || slices.Contains(list, "*")) {
				s.put(s.encode([]told{b}))
			}
		}
	})
}

// feedOf is the feed whose stream is at a path; false where none is.
func feedOf(path string) (string, bool) {
	feed, ok := strings.CutPrefix(path, "/v2/")
	return feed, ok && (feed == "iex" || feed == "sip")
}
