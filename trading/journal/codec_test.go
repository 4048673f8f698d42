package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// A Book that left out what it does not know would be wrong.
func TestDecodeEventRefusesWhatItDoesNotKnow(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ kind, data, want string }{
		"a kind":                     {"paused", `{}`, `unknown event kind "paused"`},
		"a field":                    {"halted", `{"reason":"x","severity":3}`, `decode halted: json: unknown field "severity"`},
		"a field of an order":        {"intent_made", `{"order":{"iceberg":"1"}}`, `decode intent_made: json: unknown field "iceberg"`},
		"a field of a fill":          {"filled", `{"fill":{"fee_currency":"BNB"}}`, `decode filled: json: unknown field "fee_currency"`},
		"a field of a ticket":        {"amended", `{"ticket":{"trail":"1"}}`, `decode amended: json: unknown field "trail"`},
		"what follows the event":     {"halted", `{"reason":"x"}{"reason":"y"}`, "decode halted: something follows its JSON"},
		"an event that is cut off":   {"halted", `{"reason":"x"`, "decode halted: unexpected EOF"},
		"an event that is not there": {"halted", ``, "decode halted: EOF"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := journal.Decode(c.kind, []byte(c.data))
			require.ErrorContains(t, err, c.want)
		})
	}
	_, err := journal.Decode("halted", []byte(" {\"reason\":\"x\"}\n"))
	require.NoError(t, err)
}

// Journals of before v0.1 spell it with two letters l.
func TestDecodeReadsTheOldSpelling(t *testing.T) {
	t.Parallel()
	event, err := journal.Decode("cancelled", []byte(`{"client_id":"o","reason":"stop"}`))
	require.NoError(t, err)
	require.Equal(t, journal.Canceled{ClientID: "o", Reason: "stop"}, event)
	kind, _, err := journal.Encode(event)
	require.NoError(t, err)
	require.Equal(t, "canceled", kind)
}
