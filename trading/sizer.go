package trading

import (
	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Sizer decides how much to hold when a signal says long or short. It is asked synchronously, must not block, and for
// the same Sizing must give the same answer.
type Sizer interface {
	// Target returns the signed quantity to hold; whole steps are made of it later. An error refuses the signal.
	Target(Sizing) (decimal.Decimal, error)
}

// Sizing is what a Sizer decides from.
type Sizing struct {
	Signal     signal.Signal
	Instrument Instrument
	Price      decimal.Decimal // what the instrument is worth now
	Standing   decimal.Decimal // the target that the signal would replace; zero for none
	Account    Account         // what the account is worth, among others; nil where nobody knows it
}
