package venuekey_test

import (
	"errors"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"

	"github.com/seed-5dee1c0a/vigil/trading/venuekey"
)

// An adapter asks before each request that carries the key, and says what became of it.
func Example() {
	clk := clock.NewMock()
	clk.Set(time.Date(2025, time.March, 4, 12, 0, 0, 0, time.UTC))
	key := venuekey.New("our venue at https://api.example", clk)
	ask := func() {
		if err := key.Try(false); err != nil {
			fmt.Println("not sent:", err)
			return
		}
		key.Deny(errors.New("401 revoked"), false) // or key.Accept(false)
	}
	ask()
	ask()
	clk.Add(5 * time.Second)
	fmt.Println(key.Try(false), key.Denied())
	// Output:
	// not sent: it was not sent, as the venue denies the key since 2025-03-04T12:00:00Z and is asked again in 5s: 401 revoked
	// <nil> 401 revoked
}
