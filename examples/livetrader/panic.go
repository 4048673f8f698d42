package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const panicHelp = `
It needs the venue alone: no database, and no trader that lives. It leaves a halt beside --db first, which a trader that runs
there heeds at once and the next start writes into its journal. Then it cancels all that rests at the venue and closes all
that is held, also what no trader has opened, until nothing is left.

It ends with 0 when the account is flat and the halt is left, and otherwise with 1 and a list of what is not.
`

// emergency is one call of panic.
type emergency struct {
	venue venueBroker
	clock clock.Clock
	out   io.Writer

	look  time.Duration // between two rounds
	terms map[string]trading.Instrument
	said  map[string]bool // what was told before
}

// runPanic is the command panic.
func runPanic(ctx context.Context, args []string, env environment) int {
	c := newCommand("panic", "--venue ADDRESS [flags]", "venue", "db")
	by, within := whoAsks(env.lookup), time.Minute
	c.line.StringVar(&by, "by", by, "`name` of who does it, for the halt")
	c.line.Var(flagValue[time.Duration]{&within, spans}, "timeout", "`time` that all of it may take")
	words, err := c.parse(args, env.lookup)
	if err == nil {
		err = checkName(by)
	}
	if err == nil {
		err = c.readVenueKey(env.lookup)
	}
	switch {
	case err != nil:
	case len(words) > 0:
		err = usagef("panic takes nothing, and %q stands there", words[0])
	case c.venue == "":
		err = usagef("panic wants --venue: on paper there is nothing to close but in the trader itself (livetrader ctl kill)")
	}
	if err != nil {
		return c.end(env, err, panicHelp)
	}
	halted := leaveHalt(env, c.haltPath(), by) // also where the venue cannot be asked
	c.dial = env.dial
	venue, err := c.broker(env.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return fail(env, usageError{fmt.Errorf("--venue: %w", err)})
	}
	defer venue.Close()
	ctx, cancel := env.clock.WithTimeout(ctx, within)
	defer cancel()
	e := &emergency{venue: venue, clock: env.clock, out: env.stdout, look: panicLook, said: make(map[string]bool)}
	if c.place().name != "" {
		e.look = panicLookShared
	}
	if !e.flatten(ctx) || !halted {
		return exitFailure
	}
	return exitOK
}

// leaveHalt has nothing opened any more, by a file that a trader finds.
func leaveHalt(env environment, path, by string) bool {
	err := errors.New("the database is on a server, and has no folder")
	if path != "" {
		err = writeHalt(path, haltOrder{Reason: strings.TrimSpace("panic " + by), At: env.clock.Now().UTC()})
	}
	if err != nil {
		fmt.Fprintf(env.stdout, "NO HALT IS LEFT: %s\n"+
			"  whoever starts a trader again must know: livetrader ctl halt REASON\n", oneLine(err))
		return false
	}
	fmt.Fprintf(env.stdout, "halt left in %s: a trader there opens nothing from now on, and the next start is halted\n", path)
	return true
}

// How long it is between two looks at the venue. One that others share counts what it is asked.
const (
	panicLook       = 200 * time.Millisecond
	panicLookShared = 3 * time.Second
)

// flatten cancels and closes until nothing is left, and reports whether that came about before ctx ended.
func (e *emergency) flatten(ctx context.Context) bool {
	began := e.clock.Now()
	for flatSince := (time.Time{}); ; {
		left, err := e.round(ctx)
		now := e.clock.Now()
		switch {
		case err != nil || len(left) > 0:
			flatSince = time.Time{}
		case flatSince.IsZero():
			flatSince = now
		case now.Sub(flatSince) >= e.venue.Traits().MaxFlight: // no order of the trader's is under way any more
			fmt.Fprintf(e.out, "flat after %s: nothing is held and nothing rests\n", flatSince.Sub(began).Round(time.Millisecond))
			return true
		}
		if err != nil {
			e.say("not done, trying again: " + oneLine(err))
		}
		select {
		case <-e.clock.After(e.look):
		case <-ctx.Done():
			e.tellLeft(left, err)
			return false
		}
	}
}

func (e *emergency) tellLeft(left []string, err error) {
	if err != nil {
		fmt.Fprintln(e.out, "NOT FLAT: what is left is not known:", oneLine(err))
	}
	for _, what := range left {
		fmt.Fprintln(e.out, "LEFT:", what)
	}
}

// say tells a thing once.
func (e *emergency) say(text string) {
	if !e.said[text] {
		e.said[text] = true
		fmt.Fprintln(e.out, text)
	}
}

