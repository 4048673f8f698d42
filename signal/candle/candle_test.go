package candle_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

const header = "timestamp,open,high,low,close,volume\n"

// readAll reads all bars of a text, and the error that ended it; none for io.EOF.
func readAll(text string, cfg candle.Config) ([]signal.Bar, candle.Report, error) {
	if cfg.Symbol == "" {
		cfg.Symbol = btc
	}
	c, err := candle.New(strings.NewReader(text), "x.csv", cfg)
	if err != nil {
		return nil, candle.Report{}, err
	}
	return drain(c)
}

func drain(c *candle.Reader) ([]signal.Bar, candle.Report, error) {
	var bars []signal.Bar
	for {
		b, err := c.Next()
		if errors.Is(err, io.EOF) {
			return bars, c.Report(), nil
		}
		if err != nil {
			return bars, c.Report(), err
		}
		bars = append(bars, b)
	}
}

func zipped(t require.TestingT, text string) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, err := io.WriteString(w, text)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	return out.Bytes()
}

// Two bars of a minute, written in every way that is understood.
func TestWaysToWriteTheSameBars(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	want := []signal.Bar{
		{Symbol: btc, Time: at, Interval: time.Minute, Open: 10, High: 12, Low: 9.5, Close: 11, Volume: 3},
		{Symbol: btc, Time: at.Add(time.Minute), Interval: time.Minute, Open: 11, High: 11, Low: 8, Close: 8, Volume: 0},
	}
	plain := header + "2024-03-01T09:00:00Z,10,12,9.5,11,3\n2024-03-01T09:01:00Z,11,11,8,8,0\n"
	for name, text := range map[string]string{
		"RFC 3339":                      plain,
		"RFC 3339 with an offset":       header + "2024-03-01T11:00:00+02:00,10,12,9.5,11,3\n2024-03-01T09:01:00Z,11,11,8,8,0\n",
		"RFC 3339 with a space":         header + "2024-03-01 09:00:00+00:00,10,12,9.5,11,3\n2024-03-01 09:01:00Z,11,11,8,8,0\n",
		"date and time":                 header + "2024-03-01 09:00:00,10,12,9.5,11,3\n2024-03-01 09:01:00,11,11,8,8,0\n",
		"date and time with a fraction": header + "2024-03-01 09:00:00.000000,10,12,9.5,11,3\n2024-03-01 09:01:00.0,11,11,8,8,0\n",
		"epoch seconds":                 header + "1709283600,10,12,9.5,11,3\n1709283660,11,11,8,8,0\n",
		"epoch milliseconds":            header + "1709283600000,10,12,9.5,11,3\n1709283660000,11,11,8,8,0\n",
		"epoch microseconds":            header + "1709283600000000,10,12,9.5,11,3\n1709283660000000,11,11,8,8,0\n",
		"epoch nanoseconds":             header + "1709283600000000000,10,12,9.5,11,3\n1709283660000000000,11,11,8,8,0\n",
		"columns in another order, and more of them": "Trades, Close,VOLUME,low,High,note,Open,Timestamp\n" +
			"7,11,3,9.5,12,\"a, b \"\"c\"\"\",10,1709283600\n8,8,0,8,11,,11,1709283660\n",
		"quoted fields": `"timestamp","open","high","low","close","volume"` + "\n" +
			`"2024-03-01T09:00:00Z","10","12","9.5","11","3"` + "\n" + `"2024-03-01T09:01:00Z",11,"11" ,8,8,"0"`,
		"Windows line ends":        strings.ReplaceAll(plain, "\n", "\r\n"),
		"a byte order mark":        "\xef\xbb\xbf" + plain,
		"no end of the last line":  strings.TrimSpace(plain),
		"blank lines":              strings.ReplaceAll(plain, "\n", "\n\n \t\n"),
		"spaces around the fields": strings.ReplaceAll(plain, ",", " , "),
		"exponents":                header + "1709283600,1e1,1.2E+1,95e-1,+11,3\n1709283660,11,11,8,8,0\n",
		"gzip":                     string(zipped(t, plain)),
		"gzip in two parts":        string(zipped(t, header)) + string(zipped(t, strings.TrimPrefix(plain, header))),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, interval := range []time.Duration{0, time.Minute} {
				bars, report, err := readAll(text, candle.Config{Interval: interval})
				require.NoError(t, err)
				require.Equal(t, want, bars)
				require.Equal(t, candle.Report{
					Name: "x.csv", Files: 1, Interval: time.Minute, Rows: 2, Bars: 2, First: at, Last: at.Add(time.Minute),
				}, report)
			}
		})
	}
}

func TestFilesThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const row, next = "1709283600,10,12,9.5,11,3\n", "1709283660,11,11,8,8,0\n"
	whole := string(zipped(t, header+row+next+strings.Repeat(next, 2000)))
	for name, c := range map[string]struct{ text, want string }{
		"empty":                      {"", "x.csv: the file is empty"},
		"nothing but blank lines":    {"\n\r\n  \n", "x.csv: the file is empty"},
		"a header only":              {header, "x.csv: there is no row"},
		"no header":                  {row + next, "x.csv:1: there is no header, and the 6 columns are not Binance's 12: say what they are (Columns)"},
		"two columns missing":        {"time,open,high,low,close\n" + row, "x.csv:1: the header does not name the column(s) timestamp, volume"},
		"a column twice":             {"timestamp,open,high,low,close,volume,open\n" + row, "x.csv:1: the header names the column open twice"},
		"a header of a single quote": {"\"timestamp\n", "x.csv:1: a quote is not closed"},
		"one row, no interval":       {header + row, "x.csv: the interval cannot be told from the first rows"},
		"gzip and nothing":           {"\x1f\x8b", "x.csv:1: the compressed data is cut off"},
		"gzip that is none":          {"\x1f\x8bxxxxxxxxxxxxxxxx", "x.csv:1: cannot be read: gzip: invalid header"},
		"gzip cut off early":         {whole[:30], "x.csv:1: the compressed data is cut off"},
		"a binary file":              {"PK\x03\x05" + strings.Repeat("\x00", 1<<17), "x.csv:1: the line is longer than 65536 bytes"},
		"an archive that is none":    {"PK\x03\x04" + strings.Repeat("\x00", 1<<17), "x.csv: cannot be read: zip: not a valid zip file"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars, _, err := readAll(c.text, candle.Config{})
			require.ErrorContains(t, err, c.want)
			require.Empty(t, bars)
		})
	}
}

