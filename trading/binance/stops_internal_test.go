package binance

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

type aStop struct {
	ID     int64  `json:"algoId"`
	Venue  string `json:"symbol"`
	Client string `json:"clientAlgoId"`
	Status string `json:"algoStatus"`
	Born   string `json:"actualOrderId"`
	Placed int64  `json:"createTime"`
}

// stopsAt are so many stops that were placed one after another, from a time on. Each has set off an order: 1, 2, and so on.
func stopsAt(n int, first time.Time, every time.Duration) (all []aStop) {
	for i := range n {
		all = append(all, aStop{
			ID: int64(i + 1), Venue: "BTCUSDT", Client: fmt.Sprintf("v-%024x", i+1), Status: "FINISHED", Born: strconv.Itoa(i + 1),
			Placed: first.Add(time.Duration(i) * every).UnixMilli(),
		})
	}
	return all
}

// tellsStops answers with the first or the last of those of a time, and never looks at a page.
func tellsStops(all func() []aStop, last bool) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		number := func(name string) int64 {
			n, _ := strconv.ParseInt(r.Form.Get(name), 10, 64)
			return n
		}
		fit := []aStop{}
		for _, s := range all() {
			if s.Placed >= number("startTime") && s.Placed <= number("endTime") {
				fit = append(fit, s)
			}
		}
		n := min(len(fit), int(number("limit")))
		if last {
			slices.Reverse(fit)
		}
		_ = json.NewEncoder(w).Encode(fit[:n])
	}
}

// A week has more stops than an answer, and the venue tells the first or the last of those that were asked for. All are found.
func TestStopsOfThePastAreFoundHoweverManyThereAre(t *testing.T) {
	t.Parallel()
	for _, last := range []bool{false, true} {
		all := stopsAt(2300, noon.Add(-3*24*time.Hour), 90*time.Second)
		v := serve(t, map[string]http.HandlerFunc{getStops: tellsStops(func() []aStop { return all }, last)})
		b := v.broker(t)
		require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon))
		for i := range all {
			if time.UnixMilli(all[i].Placed).After(noon) {
				break
			}
			as, known := b.names.get("BTCUSDT", int64(i+1))
			require.True(t, known, "order %d", i+1)
			require.Equal(t, named{all[i].Client, true}, as)
		}
		require.Less(t, v.count(getStops), 30)
	}
}

// A venue that answers each question with the same page does not keep anybody in a loop.
func TestStopsOfThePastEndWhereTheVenueRepeatsItself(t *testing.T) {
	t.Parallel()
	for name, all := range map[string][]aStop{
		"of another time": stopsAt(stopPage, noon.Add(-60*24*time.Hour), time.Second),
		"of all times":    stopsAt(stopPage, noon.Add(-27*24*time.Hour), time.Hour),
		"one instant":     stopsAt(stopPage, noon.Add(-time.Hour), 0),
	} {
		v := serve(t, map[string]http.HandlerFunc{getStops: func(w http.ResponseWriter, _ *http.Request) {
			_ = json.NewEncoder(w).Encode(all)
		}})
		b := v.broker(t)
		require.Error(t, b.learnStops(t.Context(), "BTCUSDT", noon), name)
		require.Less(t, v.count(getStops), 60, name)
		got, stop, err := b.clientID(t.Context(), "BTCUSDT", 7, nil)
		require.NoError(t, err, "what it did tell is known all the same")
		require.Equal(t, all[6].Client, got)
		require.True(t, stop)
	}
}

// Stops are asked for once: after that only those that are new, and those that waited.
func TestStopsOfThePastAreAskedForOnce(t *testing.T) {
	t.Parallel()
	all := stopsAt(3, noon.Add(-25*24*time.Hour), 8*24*time.Hour)
	all[1].Status, all[1].Born = "NEW", ""
	v := serve(t, map[string]http.HandlerFunc{getStops: tellsStops(func() []aStop { return all }, false)})
	b := v.broker(t)
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(-time.Hour)))
	require.Equal(t, stopWeeks+1, v.count(getStops))
	v.heard()
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(-time.Minute)))
	require.Zero(t, v.count(getStops), "the answers were later than that order")

	v.clock.Add(time.Hour)
	all[1].Status, all[1].Born = "FINISHED", "2"
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(time.Hour)))
	as, known := b.names.get("BTCUSDT", 2)
	require.True(t, known, "the one that waited is looked at again")
	require.Equal(t, named{all[1].Client, true}, as)
	require.Equal(t, 3, v.count(getStops), "from when that was placed on")
	v.heard()

	v.clock.Add(time.Hour)
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(2*time.Hour)))
	require.Equal(t, 1, v.count(getStops), "none waits any more")
	v.heard()
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(-100*24*time.Hour)))
	require.Zero(t, v.count(getStops), "the venue tells of no stop that is as old")
	require.NoError(t, b.learnStops(t.Context(), "BTCUSDT", noon.Add(-30*24*time.Hour)))
	require.Greater(t, v.count(getStops), 8, "an order that is older than what is known is asked for")
}
