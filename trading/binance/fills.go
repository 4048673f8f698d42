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

const (
	maxTrades = 1000
	// retention is for how long the venue tells of trades: three months, of which the shortest have 89 days.
	retention = 89 * 24 * time.Hour
)

// trade is an execution as the venue tells it. go-binance has the question as well, but asks with "fromID", and the venue's
// name for that is "fromId".
type trade struct {
	Symbol   string          `json:"symbol"`
	ID       int64           `json:"id"`
	OrderID  int64           `json:"orderId"`
	Side     string          `json:"side"`
	Price    decimal.Decimal `json:"price"`
	Quantity decimal.Decimal `json:"qty"`
	Fee      decimal.Decimal `json:"commission"`
	FeeAsset string          `json:"commissionAsset"`
	Time     int64           `json:"time"`
}

// Fills implements trading.Broker. The venue tells trades by instrument: those of the Config's Symbols, and those in which
// this process has seen an order or a position. What is older than three months it does not tell any more.
//
// With more than two instruments, one in which nothing was seen to happen, and that had no trades a moment ago, is not asked for
// each time. While Serve does not run, or its stream is down, a fill that came by hand is told later by so much: with ten
// instruments by 6 s.
func (b *Broker) Fills(ctx context.Context, from trading.Cursor, limit int) ([]trading.Fill, trading.Cursor, error) {
	if err := b.known(ctx); err != nil {
		return nil, from, err
	}
	instruments, err := b.instruments()
	if err != nil {
		return nil, from, err
	}
	at, err := parsePlaces(from.Token)
	if err != nil {
		return nil, from, err
	}
	var page []trading.Fill
	every := b.calmEvery(len(instruments))
	for _, venue := range instruments {
		if len(page) >= limit {
			break
		}
		p, known := at[venue]
		if !known {
			p = place{since: b.earliest(from.Since)}
		}
		asked := b.client.cfg.Clock.Now()
		if known && b.signs.isCalm(venue, p.String(), asked, every) {
			continue
		}
		trades, p, err := b.tradesFrom(ctx, venue, p, limit-len(page))
		if err != nil {
			return nil, from, err
		}
		if len(trades) == 0 {
			b.signs.found(venue, p.String(), asked)
		}
		at[venue] = p
		for _, t := range trades {
			f, err := b.fill(ctx, t)
			if err != nil {
				return nil, from, err
			}
			page = append(page, f)
		}
	}
	return page, trading.Cursor{Since: from.Since, Token: at.String()}, nil
}

// instruments returns the venue's names of those whose trades are asked for.
func (b *Broker) instruments() ([]string, error) {
	all := b.names.instruments()
	for _, name := range b.client.cfg.Symbols {
		l, ok := b.catalog.find(name)
		if !ok {
			return nil, fmt.Errorf("binance: Config.Symbols: the venue lists no %q", name)
		}
		all = append(all, l.venue)
	}
	slices.Sort(all)
	return slices.Compact(all), nil
}

// earliest is from when on the venue can tell trades of a time or later.
func (b *Broker) earliest(since time.Time) time.Time {
	if first := b.client.time.now().Add(-retention); since.Before(first) {
		return first
	}
	return since
}

// place is where the trades of an instrument were left: behind one, or, where there was none yet, at a time.
type place struct {
	behind int64 // the number of a trade; 0 where there was none
	since  time.Time
}

func (p place) String() string {
	if p.behind > 0 {
		return fmt.Sprintf(">%d", p.behind)
	}
	return fmt.Sprintf("@%d", p.since.UnixMilli())
}

// tradesFrom returns the next trades of an instrument, and the place behind them. Where none is known to go on from it looks
// through a week at a time, up to now.
func (b *Broker) tradesFrom(ctx context.Context, venue string, p place, limit int) ([]trade, place, error) {
	for {
		asked := url.Values{"symbol": {venue}, "limit": {strconv.Itoa(min(limit, maxTrades))}}
		end := p.since.Add(week - time.Millisecond)
		if p.behind > 0 {
			asked.Set("fromId", strconv.FormatInt(p.behind+1, 10))
		} else {
			// The venue counts in milliseconds: what it tells of the first one may be earlier than asked for.
			asked.Set("startTime", strconv.FormatInt(p.since.UnixMilli(), 10))
			asked.Set("endTime", strconv.FormatInt(end.UnixMilli(), 10))
		}
		var trades []trade
		r := request{what: "ask for trades", weight: tradesWeight, class: bulk}
		err := b.client.get(ctx, r, b.client.cfg.URL, "/fapi/v1/userTrades", asked, &trades)
		switch {
		case err != nil:
			return nil, p, err
		case len(trades) > 0:
			slices.SortFunc(trades, func(x, y trade) int { return cmp.Compare(x.ID, y.ID) })
			if trades[len(trades)-1].ID <= p.behind {
				return nil, p, fmt.Errorf("binance: ask for trades: the venue tells of %s up to %d, and what lies behind %d was "+
					"asked for", venue, trades[len(trades)-1].ID, p.behind)
			}
			since, behind := p.since, p.behind
			p.behind = trades[len(trades)-1].ID
			trades = slices.DeleteFunc(trades, func(t trade) bool {
				return t.ID <= behind || time.UnixMilli(t.Time).Before(since)
			})
			if len(trades) > 0 {
				return trades, p, nil
			}
		case p.behind > 0, !end.Before(b.client.time.now()):
			return nil, p, nil
		}
		p.since = p.since.Add(week)
	}
}

// fill makes of a trade what the port calls one.
func (b *Broker) fill(ctx context.Context, t trade) (trading.Fill, error) {
	f := trading.Fill{
		ID: t.Symbol + ":" + strconv.FormatInt(t.ID, 10), Symbol: b.catalog.nameOf(t.Symbol),
		Price: t.Price, Quantity: t.Quantity, Fee: t.Fee, FeeAsset: t.FeeAsset, Time: time.UnixMilli(t.Time).UTC(),
	}
	switch t.Side {
	case "BUY":
		f.Side = trading.Buy
	case "SELL":
		f.Side = trading.Sell
	default:
		return f, fmt.Errorf("binance: trade %s has the side %q", f.ID, t.Side)
	}
	var err error
	f.ClientID, _, err = b.clientID(ctx, t.Symbol, t.OrderID, nil)
	f.Liquidation, f.Settlement = isLiquidation(f.ClientID), isSettlement(f.ClientID)
	return f, err
}

// places are where each instrument was left. As a token: BTCUSDT>123,ETHUSDT@1764380000000.
type places map[string]place

func (p places) String() string {
	var parts []string
	for venue, at := range p {
		parts = append(parts, venue+at.String())
	}
	slices.Sort(parts)
	return strings.Join(parts, ",")
}

func parsePlaces(token string) (places, error) {
	p := make(places)
	if token == "" {
		return p, nil
	}
	for part := range strings.SplitSeq(token, ",") {
		i := strings.LastIndexAny(part, ">@")
		if i < 1 {
			return nil, fmt.Errorf("binance: %q is no cursor of fills", token)
		}
		n, err := strconv.ParseInt(part[i+1:], 10, 64)
		if err != nil {
			return nil, fmt.Errorf("binance: %q is no cursor of fills", token)
		}
		if part[i] == '>' {
			p[part[:i]] = place{behind: n}
		} else {
			p[part[:i]] = place{since: time.UnixMilli(n)}
		}
	}
	return p, nil
}
