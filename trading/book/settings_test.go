package book_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// changed is an event with one change, by a start.
func changed(name, from, to string) journal.SettingsChanged {
	return journal.SettingsChanged{By: "start", Changes: []journal.SettingChange{{Name: name, From: from, To: to}}}
}

func TestSettingsAreWhatTheJournalSaidLast(t *testing.T) {
	t.Parallel()
	b := book.New(d("500"))
	first := changed("cash", "", "1000")
	first.Capital = d("1000")
	for _, e := range []journal.Event{
		first, changed("fee", "", "0.1"), changed("cash", "1000", "2000"), changed("fee", "0.1", ""),
	} {
		require.NoError(t, b.Apply(noon, e))
	}
	require.Equal(t, []journal.Setting{{Name: "cash", Value: "2000"}}, b.Settings())
	require.Equal(t, "1000", b.Capital().String(), "whatever New was called with")
	require.Equal(t, "1000", b.Cash().String())
	require.True(t, b.CapitalSaid())
	require.Equal(t, "1000", b.Given().String())

	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("7"))
	require.NoError(t, err, "of which capital does not matter where the journal says it")
	require.Equal(t, b.Digest(), again.Digest())
	require.Equal(t, b.Settings(), again.Settings())
}

func TestSettingsThatCannotBeAreRefused(t *testing.T) {
	t.Parallel()
	b := book.New(d("500"))
	first := changed("cash", "", "1000")
	first.Capital = d("1000")
	require.NoError(t, b.Apply(noon, first))
	before := b.Digest()
	orphan := func(o journal.Orphan) journal.Event { return journal.SettingsChanged{Orphans: []journal.Orphan{o}} }
	for want, e := range map[string]journal.Event{
		"changes nothing":                        changed("cash", "1000", "1000"),
		`changes nothing:  from "" to "1"`:       changed("", "", "1"),
		`cash from "5" to "6", and it was "1000`: changed("cash", "5", "6"),
		"began with -1":                          journal.SettingsChanged{Capital: d("-1")},
		"began with 7, and 1000 was said":        journal.SettingsChanged{Capital: d("7")},
		"X has no target":                        orphan(journal.Orphan{Symbol: "X", Was: "y", Fate: journal.FateReduced}),
	} {
		require.ErrorContains(t, b.Apply(noon, e), want)
	}
	require.Equal(t, before, b.Digest())

	require.NoError(t, b.Apply(noon, acted("s", 1, "1")))
	for want, o := range map[string]journal.Orphan{
		`unknown fate "sold"`: {Symbol: btc, Was: "y", Fate: "sold"},
		"lacks what":          {Symbol: btc, Fate: journal.FateReduced},
	} {
		require.ErrorContains(t, b.Apply(noon, orphan(o)), want)
	}
}

func TestOrphanStaysOneUntilNothingIsHeld(t *testing.T) {
	t.Parallel()
	b := book.New(d("1000"))
	apply := func(events ...journal.Event) {
		t.Helper()
		for _, e := range events {
			require.NoError(t, b.Apply(noon, e))
		}
	}
	apply(acted("s1", 1, "10"), intent("o"), journal.Submitting{ClientID: "o"}, fillOf("o", "o-1", "10"),
		journal.SettingsChanged{Orphans: []journal.Orphan{{Symbol: btc, Strategy: "cross", Was: "fast=9", Fate: journal.FateReduced}}})
	require.Equal(t, "fast=9", b.Orphan(btc))
	without := b.Digest()
	data, err := b.Snapshot()
	require.NoError(t, err)
	again, err := book.FromSnapshot(data, d("1000"))
	require.NoError(t, err)
	require.Equal(t, without, again.Digest())

	apply(journal.CloseAsked{ID: "c", Symbol: btc, Quantity: d("4"), By: "ann"})
	require.Equal(t, "fast=9", b.Orphan(btc), "a person closes a part of it")
	other := acted("s2", 2, "3")
	other.Strategy = "other"
	apply(other)
	require.Equal(t, "fast=9", b.Orphan(btc), "another strategy reduces it")

	apply(journal.SettingsChanged{Orphans: []journal.Orphan{{Symbol: btc, Fate: journal.FateHandedOver}}})
	require.Empty(t, b.Orphan(btc))
	require.Empty(t, b.Owner(btc, noon), "it is the next one's that speaks")
	apply(journal.SettingsChanged{Orphans: []journal.Orphan{{Symbol: btc, Was: "x", Fate: journal.FateReduced}}},
		journal.SettingsChanged{Orphans: []journal.Orphan{{Symbol: btc, Fate: journal.FateTakenBack}}})
	require.Empty(t, b.Orphan(btc))
}

// acted sets a target on the bar of a minute.
func acted(id string, seq int64, target string) journal.SignalSeen {
	return journal.SignalSeen{
		Store: "shelf", Seq: seq, SignalID: id, Strategy: "cross", Symbol: btc, Direction: signal.Long,
		BarTime: noon.Add(time.Duration(seq) * time.Minute), Outcome: journal.OutcomeActed, Target: d(target),
		ValidUntil: noon.Add(time.Hour),
	}
}
