package book

import (
	"cmp"
	"slices"
)

// Pending returns the orders that are not done, in the order in which they were decided on.
func (b *Book) Pending() []OrderState {
	all := []OrderState{}
	for _, orders := range b.pending {
		all = append(all, copies(orders)...)
	}
	return inOrder(all)
}

// PendingOf returns the pending orders of one symbol, in the order in which they were decided on.
func (b *Book) PendingOf(symbol string) []OrderState { return copies(b.pending[symbol]) }

// HasPending reports whether any order is not done.
func (b *Book) HasPending() bool {
	for _, orders := range b.pending {
		if len(orders) > 0 {
			return true
		}
	}
	return false
}

func copies(orders []*OrderState) []OrderState {
	all := make([]OrderState, 0, len(orders))
	for _, o := range orders {
		all = append(all, *o)
	}
	return all
}

func inOrder(orders []OrderState) []OrderState {
	slices.SortFunc(orders, func(x, y OrderState) int { return cmp.Compare(x.number, y.number) })
	return orders
}

// addPending puts an order among those of its symbol that are not done, if it is not there.
func (b *Book) addPending(o *OrderState) {
	orders := b.pending[o.Symbol]
	if i, there := place(orders, o); !there {
		b.pending[o.Symbol] = slices.Insert(orders, i, o)
	}
}

// dropPending takes it out. What the symbol's slice has room for stays with it: the next order is seldom far.
func (b *Book) dropPending(o *OrderState) {
	orders := b.pending[o.Symbol]
	if i, there := place(orders, o); there {
		b.pending[o.Symbol] = slices.Delete(orders, i, i+1)
	}
}

// place is where an order stands among others, or would.
func place(orders []*OrderState, o *OrderState) (i int, there bool) {
	return slices.BinarySearchFunc(orders, o, func(x, y *OrderState) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.ClientID, y.ClientID))
	})
}
