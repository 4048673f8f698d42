package binance_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// The venue's service of conditional orders is another one than that of the ordinary ones. While nobody can ask it what rests,
// the engine sends nothing and says why; what was asked for meanwhile is done when the service is back.
func TestEngineWaitsForTheServiceOfConditionalOrders(t *testing.T) {
	t.Parallel()
	for name, cut := range map[string]bool{"the stream is up": false, "the stream is cut": true} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			withTrader(t, guarded, func(r *trader) {
				r.wants(signal.Long)
				r.steps(10)
				require.Equal(t, 1, r.openStops())
				before, plain := r.sent(), r.direct()
				r.via(func(q *http.Request) (*http.Response, error) {
					if strings.Contains(q.URL.Path, "lgo") {
						return nil, errNoHost
					}
					return plain.RoundTrip(q)
				})
				if cut {
					r.venue.CutStreams()
				}
				r.steps(360) // past the next comparison
				require.Contains(t, r.engine.Status().Error, "no such host")
				r.wants(signal.Flat)
				r.steps(60)
				require.Equal(t, before, r.sent(), "nothing is sent")
				require.Equal(t, 1, r.openStops(), "the stop stays where it is")
				r.via(nil)
				r.steps(60)
				require.True(t, r.held().IsZero())
				require.Zero(t, r.openStops())
				r.agree()
			})
		})
	}
}
