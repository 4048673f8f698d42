package candle

import (
	"fmt"
	"io"
	"path"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// maxBrokenRatio is how many broken rows there are for one bar, at the end, if the file is not what somebody takes it
// for.
const maxBrokenRatio = 9

// atEnd is io.EOF, or why what was read cannot stand for the file: a silent nothing would look like a market that slept.
func (c *Reader) atEnd() error {
	r := &c.report
	if r.Bars > 0 && r.Broken <= maxBrokenRatio*r.Bars {
		return io.EOF
	}
	what := "no row is a bar"
	if r.Bars > 0 {
		what = fmt.Sprintf("%d of %d rows were broken, and what is left is no market", r.Broken, r.Rows)
	}
	i := max(0, slices.IndexFunc(r.Issues, func(f Issue) bool { return f.Kind == Broken }))
	first := r.Issues[i]
	return fmt.Errorf("%s: %s; line %d: %s", first.File, what, first.Line, first.Text)
}

// jump is the factor between the last price of a file and the first of the next at which the two are of different
// markets, or in different units. It holds for files that follow each other closely.
const (
	jump           = 2
	maxBarsBetween = 100 // bars of time between them
)

// sameMarket says why a row cannot be of the market that the file before it is of, whatever the Policy. Two markets that
// are read as one give trades that nobody could have made.
func (c *Reader) sameMarket(row *candleRow) error {
	last := c.last.bar
	if c.report.Bars == 0 || row.err != nil || row.file == c.last.file {
		return nil //nolint:nilerr // a row that is broken is told elsewhere
	}
	is := row.bar
	is.Symbol, is.Interval = last.Symbol, last.Interval
	if is.Validate() != nil {
		return nil //nolint:nilerr // as is one that cannot be
	}
	since := is.Time.Sub(last.Time)
	ratio := max(is.Open/last.Close, last.Close/is.Open)
	switch {
	case since == 0 && !samePrices(is, last):
		return c.twoMarkets(row, "has other prices for the bar of "+is.Time.Format(time.RFC3339)+" than")
	case since > 0 && since <= maxBarsBetween*last.Interval && ratio >= jump:
		return c.twoMarkets(row, fmt.Sprintf("goes on at %v after %v in", is.Open, last.Close))
	}
	return nil
}

func samePrices(a, b signal.Bar) bool {
	return a.Open == b.Open && a.High == b.High && a.Low == b.Low && a.Close == b.Close
}

func (c *Reader) twoMarkets(row *candleRow, what string) error {
	return fmt.Errorf("%s:%d: this file %s %s, which may be another market or another unit: choose files of one with a pattern",
		row.file, row.line, what, c.last.file)
}

// marketInName finds a market at the beginning of a file's name: BTCUSDT-1h-2021-01.csv, BTC_USDT-1h.json, eth-usd.csv.
var marketInName = regexp.MustCompile(
	`^([A-Z0-9]{1,12}?)[-_]?(USDT|USDC|FDUSD|BUSD|TUSD|USD|EUR|GBP|JPY|CHF|KRW|TRY|BRL|BTC|ETH|BNB)(?:[-_. :]|$)`)

// oneMarket refuses files whose names are of different markets. Names that say nothing are no reason.
func oneMarket(parts []part) error {
	seen := make(map[string]string)
	var markets []string
	for _, p := range parts {
		found := marketInName.FindStringSubmatch(strings.ToUpper(path.Base(strings.ReplaceAll(p.name, `\`, "/"))))
		if found == nil || seen[found[1]+found[2]] != "" {
			continue
		}
		seen[found[1]+found[2]] = p.name
		markets = append(markets, found[1]+found[2])
	}
	if len(markets) < 2 {
		return nil
	}
	a, b := markets[0], markets[1]
	return fmt.Errorf("the files are of several markets, %s is of %s and %s of %s: choose those of one with a pattern such as %q",
		seen[a], a, seen[b], b, path.Join(path.Dir(seen[a]), a+"*"))
}
