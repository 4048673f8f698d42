package tradingtest_test

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"math"
	"os"
	"reflect"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// The suite must see each fault that is planted here, in the case that is about it.
func TestJournalSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	faults := map[string]string{ // fault: the case that must fail for it
		"has no identity":      "it has an identity that stays",
		"is somebody else":     "it has an identity that stays",
		"invents an entry":     "an empty journal has nothing to read",
		"counts from 0":        "what was appended is read in order, its Seq rising from 1",
		"reads backwards":      "what was appended is read in order, its Seq rising from 1",
		"leaves out Seq":       "what was appended is read in order, its Seq rising from 1",
		"money as float64":     "every kind of event comes back exactly, decimals and times too",
		"fills in seconds":     "every kind of event comes back exactly, decimals and times too",
		"drops re-arms":        "every kind of event comes back exactly, decimals and times too",
		"cuts to microseconds": "when it was journaled comes back in UTC to the nanosecond",
		"keeps the zone":       "when it was journaled comes back in UTC to the nanosecond",
		"cuts at NUL":          "any string is only a string",
		"cuts at 64 kB":        "any string is only a string",
		"refuses nothing":      "appending nothing is fine",
		"keeps half a call":    "a call that fails leaves none of its events",
		"takes nil":            "a call that fails leaves none of its events",
		"sorts large calls":    "a thousand events of one call stay in their order",
		"Read is inclusive":    "reading after a Seq is bounded by its limit",
		"Read knows no limit":  "reading after a Seq is bounded by its limit",
		"limit 0 is nothing":   "a limit below one is an error, not an empty answer",
		"never looks at ctx":   "a call whose context has ended does nothing",
		"interleaves calls":    "calls from many goroutines stay whole and lose nothing",
		"forgets under load":   "calls from many goroutines stay whole and lose nothing",
		"shows half a call":    "a reader sees each call whole or not at all, and misses nothing",
		"visible out of order": "a reader sees each call whole or not at all, and misses nothing",
	}
	for fault, inCase := range faults {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, tradingtest.JournalCases(), inCase)
			watched := watchJournalCase(t, inCase, &plainJournal{fault: fault})
			require.True(t, watched.Failed(), "the case does not see it")
		})
	}
	for _, name := range tradingtest.JournalCases() {
		t.Run("no fault, "+name, func(t *testing.T) {
			t.Parallel()
			watched := watchJournalCase(t, name, &plainJournal{})
			require.False(t, watched.Failed(), strings.Join(watched.said, "\n"))
		})
	}
}

// Nor may a field be lost that the suite leaves at zero in all of its events.
func TestJournalSuiteFillsEveryFieldOfEvents(t *testing.T) {
	t.Parallel()
	filled := make(map[string]bool)
	for _, e := range tradingtest.EveryKind() {
		v := reflect.ValueOf(e)
		fields(v.Type().Name(), v, filled)
	}
	for _, field := range slices.Sorted(maps.Keys(filled)) {
		assert.True(t, filled[field], "%s is zero in all events", field)
	}
}

// fields notes of each field of a value, and of those within it, whether any has a value so far.
func fields(name string, v reflect.Value, filled map[string]bool) {
	switch v.Interface().(type) {
	case decimal.Decimal, time.Time:
		filled[name] = filled[name] || !v.IsZero()
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			fields(name+"."+v.Type().Field(i).Name, v.Field(i), filled)
		}
	case reflect.Slice:
		filled[name] = filled[name] || v.Len() > 0
		for i := range v.Len() {
			fields(name+"[]", v.Index(i), filled)
		}
	default:
		filled[name] = filled[name] || !v.IsZero() && (v.Kind() != reflect.Map || v.Len() > 0)
	}
}

// A kind of event that the suite does not know could be lost by any journal.
func TestJournalSuiteKnowsEveryKindOfEvent(t *testing.T) {
	t.Parallel()
	source, err := os.ReadFile("../journal/codec.go")
	require.NoError(t, err)
	var want, sent []string
	for _, found := range regexp.MustCompile(`kind\(\) string +\{ return "(\w+)" \}`).FindAllSubmatch(source, -1) {
		want = append(want, string(found[1]))
	}
	for _, e := range tradingtest.EveryKind() {
		kind, _, err := journal.Encode(e)
		require.NoError(t, err)
		sent = append(sent, kind)
	}
	require.NotEmpty(t, want)
	require.Subset(t, sent, want)
}

// plainJournal is the simplest Journal there is, with one fault.
type plainJournal struct {
	fault string

	mu      sync.Mutex
	entries []journal.Entry
	hidden  []journal.Entry // numbered, and not visible yet
	last    int64
}

func (p *plainJournal) has(fault string) bool { return p.fault == fault }

