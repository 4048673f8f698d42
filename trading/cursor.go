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
	begin := -1
	if from.Token != "" {
		begin = lastIndex(all, from.Token)
	}
	next = from
	for _, f := range all[begin+1:] {
		if len(page) == limit {
			break
		}
		if begin < 0 && f.Time.Before(from.Since) {
			continue
		}
		page = append(page, f)
		next = Cursor{Since: f.Time, Token: f.ID}
	}
	return slices.Clip(page), next
}

// lastIndex looks from the end, near which most cursors are.
func lastIndex(all []Fill, id string) int {
	for i := len(all) - 1; i >= 0; i-- {
		if all[i].ID == id {
			return i
		}
	}
	return -1
}
