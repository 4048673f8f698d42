package engine_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/exit"
)

// The cases of freqtrade's test_stop_loss_reached, in tests/strategy/test_interface.py, with an entry at 100 and a stop ten
// percent below: the price, where the stop is then, the price after that, and the same.
func TestTrailingDoesWhatFreqtradesStopLossDoes(t *testing.T) {
	t.Parallel()
	fixed := trading.FixedTicket{StopLoss: d("0.1")}
	five, ten := exit.Trailing{Part: d("0.05")}, exit.Trailing{Part: d("0.1")}
	for name, c := range map[string]struct {
		exits           []trading.Exit
		first, stop     string
		then, stopAfter string // "" where it is out
	}{
		"a fixed stop stays":                    {nil, "120", "90", "130", "90"},
		"a fixed stop is reached":               {nil, "120", "90", "80", ""},
		"a trailing stop is reached":            {[]trading.Exit{five}, "120", "114", "105", ""},
		"a trailing stop follows":               {[]trading.Exit{five}, "101", "95.95", "105", "99.75"},
		"a trailing stop is reached below":      {[]trading.Exit{five}, "105", "99.75", "99", ""},
		"ten percent, and back a little":        {[]trading.Exit{ten}, "105", "94.5", "98", "94.5"},
		"ten percent, and back by more":         {[]trading.Exit{ten}, "105", "94.5", "94", ""},
		"five percent of one's own is reached":  {[]trading.Exit{custom("0.05")}, "105", "99.75", "94", ""},
		"five percent of one's own follows":     {[]trading.Exit{custom("0.05")}, "105", "99.75", "109", "103.55"},
		"one's own that says nothing":           {[]trading.Exit{custom("1")}, "105", "90", "109", "90"},
		"one's own that is wider than the stop": {[]trading.Exit{custom("0.5")}, "105", "90", "109", "90"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, beside, exits(fixed, c.exits...))
			r.signals.put(says(btc, signal.Long, r.now()))
			r.mustStep()
			r.moves(c.first)
			require.Equal(t, "sell 10 stop "+c.stop+" reduce", r.resting())
			r.moves(c.then)
			if c.stopAfter == "" {
				require.Equal(t, "0", r.held(btc))
				return
			}
			require.Equal(t, "sell 10 stop "+c.stopAfter+" reduce", r.resting())
		})
	}
}

// custom is a trailing stop as a strategy computes it.
func custom(part string) trading.Exit {
	return &wants{"custom", func(h trading.Held) trading.Adjustment {
		return trading.Adjustment{StopLoss: h.Price.Sub(h.Price.Mul(d(part)))}
	}}
}
