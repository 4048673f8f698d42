package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/store/postgres"
	"github.com/seed-5dee1c0a/vigil/trading/store/sqlite"
)

const firstOrderHelp = `
Buys the smallest amount of the one symbol in --symbols that the venue takes, at market, looks at how its fill, fee and
position are told, and sells it again. It prints each step and when it came. It costs the spread and two fees.

It is refused where something is held or rests at the account, where a trader runs on --db, and where the market is closed.
Where money is real it wants --live, --account and --confirm, as trading does. It ends with 0 where all came as it should and
nothing is left, and otherwise with 1 and what is left.
`

// firstOrder is one call of first-order.
type firstOrder struct {
	venue  namedVenue
	clock  clock.Clock
	out    io.Writer
	symbol string
	within time.Duration // for one order to be filled and told
	closed func() string // what says that the market is, once the venue was asked; "" while it is not

	began time.Time
	fees  map[string]decimal.Decimal // by asset
	paid  decimal.Decimal            // in all, signed: what the two orders cost without fees
}

// runFirstOrder is the command first-order.
func runFirstOrder(ctx context.Context, args []string, env environment) int {
	c := newCommand("first-order", "--venue NAME --symbols SYMBOL [flags]",
		"venue", "symbols", "live", "account", "confirm", "db", "hours")
	within := time.Minute
	c.line.Var(flagValue[time.Duration]{&within, spans}, "timeout", "`time` that each of the two orders may take")
	words, err := c.parse(args, env.lookup)
	if err == nil && len(words) > 0 {
		err = usagef("first-order takes nothing, and %q stands there", words[0])
	}
	if err == nil {
		err = c.readVenueKey(env.lookup)
	}
	if err == nil {
		err = c.mayOrderFirst()
	}
	if err != nil {
		return c.end(env, err, firstOrderHelp)
	}
	release, err := c.keepTradersOut(ctx)
	if err != nil {
		return fail(env, fmt.Errorf("first-order: %w", err))
	}
	defer release()
	c.dial = env.dial
	broker, err := c.broker(env.clock, slog.New(slog.DiscardHandler))
	if err != nil {
		return fail(env, usageError{fmt.Errorf("--venue: %w", err)})
	}
	defer broker.Close()
	at, ok := broker.(namedVenue)
	if !ok {
		return fail(env, fmt.Errorf("first-order: %s has no account to try", c.venue))
	}
	f := &firstOrder{
		venue: at, clock: env.clock, out: env.stdout, symbol: c.symbols[0], within: within,
		closed: func() string { return c.closedBy(env.clock.Now()) },
		began:  env.clock.Now(), fees: make(map[string]decimal.Decimal),
	}
	if err := f.run(ctx); err != nil {
		return fail(env, fmt.Errorf("first-order: %w", err))
	}
	return exitOK
}

// closedBy is what says that the market is closed; "" while it is open.
func (c *config) closedBy(now time.Time) string {
	switch hours := c.marketHours(); {
	case hours.text == "" || c.isOpen(now):
		return ""
	case c.hours.text != "":
		return "--hours " + hours.text
	default:
		return hours.text
	}
}

// mayOrderFirst says what on the command line stands against it.
func (c *command) mayOrderFirst() error {
	p := c.place()
	for _, r := range []rule{
		{c.venue == "", "first-order wants --venue"},
		{p.name == "", "first-order wants a --venue that has a name"},
		{c.origin["symbols"] == fromDefault || len(c.symbols) != 1, "first-order wants one symbol in --symbols"},
		{p.url != "" && !isHTTP(p.url), fmt.Sprintf("--venue %s: %q is no http address", c.venue, p.url)},
		{p.leadsToMoney(), fmt.Sprintf("--venue %s: money is real at that address", c.venue)},
		{p.real() && (!c.live || c.account == "" || c.confirm != c.words()), fmt.Sprintf(
			"--venue %s trades with real money: that wants --live, --account NAME and --confirm '%s NAME'", p.name, p.name)},
		{!p.real() && c.live, "--live goes with --venue " + binanceVenue + " or " + alpacaVenue},
	} {
		if r.broken {
			return usagef("%s", r.text)
		}
	}
	return nil
}

// keepTradersOut holds the database, if there is one, until release is called: no trader runs on it meanwhile.
func (c *command) keepTradersOut(ctx context.Context) (release func(), err error) {
	if postgres.IsURL(c.db) {
		return nil, errors.New("--db is on a server, where nobody can see whether a trader runs on it: name a file, or none")
	}
	if _, err := os.Stat(c.db); errors.Is(err, fs.ErrNotExist) {
		return func() {}, nil
	}
	db, err := sqlite.Open(ctx, c.db, sqlite.Config{Logger: slog.New(slog.DiscardHandler)})
	if err != nil {
		return nil, fmt.Errorf("--db: %w; stop the trader there first: nothing was sent", err)
	}
	return func() { _ = db.Close() }, nil
}

