package alpaca

import (
	"context"
	"fmt"
	"regexp"
	"sync"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// listed are symbols that the venue has.
type listed struct {
	mu      sync.Mutex // guards symbols
	symbols map[string]bool
}

func (l *listed) has(symbol string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.symbols[symbol]
}

func (l *listed) add(symbol string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.symbols[symbol] = true
}

// shares are how the venue writes the symbol of one, such as BRK.B.
var shares = regexp.MustCompile(`^[A-Z0-9]+([.-][A-Z0-9]+)*$`)

// lists says ErrUnknownSymbol of what is no share at the venue. To a question for the bars of that the venue answers that there
// are none.
func (s *Source) lists(ctx context.Context, symbol string) error {
	if s.listed.has(symbol) {
		return nil
	}
	unknown := fmt.Errorf("alpaca: %w %q", signal.ErrUnknownSymbol, symbol)
	if !shares.MatchString(symbol) {
		return unknown
	}
	r := request{what: "ask for the asset " + symbol}
	a, err := ask(ctx, s.broker.client, r, func(c *alpaca.Client) (*alpaca.Asset, error) { return c.GetAsset(symbol) })
	switch {
	case came(err, missing):
		return unknown
	case err != nil:
		return err
	case a.Symbol != symbol || a.Class != alpaca.USEquity:
		return unknown
	}
	s.listed.add(symbol)
	return nil
}
