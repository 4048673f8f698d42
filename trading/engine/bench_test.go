package engine_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// A round with nothing to do, as at most bars of a replay.
func BenchmarkStepIdle(b *testing.B) {
	b.ReportAllocs()
	r := newRig(b, refuses)
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
	r.mustStep()
	r.clock.Add(time.Hour)
	for b.Loop() {
		require.NoError(b, r.step())
	}
}
