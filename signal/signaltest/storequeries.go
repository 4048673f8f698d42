package signaltest

import (
	"math"
	"slices"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

func latestFilters(t testing.TB, open func() signal.Store) {
	store := open()
	all := exampleSignals(0, 62)
	all[60].Params, all[61].Interval = "fast=9,slow=21", time.Hour
	for i := range all[60:] {
		all[60+i].ID = all[60+i].Stream().ID(all[60+i].BarTime)
	}
	appendAll(t, store, all...)
	for name, q := range map[string]signal.Query{
		"everything":                      {},
		"the newest seven":                {Limit: 7},
		"a symbol":                        {Symbol: "ETH/USDT:USDT"},
		"a symbol that has none":          {Symbol: "XRP/USDT:USDT"},
		"a strategy":                      {Strategy: "cross"},
		"a stream":                        {Stream: all[7].Stream()},
		"other parameters":                {Stream: all[60].Stream()},
		"another interval":                {Stream: all[61].Stream()},
		"a stream, limited":               {Stream: all[7].Stream(), Limit: 1},
		"a stream and a confidence":       {Stream: all[7].Stream(), MinConfidence: 0.5},
		"a stream and its symbol":         {Stream: all[7].Stream(), Symbol: all[7].Symbol},
		"a stream and another symbol":     {Stream: all[7].Stream(), Symbol: all[8].Symbol},
		"a stream and another strategy":   {Stream: all[7].Stream(), Strategy: all[8].Strategy},
		"a stream that has none":          {Stream: signal.Stream{Strategy: "cross", Interval: time.Minute}},
		"a least confidence":              {MinConfidence: 0.7},
		"a least confidence by a hair":    {MinConfidence: math.Nextafter(0.7, 1)},
		"symbol, strategy and confidence": {Symbol: "SOL/USDT:USDT", Strategy: "reversion", MinConfidence: 0.5},
		"all of it, limited":              {Symbol: "SOL/USDT:USDT", Strategy: "cross", MinConfidence: 0.1, Limit: 2},
	} {
		got, err := store.Latest(t.Context(), q)
		if err != nil {
			t.Fatalf("Latest, %s: %v", name, err)
		}
		wantSignals(t, "Latest, "+name, got, expectLatest(all, q))
	}
	appendAll(t, store, exampleSignals(62, 62+signal.DefaultLimit)...)
	got, err := store.Latest(t.Context(), signal.Query{})
	if err != nil || len(got) != signal.DefaultLimit {
		t.Errorf("Latest without a limit: %d signals, error %v, want %d", len(got), err, signal.DefaultLimit)
	}
	got, err = store.Latest(t.Context(), signal.Query{MinConfidence: 0.1})
	if err != nil || len(got) != signal.DefaultLimit {
		t.Errorf("Latest without a limit, beside a filter: %d signals, error %v, want %d", len(got), err, signal.DefaultLimit)
	}
	got, err = store.Latest(t.Context(), signal.Query{Limit: math.MaxInt})
	if err != nil || len(got) != 62+signal.DefaultLimit {
		t.Errorf("Latest with the largest limit: %d signals, error %v, want %d", len(got), err, 62+signal.DefaultLimit)
	}
}

// expectLatest is the plain way to answer a query.
func expectLatest(all []signal.Signal, q signal.Query) []signal.Signal {
	var want []signal.Signal
	for _, s := range slices.Backward(all) {
		if (q.Stream != signal.Stream{} && s.Stream() != q.Stream) || (q.Symbol != "" && s.Symbol != q.Symbol) ||
			(q.Strategy != "" && s.Strategy != q.Strategy) || s.Confidence < q.MinConfidence {
			continue
		}
		if want = append(want, s); len(want) == q.Limit {
			break
		}
	}
	return want
}
