package binancetest

import "time"

// never is the deliveryDate of a contract that has no end.
var never = time.Date(2100, 12, 25, 8, 0, 0, 0, time.UTC)

// delivery is when the venue says that it ends trading in a symbol.
func (s Symbol) delivery() int64 {
	if s.Delivery.IsZero() {
		return never.UnixMilli()
	}
	return s.Delivery.UnixMilli()
}
