package alpaca

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// maxActivities is how many activities the venue tells in one answer.
const maxActivities = 100

// activities asks for those of some kinds behind one, or from a day before a time on.
func (b *Broker) activities(ctx context.Context, since time.Time, behind string, limit int, kinds ...string) (
	[]alpaca.AccountActivity, error,
) {
	r := alpaca.GetAccountActivitiesRequest{
		ActivityTypes: kinds, Direction: "asc", PageSize: min(limit, maxActivities), PageToken: behind,
	}
	if !since.IsZero() {
		r.After = since.Add(-24 * time.Hour)
	}
	what := request{what: "ask for activities", class: bulk}
	return ask(ctx, b.client, what, func(c *alpaca.Client) ([]alpaca.AccountActivity, error) { return c.GetAccountActivities(r) })
}

// goesOn says that the venue tells again what it was asked to go on behind: nobody would ever come to the end.
func goesOn(behind string, rows []alpaca.AccountActivity) error {
	if behind != "" && slices.ContainsFunc(rows, func(row alpaca.AccountActivity) bool { return row.ID == behind }) {
		return fmt.Errorf("alpaca: ask for activities: the venue repeats %s, which it was asked to go on behind", behind)
	}
	return nil
}

// Fills implements trading.Broker. A fill has no fee: what the venue takes it tells later, see CashEvents.
func (b *Broker) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	next := from
	for {
		rows, err := b.activities(ctx, from.Since, next.Token, limit, "FILL")
		if err != nil || len(rows) == 0 {
			return nil, next, err
		}
		var page []trading.Fill
		for _, row := range rows {
			if row.TransactionTime.Before(from.Since) {
				continue
			}
			f, err := b.fill(ctx, row)
			if err != nil {
				return nil, from, err
			}
			page = append(page, f)
		}
		if err := goesOn(next.Token, rows); err != nil {
			return nil, from, err
		}
		next.Token = rows[len(rows)-1].ID
		if len(page) > 0 {
			return page, next, nil
		}
	}
}

func (b *Broker) fill(ctx context.Context, row alpaca.AccountActivity) (trading.Fill, error) {
	f := trading.Fill{
		ID: row.ID, Symbol: row.Symbol, Side: trading.Sell, Price: row.Price, Quantity: row.Qty, Time: row.TransactionTime.UTC(),
	}
	switch row.Side {
	case "buy":
		f.Side = trading.Buy
	case "sell", "sell_short":
	default:
		return f, fmt.Errorf("alpaca: fill %s has the side %q", row.ID, row.Side)
	}
	var err error
	f.ClientID, err = b.clientID(ctx, row.OrderID)
	return f, err
}

// cashKinds are what moves cash without a fill.
var cashKinds = map[string]trading.CashKind{
	"FEE": trading.CashFee, "CFEE": trading.CashFee, "PTC": trading.CashFee, "DIVFEE": trading.CashFee,
	"DIV": trading.CashFunding, "DIVCGL": trading.CashFunding, "DIVCGS": trading.CashFunding, "DIVFT": trading.CashFunding,
	"DIVNRA": trading.CashFunding, "DIVROC": trading.CashFunding, "DIVTW": trading.CashFunding, "DIVTXEX": trading.CashFunding,
	"INT": trading.CashFunding, "INTNRA": trading.CashFunding, "INTTW": trading.CashFunding,
	"CSD": trading.CashDeposit, "CSW": trading.CashWithdrawal, "JNLC": trading.CashDeposit,
}

// late is by how much an event may come after those that it belongs before: fees are booked days after their trade.
const late = 7 * 24 * time.Hour

// CashEvents implements trading.CashReporter: fees, dividends, interest, and what was paid in and out. The venue dates them
// by the day, and some come days later, so those of a week are read again and what was told is left out.
func (b *Broker) CashEvents(ctx context.Context, from trading.Cursor, limit int) (
	page []trading.CashEvent, next trading.Cursor, err error,
) {
	told := toldOf(from.Token)
	since := from.Since
	if newest := told.newest(); !newest.IsZero() && newest.Add(-late).After(since) {
		since = newest.Add(-late)
	}
	kinds := slices.Sorted(maps.Keys(cashKinds))
	for behind := ""; ; {
		rows, err := b.activities(ctx, since, behind, maxActivities, kinds...)
		if err != nil {
			return nil, from, err
		}
		if err := goesOn(behind, rows); err != nil {
			return nil, from, err
		}
		for _, row := range rows {
			behind = row.ID
			e, moves, err := cashEvent(row)
			if err != nil {
				return nil, from, err
			}
			if !moves || slices.Contains(told, row.ID) || e.Time.Before(day(from.Since)) {
				continue
			}
			page, told = append(page, e), append(told, row.ID)
			if len(page) == limit {
				return page, told.cursor(from), nil
			}
		}
		if len(rows) < maxActivities {
			return page, told.cursor(from), nil
		}
	}
}

func day(t time.Time) time.Time { return t.UTC().Truncate(24 * time.Hour) }

// cashEvent makes of an activity what the port calls one; false of one that moves no cash.
func cashEvent(row alpaca.AccountActivity) (trading.CashEvent, bool, error) {
	at, err := idTime(row.ID)
	e := trading.CashEvent{
		ID: row.ID, Kind: cashKinds[row.ActivityType], Amount: row.NetAmount, Symbol: row.Symbol, Time: at,
	}
	if e.Kind == trading.CashDeposit || e.Kind == trading.CashWithdrawal {
		e.Kind = trading.CashDeposit
		if e.Amount.IsNegative() {
			e.Kind = trading.CashWithdrawal
		}
	}
	return e, !e.Amount.IsZero(), err
}

// idTime is the time that an activity's ID begins with, as in 20261127000000000::1b2f.
func idTime(id string) (time.Time, error) {
	digits, _, _ := strings.Cut(id, "::")
	if len(digits) == 17 {
		if t, err := time.Parse("20060102150405.000", digits[:14]+"."+digits[14:]); err == nil {
			return t, nil
		}
	}
	return time.Time{}, fmt.Errorf("alpaca: the ID %q of an activity begins with no time", id)
}

// told are the IDs of the cash events that were told, as far back as others may still come between them.
type told []string

func toldOf(token string) told {
	if token == "" {
		return nil
	}
	return strings.Split(token, ",")
}

func (t told) newest() (newest time.Time) {
	for _, id := range t {
		if at, err := idTime(id); err == nil && at.After(newest) {
			newest = at
		}
	}
	return newest
}

func (t told) cursor(from trading.Cursor) trading.Cursor {
	first := t.newest().Add(-late - 48*time.Hour)
	kept := slices.DeleteFunc(slices.Clone(t), func(id string) bool {
		at, err := idTime(id)
		return err == nil && at.Before(first)
	})
	return trading.Cursor{Since: from.Since, Token: strings.Join(kept, ",")}
}
