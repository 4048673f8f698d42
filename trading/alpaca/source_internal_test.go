package alpaca

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

// shelf answers for bars with a page of those that it has, and for assets that they are there.
type shelf struct {
	bars  []signal.Bar
	most  int // of a page
	asked []string
}

func (s *shelf) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	symbol, isAsset := strings.CutPrefix(r.URL.Path, "/v2/assets/")
	if isAsset {
		_, _ = fmt.Fprintf(w, `{"symbol":%q,"class":"us_equity","tradable":true}`, symbol)
		return
	}
	q := r.URL.Query()
	s.asked = append(s.asked, r.URL.String())
	start, err := time.Parse(time.RFC3339, q.Get("start"))
	limit, err2 := strconv.Atoi(q.Get("limit"))
	skip, err3 := strconv.Atoi("0" + q.Get("page_token"))
	if err != nil || err2 != nil || err3 != nil || limit < 1 || limit > 10_000 {
		http.Error(w, `{"message":"bad"}`, http.StatusBadRequest)
		return
	}
	var page barPage
	for _, b := range s.bars {
		if b.Time.Before(start) {
			continue
		}
		if skip > 0 {
			skip--
			continue
		}
		if len(page.Bars) == min(limit, s.most) {
			n, _ := strconv.Atoi("0" + q.Get("page_token"))
			next := strconv.Itoa(n + len(page.Bars))
			page.Next = &next
			break
		}
		page.Bars = append(page.Bars, barRow{b.Time, b.Open, b.High, b.Low, b.Close, b.Volume})
	}
	_ = json.NewEncoder(w).Encode(page)
}

// standing is a clock that does not go on.
func standing(at time.Time) *clock.Mock {
	c := clock.NewMock()
	c.Set(at)
	return c
}

func TestSourceServesWhatTheVenueHas(t *testing.T) {
	t.Parallel()
	for _, interval := range []time.Duration{time.Minute, time.Hour} {
		t.Run(interval.String(), func(t *testing.T) {
			t.Parallel()
			has := signaltest.Served{Symbol: "BRK.B", Interval: interval}
			signaltest.TestSourceServes(t, has, func(t *testing.T, bars []signal.Bar) signal.Source {
				b := inBubble(t, (&shelf{bars: bars, most: 700}).ServeHTTP, func(c *Config) {
					c.Clock = standing(bars[len(bars)-1].End().Add(certain))
				})
				s, err := b.Source(interval)
				require.NoError(t, err)
				return s
			})
		})
	}
}

// minutes are bars of AAPL that open at times of 2026-11-30.
func minutes(t *testing.T, at ...string) (bars []signal.Bar) {
	t.Helper()
	for i, text := range at {
		open, err := time.Parse("2006-01-02 15:04", "2026-11-30 "+text)
		require.NoError(t, err)
		price := float64(100 + i)
		bars = append(bars, signal.Bar{
			Symbol: "AAPL", Time: open, Interval: time.Minute, Open: price, High: price, Low: price, Close: price, Volume: 1,
		})
	}
	return bars
}

func opens(bars []signal.Bar) (at []string) {
	for _, b := range bars {
		at = append(at, b.Time.Format("15:04"))
	}
	return at
}

