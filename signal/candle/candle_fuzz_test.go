package candle_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
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
		got, report, err := readAll(text, candle.Config{})
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Empty(t, report.Issues)
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
	f.Add([]byte(klines(1e3)), false)
	f.Add([]byte("date,time,symbol,open,high,low,close,volume\n20240301,34260000,BTC,1,1,1,1,1\n44200,34200000,ETH,1,1,1,1,1\n"), true)
	f.Add([]byte(header+"20240302,1e9,1e9,1e9,1e9,0\n20240301,2e9,2e9,2e9,2e9,0\n"), true)
	f.Add([]byte(klineHeader+klines(1e6)), true)
	fuzzReader(f)
}

func FuzzCandlesJSON(f *testing.F) {
	f.Add([]byte(`[[1709283600000,10,12,9.5,11,3],[1709283660000,11.0,1.1e1,8,"8",0,7]]`), false)
	f.Add([]byte("{\"a\":[{\"b\":null}],\n\"bars\":[{\"t\":\"2024-03-01T09:00:00Z\",\"o\":1,\"h\":1,\"l\":1,\"c\":1,\"v\":1}]}"), true)
	f.Add([]byte(`{"bars":{"A":[],"BTC/USDT":[{"t":"2024-03-01T09:00:00Z","o":1,"h":1,"l":1,"c":1,"v":1},7,null]},"b":{}}`), true)
	f.Add([]byte("[[1709283600000,10,12,9.5,11,3],\n{"), true)
	f.Add([]byte(`[[1709283660,9,12,10,11,3],[1709283600,9,12,10,11,3]]`), true)
	f.Add([]byte(`[[1709283600,"10","12","9","11","10.5","3",7],[20240301,1,1,1,1,1]]`), true)
	fuzzReader(f)
}

func FuzzCandlesZip(f *testing.F) {
	f.Add([]byte(archived(f, "a.csv", klines(1e3))), false)
	f.Add([]byte(archived(f, "b.csv", minutes(3, 3), "a/b.csv.gz", string(zipped(f, minutes(0, 3))), "README", "x")), true)
	f.Add([]byte(archived(f, "a.json", "[[1709283600000,10,12,9.5,11,3]]")), true)
	fuzzReader(f)
}

// fuzzReader checks what has to hold for any text.
func fuzzReader(f *testing.F) {
	f.Fuzz(func(t *testing.T, data []byte, skip bool) {
		cfg := candle.Config{Interval: time.Minute}
		if skip {
			cfg = candle.Config{Policy: candle.Skip}
		}
		bars, report, err := readAll(string(data), cfg)
		var last time.Time
		for i, b := range bars {
			if invalid := b.Validate(); invalid != nil {
				t.Fatalf("bar %d: %v", i, invalid)
			}
			if !last.IsZero() && b.Time.Before(last) { // bars of a calendar may overlap by less than half
				t.Fatalf("bar %d at %s opens before %s", i, b.Time, last)
			}
			last = b.Time.Add(b.Interval / 2)
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
	const rows = 10_000
	var dated, binance, freqtrade, alpaca strings.Builder
	dated.WriteString(header)
	for i := range rows {
		at := time.Unix(1709283600+60*int64(i), 0).UTC()
		fmt.Fprintf(&dated, "%s,46319.0,46385.0,46319.0,46377.0,2300413.7295\n", at.Format("2006-01-02 15:04:05.000000"))
		fmt.Fprintf(&binance, "%d,46319.0,46385.0,46319.0,46377.0,23.7295,%d,1099.5,77,11.8,549.7,0\n", at.UnixMilli(), at.UnixMilli()+59_999)
		fmt.Fprintf(&freqtrade, ",[%d,46319.0,46385.0,46319.0,46377.0,23.7295]", at.UnixMilli())
		fmt.Fprintf(&alpaca, `,{"c":46377,"h":46385,"l":46319,"n":77,"o":46319,"t":"%s","v":23.7295,"vw":46340}`, at.Format(time.RFC3339))
	}
	for name, text := range map[string]string{
		"csv":         dated.String(),
		"binance":     binance.String(),
		"binance-zip": archived(b, "x.csv", binance.String()),
		"freqtrade":   "[" + freqtrade.String()[1:] + "]",
		"alpaca":      `{"bars":[` + alpaca.String()[1:] + `]}`,
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				bars := 0
				c, err := candle.New(strings.NewReader(text), "x.csv", candle.Config{Symbol: btc})
				require.NoError(b, err)
				for _, err := c.Next(); err == nil; _, err = c.Next() {
					bars++
				}
				require.Equal(b, rows, bars)
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/rows, "ns/bar")
		})
	}
}
