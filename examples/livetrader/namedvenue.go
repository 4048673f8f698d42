package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/supervisor"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
)

// namedVenue is a venue that has a name: it has bars of its own, and an account whose set-up can be asked for.
type namedVenue interface {
	venueBroker
	looker
	bars(interval time.Duration) (servedSource, error)
	// tellSetup prints how the account is set up; the error is what stands against trading there.
	tellSetup(ctx context.Context, w io.Writer, symbols []string) error
}

// servedSource is a source of bars that listens while it is served.
type servedSource interface {
	signal.Source
	supervisor.Service
}

// atBinance is an account at Binance.
type atBinance struct{ *binance.Broker }

func (b atBinance) bars(interval time.Duration) (servedSource, error) { return b.Source(interval) }

// look implements looker.
func (b atBinance) look(ctx context.Context) (l liveAccount, err error) {
	setup, against := b.Check(ctx)
	if against != nil && setup.Symbols == nil { // it was not answered
		return l, against
	}
	instruments, err := b.Instruments(ctx)
	if err != nil {
		return l, err
	}
	balances, err := b.Balances(ctx)
	if err != nil {
		return l, err
	}
	l = liveAccount{
		stands: against, instruments: bySymbol(instruments),
		leverage: make(map[string]int), available: make(map[string]decimal.Decimal),
	}
	for symbol, of := range setup.Symbols {
		l.leverage[symbol] = of.Leverage
	}
	for _, balance := range balances {
		l.available[balance.Asset] = balance.Available
	}
	return l, nil
}

// atAlpaca is an account at Alpaca.
type atAlpaca struct {
	*alpaca.Broker

	clock     clock.Clock
	calendar  *alpaca.Calendar // nil where --hours says others
	simulated bool
	hangUp    func()
}

// Close closes the connections that nobody uses.
func (b atAlpaca) Close() { b.hangUp() }

// Traits implements trading.Broker.
func (b atAlpaca) Traits() trading.Traits {
	traits := b.Broker.Traits()
	traits.Simulated = b.simulated
	return traits
}

func (b atAlpaca) bars(interval time.Duration) (servedSource, error) { return b.Source(interval) }

// look implements looker. An account that the venue has blocked is answered with an error of Check, as one that is not
// answered is: what else can be asked tells them apart.
func (b atAlpaca) look(ctx context.Context) (l liveAccount, err error) {
	setup, against := b.Check(ctx)
	instruments, err := b.Instruments(ctx)
	if err != nil {
		return l, errors.Join(against, err)
	}
	return liveAccount{
		stands: against, instruments: bySymbol(instruments), noShort: !setup.CanShort,
		available: map[string]decimal.Decimal{dollars: setup.Cash},
	}, nil
}

func (b atAlpaca) tellSetup(ctx context.Context, w io.Writer, symbols []string) error {
	setup, against := b.Check(ctx)
	instruments, err := b.Instruments(ctx)
	if err != nil {
		return errors.Join(against, err)
	}
	if against == nil {
		fmt.Fprintf(w, "account: %s, in %s: cash %s, may sell short: %s\n",
			setup.Account, setup.Currency, setup.Cash, yes(setup.CanShort))
		if setup.Hours != "" {
			fmt.Fprintln(w, "hours: WARNING: the venue's clock and calendar are others:", setup.Hours)
		}
		if b.calendar != nil {
			tellDays(w, b.calendar, b.clock.Now())
		}
	}
	fmt.Fprintln(w, "key: what it may do cannot be asked there")
	traded := bySymbol(instruments)
	for _, symbol := range symbols {
		i, ok := traded[symbol]
		if !ok {
			against = errors.Join(against, errors.New(symbol+" is not traded there"))
			fmt.Fprintf(w, "%s: not traded there\n", symbol)
			continue
		}
		fmt.Fprintf(w, "%s: tick %s, step %s, smallest order %s\n", symbol, i.Tick, i.Step, i.MinQuantity)
	}
	return against
}

// tellDays says what the venue's calendar has next.
func tellDays(w io.Writer, days *alpaca.Calendar, at time.Time) {
	open, until := days.Open("", at)
	fmt.Fprintf(w, "hours: by the venue's calendar: open: %s, until %s\n", yes(open), until.Format(time.RFC3339))
	if next := days.Holiday(at); !next.IsZero() {
		fmt.Fprintln(w, "hours: the next holiday is", next.Format("Monday, 2006-01-02"))
	}
	if next := days.EarlyClose(at); !next.IsZero() {
		fmt.Fprintln(w, "hours: the next early close is", next.Format("Monday, 2006-01-02 15:04 MST"))
	}
}
