package venuekey_test

import (
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/venuekey"
)

var errDenied = errors.New("401 not authorized")

func TestWatchAsksAVenueThatDeniesTheKeyOnceAMinute(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := venuekey.New("a venue", clock.New())
		var pauses []time.Duration
		last := time.Now()
		for len(pauses) < 7 {
			if err := w.Try(false); err != nil {
				require.ErrorContains(t, err, "it was not sent, as the venue denies the key since")
				require.NotErrorIs(t, err, errDenied, "this request was not denied")
				time.Sleep(time.Second)
				continue
			}
			pauses, last = append(pauses, time.Since(last)), time.Now()
			w.Deny(errDenied, false)
		}
		require.Equal(t, []time.Duration{0, 5e9, 10e9, 20e9, 40e9, 60e9, 60e9}, pauses)
		w.Accept(false)
		require.NoError(t, w.Denied())
		require.NoError(t, w.Try(true))
		w.Deny(errDenied, false)
		require.Error(t, w.Try(false))
		time.Sleep(5 * time.Second)
		require.NoError(t, w.Try(false), "the pauses begin anew")
		require.Error(t, w.Try(true), "one asks, and others wait for what it hears")
	})
}

func TestWatchLetsQuestionsPassWhereOrdersAloneAreDenied(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		w := venuekey.New("a venue", clock.New())
		w.Deny(errDenied, true)
		require.NoError(t, w.Try(false))
		require.Error(t, w.Try(true))
		w.Accept(false)
		require.ErrorIs(t, w.Denied(), errDenied, "an answer to a question says nothing of orders")
		time.Sleep(5 * time.Second)
		w.Accept(true)
		require.NoError(t, w.Denied())

		w.Deny(errDenied, true)
		time.Sleep(time.Minute)
		w.Accept(false)
		require.NoError(t, w.Denied(), "orders are tried again, although nobody has sent one")

		w.Deny(errDenied, true)
		w.Deny(errDenied, false)
		require.Error(t, w.Try(false), "questions are denied as well")
		w.Accept(false)
		require.NoError(t, w.Denied())
	})
}
