package trading_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// Whatever stands in a journal, reading it does not panic, and what can be read is written back as it was understood.
func FuzzDecodeEvent(f *testing.F) {
	for _, e := range []trading.Event{
		trading.SignalSeen{Store: "s", Seq: 1, Target: d("1.5"), BarTime: noon}, intent("o"), fillOf("o", "f", "0.001"),
		trading.Submitting{ClientID: "o"}, trading.NotReceived{ClientID: "o", Reason: "r"},
		trading.DayOpened{Day: "2025-03-04", Equity: d("-1e-9")}, trading.Halted{Reason: "\x00"}, trading.Rearmed{},
	} {
		kind, data, err := trading.EncodeEvent(e)
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
		e, err := trading.DecodeEvent(kind, data)
		if err != nil {
			return
		}
		again, text, err := trading.EncodeEvent(e)
		if err != nil {
			return // such as a time in the year 10000, or a side that is none
		}
		require.Equal(t, kind, again)
		decoded, err := trading.DecodeEvent(again, text)
		require.NoError(t, err)
		_, stable, err := trading.EncodeEvent(decoded)
		require.NoError(t, err)
		require.Equal(t, string(text), string(stable))
	})
}
