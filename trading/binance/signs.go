package binance

import (
	"sync"
	"time"
)

const (
	tradesWeight = 5
	// signFor is for how long trades of an instrument are asked for whenever they may be, once something happened in it: the
	// venue may list a trade later than it tells of it.
	signFor = 10 * time.Second
	// calmShare is how much of the weight, in percent, may go to instruments in which nothing was seen to happen.
	calmShare = 20
	// always is how many instruments the budget lets be asked for each second.
	always = 2
)

// signs are when something was last seen to happen in each instrument, and which were found without news since. The venue tells
// trades by instrument only, and who asked for all of them each second would use up the budget with five.
type signs struct {
	mu   sync.Mutex // guards what is below
	seen map[string]time.Time
	calm map[string]calm
}

// calm says that there was no trade behind a place, and when.
type calm struct {
	place string
	at    time.Time
}

func newSigns() *signs {
	return &signs{seen: make(map[string]time.Time), calm: make(map[string]calm)}
}

// see notes that something happened in an instrument.
func (s *signs) see(venue string, now time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.seen[venue] = now
}

// doubt has all instruments asked for once more, as something may have happened in any.
func (s *signs) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.calm)
}

// found notes that an instrument has no trades behind a place.
func (s *signs) found(venue, place string, asked time.Time) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.calm[venue] = calm{place, asked}
}

// isCalm reports whether an instrument need not be asked for what is behind a place: there was nothing within the time every,
// and nothing was seen to happen.
func (s *signs) isCalm(venue, place string, now time.Time, every time.Duration) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if seen, is := s.seen[venue]; is && now.Sub(seen) < signFor {
		return false
	}
	known, is := s.calm[venue]
	age := now.Sub(known.at)
	return is && known.place == place && age >= 0 && age < every
}

// calmEvery is how often each of so many instruments may be asked for its trades while nothing happens; 0 means always.
func (b *Broker) calmEvery(instruments int) time.Duration {
	if instruments <= always {
		return 0
	}
	return b.client.budget.every(instruments*tradesWeight, calmShare)
}

// happened notes that something happened in an instrument.
func (b *Broker) happened(venue string) {
	b.names.see(venue)
	b.signs.see(venue, b.client.cfg.Clock.Now())
}
