package engine

import "time"

// Clock is the time that an Engine lives in. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}
