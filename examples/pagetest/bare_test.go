package pagetest_test

import (
	"testing"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestPageOfAHostThatNamesNoSymbolSaysSo(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, console.Config{Name: "bare", Signals: signal.NewMemory(1)}).url())
	b.untilText("#price-at .empty", "console.Config.Symbols names none")
}

func TestPageOfAHostWithoutBarsSaysSo(t *testing.T) {
	t.Parallel()
	b := open(t, serve(t, console.Config{
		Name: "bare", Signals: signal.NewMemory(1), Symbols: func() []string { return []string{coin} },
	}).url())
	b.untilText("#price-at .empty", "console.Config.Bars is not set")
}