func TestSourceLeavesOutWhatIsNotToBeTold(t *testing.T) {
	t.Parallel()
	has := []string{"14:28", "14:29", "14:30", "14:31", "20:59", "21:00", "21:01"}
	session := func(at time.Time) bool {
		minute := at.UTC().Hour()*60 + at.UTC().Minute()
		return minute >= 14*60+30 && minute < 21*60
	}
	for name, c := range map[string]struct {
		now    string
		limit  int
		change func(*Config)
		want   []string
	}{
		"all without hours":                  {"22:00:00", 100, func(*Config) {}, has},
		"the hours":                          {"22:00:00", 100, func(c *Config) { c.IsOpen = session }, has[2:5]},
		"as many as are wanted of the hours": {"22:00:00", 2, func(c *Config) { c.IsOpen = session }, has[2:4]},
		"out of hours as well":               {"22:00:00", 100, func(c *Config) { c.IsOpen, c.OutOfHours = session, true }, has},
		"one that is open":                   {"21:00:59", 100, func(*Config) {}, has[:5]},
		"one that is over, if it is certain": {"21:01:01", 100, func(*Config) {}, has[:5]},
		"one that is certainly over":         {"21:01:02", 100, func(*Config) {}, has[:6]},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, err := time.Parse(time.DateTime, "2026-11-30 "+c.now)
			require.NoError(t, err)
			b := inBubble(t, (&shelf{bars: minutes(t, has...), most: 1}).ServeHTTP, func(cfg *Config) {
				cfg.Clock = standing(now)
				c.change(cfg)
			})
			s, err := b.Source(time.Minute)
			require.NoError(t, err)
			batch, err := s.Bars(t.Context(), "AAPL", time.Time{}, c.limit)
			require.NoError(t, err)
			require.Equal(t, c.want, opens(batch.Bars))
			require.Zero(t, batch.Complete)
		})
	}
}

func TestSourceTellsAnHourThatTheOpeningLiesIn(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 11, 30, 13, 0, 0, 0, time.UTC)
	var bars []signal.Bar
	for i := range 9 {
		bars = append(bars, signal.Bar{Time: at.Add(time.Duration(i) * time.Hour), Open: 1, High: 1, Low: 1, Close: 1})
	}
	b := inBubble(t, (&shelf{bars: bars, most: 100}).ServeHTTP, func(c *Config) {
		c.Clock = standing(at.Add(24 * time.Hour))
		c.IsOpen = func(t time.Time) bool { return !t.Before(at.Add(90*time.Minute)) && t.Before(at.Add(8*time.Hour)) }
	})
	s, err := b.Source(time.Hour)
	require.NoError(t, err)
	batch, err := s.Bars(t.Context(), "AAPL", time.Time{}, 100)
	require.NoError(t, err)
	require.Equal(t, []string{"14:00", "15:00", "16:00", "17:00", "18:00", "19:00", "20:00"}, opens(batch.Bars))
}

func TestSourceAsksForWhatTheGuideSays(t *testing.T) {
	t.Parallel()
	shelf := &shelf{bars: minutes(t, "15:00"), most: 100}
	b := inBubble(t, shelf.ServeHTTP, func(c *Config) {
		c.Clock, c.Feed = standing(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)), "sip"
	})
	s, err := b.Source(time.Minute)
	require.NoError(t, err)
	_, err = s.Bars(t.Context(), "AAPL", time.Date(2026, 11, 30, 14, 59, 0, 1, time.UTC), 5)
	require.NoError(t, err)
	require.Equal(t, []string{"http://data/v2/stocks/AAPL/bars?adjustment=raw&end=2026-11-30T16%3A00%3A00Z&feed=sip&limit=1000&" +
		"sort=asc&start=2026-11-30T14%3A59%3A01Z&timeframe=1Min"}, shelf.asked)
}

