package feed_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// shown are the bars after noon, by their minutes; a bar that is not valid has an x.
func shown(t *testing.T, now time.Time, limit int, faults ...feed.Fault) (out []string) {
	d, err := feed.NewFaulty(newSynthetic(t, 1, time.Minute, now), frozen(now), faults...)
	require.NoError(t, err)
	for _, b := range barsOf(t, d, btc, noon, limit) {
		mark := ""
		if b.Validate() != nil {
			mark = "x"
		}
		out = append(out, fmt.Sprint(b.Time.Minute(), mark))
	}
	return out
}

func TestFaults(t *testing.T) {
	t.Parallel()
	at := func(m int) time.Time { return noon.Add(time.Duration(m) * time.Minute) }
	one := func(kind feed.FaultKind, from, until int) feed.Fault {
		return feed.Fault{Kind: kind, From: at(from), Until: at(until)}
	}
	elsewhere := one(feed.Lost, 1, 9)
	elsewhere.Symbol = eth
	for name, c := range map[string]struct {
		now, limit int
		faults     []feed.Fault
		want       []string
	}{
		"none":                                 {5, 9, nil, []string{"1", "2", "3", "4"}},
		"a gap":                                {6, 9, []feed.Fault{one(feed.Lost, 2, 4)}, []string{"1", "4", "5"}},
		"a gap that is longer than the limit":  {9, 2, []feed.Fault{one(feed.Lost, 1, 7)}, []string{"7", "8"}},
		"a gap that has not ended":             {6, 2, []feed.Fault{one(feed.Lost, 2, 99)}, []string{"1"}},
		"mute":                                 {6, 9, []feed.Fault{one(feed.Silent, 2, 8)}, []string{"1"}},
		"mute until now, and then all at once": {8, 9, []feed.Fault{one(feed.Silent, 2, 8)}, []string{"1", "2", "3", "4", "5", "6", "7"}},
		"duplicates":                           {5, 9, []feed.Fault{one(feed.Duplicated, 2, 4)}, []string{"1", "2", "2", "3", "3", "4"}},
		"duplicates count against the limit":   {5, 3, []feed.Fault{one(feed.Duplicated, 2, 4)}, []string{"1", "2", "2"}},
		"bad bars":                             {5, 9, []feed.Fault{one(feed.Corrupt, 2, 4)}, []string{"1", "2x", "3x", "4"}},
		"bad twice":                            {4, 9, []feed.Fault{one(feed.Corrupt, 2, 4), one(feed.Duplicated, 3, 4)}, []string{"1", "2x", "3x", "3x"}},
		"those of another symbol":              {4, 9, []feed.Fault{elsewhere}, []string{"1", "2", "3"}},
		"a limit of none":                      {5, 0, nil, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, shown(t, at(c.now), c.limit, c.faults...))
		})
	}
}

func TestGapsAndMuteSpellsKeepASourcesPromises(t *testing.T) {
	t.Parallel()
	signaltest.TestSource(t, func(t *testing.T) (signal.Source, string) {
		begin := time.Date(1900, 1, 1, 0, 0, 0, 0, time.UTC)
		d, err := feed.NewFaulty(newSynthetic(t, 1, time.Hour, noon), frozen(noon),
			feed.Fault{Kind: feed.Lost, From: begin.Add(20 * time.Hour), Until: begin.Add(30 * time.Hour)},
			feed.Fault{Kind: feed.Silent, From: begin.Add(900 * time.Hour), Until: noon.Add(time.Hour)})
		require.NoError(t, err)
		return d, btc
	})
}

func TestFaultsThatCannotBe(t *testing.T) {
	t.Parallel()
	src := newSynthetic(t, 1, time.Minute, noon)
	_, err := feed.NewFaulty(src, frozen(noon), feed.Fault{Kind: "odd"})
	require.ErrorContains(t, err, `fault 0: Kind "odd" is none of`)
	_, err = feed.NewFaulty(src, frozen(noon), feed.Fault{Kind: feed.Lost, From: noon, Until: noon})
	require.ErrorContains(t, err, "From 2024-06-03T12:00:00Z is not before Until")
	_, err = feed.NewFaulty(nil, frozen(noon))
	require.ErrorContains(t, err, "source or clock is nil")
}
