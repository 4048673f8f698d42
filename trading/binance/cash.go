package binance

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

const maxIncome = 1000

// income is what moved an asset, as the venue tells it.
type income struct {
	Symbol string          `json:"symbol"`
	Type   string          `json:"incomeType"`
	Amount decimal.Decimal `json:"income"`
	Asset  string          `json:"asset"`
	Time   int64           `json:"time"`
	ID     int64           `json:"tranId"`
}

// CashEvents implements trading.CashReporter: funding, transfers, and whatever else moved an asset without a trade. Profit
// and commission of trades are left out, as they come with the fills.
func (b *Broker) CashEvents(ctx context.Context, from trading.Cursor, limit int) (
	page []trading.CashEvent, next trading.Cursor, err error,
) {
	if err := b.known(ctx); err != nil {
		return nil, from, err
	}
	at, seen, err := incomePlace(from)
	if err != nil {
		return nil, from, err
	}
	at = b.earliest(at)
	for {
		end := at.Add(week - time.Millisecond)
		rows, err := b.incomes(ctx, at, end)
		if err != nil {
			return nil, from, err
		}
		if fresh := b.cashEvents(rows, at, seen); len(fresh) > 0 {
			page = fresh[:min(max(limit, 1), len(fresh))]
			return page, behind(page, from.Since, at, seen), nil
		}
		switch last := lastOf(rows); {
		case len(rows) == maxIncome && !last.After(at):
			return nil, from, fmt.Errorf("binance: there are more than %d incomes of one instant, %s", maxIncome, at)
		case len(rows) == maxIncome:
			at, seen = last, nil
		case !end.Before(b.client.time.now()):
			return nil, trading.Cursor{Since: from.Since, Token: incomeToken(at, seen)}, nil
		default:
			at, seen = at.Add(week), nil
		}
	}
}

// cashEvents are those of the rows that move cash and were not told yet: those of the time at that are in seen were. What is of
// an earlier time was not asked for, and a venue that tells it all the same would have a reader go round for ever.
func (b *Broker) cashEvents(rows []income, at time.Time, seen []string) (events []trading.CashEvent) {
	for _, row := range rows {
		e, moves := b.cashEvent(row)
		if moves && row.Time >= at.UnixMilli() && !(e.Time.Equal(at) && slices.Contains(seen, e.ID)) {
			events = append(events, e)
		}
	}
	return events
}

// behind is the place behind a page.
func behind(page []trading.CashEvent, since, at time.Time, seen []string) trading.Cursor {
	last := page[len(page)-1].Time
	if !last.Equal(at) {
		seen = nil
	}
	seen = slices.Clone(seen)
	for _, e := range page {
		if e.Time.Equal(last) {
			seen = append(seen, e.ID)
		}
	}
	return trading.Cursor{Since: since, Token: incomeToken(last, seen)}
}

func lastOf(rows []income) time.Time {
	if len(rows) == 0 {
		return time.Time{}
	}
	return time.UnixMilli(rows[len(rows)-1].Time).UTC()
}

// incomes asks without a symbol. go-binance has the question as well, but sends an empty symbol, which the venue refuses.
func (b *Broker) incomes(ctx context.Context, begin, end time.Time) (rows []income, err error) {
	asked := url.Values{
		"startTime": {strconv.FormatInt(begin.UnixMilli(), 10)}, "endTime": {strconv.FormatInt(end.UnixMilli(), 10)},
		"limit": {strconv.Itoa(maxIncome)},
	}
	r := request{what: "ask for cash", weight: 30, class: bulk}
	err = b.client.get(ctx, r, b.client.cfg.URL, "/fapi/v1/income", asked, &rows)
	slices.SortStableFunc(rows, func(x, y income) int { return cmp.Compare(x.Time, y.Time) })
	return rows, err
}

// cashEvent makes of an income what the port calls one; false of what comes with a fill.
func (b *Broker) cashEvent(row income) (trading.CashEvent, bool) {
	e := trading.CashEvent{
		ID:     row.Type + ":" + strconv.FormatInt(row.ID, 10) + ":" + row.Asset + ":" + row.Symbol,
		Amount: row.Amount, Asset: row.Asset, Time: time.UnixMilli(row.Time).UTC(),
	}
	if row.Symbol != "" {
		e.Symbol = b.catalog.nameOf(row.Symbol)
	}
	switch row.Type {
	case "REALIZED_PNL", "COMMISSION":
		return e, false
	case "FUNDING_FEE":
		e.Kind = trading.CashFunding
	case "TRANSFER", "INTERNAL_TRANSFER", "CROSS_COLLATERAL_TRANSFER", "STRATEGY_UMFUTURES_TRANSFER",
		"COIN_SWAP_DEPOSIT", "COIN_SWAP_WITHDRAW", "AUTO_EXCHANGE", "WELCOME_BONUS":
		e.Kind = trading.CashDeposit
		if row.Amount.IsNegative() {
			e.Kind = trading.CashWithdrawal
		}
	case "INSURANCE_CLEAR":
		e.Kind = trading.CashInsurance
		if row.Amount.IsNegative() { // what a liquidation leaves to the insurance fund
			e.Kind = trading.CashFee
		}
	default:
		e.Kind = trading.CashFee
	}
	return e, !row.Amount.IsZero()
}

// incomeToken is a place among the incomes: a time, and those of that time that were told.
func incomeToken(at time.Time, seen []string) string {
	return strings.Join(append([]string{strconv.FormatInt(at.UnixMilli(), 10)}, seen...), ",")
}

func incomePlace(from trading.Cursor) (at time.Time, seen []string, err error) {
	if from.Token == "" {
		return from.Since, nil, nil
	}
	parts := strings.Split(from.Token, ",")
	ms, err := strconv.ParseInt(parts[0], 10, 64)
	if err != nil {
		return at, nil, fmt.Errorf("binance: %q is no cursor of cash", from.Token)
	}
	return time.UnixMilli(ms).UTC(), parts[1:], nil
}
