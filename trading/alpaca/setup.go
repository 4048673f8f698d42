package alpaca

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/alpacahq/alpaca-trade-api-go/v3/alpaca"
	"github.com/shopspring/decimal"
)

// Setup is how the account stands at the venue.
type Setup struct {
	Account  string // its number, which begins with PA where it is one of paper
	Currency string
	Cash     decimal.Decimal
	CanShort bool
	// Hours says where the Config's IsOpen and the venue's clock differ, up to the next close; "" where they do not.
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

// hours says where the Config's IsOpen and the venue's clock differ: now, and just before and at the next opening and close.
func (b *Broker) hours(ctx context.Context) (string, error) {
	isOpen := b.client.cfg.IsOpen
	if isOpen == nil {
		return "", nil
	}
	c, err := ask(ctx, b.client, request{what: "ask for the hours"}, (*alpaca.Client).GetClock)
	if err != nil {
		return "", err
	}
	for _, at := range []struct {
		t    time.Time
		open bool
	}{
		{c.Timestamp, c.IsOpen}, {c.NextOpen.Add(-time.Second), false}, {c.NextOpen, true},
		{c.NextClose.Add(-time.Second), true}, {c.NextClose, false},
	} {
		if isOpen(at.t) != at.open {
			return fmt.Sprintf("at %s the venue says open: %t", at.t.UTC().Format(time.RFC3339), at.open), nil
		}
	}
	return "", nil
}
