package tradingtest_test

import (
	"context"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// subject opens a new exchange with a mutant in front of it.
func (m mutant) subject(t testing.TB) tradingtest.BrokerSubject {
	x := newExchange()
	x.forgetful = m.forgetful
	open := func() trading.Broker { return m.open(t, x) }
	return tradingtest.BrokerSubject{
		Broker: open(), Reopen: open, Now: x.Now, Short: true, FeeRate: takerRate,
		Patience: 300 * time.Millisecond,
		Price: decimal.RequireFromString(xPrice),
		Instrument: trading.Instrument{
			Symbol: ourSymbol, Tick: decimal.RequireFromString(xTick), Step: decimal.RequireFromString(xStep),
		},
		MoveCash: func() { x.move("FUNDING", "-1.25") },
	}
}

func (m mutant) open(t testing.TB, x *exchange) *adapter {
	traits := trading.Traits{RefusesDuplicates: !m.forgetful, MaxFlight: time.Second, Replaces: trading.Atomic}
	if m.claims != nil {
		m.claims(&traits)
	}
	var transport http.RoundTripper = door{x}
	if m.transport != nil {
		transport = m.transport(transport)
	}
	a := newAdapter(&http.Client{Transport: transport}, traits, m.flaws)
	ctx, stop := context.WithCancel(context.Background())
	ended, first := make(chan struct{}), x.dial()
	go func() {
		defer close(ended)
		a.listen(ctx, first, x.dial, m.deaf, m.unbroken)
	}()
	t.Cleanup(func() { stop(); <-ended })
	return a
}

func TestAdapterKeepsToTheContract(t *testing.T) {
	t.Parallel()
	for name, m := range map[string]mutant{"a client id is used once": {}, "a client id is used again": {forgetful: true}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject { return m.subject(t) })
		})
	}
}

// TestBrokerSuiteFindsMutants holds the suite against adapters that are wrong in one way each.
func TestBrokerSuiteFindsMutants(t *testing.T) {
	t.Parallel()
	var found, unnamed atomic.Int32
	t.Run("each", func(t *testing.T) {
		for _, m := range mutants() {
			t.Run(m.fault, func(t *testing.T) {
				t.Parallel()
				said := m.heard(t)
				switch {
				case said == "":
					t.Log("passes")
				case !regexp.MustCompile(m.says).MatchString(said):
					unnamed.Add(1)
					t.Logf("not named: %s", said)
				default:
					found.Add(1)
				}
			})
		}
	})
	t.Logf("of %d mutants the suite finds and names %d, and finds %d more", len(mutants()), found.Load(), unnamed.Load())
}

// heard is what the suite says of a mutant.
func (m mutant) heard(t *testing.T) string {
	var said []string
	for _, name := range tradingtest.BrokerCases() {
		words := watchCase(t, func(tb testing.TB) { tradingtest.RunBrokerCase(tb, name, m.subject(tb)) })
		if len(words) > 0 {
			said = append(said, name+": "+strings.Join(words, "; "))
		}
	}
	return strings.Join(said, "\n")
}

// caseWatcher is a TB of a case's own: what the case says is kept, and what it cleans up is cleaned up at its end.
type caseWatcher struct {
	brokerWatcher
	cleanups []func()
}

func (w *caseWatcher) Cleanup(f func()) { w.cleanups = append(w.cleanups, f) }

func (w *caseWatcher) Logf(string, ...any) {}

func (w *caseWatcher) Log(...any) {}

func (w *caseWatcher) Skipf(string, ...any) { runtime.Goexit() }

// watchCase runs a case to its end and returns what it said.
func watchCase(t *testing.T, run func(tb testing.TB)) []string {
	w := &caseWatcher{brokerWatcher: brokerWatcher{TB: t}}
	ended := make(chan struct{})
	go func() { // FailNow ends the goroutine
		defer close(ended)
		run(w)
	}()
	<-ended
	for _, f := range slices.Backward(w.cleanups) {
		f()
	}
	return w.said
}
