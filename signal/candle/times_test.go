package candle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

// bars is CSV with the given header, and a bar at each of the times.
func barsAt(head string, times ...string) string {
	text := head + "\n"
	for _, at := range times {
		text += at + ",10,12,9,11,3\n"
	}
	return text
}

const (
	stamped = "timestamp,open,high,low,close,volume"
	byDay   = "date,time,open,high,low,close,volume"
)

func TestDatesAreToldByTheirShape(t *testing.T) {
	t.Parallel()
	morning := time.Date(2021, 1, 4, 9, 30, 0, 0, time.UTC)
	day := morning.Truncate(24 * time.Hour)
	for name, c := range map[string]struct {
		text     string
		first    time.Time
		interval time.Duration
	}{
		"eight digits":                  {barsAt(stamped, "20210104", "20210105"), day, 24 * time.Hour},
		"twelve digits":                 {barsAt(stamped, "202101040930", "202101040931"), morning, time.Minute},
		"fourteen digits":               {barsAt(stamped, "20210104093000", "20210104093100"), morning, time.Minute},
		"a date":                        {barsAt(stamped, "2021-01-04", "2021-01-05"), day, 24 * time.Hour},
		"a date, hour and minute":       {barsAt(stamped, "2021-01-04 09:30", "2021-01-04 09:31"), morning, time.Minute},
		"eight digits and a time":       {barsAt(stamped, "20210104 09:30", "20210104 09:31"), morning, time.Minute},
		"days of a spreadsheet":         {barsAt(stamped, "44200", "44201"), day, 24 * time.Hour},
		"minutes of a spreadsheet":      {barsAt(stamped, "44200.3958333333", "44200.3965277778"), morning, time.Minute},
		"milliseconds of 2001":          {barsAt(stamped, "978307200000", "978307260000"), time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC), time.Minute},
		"a column called Date":          {barsAt("Date,Open,High,Low,Close,Volume", "2021-01-04", "2021-01-05"), day, 24 * time.Hour},
		"columns in brackets":           {barsAt("<DATE>,<TIME>,<OPEN>,<HIGH>,<LOW>,<CLOSE>,<VOLUME>", "20210104,093000", "20210104,093100"), morning, time.Minute},
		"a date, and ms since midnight": {barsAt(byDay, "20210104,34200000", "20210104,34260000"), morning, time.Minute},
		"a date, and a time of day":     {barsAt(byDay, "2021-01-04,09:30", "2021-01-04,09:31"), morning, time.Minute},
		"a timestamp, and its date":     {barsAt("unix,date,open,high,low,close,volume", "1609752600,2021-01-04", "1609752660,2021-01-04"), morning, time.Minute},
		"a timestamp since midnight":    {barsAt("date,timestamp,open,high,low,close,volume", "44200,34200000", "44200,34260000"), morning, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars, report, err := readAll(c.text, candle.Config{})
			require.NoError(t, err)
			require.Len(t, bars, 2)
			require.Equal(t, c.first, bars[0].Time)
			require.Equal(t, c.interval, report.Interval)
		})
	}
}

