package feed_test

import (
	"encoding/csv"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// realFile is the path of a file of real market data, which lies beside the repository and is not a part of it.
func realFile(t *testing.T, name string) string {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no real market data here: %v", err)
	}
	return path
}

func TestAMonthOfRealMinutes(t *testing.T) {
	t.Parallel()
	c, err := feed.OpenCandles(realFile(t, "btc-perp_1m_2022-01.csv.gz"), feed.CandleOptions{Symbol: btc})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	bars, report, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 45_031)
	require.Equal(t, time.Minute, report.Interval)
	require.Equal(t, time.Date(2021, 12, 31, 23, 1, 0, 0, time.UTC), report.First)
	require.Equal(t, time.Date(2022, 2, 1, 5, 31, 0, 0, time.UTC), report.Last)
	require.Empty(t, report.Findings)
	require.Equal(t, 46_319.0, bars[0].Open)
	require.Equal(t, 685_906.9735, bars[len(bars)-1].Volume)
}

// The hourly files have no header, another order of columns, and real gaps and duplicates. What they hold is counted a
// second time here, in another way.
func TestRealHoursWithGaps(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"btcusdt_1h_gaps.csv", "ethusdt_1h_gaps.csv"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text, err := os.ReadFile(realFile(t, name))
			require.NoError(t, err)
			gaps, missing, duplicates, older := countHours(t, string(text))
			withHeader := func() io.Reader {
				return io.MultiReader(strings.NewReader("timestamp,open,close,low,high,volume,trades\n"), strings.NewReader(string(text)))
			}
			c, err := feed.NewCandles(withHeader(), name, feed.CandleOptions{Symbol: btc, Policy: feed.Skip})
			require.NoError(t, err)
			bars, report, err := drain(c)
			require.NoError(t, err)
			require.Equal(t, time.Hour, report.Interval)
			require.Equal(t, 4_314, report.Rows)
			require.Equal(t, gaps, report.Gaps)
			require.Equal(t, missing, report.Missing)
			require.Equal(t, duplicates, report.Duplicates)
			require.Equal(t, older, report.Broken)
			require.Equal(t, 4_314-duplicates-older, len(bars))

			c, err = feed.NewCandles(withHeader(), name, feed.CandleOptions{Symbol: btc})
			require.NoError(t, err)
			_, report, err = drain(c)
			var refused *feed.RowError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, report.Bars+2, refused.Line, "the header and the bars before it")
		})
	}
}

func countHours(t *testing.T, text string) (gaps, missing, duplicates, older int) {
	rows, err := csv.NewReader(strings.NewReader(text)).ReadAll()
	require.NoError(t, err)
	newest := int64(0)
	for i, row := range rows {
		at, err := strconv.ParseInt(row[0], 10, 64)
		require.NoError(t, err)
		switch hours := (at - newest) / 3600; {
		case i == 0:
		case hours < 0:
			older++
		case hours == 0:
			duplicates++
		case hours > 1:
			gaps++
			missing += int(hours) - 1
		}
		newest = max(newest, at)
	}
	return gaps, missing, duplicates, older
}
