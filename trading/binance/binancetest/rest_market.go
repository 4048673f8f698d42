package binancetest

import (
	"strconv"
	"time"

	"github.com/shopspring/decimal"
)

func (v *Venue) getPing(*call) (any, *problem) { return obj{}, nil }

func (v *Venue) getTime(*call) (any, *problem) {
	return obj{"serverTime": v.nowLocked().UnixMilli()}, nil
}

func (v *Venue) exchangeInfo(*call) (any, *problem) {
	symbols := []obj{}
	quotes := map[string]bool{}
	assets := []obj{}
	for _, name := range v.engine.names {
		s := v.engine.markets[name].spec
		symbols = append(symbols, s.info())
		for _, asset := range []string{s.Quote, s.Base} {
			if !quotes[asset] {
				quotes[asset] = true
				assets = append(assets, obj{"asset": asset, "marginAvailable": asset == s.Quote, "autoAssetExchange": "-10000"})
			}
		}
	}
	return obj{
		"timezone": "UTC", "serverTime": v.nowLocked().UnixMilli(), "futuresType": "U_MARGINED", "exchangeFilters": []obj{},
		"rateLimits": []obj{
			{"rateLimitType": "REQUEST_WEIGHT", "interval": "MINUTE", "intervalNum": 1, "limit": v.cfg.Weight},
			{"rateLimitType": "ORDERS", "interval": "MINUTE", "intervalNum": 1, "limit": v.cfg.OrdersMinute},
			{"rateLimitType": "ORDERS", "interval": "SECOND", "intervalNum": 10, "limit": v.cfg.OrdersTenth},
		},
		"assets": assets, "symbols": symbols,
	}, nil
}

const mostKlines = 1500

func klineWeight(c *call) int {
	limit, err := strconv.Atoi(c.get("limit"))
	switch {
	case err != nil, limit >= 100 && limit < 500:
		return 2
	case limit < 100:
		return 1
	case limit <= 1000:
		return 5
	default:
		return 10
	}
}

func (v *Venue) klines(c *call) (any, *problem) {
	m, err := v.engine.market(c.get("symbol"))
	if err != nil {
		return nil, err
	}
	i, ok := intervalNamed(c.get("interval"))
	if !ok {
		return nil, errInterval
	}
	from, err := c.time("startTime")
	if err != nil {
		return nil, err
	}
	to, err := c.time("endTime")
	if err != nil {
		return nil, err
	}
	limit, err := c.limit(500, mostKlines)
	if err != nil {
		return nil, err
	}
	return m.klines(i, from, to, v.engine.now, limit), nil
}

// limit is how many rows are asked for.
func (c *call) limit(usual, most int) (int, *problem) {
	n, err := c.whole("limit")
	switch {
	case err != nil:
		return 0, err
	case n == 0:
		return usual, nil
	case n < 0 || n > int64(most):
		return 0, errParameter("limit")
	}
	return int(n), nil
}

// perMarket answers an object for the symbol that is named, and a list where none is.
func (v *Venue) perMarket(c *call, row func(*market) any) (any, *problem) {
	if c.get("symbol") != "" {
		m, err := v.engine.market(c.get("symbol"))
		if err != nil {
			return nil, err
		}
		return row(m), nil
	}
	rows := []any{}
	for _, name := range v.engine.names {
		rows = append(rows, row(v.engine.markets[name]))
	}
	return rows, nil
}

func (v *Venue) tickerPrice(c *call) (any, *problem) {
	return v.perMarket(c, func(m *market) any {
		return obj{"symbol": m.spec.Name, "price": m.spec.price(m.last), "time": millis(v.engine.now)}
	})
}

func (v *Venue) bookTickers(c *call) (any, *problem) {
	return v.perMarket(c, func(m *market) any {
		return obj{
			"symbol": m.spec.Name, "bidPrice": m.spec.price(m.quote.Bid), "bidQty": m.sizeOf(m.quote.BidQty),
			"askPrice": m.spec.price(m.quote.Ask), "askQty": m.sizeOf(m.quote.AskQty), "time": millis(v.engine.now),
			"lastUpdateId": m.updates,
		}
	})
}

func (v *Venue) premiumIndex(c *call) (any, *problem) {
	return v.perMarket(c, func(m *market) any {
		mark := m.mark.StringFixed(8)
		return obj{
			"symbol": m.spec.Name, "markPrice": mark, "indexPrice": mark, "estimatedSettlePrice": mark,
			"lastFundingRate": m.rate.StringFixed(8), "interestRate": "0.00010000", "nextFundingTime": millis(m.funding),
			"time": millis(v.engine.now),
		}
	})
}

func (v *Venue) ticker24h(c *call) (any, *problem) {
	return v.perMarket(c, func(m *market) any { return m.day(v.engine.now) })
}

// day is the last 24 hours of a market.
func (m *market) day(now time.Time) obj {
	from := now.Add(-24 * time.Hour)
	var b bar
	for _, minute := range m.bars {
		if !minute.at.Before(from) {
			b = b.join(minute)
		}
	}
	if b.close.IsZero() {
		b.open, b.high, b.low, b.close = m.last, m.last, m.last, m.last
	}
	change, average := m.last.Sub(b.open), m.last
	if b.volume.IsPositive() {
		average = b.quote.DivRound(b.volume, 8)
	}
	s := m.spec
	return obj{
		"symbol": s.Name, "priceChange": s.price(change), "weightedAvgPrice": s.price(average),
		"priceChangePercent": change.Mul(decimal.NewFromInt(100)).DivRound(b.open, 3).StringFixed(3),
		"lastPrice":          s.price(m.last), "lastQty": s.quantity(s.Step), "openPrice": s.price(b.open),
		"highPrice": s.price(b.high), "lowPrice": s.price(b.low), "volume": s.quantity(b.volume),
		"quoteVolume": b.quote.StringFixed(2), "openTime": millis(from), "closeTime": millis(now), "firstId": 0, "lastId": 0,
		"count": b.trades,
	}
}

// fundingInfo has only the symbols whose interval is not 8 hours.
func (v *Venue) fundingInfo(*call) (any, *problem) {
	rows := []obj{}
	for _, name := range v.engine.names {
		if m := v.engine.markets[name]; m.spec.FundingHours != 0 && m.spec.FundingHours != 8 {
			rows = append(rows, obj{
				"symbol": name, "adjustedFundingRateCap": "0.02000000", "adjustedFundingRateFloor": "-0.02000000",
				"fundingIntervalHours": m.spec.FundingHours, "disclaimer": false, "updateTime": millis(v.engine.now),
			})
		}
	}
	return rows, nil
}
