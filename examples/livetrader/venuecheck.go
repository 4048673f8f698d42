package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"slices"
	"time"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// checkVenue asks a venue how the account is set up, sends no order, and says what stands against trading there.
func (c *fileCommand) checkVenue(ctx context.Context) int {
	if c.place().name == "" && isHTTP(c.venue) {
		return fail(c.env, usagef("check --venue wants one of %v: a papervenue has nothing to check", venueNames))
	}
	c.dial = c.env.dial
	broker, err := c.broker(c.env.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return fail(c.env, usageError{fmt.Errorf("--venue: %w", err)})
	}
	defer broker.Close()
	ctx, cancel := c.env.clock.WithTimeout(ctx, checkWithin)
	defer cancel()
	at, ok := broker.(namedVenue)
	if !ok {
		return fail(c.env, fmt.Errorf("check --venue: %s cannot be checked", c.venue))
	}
	against := at.tellSetup(ctx, c.env.stdout, c.symbols)
	found, err := findAt(ctx, broker, c.accountAtVenue())
	if err == nil {
		found.tell(c.env.stdout, c.foreignOrders)
	}
	if against = errors.Join(against, err); against != nil {
		return fail(c.env, fmt.Errorf("check --venue: %w", against))
	}
	fmt.Fprintln(c.env.stdout, "nothing stands against trading there, and nothing was sent")
	return exitOK
}

// checkWithin is how long the venue may take for all of it.
const checkWithin = 30 * time.Second

func (b atBinance) tellSetup(ctx context.Context, w io.Writer, symbols []string) error {
	s, against := b.Check(ctx)
	if against != nil && s.Symbols == nil { // it was not answered
		return against
	}
	instruments, err := b.Instruments(ctx)
	if err != nil {
		return errors.Join(against, err)
	}
	fmt.Fprintf(w, "account: may trade: %s, one-way mode: %s, other assets as margin: %s\n",
		yes(s.CanTrade), yes(!s.Hedge), yes(s.MultiAssets))
	switch {
	case !s.Key.Known:
		fmt.Fprintln(w, "key: what it may do cannot be asked there")
	default:
		fmt.Fprintf(w, "key: may trade futures: %s, may withdraw: %s\n", yes(s.Key.Futures), yes(s.Key.Withdraw))
		if !s.Key.Addressed {
			fmt.Fprintln(w, "key: WARNING: it is good from any address: bind it to that of this machine")
		}
	}
	fmt.Fprintln(w, clockAgainst(s.ClockOffset))
	for _, symbol := range symbols {
		at := slices.IndexFunc(instruments, func(i trading.Instrument) bool { return i.Symbol == symbol })
		if at < 0 {
			fmt.Fprintf(w, "%s: not traded there\n", symbol)
			continue
		}
		i, of := instruments[at], s.Symbols[symbol]
		fmt.Fprintf(w, "%s: tick %s, step %s, smallest order %s and worth %s; leverage %d, margin %s\n",
			symbol, i.Tick, i.Step, i.MinQuantity, i.MinNotional, of.Leverage, of.Margin)
	}
	return against
}

// clockAgainst says how far the clocks are apart. Orders are dated by the venue's; bars, days and hours go by this machine's.
func clockAgainst(ahead time.Duration) string {
	apart, of := ahead.Round(time.Millisecond), "ahead of"
	if apart < 0 {
		apart, of = -apart, "behind"
	}
	text := fmt.Sprintf("clock: the venue is %s %s this machine", apart, of)
	if apart > clockTolerance {
		text += ": WARNING: have this machine's set by NTP: orders go by the venue's, but bars, days and hours by this one"
	}
	return text
}

// clockTolerance is more than a measurement over a slow line is off.
const clockTolerance = time.Second

func yes(is bool) string {
	if is {
		return "yes"
	}
	return "no"
}
