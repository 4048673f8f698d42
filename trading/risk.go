package trading

// Approved is an order that has passed Risk. There is no other way to make one, and a Broker takes nothing else.
type Approved struct {
	order Order
}

// Order returns the order that was approved.
func (a Approved) Order() Order { return a.order }
