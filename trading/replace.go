package trading

import "context"

// Replacer is a Broker whose venue puts one order in the place of another in one act, see Atomic.
type Replacer interface {
	// Replace ends an order and places another, after with.Begin has said that it may. nil says that the new one is there
	// and that the old one does not fill any further. ErrRejected says that nothing has changed, as where the old one was
	// done already. After any other error nobody knows, and Order tells of each.
	Replace(ctx context.Context, old OrderRef, with Approved) error
}

// Pairer is a Broker whose venue takes the two orders that guard a position as one, of which only one can fill. Venues
// without reduce-only orders need that: a second order to sell the same holding they refuse. An Engine sends pairs where
// Traits.Reserves says so.
type Pairer interface {
	// SubmitPair sends both, after the Begin of both has said that they may; it is to either what Submit is to one order,
	// and the venue has both or neither. From then on each is asked for and canceled under its own client ID. What one of
	// them fills the other does not, and when one ends, so does the other.
	SubmitPair(ctx context.Context, takeProfit, stopLoss Approved) error
}
