package signaltest

import (
	"testing"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// SourceCases returns the names of the cases of TestSource.
func SourceCases() []string {
	var names []string
	for _, c := range sourceCases {
		names = append(names, c.name)
	}
	return names
}

// RunSourceCase runs one case of TestSource on a TB that may be watched.
func RunSourceCase(t testing.TB, name string, src signal.Source, symbol string) {
	for _, c := range sourceCases {
		if c.name == name {
			c.run(t, src, symbol)
		}
	}
}
