package binance

import (
	"sync"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var _ trading.MarginReporter = (*Broker)(nil)

// margins are those of the last answer of Positions, by our names.
type margins struct {
	mu    sync.Mutex // guards known
	known map[string]trading.Margin
}

func (m *margins) replace(known map[string]trading.Margin) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = known
}

// Margin implements trading.MarginReporter, as of the last time that positions were asked for: an Engine does that every few
// minutes. It does not tell of funding that is due.
func (b *Broker) Margin(symbol string) (trading.Margin, bool) {
	b.margins.mu.Lock()
	defer b.margins.mu.Unlock()
	m, known := b.margins.known[symbol]
	return m, known
}

// marginPlaces is how exact a distance to the liquidation is.
const marginPlaces = 6

// marginOf reads how far a position is from its liquidation; false where the venue does not say. Zero is how it says that
// there is no such price.
func marginOf(p *futures.PositionRiskV3) (trading.Margin, bool) {
	liquidation, err := number("liquidationPrice", p.LiquidationPrice)
	mark, wrong := number("markPrice", p.MarkPrice)
	switch {
	case err != nil || wrong != nil || !mark.IsPositive():
		return trading.Margin{}, false
	case !liquidation.IsPositive():
		return trading.Margin{}, true
	}
	return trading.Margin{
		Liquidation: decimal.NewNullDecimal(liquidation), Distance: mark.Sub(liquidation).Abs().DivRound(mark, marginPlaces),
	}, true
}
