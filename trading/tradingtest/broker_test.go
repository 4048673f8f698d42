package tradingtest_test

import (
	"context"
	"fmt"
	"runtime"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

var gold = trading.Instrument{
	Symbol: "XAU/USD", Tick: decimal.RequireFromString("0.01"), Step: decimal.RequireFromString("0.1"),
}

// venueClock moves on a little each time it is read.
type venueClock struct{ now *time.Time }

func (c venueClock) Now() time.Time {
	*c.now = c.now.Add(time.Millisecond)
	return *c.now
}

func (venueClock) After(time.Duration) <-chan time.Time { return nil }

func goldVenue(traits trading.Traits) *tradingtest.Venue {
	now := time.Date(2025, 3, 4, 12, 0, 0, 0, time.UTC)
	v := tradingtest.NewVenue(venueClock{&now}, traits)
	v.SetPrice(gold.Symbol, decimal.NewFromInt(2000))
	return v
}

func TestTheVenueAndItsWrapperKeepToTheContract(t *testing.T) {
	t.Parallel()
	for name, traits := range map[string]trading.Traits{"refuses": {RefusesDuplicates: true}, "takes": {MaxFlight: time.Second}} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			tradingtest.TestBroker(t, func(*testing.T) tradingtest.BrokerSubject {
				return tradingtest.BrokerSubject{Broker: goldVenue(traits), Instrument: gold, Price: decimal.NewFromInt(2000)}
			})
		})
	}
	t.Run("wrapped", func(t *testing.T) {
		t.Parallel()
		tradingtest.TestBroker(t, func(*testing.T) tradingtest.BrokerSubject {
			m := tradingtest.Misbehave(goldVenue(trading.Traits{RefusesDuplicates: true}))
			return tradingtest.BrokerSubject{Broker: m, Instrument: gold, Price: decimal.NewFromInt(2000)}
		})
	})
}

// crookedBroker has one fault.
type crookedBroker struct {
	*tradingtest.Venue
	fault string
}

func (c crookedBroker) Traits() trading.Traits {
	if c.fault == "changes its traits" && len(c.Ledger()) > 0 {
		return trading.Traits{}
	}
	return trading.Traits{RefusesDuplicates: true}
}

func (c crookedBroker) Submit(ctx context.Context, a trading.Approved) error {
	switch {
	case c.fault == "never looks at ctx":
		ctx = context.WithoutCancel(ctx)
	case c.fault == "calls a duplicate rejected" && c.Taken(a.Order().ClientID) > 0:
		return trading.ErrRejected
	case c.fault == "takes duplicates":
		c.Forget(a.Order().ClientID)
	}
	return c.Venue.Submit(ctx, a)
}

func (c crookedBroker) Cancel(ctx context.Context, id string) error {
	if c.fault == "cancels nothing" {
		_, err := c.Venue.Order(ctx, id)
		return err
	}
	err := c.Venue.Cancel(ctx, id)
	if c.fault == "minds a second cancel" && err == nil && len(c.Resting()) == 0 {
		err = fmt.Errorf("it is done")
	}
	return err
}

func (c crookedBroker) Order(ctx context.Context, id string) (trading.OrderReport, error) {
	report, err := c.Venue.Order(ctx, id)
	switch {
	case c.fault == "has a word of its own for unknown" && err != nil:
		err = fmt.Errorf("404")
	case c.fault == "reports half":
		report.Filled = report.Filled.Div(decimal.NewFromInt(2))
	}
	return report, err
}

func (c crookedBroker) Fills(ctx context.Context, since time.Time) ([]trading.Fill, error) {
	if c.fault == "since is exclusive" {
		since = since.Add(1)
	}
	fills, err := c.Venue.Fills(ctx, since)
	for i := range fills {
		switch c.fault {
		case "fills without client id":
			fills[i].ClientID = ""
		case "one id for all fills":
			fills[i].ID = "1"
		case "times in the zone of the venue":
			fills[i].Time = fills[i].Time.In(time.FixedZone("venue", 3600))
		}
	}
	if c.fault == "newest first" && len(fills) > 1 {
		fills[0], fills[len(fills)-1] = fills[len(fills)-1], fills[0]
	}
	return fills, err
}

func (c crookedBroker) Positions(ctx context.Context) (map[string]decimal.Decimal, error) {
	held, err := c.Venue.Positions(ctx)
	if c.fault == "lists what is flat" && err == nil && held[gold.Symbol].IsZero() {
		held[gold.Symbol] = decimal.Zero
	}
	if c.fault == "positions without a sign" {
		for symbol, q := range held {
			held[symbol] = q.Abs().Neg()
		}
	}
	return held, err
}

// brokerWatcher keeps to itself what a case has to say.
type brokerWatcher struct {
	testing.TB
	said []string
}

func (w *brokerWatcher) Helper() {}

func (w *brokerWatcher) Errorf(format string, args ...any) {
	w.said = append(w.said, fmt.Sprintf(format, args...))
}

func (w *brokerWatcher) Error(args ...any) { w.said = append(w.said, fmt.Sprint(args...)) }

func (w *brokerWatcher) Fatalf(format string, args ...any) {
	w.Errorf(format, args...)
	runtime.Goexit()
}

func (w *brokerWatcher) Fatal(args ...any) {
	w.Error(args...)
	runtime.Goexit()
}

// The suite must see each fault that is planted here, in the case that is about it.
func TestBrokerSuiteFindsPlantedFaults(t *testing.T) {
	t.Parallel()
	for fault, inCase := range map[string]string{
		"has a word of its own for unknown": "an order that was never sent is unknown",
		"fills without client id":           "an order fills in full, on its side, under its client id",
		"reports half":                      "an order fills in full, on its side, under its client id",
		"times in the zone of the venue":    "an order fills in full, on its side, under its client id",
		"since is exclusive":                "fills are ascending and are given from the time asked for on",
		"one id for all fills":              "fills are ascending and are given from the time asked for on",
		"newest first":                      "fills are ascending and are given from the time asked for on",
		"lists what is flat":                "what was filled is the position, and closing it leaves none",
		"positions without a sign":          "what was filled is the position, and closing it leaves none",
		"takes duplicates":                  "a client id that was used is refused where that is promised, and changes nothing",
		"calls a duplicate rejected":        "a client id that was used is refused where that is promised, and changes nothing",
		"cancels nothing":                   "an order that rests can be cancelled, and one that is done cannot",
		"minds a second cancel":             "an order that rests can be cancelled, and one that is done cannot",
		"never looks at ctx":                "a context that has ended ends the call",
		"changes its traits":                "traits do not change",
	} {
		t.Run(fault, func(t *testing.T) {
			t.Parallel()
			require.Contains(t, tradingtest.BrokerCases(), inCase)
			for _, broken := range []bool{true, false} {
				broker := crookedBroker{goldVenue(trading.Traits{RefusesDuplicates: true}), ""}
				if broken {
					broker.fault = fault
				}
				watched := &brokerWatcher{TB: t}
				ended := make(chan struct{})
				go func() { // FailNow ends the goroutine
					defer close(ended)
					tradingtest.RunBrokerCase(watched, inCase, tradingtest.BrokerSubject{
						Broker: broker, Instrument: gold, Price: decimal.NewFromInt(2000),
					})
				}()
				<-ended
				require.Equal(t, broken, len(watched.said) > 0, watched.said)
			}
		})
	}
}