func (p *plainJournal) Identity(context.Context) (string, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.has("has no identity"):
		return "", nil
	case p.has("is somebody else"):
		return fmt.Sprint("plain ", len(p.entries)), nil
	}
	return fmt.Sprintf("plain %p", p), nil
}

func (p *plainJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if ctx.Err() != nil && !p.has("never looks at ctx") {
		return ctx.Err()
	}
	if p.has("refuses nothing") && len(events) == 0 {
		return errors.New("nothing to append")
	}
	if slices.Contains(events, nil) && !p.has("keeps half a call") && !p.has("takes nil") {
		return errors.New("nil event")
	}
	if p.has("sorts large calls") && len(events) > 100 {
		slices.Reverse(events)
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	visible := p.entries
	for i, e := range events {
		if e == nil && p.has("takes nil") {
			continue
		}
		if e == nil {
			return errors.New("nil event")
		}
		if entry, ok := p.entry(at, e); ok {
			p.add(entry)
		}
		// As where each event is a transaction of its own.
		if p.has("interleaves calls") || p.has("shows half a call") && i == 0 {
			p.mu.Unlock()
			runtime.Gosched()
			p.mu.Lock()
		}
	}
	if p.has("visible out of order") && len(p.hidden) == 0 && len(visible)%3 == 1 {
		p.hidden = slices.Clone(p.entries[len(visible):])
		p.entries = p.entries[:len(visible)]
	} else {
		p.entries = append(p.entries, p.hidden...)
		p.hidden = nil
	}
	return nil
}

func (p *plainJournal) entry(at time.Time, e journal.Event) (journal.Entry, bool) {
	p.last++
	entry := journal.Entry{Seq: p.last, At: at.UTC(), Event: e}
	switch {
	case p.has("counts from 0"):
		entry.Seq--
	case p.has("leaves out Seq"):
		entry.Seq = 0
	case p.has("cuts to microseconds"):
		entry.At = entry.At.Truncate(time.Microsecond)
	case p.has("keeps the zone"):
		entry.At = at
	case p.has("forgets under load") && p.last%37 == 0:
		return entry, false
	}
	switch e := e.(type) {
	case journal.Filled:
		if p.has("money as float64") {
			e.Fill.Fee = decimal.NewFromFloat(e.Fill.Fee.InexactFloat64())
		}
		if p.has("fills in seconds") {
			e.Fill.Time = e.Fill.Time.Truncate(time.Second)
		}
		entry.Event = e
	case journal.Rejected:
		if p.has("cuts at NUL") {
			e.Reason, _, _ = strings.Cut(e.Reason, "\x00")
		}
		if p.has("cuts at 64 kB") {
			e.Reason = e.Reason[:min(len(e.Reason), 1<<16)]
		}
		entry.Event = e
	case journal.Rearmed:
		return entry, !p.has("drops re-arms")
	default: // None of the faults is about another event.
	}
	return entry, true
}

func (p *plainJournal) add(e journal.Entry) { p.entries = append(p.entries, e) }

func (p *plainJournal) Read(ctx context.Context, after int64, limit int) ([]journal.Entry, error) {
	if limit < 1 && !p.has("limit 0 is nothing") {
		return nil, errors.New("limit below 1")
	}
	if ctx.Err() != nil && !p.has("never looks at ctx") {
		return nil, ctx.Err()
	}
	if p.has("Read knows no limit") {
		limit = math.MaxInt
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.has("invents an entry") && len(p.entries) == 0 {
		return []journal.Entry{{Seq: 1, Event: journal.Halted{}}}, nil
	}
	var found []journal.Entry
	for _, e := range p.entries {
		wanted := e.Seq > after || e.Seq == after && p.has("Read is inclusive") || e.Seq == 0 && after == 0
		if wanted && len(found) < limit {
			found = append(found, e)
		}
	}
	if p.has("reads backwards") {
		slices.Reverse(found)
	}
	return found, nil
}

// journalWatcher is a TB whose failure is only noted.
type journalWatcher struct {
	testing.TB

	mu     sync.Mutex
	failed bool
	said   []string
}

// watchJournalCase runs one case on a TB of its own, in a goroutine that Fatal may end.
func watchJournalCase(t *testing.T, name string, j journal.Journal) *journalWatcher {
	w := &journalWatcher{TB: t}
	done := make(chan struct{})
	go func() {
		defer close(done)
		tradingtest.RunJournalCase(w, name, j)
	}()
	<-done
	return w
}

func (w *journalWatcher) Failed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.failed
}

func (w *journalWatcher) Errorf(format string, args ...any) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.failed = true
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *journalWatcher) Error(args ...any) { w.Errorf("%s", fmt.Sprint(args...)) }

func (w *journalWatcher) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *journalWatcher) Helper() {}