// run buys, looks, and sells again. An interrupt ends it only before the first order.
func (f *firstOrder) run(ctx context.Context) error {
	instrument, price, err := f.prepare(ctx)
	if err != nil {
		return fmt.Errorf("%w: nothing was sent", err)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("%w: nothing was sent", ctx.Err())
	}
	ctx = context.WithoutCancel(ctx)
	quantity := smallestOrder(instrument, price)
	f.say("buying %s of %s at market, worth some %s", quantity, f.symbol, quantity.Mul(price).Round(2))
	bought, err := f.order(ctx, instrument, trading.Buy, quantity, decimal.Zero, price)
	if errors.Is(err, trading.ErrRejected) {
		return errors.Join(err, f.end(ctx))
	}
	held, bad := f.position(ctx, bought)
	err = errors.Join(err, bad)
	if held.IsPositive() {
		f.say("selling it again")
		_, bad = f.order(ctx, instrument, trading.Sell, held, held, price)
		err = errors.Join(err, bad)
	}
	if err = errors.Join(err, f.end(ctx)); err != nil {
		return err
	}
	for asset, fee := range f.fees {
		f.say("fees: %s %s", fee, asset)
	}
	f.say("cost without fees: %s; all came as it should, and nothing is left", f.paid)
	return nil
}

// prepare sends nothing.
func (f *firstOrder) prepare(ctx context.Context) (i trading.Instrument, price decimal.Decimal, err error) {
	if err := f.venue.tellSetup(ctx, f.out, []string{f.symbol}); err != nil {
		return i, price, err
	}
	if by := f.closed(); by != "" {
		return i, price, fmt.Errorf("the market is closed by %s, and an order would wait", by)
	}
	there, err := findAt(ctx, f.venue, "the account")
	if err != nil {
		return i, price, err
	}
	if !there.isEmpty() {
		return i, price, fmt.Errorf("the account is not empty (%s), and what the order does could not be told apart",
			there.lines()[0])
	}
	instruments, err := f.venue.Instruments(ctx)
	if err != nil {
		return i, price, err
	}
	i = bySymbol(instruments)[f.symbol]
	source, err := f.venue.bars(time.Minute)
	if err != nil {
		return i, price, err
	}
	batch, err := source.Bars(ctx, f.symbol, f.clock.Now().Add(-time.Hour), 100)
	if err != nil {
		return i, price, err
	}
	if len(batch.Bars) == 0 {
		return i, price, fmt.Errorf("%s has had no price within an hour", f.symbol)
	}
	price, err = i.Price(batch.Bars[len(batch.Bars)-1].Close)
	return i, price, err
}

// smallestOrder is the least that the instrument's filters let pass, with a hundredth of room for the price to move.
func smallestOrder(i trading.Instrument, price decimal.Decimal) decimal.Decimal {
	least := decimal.Max(i.Step, i.MinQuantity)
	if worth := i.MinNotional.Mul(decimal.New(101, -2)); least.Mul(price).LessThan(worth) {
		least = worth.Div(price)
	}
	return least.Div(i.Step).Ceil().Mul(i.Step)
}

// order sends one order at market, once, and waits until it and its fills are told. It returns what was filled.
func (f *firstOrder) order(
	ctx context.Context, i trading.Instrument, side trading.Side, quantity, held, price decimal.Decimal,
) (filled decimal.Decimal, err error) {
	now := f.clock.Now().UTC()
	o := trading.Order{
		ClientID: "first-" + newKey()[:20], Symbol: f.symbol, Side: side, Type: trading.Market, Quantity: quantity,
		CreatedAt: now,
	}
	all := func(_ trading.Order, _ trading.View, opening decimal.Decimal) (decimal.Decimal, *trading.LimitError) {
		return opening, nil
	}
	approved, err := trading.Approve(o, trading.View{Instrument: i, Held: held, Price: price}, all)
	if err != nil {
		return filled, err
	}
	ctx, cancel := f.clock.WithTimeout(ctx, f.within)
	defer cancel()
	switch err := f.venue.Submit(ctx, approved); {
	case errors.Is(err, trading.ErrRejected):
		f.say("%s: refused: %s", o.ClientID, oneLine(err))
		return filled, err
	case err != nil: // It may be there all the same: the venue is asked, and it is not sent again.
		f.say("%s: the answer says nothing of the order, which is asked for: %s", o.ClientID, oneLine(err))
	default:
		f.say("%s: taken", o.ClientID)
	}
	report, err := f.done(ctx, approved.Order())
	if err != nil {
		return report.Filled, err
	}
	f.say("%s: told as %s, %s filled", o.ClientID, report.Status, report.Filled)
	if err := f.fills(ctx, o, report.Filled); err != nil {
		return report.Filled, err
	}
	if report.Status != trading.StatusFilled {
		return report.Filled, fmt.Errorf("order %s is %s, with %s of %s filled",
			o.ClientID, report.Status, report.Filled, quantity)
	}
	return report.Filled, nil
}

