package sqlstore

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// asked says what a signal.Query asks for. There is a statement for each combination, which names only that, so that an
// index can be used.
type asked int

const (
	symbolAsked asked = 1 << iota
	strategyAsked
	confidenceAsked
	everythingAsked = symbolAsked | strategyAsked | confidenceAsked
)

// ofStreams tells whether only some streams are asked for.
func (a asked) ofStreams() bool { return a&(symbolAsked|strategyAsked) != 0 }

// askedFor returns what a query asks for, and the values for the statement, but for its limit.
func askedFor(q signal.Query) (a asked, args []any) {
	if q.Symbol != "" {
		a, args = a|symbolAsked, append(args, toText(q.Symbol))
	}
	if q.Strategy != "" {
		a, args = a|strategyAsked, append(args, toText(q.Strategy))
	}
	if q.MinConfidence > 0 {
		a, args = a|confidenceAsked, append(args, q.MinConfidence)
	}
	return a, args
}

// Latest implements signal.Store. If some streams are asked for, it looks at the newest of all signals first: to ask each
// stream takes long where there are a thousand, and these have much to say.
func (s *Signals) Latest(ctx context.Context, q signal.Query) ([]signal.Signal, error) {
	limit := cmp.Or(q.Limit, signal.DefaultLimit)
	a, args := askedFor(q)
	args = append(args, limit)
	room := make([]signal.Signal, 0, max(0, min(limit, signal.DefaultLimit)))
	if a.ofStreams() {
		window := 4 * min(limit, 1000)
		found, err := s.read(ctx, room, limit, func() (*sql.Rows, error) {
			return s.recent[a].QueryContext(ctx, append(args, window)...)
		})
		if err != nil || len(found) == limit {
			return found, err
		}
	}
	return s.read(ctx, room, limit, func() (*sql.Rows, error) { return s.latest[a].QueryContext(ctx, args...) })
}

// latestText is the statement for all signals, or for the newest of each stream that is asked for, of which it takes
// those that spoke last: it looks at nothing else, however long they may have been silent.
func latestText(a asked) string {
	if !a.ofStreams() {
		return a.fill("SELECT {columns} FROM signals WHERE {sure} ORDER BY seq DESC LIMIT {limit}")
	}
	return a.fill(`SELECT {columns} FROM signals WHERE seq IN (
		SELECT s.seq FROM (SELECT id FROM streams WHERE {of} ORDER BY coalesce((SELECT seq FROM signals
			WHERE stream = streams.id AND {sure} ORDER BY seq DESC LIMIT 1), 0) DESC LIMIT {limit}) AS t
		JOIN signals AS s ON s.stream = t.id AND {sure} AND s.seq >= coalesce((SELECT seq FROM signals
			WHERE stream = t.id AND {sure} ORDER BY seq DESC LIMIT 1 OFFSET {limit} - 1), 0))
		ORDER BY seq DESC LIMIT {limit}`)
}

// recentText is the statement that looks for the streams among the newest signals. The plus keeps it from the index by
// stream.
func recentText(a asked) string {
	return a.fill(`SELECT {columns} FROM signals WHERE seq > (SELECT max(seq) FROM signals) - {window}
		AND EXISTS (SELECT 1 FROM streams WHERE streams.id = +stream AND {of}) AND {sure} ORDER BY seq DESC LIMIT {limit}`)
}

// fill fills in what is asked for.
func (a asked) fill(text string) string {
	last := 0
	parameter := func() string { last++; return fmt.Sprint("$", last) }
	var of []string
	if a&symbolAsked != 0 {
		of = append(of, "symbol = "+parameter())
	}
	if a&strategyAsked != 0 {
		of = append(of, "strategy = "+parameter())
	}
	sure := "true"
	if a&confidenceAsked != 0 {
		sure = "confidence >= " + parameter()
	}
	return strings.NewReplacer("{columns}", signalColumns, "{of}", strings.Join(of, " AND "), "{sure}", sure,
		"{limit}", parameter(), "{window}", parameter()).Replace(text)
}
