package signaltest

import (
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// streamsOfOneBar are signals of one bar. Each is of another Stream than the rest, by one part of it or by two.
func streamsOfOneBar() []signal.Signal {
	var all []signal.Signal
	for n := range 16 {
		s := exampleSignal(0)
		s.Strategy = []string{"cross", "reversion"}[n&1]
		s.Params = []string{"fast=8,slow=21", "fast=8,slow=22"}[n>>1&1]
		s.Symbol = []string{"BTC/USDT:USDT", "BTC/USDT"}[n>>2&1]
		s.Interval = []time.Duration{time.Minute, time.Hour}[n>>3&1]
		s.ID = s.Stream().ID(s.BarTime)
		all = append(all, s)
	}
	return all
}

func streamsAreApart(t testing.TB, open func() signal.Store) {
	store := open()
	all := streamsOfOneBar()
	appendAll(t, store, all...)
	wantSignals(t, "one bar of several streams", readAll(t, store), all)
	for i, s := range all {
		got, err := store.Latest(t.Context(), signal.Query{Stream: s.Stream()})
		if err != nil {
			t.Fatalf("Latest of %+v: %v", s.Stream(), err)
		}
		wantSignals(t, fmt.Sprintf("Latest, a stream out of %d for one bar, %+v", len(all), s.Stream()), got, all[i:i+1])
	}
}

// nearlyAlike are texts that are another one where case, blanks, patterns or ends count for nothing.
func nearlyAlike() []string {
	long := strings.Repeat("0123456789abcdef", 20)
	return []string{"BTC/USDT", "btc/usdt", "BTC_USDT", "BTC%USDT", "BTC/USDT:USDT", "BTC/USDT ", " BTC/USDT", "BTC", "B%",
		"BTC/USDT\x00", "BTC/USDT\x00a", "BTC/USD\u0301T", "BTC/USD\u00b4T", "007", "7", "7.0", "null", "NULL",
		long, long + "a", long + "b"}
}

func idsAreApart(t testing.TB, open func() signal.Store) {
	store := open()
	var all []signal.Signal
	for n, text := range nearlyAlike() {
		s := exampleSignal(n)
		s.ID = text
		all = append(all, s)
	}
	appendAll(t, store, all...)
	appendAll(t, store, all...)
	wantSignals(t, "IDs that are nearly alike", readAll(t, store), all)
}

func filtersAreExact(t testing.TB, open func() signal.Store) {
	store := open()
	var all []signal.Signal
	for n, text := range nearlyAlike() {
		for part, field := range map[string]func(*signal.Signal) *string{
			"Strategy": func(s *signal.Signal) *string { return &s.Strategy },
			"Symbol":   func(s *signal.Signal) *string { return &s.Symbol },
			"Params":   func(s *signal.Signal) *string { return &s.Params },
		} {
			s := exampleSignal(0)
			*field(&s) = text
			s.ID = fmt.Sprint(part, n)
			all = append(all, s)
		}
	}
	appendAll(t, store, all...)
	for _, s := range all {
		for _, q := range []signal.Query{{Symbol: s.Symbol}, {Strategy: s.Strategy}, {Stream: s.Stream()}} {
			got, err := store.Latest(t.Context(), q)
			if err != nil {
				t.Fatalf("Latest of %+v: %v", q, err)
			}
			what := fmt.Sprintf("Latest among names that are nearly alike, for %s", brief(fmt.Sprintf("%+v", q)))
			wantSignals(t, what, got, expectLatest(all, q))
		}
	}
}

// nearIntervals are intervals that are one where a store keeps them in seconds, milliseconds or microseconds.
var nearIntervals = []time.Duration{
	time.Second, time.Second + 1, time.Second + time.Microsecond, time.Second + time.Millisecond, 250 * time.Millisecond, 1,
}

// intervalsAreApart asks for each of several streams that differ by less than a second.
func intervalsAreApart(t testing.TB, open func() signal.Store) {
	store := open()
	var all []signal.Signal
	for n, interval := range nearIntervals {
		s := exampleSignal(0)
		s.Interval, s.ID = interval, fmt.Sprint("interval", n)
		all = append(all, s)
	}
	appendAll(t, store, all...)
	for _, s := range all {
		q := signal.Query{Stream: s.Stream()}
		got, err := store.Latest(t.Context(), q)
		if err != nil {
			t.Fatalf("Latest of %+v: %v", q, err)
		}
		wantSignals(t, fmt.Sprintf("Latest of the stream whose interval is %s", s.Interval), got, expectLatest(all, q))
	}
}

// otherwise changes one field each of a signal.
var otherwise = map[string]func(*signal.Signal){
	"Strategy":   func(s *signal.Signal) { s.Strategy += "x" },
	"Params":     func(s *signal.Signal) { s.Params += "x" },
	"Symbol":     func(s *signal.Signal) { s.Symbol += "x" },
	"Interval":   func(s *signal.Signal) { s.Interval++ },
	"Direction":  func(s *signal.Signal) { s.Direction = -s.Direction },
	"Confidence": func(s *signal.Signal) { s.Confidence = math.Nextafter(s.Confidence, 1) },
	"Price":      func(s *signal.Signal) { s.Price = math.Nextafter(s.Price, 1) },
	"BarTime":    func(s *signal.Signal) { s.BarTime = s.BarTime.Add(1) },
	"ValidUntil": func(s *signal.Signal) { s.ValidUntil = s.ValidUntil.Add(1) },
	"Parts":      func(s *signal.Signal) { s.Parts = []signal.Part{{Strategy: "cross"}} },
}

func everyFieldIsContent(t testing.TB, open func() signal.Store) {
	store := open()
	first := exampleSignal(0)
	first.ID = "an ID of its own" // which may go with any stream and bar
	appendAll(t, store, first)
	for field, change := range otherwise {
		other := first
		change(&other)
		if err := store.Append(t.Context(), other); !errors.Is(err, signal.ErrConflict) {
			t.Errorf("Append under a stored ID with another %s: %v, want an error that wraps ErrConflict", field, err)
		}
		wantSignals(t, "after a conflict of "+field, readAll(t, store), []signal.Signal{first})
	}
}

// sameAgain appends what is stored already, in each way in which it may come again.
func sameAgain(t testing.TB, open func() signal.Store) {
	store := open()
	all := exampleSignals(0, 250)
	appendAll(t, store, all...)
	read := readAll(t, store)
	if !wantSignals(t, "250 signals", read, all) {
		return
	}
	for what, again := range map[string]func(signal.Signal) signal.Signal{
		"as it was":              func(s signal.Signal) signal.Signal { return s },
		"with a later CreatedAt": func(s signal.Signal) signal.Signal { s.CreatedAt = s.CreatedAt.Add(time.Hour); return s },
		"in another zone": func(s signal.Signal) signal.Signal {
			zone := time.FixedZone("elsewhere", -3*3600)
			s.BarTime, s.CreatedAt, s.ValidUntil = s.BarTime.In(zone), s.CreatedAt.In(zone), s.ValidUntil.In(zone)
			return s
		},
		"as it was read": func(s signal.Signal) signal.Signal {
			i := slices.IndexFunc(read, func(r signal.Signal) bool { return r.ID == s.ID })
			return read[i]
		},
		"without parts that it did not have": func(s signal.Signal) signal.Signal { s.Parts = []signal.Part{}; return s },
	} {
		for _, s := range []signal.Signal{all[0], all[249]} { // whatever came in between
			if err := store.Append(t.Context(), again(s)); err != nil {
				t.Errorf("Append of a stored signal once more, %s: %v", what, err)
			}
		}
		wantSignals(t, "a signal that came once more, "+what, readAll(t, store), all)
	}
}
