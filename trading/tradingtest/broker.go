package tradingtest

import (
	"cmp"
	"slices"
	"testing"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
)

// BrokerSubject is a Broker to be tested, with an account that can carry orders of 100 steps of Instrument and holds
// nothing yet.
type BrokerSubject struct {
	Broker     trading.Broker
	Instrument trading.Instrument
	Price      decimal.Decimal  // about what the instrument trades at
	Now        func() time.Time // the time that the Broker lives in; nil means the machine's
	Advance    func()           // lets the market go on, so that market orders fill; nil if they fill at once
	Short      bool             // the account can hold less than nothing
	FeeRate    decimal.Decimal  // what a market order pays of its notional; zero leaves out what needs it
	// MoveCash lets cash move without a fill, once; nil leaves out what needs it.
	MoveCash func()
	// Reopen returns a Broker for the same account as it is in a process that has just begun and remembers nothing; nil
	// leaves out the case that needs it.
	Reopen func() trading.Broker
	// Steps is how many steps of the Instrument the account can carry; 0 means 100.
	Steps int64
	Drive Drive     // what can be done at the venue
	Lacks []Ability // what the venue does not have
	Line  *Line     // below the Broker; nil leaves out what needs it
	// Guards: the venue ties the Guard of an order to it, and the Broker tells of that: see trading.Guard.
	Guards bool
	// CashMoved is by how much MoveCash changes the cash, signed; zero if it is not known.
	CashMoved decimal.Decimal
	// Patience is how long a case waits for what the Broker hears by itself, as over a stream; 0 means 5 s.
	Patience time.Duration
}

// TestBroker holds a Broker to everything that the interface promises. open returns a new subject; what it has to clean
// up it registers with t.Cleanup. Each case gets one of its own, and they run in parallel.
//
//	func TestMyBroker(t *testing.T) {
//		tradingtest.TestBroker(t, func(t *testing.T) tradingtest.BrokerSubject { ... })
//	}
//
// A venue differs from the next one, and so does what a test can do there. What the subject does not give or lacks is left
// out, and the suite logs that once.
func TestBroker(t *testing.T, open func(t *testing.T) BrokerSubject) {
	t.Run("what is left out", func(t *testing.T) {
		for _, what := range open(t).leftOut() {
			t.Log(what)
		}
	})
	for _, c := range brokerCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			c.run(brokerTest{TB: t, BrokerSubject: prepared(open(t))})
		})
	}
}

// brokerCase is one promise. It takes a TB, so that the suite's own test can watch it fail.
type brokerCase struct {
	name string
	run  func(b brokerTest)
}

type brokerTest struct {
	testing.TB
	BrokerSubject
	sender string // said of an order that is asked for, where its sender is gone
}

// formerSender is said of an order once the Broker is another one.
const formerSender = ", which a former process has sent,"

var brokerCases = slices.Concat(basicCases, orderCases, moneyCases, powerCases, lineCases, partCases, shortCases,
	replacedCases, askedCases)

// basicCases are what holds for every venue.
var basicCases = []brokerCase{
	{"an order that was never sent is unknown", unknownOrder},
	{"an order fills in full, on its side, under its client id", orderFills},
	{"an order with a limit fills at its price or a better one", limitHolds},
	{"an order that only reduces opens nothing", reducesOnly},
	{"an order is begun once, and is not there before", beginOnce},
	{"an order that may not begin is not sent", noBegin},
	{"fills are ascending and are given from the time asked for on", fillsSince},
	{"fills come in pages, and none is lost between them", fillPages},
	{"after the last page there is nothing until something fills", fillNews},
	{"what was filled is the position, and closing it leaves none", positionsAgree},
	{"a client id that was used is refused where that is promised, and changes nothing", duplicates},
	{"an order that rests can be canceled, and one that is done cannot", cancel},
	{"an order with a stop rests, is found and is canceled like any", stopRests},
	{"open orders are told in one answer, and no others", openOrders},
	{"an order is found by its reference in another process", reopened},
	{"an order is replaced by another one, or nothing changes", replaces},
	{"of a pair both rest, and the end of one ends the other", pairs},
	{"many senders of one client id get one order where that is promised", concurrentDuplicates},
	{"who asks for news before it happens is woken by it", woken},
	{"updates tell the latest of each order that has changed", updates},
	{"cash that moves without a fill is told once, and stays told", cashMoves},
	{"instruments are listed as they are traded", instruments},
	{"a context that has ended ends the call", endedContext},
	{"traits do not change, and go together", constantTraits},
}

