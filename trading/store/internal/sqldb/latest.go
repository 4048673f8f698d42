package sqldb

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// filter says which fields of a signal.Query count. There is a statement for each combination, which names only these,
// so that an index can be used.
type filter int

const (
	bySymbol filter = 1 << iota
	byStrategy
	byConfidence
	exactly    // one stream, with its parameters and its interval; together with bySymbol and byStrategy
	allFilters = bySymbol | byStrategy | byConfidence | exactly
)

// byStream reports whether it lets only some streams through.
func (f filter) byStream() bool { return f&(bySymbol|byStrategy) != 0 }

// is reports whether it is a filter that filterOf returns.
func (f filter) is() bool { return f&exactly == 0 || f&(bySymbol|byStrategy) == bySymbol|byStrategy }

// filterOf returns the filter of a query, and the values for the statement, but for its limit.
func filterOf(q signal.Query) (f filter, args []any) {
	if q.Stream != (signal.Stream{}) {
		f, args = bySymbol|byStrategy|exactly, keyValues(q.Stream)
		q.Symbol, q.Strategy = "", ""
	}
	if q.Symbol != "" {
		f, args = f|bySymbol, append(args, toText(q.Symbol))
	}
	if q.Strategy != "" {
		f, args = f|byStrategy, append(args, toText(q.Strategy))
	}
	if q.MinConfidence > 0 {
		f, args = f|byConfidence, append(args, q.MinConfidence)
	}
	return f, args
}

// Latest implements signal.Store. With a filter by stream it looks at the newest of all signals first: to ask each
// stream takes long where there are a thousand, and these have much to say.
func (s *Signals) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	limit := cmp.Or(q.Limit, signal.DefaultLimit)
	if contradicts(q) && limit >= 1 {
		return nil, nil
	}
	f, args := filterOf(q)
	args = append(args, limit)
	found := make([]signal.Signal, 0, max(0, min(limit, signal.DefaultLimit)))
	if f.byStream() && f&exactly == 0 {
		window := 4 * min(limit, 1000)
		recent, err := s.read(ctx, found, limit, func() (*sql.Rows, error) {
			return s.db.prepared.recent[f].QueryContext(ctx, append(args, window)...)
		})
		if err != nil || len(recent) == limit {
			return recent, err
		}
	}
	return s.read(ctx, found, limit, func() (*sql.Rows, error) { return s.db.prepared.latest[f].QueryContext(ctx, args...) })
}

// contradicts reports whether a query asks for one stream, and beside it for what is none of that stream's.
func contradicts(q signal.Query) bool {
	return q.Stream != (signal.Stream{}) &&
		(q.Symbol != "" && q.Symbol != q.Stream.Symbol || q.Strategy != "" && q.Strategy != q.Stream.Strategy)
}

// latestText is the statement for all signals, or for the newest of each stream that is asked for, of which it takes
// those that spoke last: it looks at nothing else, however long they may have been silent.
func latestText(f filter) string {
	if !f.byStream() {
		return f.fill("SELECT {columns} FROM signals WHERE {sure} ORDER BY seq DESC LIMIT {limit}")
	}
	if f&exactly != 0 {
		return f.fill(`SELECT {columns} FROM signals WHERE stream = (SELECT id FROM streams WHERE {of}) AND {sure}
			ORDER BY seq DESC LIMIT {limit}`)
	}
	return f.fill(`SELECT {columns} FROM signals WHERE seq IN (
		SELECT s.seq FROM (SELECT id FROM streams WHERE {of} ORDER BY coalesce((SELECT seq FROM signals
			WHERE stream = streams.id AND {sure} ORDER BY seq DESC LIMIT 1), 0) DESC LIMIT {limit}) AS t
		JOIN signals AS s ON s.stream = t.id AND {sure} AND s.seq >= coalesce((SELECT seq FROM signals
			WHERE stream = t.id AND {sure} ORDER BY seq DESC LIMIT 1 OFFSET {limit} - 1), 0))
		ORDER BY seq DESC LIMIT {limit}`)
}

// recentText is the statement that looks for the streams among the newest signals. The plus keeps it from the index by
// stream.
func recentText(f filter) string {
	return f.fill(`SELECT {columns} FROM signals WHERE seq > (SELECT max(seq) FROM signals) - {window}
		AND EXISTS (SELECT 1 FROM streams WHERE streams.id = +stream AND {of}) AND {sure} ORDER BY seq DESC LIMIT {limit}`)
}

// columns are those of streams that it goes by, in the order of what filterOf returns.
func (f filter) columns() (names []string) {
	if f&exactly != 0 {
		return []string{"strategy", "params", "symbol", "interval"}
	}
	if f&bySymbol != 0 {
		names = append(names, "symbol")
	}
	if f&byStrategy != 0 {
		names = append(names, "strategy")
	}
	return names
}

// fill fills in what is asked for.
func (f filter) fill(text string) string {
	last := 0
	parameter := func() string { last++; return fmt.Sprint("$", last) }
	var of []string
	for _, column := range f.columns() {
		of = append(of, column+" = "+parameter())
	}
	sure := "true"
	if f&byConfidence != 0 {
		sure = "confidence >= " + parameter()
	}
	return strings.NewReplacer("{columns}", signalColumns, "{of}", strings.Join(of, " AND "), "{sure}", sure,
		"{limit}", parameter(), "{window}", parameter()).Replace(text)
}
