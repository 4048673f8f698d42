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

// latestText is the statement.
func latestText(a asked) string {
	var conditions []string
	add := func(condition string) {
		conditions = append(conditions, fmt.Sprintf("%s $%d", condition, len(conditions)+1))
	}
	if a&symbolAsked != 0 {
		add("symbol =")
	}
	switch {
	case a&strategyAsked != 0 && a&symbolAsked != 0:
		// Not by the index on strategy: there are more symbols than strategies, so that of symbol leaves less to look at.
		add("strategy || '' =")
	case a&strategyAsked != 0:
		add("strategy =")
	}
	if a&confidenceAsked != 0 {
		add("confidence >=")
	}
	where := ""
	if len(conditions) > 0 {
		where = " WHERE " + strings.Join(conditions, " AND ")
	}
	return fmt.Sprintf("SELECT %s FROM signals%s ORDER BY seq DESC LIMIT $%d", signalColumns, where, len(conditions)+1)
}
