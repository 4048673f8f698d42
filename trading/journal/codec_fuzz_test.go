package journal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Whatever stands in a journal, reading it does not panic, and what can be read is written back as it was understood.
func FuzzDecode(f *testing.F) {
	for _, e := range []journal.Event{
		journal.SignalSeen{Store: "s", Seq: 1, Target: d("1.5"), BarTime: noon}, intent("o"), fillOf("o", "f", "0.001"),
		journal.Submitting{ClientID: "o"}, journal.NotReceived{ClientID: "o", Reason: "r"},
		journal.DayOpened{Day: "2025-03-04", Equity: d("-1e-9")}, journal.Halted{Reason: "\x00"}, journal.Rearmed{},
		journal.SettingsChanged{By: "start", Changes: []journal.SettingChange{{Name: "cash", To: "1"}}, Capital: d("1")},
	} {
		kind, data, err := journal.Encode(e)
		require.NoError(f, err)
		f.Add(kind, data)
	}
	f.Add("filled", []byte(`{"fill":{"price":"1e400","side":"hold"}}`))
	f.Add("halted", []byte(`{"reason":`))
	f.Add("no_such", []byte(`{}`))
	f.Fuzz(func(t *testing.T, kind string, data []byte) {
		if len(data) > 1000 {
			return // decimals of a million places are slow, and no disk makes them up
		}
		e, err := journal.Decode(kind, data)
		if err != nil {
			return
		}
		again, text, err := journal.Encode(e)
		if err != nil {
			return // such as a time in the year 10000, or a side that is none
		}
		require.Equal(t, kind, again)
		decoded, err := journal.Decode(again, text)
		require.NoError(t, err)
		_, stable, err := journal.Encode(decoded)
		require.NoError(t, err)
		require.Equal(t, string(text), string(stable))
	})
}