// panicCall is how long one call of the venue may take: the part of it that hangs does not keep the rest from being asked.
const panicCall = 5 * time.Second

// round asks for the end of all that rests and of all that is held, and tells what there was. An order that fails is sent
// anew in the next round; as it only reduces, two of them are no more than one. What is held is closed also where nobody
// knows what rests.
func (e *emergency) round(ctx context.Context) (left []string, err error) {
	left, errOpen := e.cancelAll(ctx)
	held, errHeld := e.closeAll(ctx)
	return append(left, held...), errors.Join(errOpen, errHeld)
}

func (e *emergency) cancelAll(ctx context.Context) (left []string, err error) {
	limited, cancel := e.clock.WithTimeout(ctx, panicCall)
	defer cancel()
	open, err := e.venue.OpenOrders(limited)
	if err != nil {
		return nil, fmt.Errorf("ask for open orders: %w", err)
	}
	for i, err := range e.atOnce(ctx, len(open), func(ctx context.Context, i int) error {
		o := open[i]
		return e.venue.Cancel(ctx, trading.OrderRef{ClientID: o.ClientID, Symbol: o.Symbol, Type: o.Type})
	}) {
		o := open[i]
		left = append(left, fmt.Sprintf("order %s of %s %s", o.ClientID, o.Symbol, o.Status))
		e.tell("cancel order "+o.ClientID+" of "+o.Symbol, err)
	}
	return left, nil
}

func (e *emergency) closeAll(ctx context.Context) (left []string, err error) {
	limited, cancel := e.clock.WithTimeout(ctx, panicCall)
	defer cancel()
	held, err := e.venue.Positions(limited)
	if err != nil {
		return nil, fmt.Errorf("ask for positions: %w", err)
	}
	symbols := slices.Sorted(maps.Keys(held))
	for _, symbol := range symbols {
		left = append(left, fmt.Sprintf("position %s %s", held[symbol], symbol))
	}
	if len(held) == 0 {
		return nil, nil
	}
	instruments, err := e.instruments(ctx)
	if err != nil {
		return left, err
	}
	for i, err := range e.atOnce(ctx, len(symbols), func(ctx context.Context, i int) error {
		return e.close(ctx, instruments[symbols[i]], symbols[i], held[symbols[i]])
	}) {
		e.tell(fmt.Sprintf("close %s %s", held[symbols[i]], symbols[i]), err)
	}
	return left, nil
}

// panicAtOnce is how many calls of the venue are under way at a time.
const panicAtOnce = 8

// atOnce makes calls of the venue, each with its time, and returns what came of them in their order.
func (e *emergency) atOnce(ctx context.Context, n int, call func(ctx context.Context, i int) error) []error {
	errs, slots := make([]error, n), make(chan struct{}, panicAtOnce)
	var all sync.WaitGroup
	for i := range n {
		slots <- struct{}{}
		all.Go(func() {
			defer func() { <-slots }()
			limited, cancel := e.clock.WithTimeout(ctx, panicCall)
			defer cancel()
			errs[i] = call(limited, i)
		})
	}
	all.Wait()
	return errs
}

// tell says what was tried, and what came of it where that is bad.
func (e *emergency) tell(what string, err error) {
	if err != nil {
		what += ": " + oneLine(err)
	}
	e.say(what)
}

// instruments are what is traded there, which is asked once.
func (e *emergency) instruments(ctx context.Context) (map[string]trading.Instrument, error) {
	if e.terms != nil {
		return e.terms, nil
	}
	limited, cancel := e.clock.WithTimeout(ctx, panicCall)
	defer cancel()
	all, err := e.venue.Instruments(limited)
	if err != nil {
		return nil, fmt.Errorf("ask what is traded: %w", err)
	}
	e.terms = make(map[string]trading.Instrument)
	for _, i := range all {
		e.terms[i.Symbol] = i
	}
	return e.terms, nil
}

// close sends an order that only reduces. Nobody knows a price here, and nobody needs one.
func (e *emergency) close(ctx context.Context, i trading.Instrument, symbol string, held decimal.Decimal) error {
	side := trading.Sell
	if held.IsNegative() {
		side = trading.Buy
	}
	order := trading.Order{
		ClientID: "panic-" + newKey()[:20], Symbol: symbol, Side: side, Type: trading.Market, Quantity: held.Abs(),
		CreatedAt: e.clock.Now().UTC(),
	}
	approved, err := trading.Approve(order, trading.View{Instrument: i, Held: held}, nil)
	if err != nil {
		return err
	}
	return e.venue.Submit(ctx, approved)
}
