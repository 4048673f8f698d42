package httpfeed

import (
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// MaxAnswer is how many bytes of an answer are read.
const MaxAnswer = maxAnswer

// Read returns what a Source gives of the text of an answer.
func (s Shape) Read(text []byte, symbol string, interval time.Duration, after, now time.Time) ([]signal.Bar, error) {
	if err := s.check(); err != nil {
		return nil, err
	}
	bars, err := s.decode(text)
	if err != nil {
		return nil, err
	}
	return choose(bars, symbol, interval, after, now)
}
