package certify

import (
	"context"
	"fmt"
	"time"

	"github.com/benbjohnson/clock"
)

// Line is one thing that a case saw.
type Line struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Case is one script. Its name says what it is about.
type Case struct {
	Name string
	run  func(*script)
}

// script is one run of a case at one place. After the first failure, and where it is skipped, it asks nothing any more.
type script struct {
	ctx   context.Context //nolint:containedctx // a script is one call, and its steps are many
	clock clock.Clock

	lines   []Line
	skipped string
	failed  error
}

// say notes a thing.
func (s *script) say(key, format string, args ...any) {
	if !s.over() {
		s.lines = append(s.lines, Line{key, fmt.Sprintf(format, args...)})
	}
}

// skip ends the case without a result, and says why.
func (s *script) skip(why string) {
	if !s.over() {
		s.skipped = why
	}
}

// fail ends the case by what is not of it, such as a network that is down.
func (s *script) fail(err error) {
	if !s.over() {
		s.failed = err
	}
}

func (s *script) over() bool { return s.failed != nil || s.skipped != "" }

// lookEvery is how long it is between two looks at something that is to come.
const lookEvery = 500 * time.Millisecond

// until looks until something is so, and reports whether it was within a time.
func (s *script) until(within time.Duration, is func() bool) bool {
	end := s.clock.Now().Add(within)
	for !s.over() {
		if is() {
			return !s.over()
		}
		if !s.clock.Now().Before(end) {
			return false
		}
		s.wait(lookEvery)
	}
	return false
}

// wait waits, and fails where the context ends before.
func (s *script) wait(d time.Duration) {
	select {
	case <-s.ctx.Done():
		s.fail(s.ctx.Err())
	case <-s.clock.After(d):
	}
}
