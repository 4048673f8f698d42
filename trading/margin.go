package trading

import (
	"time"

	"github.com/shopspring/decimal"
)

// Margin is how far a position is from what its account cannot carry any more, and what it is about to pay.
type Margin struct {
	// Liquidation is the price at which the venue closes the position by itself, all others being where they are; null where
	// there is none.
	Liquidation decimal.NullDecimal `json:"liquidation"`
	Distance    decimal.Decimal     `json:"distance"` // to there from the mark, as a fraction of it
	// Maintenance is what the account has to be worth beyond all else, at the mark, so that the position is not closed; zero
	// where the venue does not say.
	Maintenance decimal.Decimal `json:"maintenance,omitzero"`

	FundingAt time.Time       `json:"funding_at,omitzero"`  // when funding is due next; zero where none is
	Funding   decimal.Decimal `json:"funding_due,omitzero"` // what is due then at the mark and rate of now, signed as cash
}

// MarginReporter is a Broker that tells of its margin. It answers at once, from what it knows.
type MarginReporter interface {
	// Margin is that of what is held of an instrument; false where nothing is, or margin means nothing.
	Margin(symbol string) (Margin, bool)
}
