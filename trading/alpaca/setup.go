package alpaca

import (
	"context"
	"errors"
	"fmt"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"
)

// Setup is how the account stands at the venue.
type Setup struct {
	Account  string // its number, which begins with PA where it is one of paper
	Currency string
	Cash     decimal.Decimal
	CanShort bool
	// Hours says where the Config's IsOpen differs from the venue's clock and, for the next four weeks, from its calendar with
	// holidays and early closes; "" where it does not.
	Hours string
}

// Check looks at the account. Where the venue blocks its trading that is an error, and it sends nothing. A field that the
// venue leaves out counts as one that blocks nothing, as it drops some from time to time.
func (b *Broker) Check(ctx context.Context) (Setup, error) {
	a, err := ask(ctx, b.client, request{what: "ask for the account"}, (*alpaca.Client).GetAccount)
	if err != nil {
		return Setup{}, err
	}
	var wrong []error
	for _, c := range []struct {
		is   bool
		what string
	}{
		{a.AccountBlocked, "the account is blocked"},
		{a.TradingBlocked, "trading is blocked"},
		{a.TradeSuspendedByUser, "trading is suspended by its owner"},
		{a.Status != "" && a.Status != "ACTIVE", fmt.Sprintf("its status is %q", a.Status)},
	} {
		if c.is {
			wrong = append(wrong, fmt.Errorf("alpaca: the account %s cannot be traded with: %s", a.AccountNumber, c.what))
		}
	}
	if len(wrong) > 0 {
		return Setup{}, errors.Join(wrong...)
	}
	hours, err := b.hours(ctx)
	return Setup{a.AccountNumber, a.Currency, a.Cash, a.ShortingEnabled, hours}, err
}
