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

// ServedCases returns the names of the cases of TestSourceServes.
func ServedCases() []string {
	var names []string
	for _, c := range servedCases {
		names = append(names, c.name)
	}
	return names
}

// RunServedCase runs one case of TestSourceServes on a TB that may be watched.
func RunServedCase(t testing.TB, name string, open func(bars []signal.Bar) signal.Source) {
	for _, c := range servedCases {
		if c.name == name {
			bars := Served{}.bars()
			c.run(t, open(append([]signal.Bar(nil), bars...)), bars)
		}
	}
}