func TestSourceRefusesAnAnswerThatMakesNoSense(t *testing.T) {
	t.Parallel()
	const row = `{"t":"2026-11-30T15:00:00Z","o":2,"h":3,"l":1,"c":2,"v":5}`
	const later = `{"t":"2026-11-30T15:01:00Z","o":2,"h":3,"l":1,"c":2,"v":5}`
	for name, c := range map[string]struct {
		status  int
		answers []string // the last one again and again
		want    string
	}{
		"a page that comes again": {
			200, []string{
				`{"bars":[` + row + `],"next_page_token":"a"}`,
				`{"bars":[],"next_page_token":"a"}`,
			}, "repeats the page",
		},
		"pages that go round": {
			200, []string{
				`{"bars":[],"next_page_token":"a"}`,
				`{"bars":[],"next_page_token":"b"}`,
				`{"bars":[],"next_page_token":"a"}`,
			}, "repeats the page",
		},
		"bars that come again": {
			200, []string{
				`{"bars":[` + row + `],"next_page_token":"a"}`,
				`{"bars":[` + row + `],"next_page_token":"b"}`,
			}, "behind that of",
		},
		"bars that fall in time": {
			200, []string{
				`{"bars":[` + later + `,` + row + `]}`,
			}, "tells the one of 2026-11-30T15:00:00Z behind that of 2026-11-30T15:01:00Z",
		},
		"another symbol": {
			200, []string{
				`{"symbol":"MSFT","bars":[` + row + `]}`,
			}, `answers with those of "MSFT"`,
		},
		"a high below the low": {
			200, []string{
				`{"bars":[{"t":"2026-11-30T15:00:00Z","o":2,"h":1,"l":3,"c":2,"v":5}]}`,
			}, "the bar of AAPL at 2026-11-30T15:00:00Z",
		},
		"no bar at all":     {200, []string{`{"bars":[{}]}`}, "the bar of AAPL"},
		"no JSON":           {200, []string{`<html>`}, "unexpected answer 200"},
		"half of an answer": {200, []string{`{"bars":[` + row}, "unexpected answer 200"},
		"a feed that is not paid for": {
			403, []string{
				`{"code":42210000,"message":"subscription does not permit querying recent SIP data"}`,
			}, "does not permit",
		},
		"a key that is not known": {
			401, []string{
				`{"message":"unauthorized"}`,
			}, "does not accept the key",
		},
		"a venue that is out of order": {502, []string{`<html>bad gateway</html>`}, "unexpected answer 502"},
		"too many requests": {
			429, []string{
				`{"message":"too many requests."}`,
			}, "it was not executed",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := 0
			b := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
				if strings.HasPrefix(r.URL.Path, "/v2/assets/") {
					_, _ = w.Write([]byte(`{"symbol":"AAPL","class":"us_equity"}`))
					return
				}
				w.WriteHeader(c.status)
				_, _ = w.Write([]byte(c.answers[min(asked, len(c.answers)-1)]))
				asked++
			}, func(c *Config) { c.Clock = standing(time.Date(2026, 11, 30, 16, 0, 0, 0, time.UTC)) })
			s, err := b.Source(time.Minute)
			require.NoError(t, err)
			batch, err := s.Bars(t.Context(), "AAPL", time.Time{}, 100)
			require.ErrorContains(t, err, c.want)
			require.Empty(t, batch.Bars)
			require.LessOrEqual(t, asked, 3)
		})
	}
}

func TestSourceEndsWhereNoBarIsOfTheHours(t *testing.T) {
	t.Parallel()
	at := time.Date(2026, 1, 5, 9, 0, 0, 0, time.UTC)
	var bars []signal.Bar
	for i := range 2 * maxPages {
		bars = append(bars, signal.Bar{Time: at.Add(time.Duration(i) * time.Minute), Open: 1, High: 1, Low: 1, Close: 1})
	}
	clk := clock.NewMock()
	clk.Set(at.Add(24 * time.Hour))
	shelf := &shelf{bars: bars, most: 1}
	b := inBubble(t, shelf.ServeHTTP, func(c *Config) {
		c.Clock, c.IsOpen = clk, func(time.Time) bool { return false }
	})
	s, err := b.Source(time.Minute)
	require.NoError(t, err)
	_, err = s.Bars(t.Context(), "AAPL", time.Time{}, 100)
	require.ErrorContains(t, err, "in 100 pages none is of the hours that Config.IsOpen tells")
	require.Len(t, shelf.asked, maxPages)
}

func TestSourceDoesNotTakeAFailureForAnUnknownSymbol(t *testing.T) {
	t.Parallel()
	for status, unknown := range map[int]bool{404: true, 500: false, 401: false, 429: false} {
		b := inBubble(t, func(w http.ResponseWriter, _ *http.Request) {
			w.WriteHeader(status)
			_, _ = w.Write([]byte(`{"code":40410000,"message":"asset not found for NONE"}`))
		})
		s, err := b.Source(time.Minute)
		require.NoError(t, err)
		_, err = s.Bars(t.Context(), "NONE", time.Time{}, 100)
		require.Error(t, err)
		if unknown {
			require.ErrorIs(t, err, signal.ErrUnknownSymbol)
		} else {
			require.NotErrorIs(t, err, signal.ErrUnknownSymbol)
		}
	}
}
