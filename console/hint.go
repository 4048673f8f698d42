package console

import (
	"context"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// hintHeader says why a filter may have found nothing.
const hintHeader = "Signal-Hint"

// maxHint bounds a list of names in bytes.
const maxHint = 512

// unknownSymbol refuses a symbol that nobody watches, where the host has said which ones there are.
func (a *api) unknownSymbol(symbol string) *answer.Problem {
	if symbol == "" || a.cfg.Symbols == nil {
		return nil
	}
	symbols := a.cfg.Symbols()
	if slices.Contains(symbols, symbol) {
		return nil
	}
	return &answer.Problem{Status: http.StatusNotFound, Parameter: "symbol", Detail: fmt.Sprintf(
		"symbol: there is no signal of %.100q and nobody watches it; watched are %s", symbol, names(symbols))}
}

// hint says that the newest signals have none of a name that a query asks for, which may be misspelt. A name that has not
// spoken yet looks the same, so it is no refusal.
func (a *api) hint(ctx context.Context, w http.ResponseWriter, q signal.Query) error {
	if q.Symbol == "" && q.Strategy == "" {
		return nil
	}
	newest, err := a.latest(ctx, signal.Query{Limit: maxLimit})
	if err != nil || len(newest) == 0 {
		return err
	}
	for _, of := range []struct {
		name, key string
		get       func(signal.Signal) string
	}{
		{"symbol", q.Symbol, func(s signal.Signal) string { return s.Symbol }},
		{"strategy", q.Strategy, func(s signal.Signal) string { return s.Strategy }},
	} {
		var found []string
		for _, s := range newest {
			if name := of.get(s); !slices.Contains(found, name) {
				found = append(found, name)
			}
		}
		if of.key != "" && !slices.Contains(found, of.key) {
			w.Header().Add(hintHeader, fmt.Sprintf("none of the newest signals has this %s; there are %s", of.name, names(found)))
		}
	}
	return nil
}

// names returns the names in order, quoted and as many as there is room for, so that they are one line of plain text.
func names(all []string) string {
	var quoted []string
	for _, name := range slices.Sorted(slices.Values(all)) {
		quoted = append(quoted, strconv.QuoteToASCII(name))
	}
	return foreign.Cut(strings.Join(quoted, ", "), maxHint)
}
