package tradingtest_test

import (
	"context"
	"net"
	"net/http"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/httpline"
)

// subject opens a new exchange with a mutant in front of it, and a line between the two.
func (m mutant) subject(t testing.TB) tradingtest.BrokerSubject {
	x, line := newExchange(), &tradingtest.Line{}
	x.forgetful = m.forgetful
	open := func() trading.Broker { return m.open(t, x, line) }
	return tradingtest.BrokerSubject{
		Broker: open(), Reopen: open, Now: x.Now, Short: true, FeeRate: takerRate, Guards: true, Line: line,
		Price: decimal.RequireFromString(xPrice), Steps: 123_456, Patience: 300 * time.Millisecond,
		Instrument: trading.Instrument{
			Symbol: ourSymbol, Tick: decimal.RequireFromString(xTick), Step: decimal.RequireFromString(xStep),
		},
		MoveCash: func() { x.move("FUNDING", "-1.25") }, CashMoved: decimal.RequireFromString("-1.25"),
		Drive: tradingtest.Drive{
			SetPrice: x.setPrice, Offer: x.offer, EndDay: x.endDay, PayFeesIn: x.payFeesIn,
			MakerRate: decimal.NewNullDecimal(makerRate),
			Trade: func(side trading.Side, quantity decimal.Decimal) {
				x.byHand(strings.ToUpper(side.String()), quantity, false)
			},
			Liquidate: func() {
				held, _, _ := x.position()
				x.byHand("SELL", held, true)
			},
		},
	}
}

func (m mutant) open(t testing.TB, x *exchange, line *tradingtest.Line) *adapter {
	traits := trading.Traits{RefusesDuplicates: !m.forgetful, MaxFlight: time.Second, Replaces: trading.Atomic}
	if m.claims != nil {
		m.claims(&traits)
	}
	var transport http.RoundTripper = httpline.Transport{Line: line, Next: door{x}}
	if m.transport != nil {
		transport = m.transport(transport)
	}
	a := newAdapter(&http.Client{Transport: transport}, traits, m.flaws)
	dial := func() net.Conn { return line.Conn(x.dial()) }
	ctx, stop := context.WithCancel(context.Background())
	ended, first := make(chan struct{}), dial()
	go func() {
		defer close(ended)
		a.listen(ctx, first, dial, m.deaf, m.unbroken)
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

// TestBrokerSuiteFindsMutants holds the suite against adapters that are wrong in one way each: it has to say so, and what.
func TestBrokerSuiteFindsMutants(t *testing.T) {
	t.Parallel()
	for _, m := range mutants() {
		t.Run(m.fault, func(t *testing.T) {
			t.Parallel()
			require.Regexp(t, m.says, m.heard(t), "no case names the fault")
		})
	}
}

// heard is what the suite says of a mutant, case by case, until it has named the fault.
func (m mutant) heard(t *testing.T) string {
	var said []string
	named := regexp.MustCompile(m.says)
	for _, name := range tradingtest.BrokerCases() {
		words := watchCase(t, func(tb testing.TB) { tradingtest.RunBrokerCase(tb, name, m.subject(tb)) })
		said = append(said, words...)
		if slices.ContainsFunc(words, named.MatchString) {
			break
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
