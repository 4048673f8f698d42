package trading

import (
	"slices"
	"time"
)

// Cursor is a place in a list that a Broker keeps, such as that of its fills.
//
// It lives no longer than the process that asks: who starts anew, or has reason to think that something was missed, asks
// from a time on again, with an overlap. So a Broker may make it of whatever its venue goes on by, and need not keep it.
type Cursor struct {
	Since time.Time // where Token is empty: everything of this time or later
	Token string    // what the Broker made of the place where the last page ended; only it knows what it means
}

// Equal reports whether two cursors are the same place.
func (c Cursor) Equal(other Cursor) bool { return c.Token == other.Token && c.Since.Equal(other.Since) }

// FillPage cuts a page out of all fills that a Broker has, in the order in which they came. It is a Broker's answer where
// its venue lists them all: the token is the ID of the last fill of the page. If that is not among them any more, the page
// begins again at that fill's time.
func FillPage(all []Fill, from Cursor, limit int) (page []Fill, next Cursor) {
	return cutPage(all, from, limit, func(f Fill) Cursor { return Cursor{Since: f.Time, Token: f.ID} })
}

// CashPage does for cash events what FillPage does for fills.
func CashPage(all []CashEvent, from Cursor, limit int) (page []CashEvent, next Cursor) {
	return cutPage(all, from, limit, func(e CashEvent) Cursor { return Cursor{Since: e.Time, Token: e.ID} })
}

func cutPage[T any](all []T, from Cursor, limit int, place func(T) Cursor) (page []T, next Cursor) {
	begin := -1
	for i := len(all) - 1; i >= 0 && from.Token != "" && begin < 0; i-- { // most cursors are near the end
		if place(all[i]).Token == from.Token {
			begin = i
		}
	}
	next = from
	for _, one := range all[begin+1:] {
		if len(page) == limit {
			break
		}
		if at := place(one); begin >= 0 || !at.Since.Before(from.Since) {
			page, next = append(page, one), at
		}
	}
	return slices.Clip(page), next
}
