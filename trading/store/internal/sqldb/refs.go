package sqldb

import (
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"strings"
	"unicode/utf8"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// longestRef is how many bytes an ID may have that is stored as it is. A server's index takes no entry of more than a
// third of a page.
const longestRef = 200

// Refs returns by what an event is found: the client ID of the order that it is about, or else the ID of the signal;
// and, of an order's intent alone, what the order was made for.
func Refs(e journal.Event) (ref, cause sql.NullString) {
	order, signal := journal.OrderOf(e), journal.SignalOf(e)
	if order == "" {
		return stored(signal), cause
	}
	return stored(order), stored(signal)
}

func stored(id string) sql.NullString {
	return sql.NullString{String: refText(asInJSON(id)), Valid: id != ""}
}

// asInJSON is an ID as an event says it that was written and read: there are no other characters than those of UTF-8.
func asInJSON(id string) string {
	if utf8.ValidString(id) {
		return id
	}
	return strings.Join(strings.Split(id, ""), "") // each byte that belongs to no character is one of its own
}

// refText is the form in which an ID is stored and looked for. It may be any string, as one of somebody else's signals.
func refText(id string) string {
	if len(id) > longestRef {
		sum := sha256.Sum256([]byte(id))
		return substitute + hex.EncodeToString(sum[:]) // No ID begins like this, see toText.
	}
	return toText(id)
}