// Line 3 of each text is what its name says; lines 2 and 4 are good.
func TestRowsThatCannotBe(t *testing.T) {
	t.Parallel()
	const first, last = "2024-03-01 09:00:00,10,12,9,11,3\n", "2024-03-01 09:02:00,11,11,8,8,0\n"
	for name, c := range map[string]struct {
		row  string
		kind candle.IssueKind
		want string
	}{
		"the same bar again":        {"2024-03-01 09:00:00,10,12,9,11,3", candle.Duplicate, "the bar of 2024-03-01T09:00:00Z again, as line 2"},
		"the same time otherwise":   {"2024-03-01 09:00:00,10,12,9,10,3", candle.Duplicate, "again, with other numbers than line 2"},
		"out of order":              {"2024-03-01 08:59:00,10,12,9,11,3", candle.Broken, "the bar of 2024-03-01T08:59:00Z is older than that of line 2"},
		"half a bar":                {"2024-03-01 09:00:30,10,12,9,11,3", candle.Broken, "opens before that of line 2 ends"},
		"high below open":           {"2024-03-01 09:01:00,10,9,9,9,3", candle.Broken, "high 9 is below open 10"},
		"low above close":           {"2024-03-01 09:01:00,10,12,10,9,3", candle.Broken, "low 10 is above open 10 or close 9"},
		"no price":                  {"2024-03-01 09:01:00,0,12,9,11,3", candle.Broken, "open 0 is not a price"},
		"a negative price":          {"2024-03-01 09:01:00,-10,12,9,11,3", candle.Broken, "open -10 is not a price"},
		"a negative volume":         {"2024-03-01 09:01:00,10,12,9,11,-3", candle.Broken, "volume -3 is not a volume"},
		"NaN":                       {"2024-03-01 09:01:00,10,12,9,NaN,3", candle.Broken, `close "NaN" is not a decimal number`},
		"infinity":                  {"2024-03-01 09:01:00,10,+Inf,9,11,3", candle.Broken, `high "+Inf" is not a decimal number`},
		"hexadecimal":               {"2024-03-01 09:01:00,0x1p3,12,7,11,3", candle.Broken, `open "0x1p3" is not a decimal number`},
		"two points":                {"2024-03-01 09:01:00,1.0.0,12,7,11,3", candle.Broken, `open "1.0.0" is not a decimal number`},
		"a number without end":      {"2024-03-01 09:01:00,10,1e999,9,11,3", candle.Broken, `high "1e999" is too large`},
		"an empty field":            {"2024-03-01 09:01:00,10,12,9,,3", candle.Broken, `close "" is not a decimal number`},
		"too few fields":            {"2024-03-01 09:01:00,10,12", candle.Broken, "there are 3 fields and low is the one numbered 4"},
		"a quote without an end":    {"\"2024-03-01 09:01:00,10,12,9,11,3", candle.Broken, "a quote is not closed"},
		"text behind a quote":       {"\"2024-03-01 09:01:00\"x,10,12,9,11,3", candle.Broken, `there is "x" behind a closed quote`},
		"another format of times":   {"2024-03-01T09:01:00Z,10,12,9,11,3", candle.Broken, "is written as RFC 3339, the rows before as date and time without a zone"},
		"a number for a time":       {"1709283660,10,12,9,11,3", candle.Broken, "timestamp 1709283660 is written as epoch seconds, the rows before as date"},
		"a day that is none":        {"2024-02-30 09:01:00,10,12,9,11,3", candle.Broken, `timestamp "2024-02-30 09:01:00"`},
		"a time in short":           {"2024-03-01 9:01:00,10,12,9,11,3", candle.Broken, "is neither RFC 3339, YYYY-MM-DD HH:MM:SS nor a Unix time"},
		"a fraction behind a comma": {"\"2024-03-01 09:01:00,5\",10,12,9,11,3", candle.Broken, `timestamp "2024-03-01 09:01:00,5" is neither`},
		"a time without end":        {"2024-03-01 09:01:00." + strings.Repeat("0", 5000) + ",10,12,9,11,3", candle.Broken, "is neither RFC 3339"},
		"a negative number":         {"-5,10,12,9,11,3", candle.Broken, `timestamp "-5" is neither`},
		"a time without a time":     {",10,12,9,11,3", candle.Broken, `timestamp "" is neither`},
		"a number beyond all":       {"99999999999999999999,10,12,9,11,3", candle.Broken, `timestamp "99999999999999999999" is too large`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := header + first + c.row + "\n" + last
			bars, report, err := readAll(text, candle.Config{Interval: time.Minute})
			require.ErrorContains(t, err, "x.csv:3: ")
			require.ErrorContains(t, err, c.want)
			var refused *candle.RowError
			require.ErrorAs(t, err, &refused)
			require.Equal(t, []candle.Issue{refused.Issue}, report.Issues)
			require.Equal(t, c.kind, refused.Kind)
			require.Equal(t, 3, refused.Line)
			require.Less(t, len(err.Error()), 250, "one line, whatever the row holds")
			require.Len(t, bars, 1)

			bars, report, err = readAll(text, candle.Config{Interval: time.Minute, Policy: candle.Skip})
			require.NoError(t, err)
			require.Len(t, bars, 2)
			require.Equal(t, 3, report.Rows)
			require.Equal(t, 2, report.Bars)
			require.Equal(t, 1, report.Broken+report.Duplicates)
			require.Equal(t, c.kind, report.Issues[0].Kind)
			require.Equal(t, candle.Issue{File: "x.csv", Line: 4, Kind: candle.Gap,
				Text: "no bar for 1m0s from 2024-03-01T09:01:00Z on, 1 missing"}, report.Issues[1])
		})
	}
}

func TestErrorComesAgain(t *testing.T) {
	t.Parallel()
	text := header + "1709283600,10,12,9.5,11,3\n1709283660,11,11,8,8,0\n1709283660,11,11,8,8,0\n1709283720,8,8,8,8,0\n"
	for _, interval := range []time.Duration{0, time.Minute} { // with rows read ahead and without
		c, err := candle.New(strings.NewReader(text), "x.csv", candle.Config{Symbol: btc, Interval: interval})
		require.NoError(t, err)
		bars, _, err := drain(c)
		require.ErrorContains(t, err, "x.csv:4: ")
		require.Len(t, bars, 2, "none of the rows behind it")
		_, again := c.Next()
		require.Equal(t, err, again)
	}
}

// The distances of the rows, in minutes, and the interval that they give.
func TestIntervalIsTheMostFrequentDistance(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		minutes []int
		want    time.Duration
	}{
		"two rows":                          {[]int{0, 5}, 5 * time.Minute},
		"a gap at the beginning":            {[]int{0, 50, 55, 60}, 5 * time.Minute},
		"duplicates and a row out of order": {[]int{0, 0, 0, 5, 3, 10, 15, 20}, 5 * time.Minute},
		"more duplicates than anything":     {[]int{0, 0, 0, 0, 0, 5, 10}, 5 * time.Minute},
		"mostly going back":                 {[]int{90, 80, 70, 60, 50, 5, 10}, 5 * time.Minute},
		"as many short ones as long ones":   {[]int{0, 5, 15, 20, 30}, 5 * time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := header
			for _, m := range c.minutes {
				text += fmt.Sprintf("%d,1,1,1,1,0\n", 1709283600+60*m)
			}
			for range 20 { // it must not hang on the order of a map
				_, report, err := readAll(text, candle.Config{Policy: candle.Skip})
				require.NoError(t, err)
				require.Equal(t, c.want, report.Interval)
			}
		})
	}
}

