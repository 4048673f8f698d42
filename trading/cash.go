package trading

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// CashKind is why cash moves without a fill.
type CashKind string

// The kinds. A deposit and a withdrawal are neither profit nor loss; the others are.
const (
	CashFee     CashKind = "fee"     // that comes later than its fill, or belongs to none; above zero for a rebate
	CashFunding CashKind = "funding" // of a perpetual contract, paid or received; interest and dividends, too
	// CashInsurance is what an account owed once all that it held was liquidated, and its venue has borne: Binance's
	// INSURANCE_CLEAR. It is above zero.
	CashInsurance  CashKind = "insurance"
	CashDeposit    CashKind = "deposit"
	CashWithdrawal CashKind = "withdrawal"
)

// CashEvent is a change of the account's cash that no fill explains.
type CashEvent struct {
	ID     string          `json:"id"` // the Broker's; the same ID twice is one event
	Kind   CashKind        `json:"kind"`
	Amount decimal.Decimal `json:"amount"`           // by which the cash changes, signed
	Asset  string          `json:"asset,omitempty"`  // "" means the quote currency
	Symbol string          `json:"symbol,omitempty"` // of the instrument that it is about, if it is about one
	Time   time.Time       `json:"time"`             // UTC
	// Configured says that the account, on paper, was given it because its configuration says another sum than before.
	Configured bool `json:"configured,omitempty"`
}

// Validate says what cannot be.
func (e CashEvent) Validate() error {
	wrong := ""
	switch e.Kind {
	case CashFee, CashFunding:
		if e.Amount.IsZero() {
			wrong = "moves nothing"
		}
	case CashDeposit, CashInsurance:
		if !e.Amount.IsPositive() {
			wrong = "is not above zero"
		}
	case CashWithdrawal:
		if !e.Amount.IsNegative() {
			wrong = "is not below zero"
		}
	default:
		wrong = "is of no known kind"
	}
	if e.ID == "" {
		wrong = "has no ID"
	}
	if wrong != "" {
		return fmt.Errorf("trading: cash event %q: %s of %s %s", e.ID, e.Kind, e.Amount, wrong)
	}
	return nil
}

// CashReporter is a Broker that tells what moved cash besides fills.
type CashReporter interface {
	// CashEvents returns at most limit of them from a place on, as Broker.Fills does fills, in the order in which they came.
	CashEvents(ctx context.Context, from Cursor, limit int) (page []CashEvent, next Cursor, err error)
}
