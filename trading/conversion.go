package trading

import (
	"context"
	"fmt"
	"time"

	"github.com/shopspring/decimal"
)

// Conversion is what became of an instrument without a trade: a split, another name, or both. Whoever held Old of Symbol
// holds New of To since then.
type Conversion struct {
	ID     string          `json:"id,omitempty"` // the Broker's; "" where a person says it
	Symbol string          `json:"symbol"`
	To     string          `json:"to"`           // its name since then; Symbol where it has kept it
	Old    decimal.Decimal `json:"old,omitzero"` // above zero; zero, like New, where the Broker does not tell the ratio
	New    decimal.Decimal `json:"new,omitzero"`
	Time   time.Time       `json:"time,omitzero"`
}

// ConversionReporter is a Broker that tells what became of instruments. An Engine asks it where positions differ.
type ConversionReporter interface {
	// Conversions returns those of the account since a time, oldest first.
	Conversions(ctx context.Context, since time.Time) ([]Conversion, error)
}

// Validate says what cannot be. A ratio that is not told is refused.
func (c Conversion) Validate() error {
	switch {
	case c.Symbol == "" || c.To == "":
		return fmt.Errorf("trading: conversion of %q to %q lacks a symbol", c.Symbol, c.To)
	case !c.Old.IsPositive() || !c.New.IsPositive():
		return fmt.Errorf("trading: conversion of %s: %s for %s is no ratio", c.Symbol, c.New, c.Old)
	case c.Symbol == c.To && c.Old.Equal(c.New):
		return fmt.Errorf("trading: conversion of %s changes nothing", c.Symbol)
	}
	return nil
}

// String says it like "split 4:1 of AAPL" or "FB is META now".
func (c Conversion) String() string {
	ratio := fmt.Sprintf("%s:%s", c.New, c.Old)
	if c.Old.IsZero() {
		ratio = "of a ratio that is not told"
	}
	switch {
	case c.Symbol == c.To:
		return fmt.Sprintf("split %s of %s", ratio, c.Symbol)
	case c.Old.Equal(c.New):
		return fmt.Sprintf("%s is %s now", c.Symbol, c.To)
	}
	return fmt.Sprintf("%s is %s now, %s", c.Symbol, c.To, ratio)
}

// conversionPlaces is how exact a quantity is that is no whole number of what it is converted to.
const conversionPlaces = 18

// Quantity is what becomes of a quantity.
func (c Conversion) Quantity(q decimal.Decimal) decimal.Decimal {
	return q.Mul(c.New).DivRound(c.Old, conversionPlaces)
}

// Price is what becomes of a price: to the nearest tick, if one is given that is above zero.
func (c Conversion) Price(p, tick decimal.Decimal) decimal.Decimal {
	if !tick.IsPositive() {
		return p.Mul(c.Old).DivRound(c.New, conversionPlaces)
	}
	return p.Mul(c.Old).DivRound(c.New.Mul(tick), 0).Mul(tick)
}

// Of is what becomes of a ticket: of its prices and its quantities. It does not move to what was paid any more: that is in
// the units of before.
func (c Conversion) Of(t Ticket, tick decimal.Decimal) Ticket {
	for _, p := range []*decimal.Decimal{&t.LimitPrice, &t.StopPrice, &t.TakeProfit, &t.StopLoss, &t.Unfilled.Price} {
		if p.IsPositive() {
			*p = c.Price(*p, tick)
		}
	}
	t.FromFill = false
	if t.Rungs != nil {
		rungs := make([]Rung, 0, len(*t.Rungs))
		for _, r := range *t.Rungs {
			rungs = append(rungs, Rung{Price: c.Price(r.Price, tick), Keep: c.Quantity(r.Keep), From: c.Quantity(r.From)})
		}
		t.Rungs = &rungs
	}
	return t
}
