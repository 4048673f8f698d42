package tradingtest

import (
	"testing"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// JournalCases returns the names of the cases of TestJournal.
func JournalCases() []string {
	var names []string
	for _, c := range journalCases {
		names = append(names, c.name)
	}
	return names
}

// RunJournalCase runs one case of TestJournal on a TB that may be watched.
func RunJournalCase(t testing.TB, name string, j journal.Journal) {
	for _, c := range journalCases {
		if c.name == name {
			c.run(t, j)
		}
	}
}

// EveryKind returns the events that the suite sends through a journal.
func EveryKind() []journal.Event { return allKinds() }
