package signaltest

import (
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// StoreCases returns the names of the cases of TestStore.
func StoreCases() []string {
	var names []string
	for _, c := range storeCases {
		names = append(names, c.name)
	}
	return names
}

// RunStoreCase runs one case of TestStore on a TB that may be watched.
func RunStoreCase(t testing.TB, name string, open func() signal.Store) {
	for _, c := range storeCases {
		if c.name == name {
			c.run(t, open)
		}
	}
}

// StateCases returns the names of the cases of TestStates.
func StateCases() []string {
	var names []string
	for _, c := range stateCases {
		names = append(names, c.name)
	}
	return names
}

// RunStateCase runs one case of TestStates on a TB that may be watched.
func RunStateCase(t testing.TB, name string, states signal.States) {
	for _, c := range stateCases {
		if c.name == name {
			c.run(t, states)
		}
	}
}