func TestDatesThatNobodyMeantAreRefused(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ text, want string }{
		"days since 1970":           {barsAt(stamped, "18631", "18632"), `x.csv:2: timestamp "18631" would be 1970-01-01 05:10:31, and nothing before 1990-01-01 is taken unless you say so (Oldest)`},
		"ms since midnight":         {barsAt(stamped, "34200000", "34260000"), "a time of day needs a column named date beside it (Columns)"},
		"eight digits of no date":   {barsAt(stamped, "20211341", "20211342"), `x.csv:2: timestamp "20211341" would be 1970-08-22`},
		"a date read as nanosecond": {barsAt(stamped, "1970-01-01 00:00:00.020210104", "1970-01-01 00:00:00.020210105"), "would be 1970-01-01"},
		"a date with an hour":       {barsAt(stamped, "2021010409", "2021010410"), "x.csv:2: timestamp 2021010409 is 2021-01-04 09:00 or, in Unix seconds, 2034-01-16: write it as"},
		"half past nine, in digits": {barsAt(byDay, "2021-01-04,930", "2021-01-04,931"), `x.csv:2: time of day "930": it is neither HH:MM, HH:MM:SS, HHMMSS nor a number of milliseconds`},
		"two times of day":          {barsAt(byDay, "2021-01-04 09:30,09:30", "2021-01-04 09:31,09:31"), "has a time of day, and so has the column beside it"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, policy := range []candle.Policy{candle.Reject, candle.Skip} {
				for _, interval := range []time.Duration{0, time.Minute} {
					bars, _, err := readAll(c.text, candle.Config{Policy: policy, Interval: interval})
					require.ErrorContains(t, err, strings.TrimPrefix(c.want, "x.csv:2: "))
					require.ErrorContains(t, err, "x.csv")
					require.Less(t, len(err.Error()), 260)
					require.Empty(t, bars)
				}
			}
		})
	}
}

func TestOldBarsAreTakenWhenSomebodySaysSo(t *testing.T) {
	t.Parallel()
	text := barsAt(stamped, "1985-01-02", "1985-01-03")
	_, _, err := readAll(text, candle.Config{})
	require.ErrorContains(t, err, "nothing before 1990-01-01 is taken unless you say so (Oldest)")
	bars, _, err := readAll(text, candle.Config{Oldest: time.Date(1980, 1, 1, 0, 0, 0, 0, time.UTC)})
	require.NoError(t, err)
	require.Len(t, bars, 2)
}

// rows is CSV of the given times in minutes, with prices that rise with them.
func rows(minutes ...int) string {
	text := header
	for _, m := range minutes {
		text += fmt.Sprintf("%d,%[2]d,%[2]d,%[2]d,%[2]d,1\n", 1709283600+60*m, 100+m)
	}
	return text
}

func TestFileFromTheNewestBarOnIsReadBackwards(t *testing.T) {
	t.Parallel()
	var falling []int
	for m := 200; m > 0; m-- {
		falling = append(falling, m)
	}
	for _, interval := range []time.Duration{0, time.Minute} {
		for name, text := range map[string]string{
			"CSV":      rows(falling...),
			"gzip":     string(zipped(t, rows(falling...))),
			"two rows": rows(2, 1),
		} {
			for _, policy := range []candle.Policy{candle.Reject, candle.Skip} {
				bars, report, err := readAll(text, candle.Config{Interval: interval, Policy: policy})
				require.NoError(t, err, name)
				require.Equal(t, report.Rows, len(bars))
				require.Empty(t, report.Issues)
				require.Equal(t, 101.0, bars[0].Open)
				require.Equal(t, time.Minute, report.Interval)
			}
		}
	}
	_, _, err := readAll(rows(4, 3, 2, 3, 1), candle.Config{Interval: time.Minute})
	require.ErrorContains(t, err, "x.csv:3: the bar of 2024-03-01T09:03:00Z is older than that of line 2", "neither way")

	_, report, err := readAll(rows(9, 8, 8, 7, 4), candle.Config{Policy: candle.Skip})
	require.NoError(t, err)
	require.Equal(t, 1, report.Duplicates)
	require.Equal(t, []int{5, 3}, []int{report.Issues[0].Line, report.Issues[1].Line}, "the lines are the file's")

	cut := zipped(t, rows(falling...))
	_, _, err = readAll(string(cut[:len(cut)-9]), candle.Config{})
	require.ErrorContains(t, err, "the compressed data is cut off", "what is lost is the beginning")
}

func TestFilesFromTheNewestBarOnAreReadInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	folder := filled(t, map[string]string{"a.csv": rows(6, 5, 4), "b.csv": rows(3, 2, 1), "c.csv": rows(7, 8, 9)})
	c, err := candle.Open(folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, report, err := drain(c)
	require.NoError(t, err)
	require.Empty(t, report.Issues)
	require.Len(t, bars, 9)
	require.Equal(t, 101.0, bars[0].Open)
}