func prepared(s BrokerSubject) BrokerSubject {
	if s.Advance == nil {
		s.Advance = func() {}
	}
	s.Steps = cmp.Or(s.Steps, 100)
	s.Patience = cmp.Or(s.Patience, 5*time.Second)
	if s.Now == nil {
		s.Now = func() time.Time { return time.Time{} } // an order from long ago is due at any price
	}
	return s
}

// approved has Risk approve a market order of so many steps; held is what the account holds before it.
func (b brokerTest) approved(id string, side trading.Side, steps, held int64) trading.Approved {
	b.Helper()
	return b.approve(trading.Order{ClientID: id, Side: side, Type: trading.Market}, steps, held)
}

func (b brokerTest) approve(o trading.Order, steps, held int64) trading.Approved {
	b.Helper()
	limits := risk.NoLimits()
	o.Symbol, o.Quantity = b.Instrument.Symbol, b.steps(steps)
	o.SignalID, o.CreatedAt = "suite", b.Now()
	a, err := limits.Approve(o, trading.View{Instrument: b.Instrument, Held: b.steps(held), Price: b.Price})
	if err != nil {
		b.Fatalf("approve: %v", err)
	}
	return a
}

// steps is a quantity of so many steps.
func (b brokerTest) steps(n int64) decimal.Decimal {
	return b.Instrument.Step.Mul(decimal.NewFromInt(n))
}

func (b brokerTest) submit(a trading.Approved) {
	b.Helper()
	if err := b.Broker.Submit(b.Context(), a); err != nil {
		b.Fatalf("Submit %s: %v", words(a.Order()), err)
	}
	b.Advance()
}

// ref is the reference to an order of the suite.
func (b brokerTest) ref(id string, t trading.OrderType) trading.OrderRef {
	return trading.OrderRef{ClientID: id, Symbol: b.Instrument.Symbol, Type: t, SentAt: b.Now()}
}

// order asks for a market order of the suite.
func (b brokerTest) order(id string) (trading.OrderReport, error) {
	return b.Broker.Order(b.Context(), b.ref(id, trading.Market))
}

// page asks for one page of fills.
func (b brokerTest) page(from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor) {
	b.Helper()
	page, next, err := b.Broker.Fills(b.Context(), from, limit)
	if err != nil {
		b.Fatalf("Fills from %+v: %v", from, err)
	}
	if len(page) > limit {
		b.Errorf("a page of at most %d has %d fills", limit, len(page))
	}
	return page, next
}

// maxPages is how many pages the suite's few fills may take.
const maxPages = 100

// walk reads page after page until one is empty.
func (b brokerTest) walk(from trading.Cursor, limit int) (all []trading.Fill, end trading.Cursor) {
	b.Helper()
	for range maxPages {
		page, next := b.page(from, limit)
		if len(page) == 0 {
			return all, next
		}
		all, from = append(all, page...), next
	}
	b.Fatalf("no empty page among the first %d, of which one must say that there are no more", maxPages)
	return nil, from
}

// fills returns the fills from a time on, each once.
func (b brokerTest) fills(since time.Time) []trading.Fill {
	b.Helper()
	all, _ := b.walk(trading.Cursor{Since: since}, 100)
	return once(all)
}

// once drops fills that are there already.
func once(fills []trading.Fill) []trading.Fill {
	seen := make(map[string]bool)
	return slices.DeleteFunc(fills, func(f trading.Fill) bool {
		known := seen[f.ID]
		seen[f.ID] = true
		return known
	})
}

func filled(fills []trading.Fill) decimal.Decimal {
	sum := decimal.Zero
	for _, f := range fills {
		sum = sum.Add(f.Quantity)
	}
	return sum
}
