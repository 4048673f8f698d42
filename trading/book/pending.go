package book

import (
	"cmp"
	"slices"
	"time"
)

// Pending returns the orders that are not done, in the order in which they were decided on.
func (s *orders) Pending() []OrderState {
	all := []OrderState{}
	for _, orders := range s.pending {
		all = append(all, clone(orders)...)
	}
	return inOrder(all)
}

// PendingWhere returns those of them that a question is answered yes for.
func (s *orders) PendingWhere(is func(OrderState) bool) []OrderState {
	var found []OrderState
	for _, orders := range s.pending {
		for _, o := range orders {
			if is(*o) {
				found = append(found, *o)
			}
		}
	}
	return inOrder(found)
}

// PendingOf returns the pending orders of one symbol, in the order in which they were decided on.
func (s *orders) PendingOf(symbol string) []OrderState { return clone(s.pending[symbol]) }

// HasPending reports whether any order is not done.
func (s *orders) HasPending() bool {
	for _, orders := range s.pending {
		if len(orders) > 0 {
			return true
		}
	}
	return false
}

// oldest is when the oldest of those orders was made, or a time that is before.
func (s *orders) oldest(since time.Time) time.Time {
	for _, orders := range s.pending {
		for _, o := range orders {
			if o.CreatedAt.Before(since) {
				since = o.CreatedAt
			}
		}
	}
	return since
}

func clone(orders []*OrderState) []OrderState {
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
func (s *orders) addPending(o *OrderState) {
	orders := s.pending[o.Symbol]
	if i, found := place(orders, o); !found {
		if len(orders) == 0 {
			s.busy++
		}
		s.pending[o.Symbol] = slices.Insert(orders, i, o)
	}
}

// dropPending takes it out. What the symbol's slice has room for stays with it: the next order is seldom far.
func (s *orders) dropPending(o *OrderState) {
	orders := s.pending[o.Symbol]
	if i, found := place(orders, o); found {
		s.pending[o.Symbol] = slices.Delete(orders, i, i+1)
		if len(orders) == 1 {
			s.busy--
		}
	}
}

// place is where an order stands among others, or would.
func place(orders []*OrderState, o *OrderState) (i int, found bool) {
	return slices.BinarySearchFunc(orders, o, func(x, y *OrderState) int {
		return cmp.Or(cmp.Compare(x.number, y.number), cmp.Compare(x.ClientID, y.ClientID))
	})
}
