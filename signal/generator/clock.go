package generator

import "time"

// Clock is the time that a Generator lives in. Both clocks of github.com/benbjohnson/clock fit.
type Clock interface {
	Now() time.Time
	After(d time.Duration) <-chan time.Time
}
