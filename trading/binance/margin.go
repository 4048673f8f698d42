package binance

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/trading"
)

var _ trading.MarginReporter = (*Broker)(nil)

// margins is what is known of how far positions are from their liquidation, and of the funding that is due, by our names.
type margins struct {
	mu       sync.Mutex // guards what is below
	known    map[string]carried
	premiums map[string]premium
}

// carried is a position as the venue told it.
type carried struct {
	trading.Margin

	worth decimal.Decimal // at the mark; below zero of a short one
}

// premium is the funding of an instrument that is due next.
type premium struct {
	rate decimal.Decimal
	at   time.Time
}

func (m *margins) replace(known map[string]carried) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.known = known
}

func (m *margins) premium(premiums map[string]premium) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.premiums = premiums
}

// held are the instruments of which it knows positions.
func (m *margins) held() (names []string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for name := range m.known {
		names = append(names, name)
	}
	return names
}

// Margin implements trading.MarginReporter, as of the last time that positions were asked for: while Serve runs that is each
// minute, and otherwise when an Engine compares them. Of funding it tells while Serve runs, at the mark and rate of then.
func (b *Broker) Margin(symbol string) (trading.Margin, bool) {
	b.margins.mu.Lock()
	defer b.margins.mu.Unlock()
	c, known := b.margins.known[symbol]
	due, has := b.margins.premiums[symbol]
	if known && has && due.at.After(b.client.time.now()) {
		c.FundingAt, c.Funding = due.at, c.worth.Mul(due.rate).Neg()
	}
	return c.Margin, known
}

// marginPlaces is how exact a distance to the liquidation is.
const marginPlaces = 6

// marginOf reads how far a position is from its liquidation; false where the venue does not say. Zero is how it says that
// there is no such price.
func marginOf(p *futures.PositionRiskV3, quantity decimal.Decimal) (carried, bool) {
	liquidation, err := number("liquidationPrice", p.LiquidationPrice)
	mark, wrong := number("markPrice", p.MarkPrice)
	if err != nil || wrong != nil || !mark.IsPositive() {
		return carried{}, false
	}
	c := carried{worth: quantity.Mul(mark)}
	if maintenance, err := number("maintMargin", p.MaintMargin); err == nil {
		c.Maintenance = maintenance
	}
	if liquidation.IsPositive() {
		c.Liquidation = decimal.NewNullDecimal(liquidation)
		c.Distance = mark.Sub(liquidation).Abs().DivRound(mark, marginPlaces)
	}
	return c, true
}

// allPremiums is from how many instruments on it costs less to ask for the funding of all.
const allPremiums = 10

// lookAtMargins asks anew how far what is held is from its liquidation, and for the funding that is due.
func (b *Broker) lookAtMargins(ctx context.Context) error {
	if _, err := b.askPositions(ctx); err != nil {
		return err
	}
	held := b.margins.held()
	premiums, asked := make(map[string]premium), make([]string, 0, allPremiums)
	if len(held) > allPremiums {
		asked = append(asked, "")
	} else {
		for _, name := range held {
			if l, listed := b.catalog.find(name); listed {
				asked = append(asked, l.venue)
			}
		}
	}
	var wrong error
	for _, venue := range asked {
		wrong = errors.Join(wrong, b.askPremium(ctx, venue, premiums))
	}
	b.margins.premium(premiums)
	return wrong
}

// askPremium adds the funding of an instrument that is due next; "" means of all. What the venue does not say is left out.
func (b *Broker) askPremium(ctx context.Context, venue string, into map[string]premium) error {
	var told []*futures.PremiumIndex
	r := request{what: "ask for funding that is due", weight: 1, class: bulk}
	if venue == "" {
		r.weight = 10
	}
	err := b.client.do(ctx, r, func(ctx context.Context, f *futures.Client) (err error) {
		s := f.NewPremiumIndexService()
		if venue != "" {
			s = s.Symbol(venue)
		}
		told, err = s.Do(ctx)
		return err
	})
	if err != nil {
		return err
	}
	for _, t := range told {
		rate, err := number("lastFundingRate", t.LastFundingRate)
		if err == nil && t.NextFundingTime > 0 {
			into[b.catalog.nameOf(t.Symbol)] = premium{rate, time.UnixMilli(t.NextFundingTime).UTC()}
		}
	}
	return nil
}
