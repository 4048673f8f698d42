package sqlstore

import (
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

// latestText is the statement. Where streams are asked for, it takes those that spoke last, as many as the limit, and
// the newest of each of them, so that it looks at nothing else, however long they may have been silent.
func latestText(a asked) string {
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
	limit := parameter()
	which := sure
	if len(of) > 0 {
		which = strings.NewReplacer("{of}", strings.Join(of, " AND "), "{sure}", sure, "{limit}", limit).Replace(newestOfStreams)
	}
	return fmt.Sprintf("SELECT %s FROM signals WHERE %s ORDER BY seq DESC LIMIT %s", signalColumns, which, limit)
}

const newestOfStreams = `seq IN (
	SELECT s.seq FROM (SELECT id FROM streams WHERE {of} ORDER BY coalesce((SELECT seq FROM signals
		WHERE stream = streams.id AND {sure} ORDER BY seq DESC LIMIT 1), 0) DESC LIMIT {limit}) AS t
	JOIN signals AS s ON s.stream = t.id AND {sure} AND s.seq >= coalesce((SELECT seq FROM signals
		WHERE stream = t.id AND {sure} ORDER BY seq DESC LIMIT 1 OFFSET {limit} - 1), 0))`
