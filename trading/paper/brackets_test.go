package paper_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/paper"
)

// What backtesting.py and backtrader expect of an entry with a stop-loss and a take-profit, a tenth below and above what was paid.
func TestBracketsAsBacktestersHaveThem(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		policy  paper.FillPolicy
		candles string
		fills   string
	}{
		"both in the bar of the entry: the stop":      {paper.NextOpen, "5000 5000 5000 5000 long/5000 5600 4400 5000", "1 buy 5000, 1 sell 4500"},
		"both in a later bar: the stop":               {paper.NextOpen, "5000 5000 5000 5000 long/5000 5100 4900 5000/5000 5600 4400 5000", "1 buy 5000, 2 sell 4500"},
		"the profit in the bar of the entry":          {paper.NextOpen, "5000 5000 5000 5000 long/5000 5600 4900 5000", "1 buy 5000, 1 sell 5500"},
		"the stop behind a gap, at the open":          {paper.NextOpen, "5000 5000 5000 5000 long/5000 5100 4900 5000/4000 4200 3900 4100", "1 buy 5000, 2 sell 4000"},
		"the profit behind a gap, at its limit":       {paper.NextOpen, "5000 5000 5000 5000 long/5000 5100 4900 5000/6000 6100 5900 6000", "1 buy 5000, 2 sell 5500"},
		"or at the open where the policy has it":      {paper.OpenGap, "5000 5000 5000 5000 long/5000 5100 4900 5000/6000 6100 5900 6000", "0 buy 5000, 2 sell 6000"},
		"a short one, both in the bar: the stop":      {paper.NextOpen, "5000 5000 5000 5000 short/5000 5600 4400 5000", "1 sell 5000, 1 buy 5500"},
		"a short one behind a gap":                    {paper.NextOpen, "5000 5000 5000 5000 short/5000 5100 4900 5000/6000 6100 5900 6000", "1 sell 5000, 2 buy 6000"},
		"a close at the open comes before the stop":   {paper.NextOpen, "5000 5000 5000 5000 long/5000 5100 4900 5000 flat/4800 4900 4000 4100", "1 buy 5000, 2 sell 4800"},
		"the profit that is touched stays, and rests": {paper.NextOpen, "5000 5000 5000 5000 long/5000 5500 4900 5000", "1 buy 5000"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.fills, candleCase{candles: c.candles, ticket: ofPaid("0.1", "0.1")}.run(t, c.policy))
		})
	}
}
