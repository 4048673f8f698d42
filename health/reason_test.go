package health_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
)

func TestSilenceSaysItsCause(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		say  func(p *health.Part)
		want string
	}{
		"nothing was said": {func(*health.Part) {}, "no progress for 2m0s (limit 1m0s)"},
		"its own errors": {func(p *health.Part) { p.Observe(errors.New("401 Unauthorized")) },
			"no progress for 2m0s (limit 1m0s); 1 error, last: 401 Unauthorized"},
		"its child's errors": {func(p *health.Part) { p.Child("BTC").Observe(errors.New("401 Unauthorized")) },
			"no progress for 2m0s (limit 1m0s); BTC: 1 error, last: 401 Unauthorized"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := health.NewRegistry(health.Config{})
				time.Sleep(time.Second)
				p := r.Begin("gen").Part()
				p.Expect(health.Limits{MaxSilence: time.Minute})
				time.Sleep(2 * time.Minute)
				c.say(p)
				require.Equal(t, c.want, judged(t, r, "gen").Reason)
			})
		})
	}
}

func TestCrashedPartSaysUntilWhenItIsParked(t *testing.T) {
	t.Parallel()
	r := health.NewRegistry(health.Config{})
	live(r.Begin("gen"), health.Lifecycle{State: health.StateCrashed, LastError: "EOF", LastErrorAt: time.Now(),
		NextRestart: time.Date(2026, 3, 4, 12, 0, 0, 0, time.UTC)})
	require.Equal(t, "crashed: EOF, parked until 2026-03-04T12:00:00Z", judged(t, r, "gen").Reason)
}

func TestStateIsNotSaidTwice(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"stalled: silent for 10s (limit 10s)": "stalled: silent for 10s (limit 10s)",
		"stalled":                             "stalled",
		"":                                    "stalled",
		"stalled by the venue":                "stalled: stalled by the venue",
	} {
		r := health.NewRegistry(health.Config{})
		live(r.Begin("gen"), health.Lifecycle{State: health.StateStalled, LastError: text, LastErrorAt: time.Now()})
		require.Equal(t, want, judged(t, r, "gen").Reason)
	}
}
