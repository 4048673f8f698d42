package httpfeed_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// mostRows is what the server gives at once, whatever it is asked for.
const mostRows = 500

// serve is a server that has certain bars, and answers as venues do: from a time on, in milliseconds.
func serve(t *testing.T, bars []signal.Bar) *httptest.Server {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		since, _ := strconv.ParseInt(r.FormValue("since"), 10, 64)
		limit, _ := strconv.Atoi(r.FormValue("limit"))
		var rows []string
		for _, b := range bars {
			if b.Time.UnixMilli() >= since && len(rows) < min(limit, mostRows) {
				rows = append(rows, fmt.Sprintf(`[%d,"%v","%v","%v","%v","%v",0]`, b.Time.UnixMilli(), b.Open, b.High, b.Low, b.Close, b.Volume))
			}
		}
		_, _ = io.WriteString(w, "["+strings.Join(rows, ",")+"]")
	}))
	t.Cleanup(server.Close)
	return server
}

func TestSourceServesWhatTheVenueHas(t *testing.T) {
	t.Parallel()
	signaltest.TestSourceServes(t, signaltest.Served{Interval: time.Minute}, func(t *testing.T, bars []signal.Bar) signal.Source {
		clk := feed.NewReplayClock(bars[len(bars)-1].End().Add(time.Hour))
		return source(t, serve(t, bars).URL+klines, clk)
	})
}
