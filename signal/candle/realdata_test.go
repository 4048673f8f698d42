package candle_test

import (
	"encoding/csv"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

// realFile is the path of a file of real market data, which lies beside the repository and is not a part of it.
func realFile(t *testing.T, name string) string {
	path := filepath.Join("..", "..", "..", "shared", "data", name)
	if _, err := os.Stat(path); err != nil {
		t.Skipf("there is no real market data here: %v", err)
	}
	return path
}

func TestMonthOfRealMinutes(t *testing.T) {
	t.Parallel()
	c, err := candle.Open(realFile(t, "btc-perp_1m_2022-01.csv.gz"), candle.Config{Symbol: btc})
	require.NoError(t, err)
	defer func() { require.NoError(t, c.Close()) }()
	bars, report, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 45_031)
	require.Equal(t, time.Minute, report.Interval)
	require.Equal(t, time.Date(2021, 12, 31, 23, 1, 0, 0, time.UTC), report.First)
	require.Equal(t, time.Date(2022, 2, 1, 5, 31, 0, 0, time.UTC), report.Last)
	require.Empty(t, report.Issues)
	require.Equal(t, 46_319.0, bars[0].Open)
	require.Equal(t, 685_906.9735, bars[len(bars)-1].Volume)
}

// The hourly files have no header, another order of columns, and real gaps and duplicates. What they hold is worked out
// a second time here, in another way, and stands in numbers below it.
func TestRealHoursWithGaps(t *testing.T) {
	t.Parallel()
	for name, gaps := range map[string][]int{
		"btcusdt_1h_gaps.csv": {319, 832, 912, 2066, 2616, 3696, 3817},
		"ethusdt_1h_gaps.csv": {295, 808, 888, 2042, 2592, 3672, 3793},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := realFile(t, name)
			want := findHours(t, path)
			require.Equal(t, gaps, linesOf(want, candle.Gap))
			require.Equal(t, []int{501, 998, 2498, 2998, 3994}, linesOf(want, candle.Duplicate))

			cfg := candle.Config{Symbol: btc, Policy: candle.Skip, Columns: "timestamp,open,close,low,high,volume,trades"}
			c, err := candle.Open(path, cfg)
			require.NoError(t, err)
			bars, report, err := drain(c)
			require.NoError(t, err)
			require.Equal(t, time.Hour, report.Interval)
			require.Equal(t, 4_314, report.Rows)
			require.Equal(t, want, report.Issues)
			require.Equal(t, 12, report.Missing)
			require.Len(t, bars, 4_309)

			cfg.Policy = candle.Reject
			c, err = candle.Open(path, cfg)
			require.NoError(t, err)
			_, _, err = drain(c)
			require.ErrorContains(t, err, name+":501: the bar of 2020-12-")
			require.ErrorContains(t, err, " again, as line 500")
			require.NoError(t, c.Close())
		})
	}
}

// What a strategy sees of a file with gaps and duplicates: each bar once, in the order of time, and nothing where the
// file has nothing. No bar is made up to fill a gap.
func TestStrategySeesRealHoursOnceAndInOrder(t *testing.T) {
	t.Parallel()
	c, err := candle.Open(realFile(t, "btcusdt_1h_gaps.csv"), candle.Config{
		Symbol: btc, Policy: candle.Skip, Columns: "timestamp,open,close,low,high,volume",
	})
	require.NoError(t, err)
	bars, report, err := drain(c)
	require.NoError(t, err)
	absent := 0
	for i := 1; i < len(bars); i++ {
		hours := bars[i].Time.Sub(bars[i-1].Time)
		require.Positive(t, hours)
		absent += int(hours/time.Hour) - 1
	}
	require.Equal(t, report.Missing, absent)
	require.Equal(t, bars[len(bars)-1].Time, bars[0].Time.Add(time.Duration(len(bars)+absent-1)*time.Hour))
}

func linesOf(findings []candle.Issue, kind candle.IssueKind) (lines []int) {
	for _, f := range findings {
		if f.Kind == kind {
			lines = append(lines, f.Line)
		}
	}
	return lines
}

func findHours(t *testing.T, path string) (found []candle.Issue) {
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	rows, err := csv.NewReader(strings.NewReader(string(text))).ReadAll()
	require.NoError(t, err)
	last := int64(0)
	for i, row := range rows {
		at, err := strconv.ParseInt(row[0], 10, 64)
		require.NoError(t, err)
		stamp := func(s int64) string { return time.Unix(s, 0).UTC().Format(time.RFC3339) }
		switch hours := (at - last) / 3600; {
		case i == 0 || hours == 1:
		case hours == 0:
			found = append(found, candle.Issue{File: path, Line: i + 1, Kind: candle.Duplicate,
				Text: fmt.Sprintf("the bar of %s again, as line %d", stamp(at), i)})
		default:
			found = append(found, candle.Issue{File: path, Line: i + 1, Kind: candle.Gap,
				Text: fmt.Sprintf("no bar for %dh0m0s from %s on, %d missing", hours-1, stamp(last+3600), hours-1)})
		}
		last = at
	}
	return found
}
