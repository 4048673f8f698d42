package book_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// lifeline are the ways into every state that an order can be in, with what distinguishes it there.
var lifeline = []struct {
	name string
	way  []journal.Event
}{
	{"intended", []journal.Event{intent("o")}},
	{"intended, perhaps in flight", []journal.Event{intent("o"), sent, journal.NotReceived{ClientID: "o", InFlight: true}}},
	{"intended again", []journal.Event{intent("o"), sent, journal.NotReceived{ClientID: "o"}}},
	{"unknown", []journal.Event{intent("o"), sent}},
	{"open", []journal.Event{intent("o"), sent, acked}},
	{"unknown, once acknowledged", []journal.Event{intent("o"), sent, acked, journal.Unknown{ClientID: "o"}}},
	{"open, partly filled", []journal.Event{intent("o"), sent, fillOf("o", "f-1", "4")}},
	{"unknown, cancel asked", []journal.Event{intent("o"), sent, acked, unwanted, journal.Unknown{ClientID: "o"}}},
	{"open, cancel asked", []journal.Event{intent("o"), sent, acked, unwanted}},
	{"partly filled, cancel asked", []journal.Event{intent("o"), sent, acked, fillOf("o", "f-1", "4"), unwanted}},
	{"filled", []journal.Event{intent("o"), sent, acked, fillOf("o", "f-1", "10")}},
	{"canceled", []journal.Event{intent("o"), journal.Canceled{ClientID: "o"}}},
	{"canceled, partly filled", []journal.Event{intent("o"), sent, fillOf("o", "f-1", "4"), journal.Canceled{ClientID: "o"}}},
	{"expired", []journal.Event{intent("o"), sent, acked, journal.Expired{ClientID: "o"}}},
	{"expired, partly filled", []journal.Event{intent("o"), sent, fillOf("o", "f-1", "4"), journal.Expired{ClientID: "o"}}},
	{"rejected", []journal.Event{intent("o"), sent, journal.Rejected{ClientID: "o"}}},
}

var (
	sent  = journal.Submitting{ClientID: "o"}
	acked = journal.Acknowledged{ClientID: "o"}

	unwanted = journal.CancelAsked{ClientID: "o", Reason: "its target was replaced"}
)

// Every state of an order with every event: what it becomes, or that it cannot be.
func TestStatesOfAnOrderWithEveryEvent(t *testing.T) {
	t.Parallel()
	events := []journal.Event{
		intent("o"), sent, acked, journal.Rejected{ClientID: "o"}, journal.Unknown{ClientID: "o"},
		journal.NotReceived{ClientID: "o"}, unwanted, journal.Canceled{ClientID: "o"}, journal.Expired{ClientID: "o"},
		fillOf("o", "f-2", "1"), fillOf("o", "f-3", "10"),
	}
	//nolint:dupword // a table
	const table = `
state                        | intent submitting acknowledged rejected unknown not_received cancel_asked canceled expired   part_filled filled
intended                     | no     unknown    no           no       no      no           no           canceled no        open        filled
intended, perhaps in flight  | no     unknown    open         rejected unknown no           no           no        no        open        filled
intended again               | no     unknown    open         rejected no      no           no           canceled no        open        filled
unknown                      | no     no         open         rejected unknown intended     no           canceled expired   open        filled
open                         | no     no         open         rejected unknown no           open         canceled expired   open        filled
unknown, once acknowledged   | no     no         open         rejected unknown no           no           canceled expired   open        filled
open, partly filled          | no     no         open         no       unknown no           open         canceled expired   open        filled
unknown, cancel asked        | no     no         open         rejected unknown no           no           canceled expired   open        filled
open, cancel asked           | no     no         open         rejected unknown no           no           canceled expired   open        filled
partly filled, cancel asked  | no     no         open         no       unknown no           no           canceled expired   open        filled
filled                       | no     no         filled       no       no      no           no           no        no        filled      filled
canceled                    | no     no         canceled    no       no      no           no           no        no        canceled   filled
canceled, partly filled     | no     no         canceled    no       no      no           no           no        no        canceled   filled
expired                      | no     no         expired      no       no      no           no           no        no        expired     filled
expired, partly filled       | no     no         expired      no       no      no           no           no        no        expired     filled
rejected                     | no     no         rejected     no       no      no           no           no        no        open        filled
`
	lines := strings.Split(strings.TrimSpace(table), "\n")
	require.Len(t, lines, 1+len(lifeline))
	for i, state := range lifeline {
		name, cells, _ := strings.Cut(lines[i+1], "|")
		require.Equal(t, state.name, strings.TrimSpace(name))
		want := strings.Fields(cells)
		require.Len(t, want, len(events))
		for j, event := range events {
			t.Run(fmt.Sprintf("%s, %s", state.name, strings.Fields(lines[0])[j+2]), func(t *testing.T) {
				t.Parallel()
				require.Equal(t, want[j], becomes(t, state.way, event))
			})
		}
	}
}

// A stop is reached once, while the Broker has the order, and that survives whatever comes later.
func TestStopIsReachedOnceAndByWhatHasOne(t *testing.T) {
	t.Parallel()
	stop := intent("o")
	stop.Order.Type, stop.Order.StopPrice, stop.Order.LimitPrice = trading.StopLimit, d("110"), d("112")
	reached := journal.Triggered{ClientID: "o"}
	for name, c := range map[string]struct {
		way []journal.Event
		may bool
	}{
		"open":                  {[]journal.Event{stop, sent, acked}, true},
		"of unknown fate":       {[]journal.Event{stop, sent}, true},
		"partly filled":         {[]journal.Event{stop, sent, acked, fillOf("o", "f-1", "4")}, true},
		"reached already":       {[]journal.Event{stop, sent, acked, reached}, false},
		"reached, then unknown": {[]journal.Event{stop, sent, acked, reached, journal.Unknown{ClientID: "o"}}, false},
		"never sent":            {[]journal.Event{stop}, false},
		"canceled":              {[]journal.Event{stop, sent, journal.Canceled{ClientID: "o"}}, false},
		"without a stop":        {[]journal.Event{intent("o"), sent, acked}, false},
		"never intended":        {nil, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			book := bookOf(t, c.way...)
			before := book.Digest()
			err := book.Apply(noon, reached)
			require.Equal(t, c.may, err == nil, err)
			require.Equal(t, c.may, before != book.Digest())
			if o, ok := book.Order("o"); ok && c.may {
				require.True(t, o.Triggered)
			}
		})
	}
}

// becomes applies an event after others, and tells the order's status, or no where the event cannot be.
func becomes(t *testing.T, way []journal.Event, event journal.Event) string {
	t.Helper()
	book := book.New(d("10000"))
	for _, e := range way {
		require.NoError(t, book.Apply(noon, e))
	}
	before := book.Digest()
	if err := book.Apply(noon, event); err != nil {
		require.ErrorContains(t, err, "o")
		require.Equal(t, before, book.Digest(), "an event that cannot be changes nothing")
		return "no"
	}
	o, ok := book.Order("o")
	require.True(t, ok)
	require.Equal(t, !o.Status.Done(), len(book.Pending()) == 1, "what is not done is pending")
	return string(o.Status)
}
