package binancetest

import (
	"time"

	"github.com/shopspring/decimal"
)

// bar is a candle of a market.
type bar struct {
	at                                    time.Time
	open, high, low, close, volume, quote decimal.Decimal
	trades                                int64
}

// join is a bar and a later minute of it.
func (b bar) join(minute bar) bar {
	if b.open.IsZero() {
		b.open, b.high, b.low = minute.open, minute.high, minute.low
	}
	b.high, b.low = decimal.Max(b.high, minute.high), decimal.Min(b.low, minute.low)
	b.close, b.volume, b.quote = minute.close, b.volume.Add(minute.volume), b.quote.Add(minute.quote)
	b.trades += minute.trades
	return b
}

// interval is a length of bars as the venue names it.
type interval struct {
	name   string
	length time.Duration // 0 for months
}

var intervals = []interval{
	{"1m", time.Minute}, {"3m", 3 * time.Minute}, {"5m", 5 * time.Minute}, {"15m", 15 * time.Minute},
	{"30m", 30 * time.Minute}, {"1h", time.Hour}, {"2h", 2 * time.Hour}, {"4h", 4 * time.Hour}, {"6h", 6 * time.Hour},
	{"8h", 8 * time.Hour}, {"12h", 12 * time.Hour}, {"1d", 24 * time.Hour}, {"3d", 72 * time.Hour},
	{"1w", 168 * time.Hour}, {"1M", 0},
}

func intervalNamed(name string) (interval, bool) {
	for _, i := range intervals {
		if i.name == name {
			return i, true
		}
	}
	return interval{}, false
}

// begin is the begin of the bar that holds a time. Weeks begin on Mondays, which is where the zero time is.
func (i interval) begin(t time.Time) time.Time {
	t = t.UTC()
	if i.length == 0 {
		return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
	}
	if i.name == "1w" {
		return t.Truncate(i.length)
	}
	return time.Unix(0, 0).UTC().Add(t.Sub(time.Unix(0, 0)).Truncate(i.length))
}

func (i interval) next(begin time.Time) time.Time {
	if i.length == 0 {
		return begin.AddDate(0, 1, 0)
	}
	return begin.Add(i.length)
}

// row is a bar as GET /fapi/v1/klines tells it.
func (b bar) row(s Symbol, i interval) []any {
	return []any{
		b.at.UnixMilli(), s.price(b.open), s.price(b.high), s.price(b.low), s.price(b.close), s.quantity(b.volume),
		i.next(b.at).UnixMilli() - 1, b.quote.StringFixed(5), b.trades, s.quantity(b.volume), b.quote.StringFixed(5), "0",
	}
}

// klines are bars of an interval that begin from a time to another, at most limit: the earliest of them where a start is
// given, otherwise the newest. The last is the open one.
func (m *market) klines(i interval, from, to, now time.Time, limit int) [][]any {
	rows := [][]any{}
	newest := i.begin(now)
	if to.IsZero() || to.After(now) {
		to = now
	}
	if from.IsZero() {
		from = i.begin(to)
		for n := 1; n < limit; n++ {
			from = i.begin(from.Add(-time.Millisecond))
		}
	}
	if len(m.bars) > 0 && from.Before(m.bars[0].at) { // nothing is before it, and since 1970 are 30 million minutes
		from = i.begin(m.bars[0].at)
	}
	begin := i.begin(from)
	if begin.Before(from) {
		begin = i.next(begin)
	}
	for ; !begin.After(to) && !begin.After(newest) && len(rows) < limit; begin = i.next(begin) {
		if b, ok := m.barAt(i, begin); ok {
			rows = append(rows, b.row(m.spec, i))
		}
	}
	return rows
}

func (m *market) klineEvent(i interval, begin, now time.Time, closed bool) obj {
	b, _ := m.barAt(i, begin)
	s := m.spec
	return obj{"e": "kline", "E": now.UnixMilli(), "s": s.Name, "k": obj{
		"t": begin.UnixMilli(), "T": i.next(begin).UnixMilli() - 1, "s": s.Name, "i": i.name, "f": 0, "L": 0,
		"o": s.price(b.open), "c": s.price(b.close), "h": s.price(b.high), "l": s.price(b.low), "v": s.quantity(b.volume),
		"n": b.trades, "x": closed, "q": b.quote.StringFixed(5), "V": s.quantity(b.volume), "Q": b.quote.StringFixed(5),
		"B": "0",
	}}
}
