package feed_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

func TestTapeServesWhatWasPushed(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Millisecond, 0, time.Hour} {
		signaltest.TestSourceServes(t, signaltest.Served{Interval: interval}, func(t *testing.T, bars []signal.Bar) signal.Source {
			tape, err := feed.NewTape(len(bars), bars[0].Symbol)
			require.NoError(t, err)
			for _, b := range bars {
				require.NoError(t, tape.Push(b))
			}
			return tape
		})
	}
}