func TestSkippingNearlyAllRowsIsAnError(t *testing.T) {
	t.Parallel()
	text := rows(5000)
	for m := range 300 {
		text += strings.TrimPrefix(rows(m, m), header)
	}
	bars, report, err := readAll(text, candle.Config{Policy: candle.Skip, Interval: time.Minute})
	require.ErrorContains(t, err, "x.csv: 600 of 601 rows were broken, and what is left is no market; line 3: the bar of")
	require.Len(t, bars, 1)
	require.Equal(t, 600, report.Broken)
}

// Days in New York are an hour shorter once a year, and months are of 28 to 31 days.
func TestIntervalsOfACalendarAreGood(t *testing.T) {
	t.Parallel()
	newYork, err := time.LoadLocation("America/New_York")
	if err != nil {
		t.Skip(err)
	}
	for name, c := range map[string]struct {
		next func(time.Time, int) time.Time
		want time.Duration
	}{
		"days":     {func(t time.Time, i int) time.Time { return t.AddDate(0, 0, i) }, 24 * time.Hour},
		"weeks":    {func(t time.Time, i int) time.Time { return t.AddDate(0, 0, 7*i) }, 7 * 24 * time.Hour},
		"months":   {func(t time.Time, i int) time.Time { return t.AddDate(0, i, 0) }, 31 * 24 * time.Hour},
		"quarters": {func(t time.Time, i int) time.Time { return t.AddDate(0, 3*i, 0) }, 91 * 24 * time.Hour},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := header
			for i := range 400 {
				at := c.next(time.Date(2015, 1, 1, 0, 0, 0, 0, newYork), i)
				text += at.UTC().Format(time.RFC3339) + ",10,12,9,11,3\n"
			}
			bars, report, err := readAll(text, candle.Config{})
			require.NoError(t, err)
			require.Len(t, bars, 400)
			require.Empty(t, report.Issues)
			require.InDelta(t, c.want, report.Interval, float64(time.Hour))
		})
	}
}

// A date in full is what time.Parse takes it for, to the nanosecond, and what that refuses is refused.
func TestDateInFullIsWhatTimeParseTakesItFor(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		between := func(name string, from, to int) int { return rapid.IntRange(from, to).Draw(t, name) }
		layout := rapid.SampledFrom([]string{"2006-01-02 15:04:05", "2006-01-02T15:04:05Z07:00", "2006-01-02 15:04:05Z07:00"}).Draw(t, "layout")
		zone := ""
		if strings.HasSuffix(layout, "Z07:00") {
			zone = rapid.SampledFrom([]string{"Z", "+00:00", "-05:30", "+14:00", "z", "Z0"}).Draw(t, "zone")
		}
		fraction := ""
		if n := between("digits", 0, 11); n > 0 {
			fraction = "." + strings.Repeat("1234567890", 2)[between("skip", 0, 9):][:n]
		}
		write := func(hour int) string {
			return fmt.Sprintf("%04d-%02d-%02d%c%02d:%02d:%02d%s%s", between("year", 1995, 2100), between("month", 0, 13),
				between("day", 0, 32), layout[10], hour, between("minute", 0, 61), between("second", 0, 61), fraction, zone)
		}
		text := write(between("hour", 0, 24))
		want, err := time.Parse(layout, text)
		if err != nil {
			_, _, refused := readAll(barsAt(stamped, text), candle.Config{})
			require.ErrorContains(t, refused, "timestamp", text)
			return
		}
		later := want.Add(time.Hour).Format(layout[:19] + strings.Repeat(".000000000", min(1, len(fraction))) + layout[19:])
		bars, _, err := readAll(barsAt(stamped, text, later), candle.Config{})
		require.NoError(t, err, "%s, %s", text, later)
		require.Equal(t, want.UTC(), bars[0].Time, text)
		require.Equal(t, want.Add(time.Hour).UTC(), bars[1].Time, later)
	})
}
