package engine

import (
	"errors"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
)

// view is what Risk judges an order by that may execute at price.
func (d decider) view(o trading.Order, held, price decimal.Decimal, in inputs) trading.View {
	return trading.View{
		Instrument: in.instrument, Held: held, Price: price, Last: in.price, LastAt: in.pricedAt, Reference: in.reference,
		Now: in.now, Account: d.book.Beside(o, in.prices), Liquidation: in.liquidation,
	}
}

// sizing is what a Sizer and a TicketPolicy decide from.
func (d decider) sizing(s signal.Signal, in inputs, standing decimal.Decimal) trading.Sizing {
	return trading.Sizing{
		Signal: s, Instrument: in.instrument, Price: in.price, Standing: standing,
		Account: d.book.Beside(trading.Order{Symbol: s.Symbol}, in.prices),
	}
}

// limitOf is the name of the limit that an error is about, if it is about one, and whether it stands for a time only.
func limitOf(err error) (name string, passes bool) {
	var limit *trading.LimitError
	if !errors.As(err, &limit) {
		return "", false
	}
	return limit.Limit, limit.Passes
}