func TestFileOfNothingButBrokenRows(t *testing.T) {
	t.Parallel()
	text := header + "yesterday,1,1,1,1,0\ntoday,1,1,1,1,0\n"
	for _, policy := range []candle.Policy{candle.Reject, candle.Skip} {
		_, _, err := readAll(text, candle.Config{Policy: policy})
		require.ErrorContains(t, err, `x.csv:2: timestamp "yesterday"`)
	}
	_, report, err := readAll(text, candle.Config{Policy: candle.Skip, Interval: time.Minute})
	require.ErrorContains(t, err, `x.csv: no row is a bar; line 2: timestamp "yesterday"`)
	require.Equal(t, 2, report.Broken)
}

func TestCutFileNamesTheLine(t *testing.T) {
	t.Parallel()
	text := header
	for i := range 5000 {
		text += fmt.Sprintf("%d,%d,%d,1,2,%d\n", 1709283600+60*i, 10+i%7, 20+i%11, i*7919%1000)
	}
	data := zipped(t, text)
	bars, _, err := readAll(string(data[:len(data)/2]), candle.Config{})
	require.ErrorIs(t, err, io.ErrUnexpectedEOF)
	require.NotEmpty(t, bars)
	require.ErrorContains(t, err, fmt.Sprintf("x.csv:%d: the compressed data is cut off", len(bars)+2))

	damaged := bytes.Clone(data)
	damaged[len(damaged)-6] ^= 1 // of the checksum
	bars, _, err = readAll(string(damaged), candle.Config{})
	require.ErrorIs(t, err, gzip.ErrChecksum)
	require.Len(t, bars, 5000)
}

func TestFindingsAreBoundedAndCountsAreNot(t *testing.T) {
	t.Parallel()
	text := header + "1709283600,1,1,1,1,0\n" + strings.Repeat("1709283600,1,1,1,1,0\n", 500)
	_, report, err := readAll(text, candle.Config{Interval: time.Minute, Policy: candle.Skip})
	require.NoError(t, err)
	require.Equal(t, 500, report.Duplicates)
	require.Len(t, report.Issues, 100)
	require.Equal(t, 3, report.Issues[0].Line)
}

func TestGapsAreCountedInBars(t *testing.T) {
	t.Parallel()
	text := header + "1709283600,1,1,1,1,0\n1709283660,1,1,1,1,0\n1709283960,1,1,1,1,0\n1709284051,1,1,1,1,0\n" +
		"9000000000,1,1,1,1,0\n" // 231 years
	_, report, err := readAll(text, candle.Config{Interval: time.Minute})
	require.NoError(t, err)
	require.Equal(t, 3, report.Gaps)
	require.Equal(t, "no bar for 4m0s from 2024-03-01T09:02:00Z on, 4 missing", report.Issues[0].Text)
	require.Equal(t, "no bar for 31s from 2024-03-01T09:07:00Z on, 1 missing", report.Issues[1].Text)
	require.Greater(t, report.Missing, 100_000_000)
}

func TestOpen(t *testing.T) {
	t.Parallel()
	_, err := candle.Open(filepath.Join(t.TempDir(), "none.csv"), candle.Config{Symbol: btc})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.ErrorContains(t, err, "none.csv")
	_, err = candle.Open(t.TempDir(), candle.Config{Symbol: btc})
	require.ErrorContains(t, err, "no file of candles in this folder")

	c, err := candle.Open("testdata/btc_1m.csv", candle.Config{Symbol: btc, Policy: candle.Skip})
	require.NoError(t, err)
	_, err = c.Next()
	require.NoError(t, err)
	require.NoError(t, c.Close())
	_, err = c.Next()
	require.ErrorIs(t, err, os.ErrClosed)
	require.NoError(t, c.Close(), "twice")
}

func TestConfigThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, cfg := range map[string]candle.Config{
		"Symbol is empty":                      {},
		"Interval -1s is negative":             {Symbol: btc, Interval: -time.Second},
		"Policy 7 is neither Refuse nor Skip":  {Symbol: btc, Policy: 7},
		"Policy -1 is neither Refuse nor Skip": {Symbol: btc, Policy: -1},
	} {
		_, err := candle.New(strings.NewReader(header), "x.csv", cfg)
		require.ErrorContains(t, err, want)
	}
}
