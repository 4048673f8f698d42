package binance

import (
	"context"
	"sync"
	"time"

	"github.com/adshao/go-binance/v2/futures"

	"github.com/seed-5dee1c0a/vigil/health"
)

// resync is how old what is known of the venue's clock may be. A bad quartz drifts by 0.2 s in that time.
const resync = 30 * time.Minute

// serverTime is the venue's clock, as far as it is known here.
type serverTime struct {
	clock health.Clock

	mu     sync.Mutex // guards what is below
	offset time.Duration
	at     time.Time // when it was measured; zero if it has to be
}

// now is what the venue's clock shows.
func (s *serverTime) now() time.Time {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.clock.Now().Add(s.offset)
}

// ahead is by how much a machine's clock that go-binance dates requests with differs from the venue's.
func (s *serverTime) ahead() time.Duration {
	//vigil:wallclock go-binance dates a request with the machine's clock, and subtracts this
	return time.Since(s.now())
}

// doubt says that the offset is not to be relied on any more.
func (s *serverTime) doubt() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.at = time.Time{}
}

func (s *serverTime) fresh() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	age := s.clock.Now().Sub(s.at)
	return !s.at.IsZero() && age >= 0 && age < resync
}

// sync measures the offset, if that was not done lately. The venue's time is taken for that of the middle between question
// and answer.
func (s *serverTime) sync(ctx context.Context, c *client) error {
	if s.fresh() {
		return nil
	}
	asked := s.clock.Now()
	var server int64
	err := c.do(ctx, request{what: "ask for the time", weight: 1, class: urgent},
		func(ctx context.Context, f *futures.Client) (err error) {
			server, err = f.NewServerTimeService().Do(ctx)
			return unreadable(err, server <= 0)
		})
	if err != nil {
		return err
	}
	answered := s.clock.Now()
	s.mu.Lock()
	defer s.mu.Unlock()
	middle := asked.Add(answered.Sub(asked) / 2)
	s.offset, s.at = time.UnixMilli(server).Sub(middle), answered
	return nil
}