// done waits until an order is over. One that is not in time is canceled.
func (f *firstOrder) done(ctx context.Context, o trading.Order) (report trading.OrderReport, err error) {
	ref := o.Ref()
	ref.SentAt = o.CreatedAt
	for {
		asked, err := f.venue.Order(ctx, ref)
		if err == nil {
			if report = asked; report.Status.Done() {
				return report, nil
			}
		}
		if !f.wait(ctx) {
			return report, errors.Join(fmt.Errorf("order %s was not over in time", o.ClientID), err, f.cancel(ctx, ref))
		}
	}
}

// cancel has an order rest no more, also when the time for it is over.
func (f *firstOrder) cancel(ctx context.Context, ref trading.OrderRef) error {
	ctx, cancel := f.clock.WithTimeout(context.WithoutCancel(ctx), firstOrderLast)
	defer cancel()
	f.say("%s: not over in time, and canceled", ref.ClientID)
	return f.venue.Cancel(ctx, ref)
}

// fills waits until the venue has told as much as was filled.
func (f *firstOrder) fills(ctx context.Context, o trading.Order, filled decimal.Decimal) error {
	told := make(map[string]bool)
	var sum decimal.Decimal
	for {
		page, _, err := f.venue.Fills(ctx, trading.Cursor{Since: o.CreatedAt.Add(-time.Minute)}, 100)
		for _, fill := range page {
			if fill.ClientID != o.ClientID || told[fill.ID] {
				continue
			}
			told[fill.ID] = true
			sum = sum.Add(fill.Quantity)
			f.paid = f.paid.Add(o.Side.Signed(fill.Quantity.Mul(fill.Price)))
			asset := fill.FeeAsset
			if asset == "" {
				asset = currencyOf(o.Symbol)
			}
			f.fees[asset] = f.fees[asset].Add(fill.Fee)
			f.say("%s: fill %s: %s at %s, fee %s %s", o.ClientID, fill.ID, fill.Quantity, fill.Price, fill.Fee, asset)
		}
		if sum.Equal(filled) {
			return nil
		}
		if !f.wait(ctx) {
			return errors.Join(fmt.Errorf("fills of order %s add up to %s, and %s was filled", o.ClientID, sum, filled), err)
		}
	}
}

// position waits until what is held is what was bought, and returns what is held.
func (f *firstOrder) position(ctx context.Context, bought decimal.Decimal) (held decimal.Decimal, err error) {
	ctx, cancel := f.clock.WithTimeout(ctx, f.within)
	defer cancel()
	for {
		all, err := f.venue.Positions(ctx)
		if err == nil {
			if held = all[f.symbol]; held.Equal(bought) {
				f.say("position: %s", held)
				return held, nil
			}
		}
		if !f.wait(ctx) {
			return held, errors.Join(fmt.Errorf("%s is held, and %s was bought", held, bought), err)
		}
	}
}

const (
	firstOrderLook = time.Second
	firstOrderLast = 15 * time.Second // to see what is left
)

// wait reports whether there is time for another look.
func (f *firstOrder) wait(ctx context.Context) bool {
	select {
	case <-ctx.Done():
		return false
	case <-f.clock.After(firstOrderLook):
		return true
	}
}

// end says what is left, which is an error.
func (f *firstOrder) end(ctx context.Context) error {
	ctx, cancel := f.clock.WithTimeout(ctx, firstOrderLast)
	defer cancel()
	var there found
	var err error
	for again := true; again; again = f.wait(ctx) {
		var now found
		if now, err = findAt(ctx, f.venue, "the account"); err == nil {
			there = now
		}
		if err == nil && there.isEmpty() {
			return nil
		}
	}
	const wayOut = "livetrader panic --venue NAME closes and cancels all"
	if there.isEmpty() {
		fmt.Fprintln(f.out, "LEFT: what is left is not known")
		return fmt.Errorf("what is left is not known: %w: look at the venue, or %s", err, wayOut)
	}
	for _, line := range there.lines() {
		fmt.Fprintln(f.out, "LEFT:", line)
	}
	return fmt.Errorf("something is left, which is above: %s", wayOut)
}

// say prints a step and when it came.
func (f *firstOrder) say(format string, args ...any) {
	after := f.clock.Since(f.began).Round(time.Millisecond)
	fmt.Fprintf(f.out, "%9s  %s\n", after, fmt.Sprintf(format, args...))
}
