package feed_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/feed"
)

// What is written in any format is read back as it was.
func TestBarsSurviveTheFile(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		format := rapid.SampledFrom([]string{time.RFC3339Nano, "2006-01-02 15:04:05.000000", "s", "ms", "us", "ns"}).Draw(t, "format")
		at := time.Unix(rapid.Int64Range(1.2e9, 4e9).Draw(t, "start"), 0).UTC()
		var want []signal.Bar
		text := header
		for range rapid.IntRange(2, 100).Draw(t, "rows") {
			p := rapid.Float64Range(1e-9, 1e9).Draw(t, "price")
			b := signal.Bar{Symbol: btc, Time: at, Interval: time.Second, Open: p, High: p * 1.5, Low: p / 3, Close: p / 2,
				Volume: rapid.Float64Range(0, 1e12).Draw(t, "volume")}
			want = append(want, b)
			text += fmt.Sprintf("%s,%v,%v,%v,%v,%v\n", stamp(at, format), b.Open, b.High, b.Low, b.Close, b.Volume)
			at = at.Add(time.Second)
		}
		got, report, err := readAll(text, feed.CandleOptions{})
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Empty(t, report.Findings)
	})
}

func stamp(at time.Time, format string) string {
	switch format {
	case "s":
		return fmt.Sprint(at.Unix())
	case "ms":
		return fmt.Sprint(at.UnixMilli())
	case "us":
		return fmt.Sprint(at.UnixMicro())
	case "ns":
		return fmt.Sprint(at.UnixNano())
	}
	return at.Format(format)
}

func FuzzCandles(f *testing.F) {
	f.Add([]byte(header+"1709283600,10,12,9.5,11,3\n1709283660,11,11,8,8,0\n"), false)
	f.Add([]byte(header+"2024-03-01 09:00:00.5,10,12,9,11,3\n2024-03-01 09:00:00.5,1,1,1,1,1\nx\n"), true)
	f.Add([]byte("close,\"open\",low,high,volume,timestamp\r\n1,1,1,1,1,2024-03-01T09:00:00Z\r\n"), true)
	f.Add(zipped(f, header+"1709283600000,10,12,9.5,11,3\n1709283660000,11,11,8,8,0\n"), false)
	f.Fuzz(func(t *testing.T, data []byte, skip bool) {
		opt := feed.CandleOptions{Interval: time.Minute}
		if skip {
			opt = feed.CandleOptions{Policy: feed.Skip}
		}
		bars, report, err := readAll(string(data), opt)
		var last time.Time
		for i, b := range bars {
			if invalid := b.Validate(); invalid != nil {
				t.Fatalf("bar %d: %v", i, invalid)
			}
			if !last.IsZero() && b.Time.Before(last) {
				t.Fatalf("bar %d at %s opens before %s", i, b.Time, last)
			}
			last = b.End()
		}
		if report.Rows != report.Bars+report.Duplicates+report.Broken || report.Bars != len(bars) {
			t.Fatalf("the counts do not add up: %+v for %d bars", report, len(bars))
		}
		if err == nil && (len(bars) == 0 || !skip && report.Broken+report.Duplicates > 0) {
			t.Fatalf("no error for %+v", report)
		}
		if err != nil && !strings.Contains(err.Error(), "x.csv") {
			t.Fatalf("the error does not name the file: %v", err)
		}
	})
}

func BenchmarkCandles(b *testing.B) {
	b.ReportAllocs()
	var text strings.Builder
	text.WriteString(header)
	const rows = 10_000
	for i := range rows {
		at := time.Unix(1709283600+60*int64(i), 0).UTC().Format("2006-01-02 15:04:05.000000")
		fmt.Fprintf(&text, "%s,46319.0,46385.0,46319.0,46377.0,2300413.7295\n", at)
	}
	for b.Loop() {
		bars := 0
		c, err := feed.NewCandles(strings.NewReader(text.String()), "x.csv", feed.CandleOptions{Symbol: btc})
		require.NoError(b, err)
		for _, err := c.Next(); err == nil; _, err = c.Next() {
			bars++
		}
		require.Equal(b, rows, bars)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/bar")
}
