package candle_test

import (
	"fmt"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

func TestRowsOfExchangesAreReadInTheirOrder(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ format, columns string }{
		"everybody's": {format: "[%d,10,12,9,11,3]"},
		"Kraken's, with the mean price before the volume": {format: `[%d,"10","12","9","11","10.5","3",7]`},
		"Coinbase's":                 {format: "[%d,9,12,10,11,3]"},
		"Bitfinex's":                 {format: "[%d,10,11,12,9,3]"},
		"KuCoin's":                   {format: `["%d","10","11","12","9","3","30"]`},
		"a stranger's, told columns": {format: "[3,9,12,11,10,%d]", columns: "volume,low,high,close,open,timestamp"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var list []string
			for i := range 100 {
				list = append(list, fmt.Sprintf(c.format, 1709283600+60*i))
			}
			bars, report, err := readAll("["+strings.Join(list, ",\n")+"]", candle.Config{Columns: c.columns})
			require.NoError(t, err)
			require.Len(t, bars, 100)
			require.Empty(t, report.Issues)
			for _, b := range bars {
				require.Equal(t, []float64{10, 12, 9, 11, 3}, []float64{b.Open, b.High, b.Low, b.Close, b.Volume})
			}
		})
	}
}

// One broken row does not make a file somebody else's.
func TestRowsOfEverybodyStayTheirsWithABrokenOne(t *testing.T) {
	t.Parallel()
	text := "[[1709283600,9,12,10,11,3],[1709283660,10,12,9,11,3],\n[1709283720,10,12,9,11,3]]"
	_, report, err := readAll(text, candle.Config{Policy: candle.Skip, Interval: time.Minute})
	require.NoError(t, err)
	require.Equal(t, "row 1: low 10 is above open 9 or close 11", report.Issues[0].Text)
	require.Equal(t, 2, report.Bars)

	_, _, err = readAll(text+"]", candle.Config{Policy: candle.Skip, Interval: time.Minute})
	require.ErrorContains(t, err, "x.csv:2: this is not JSON", "the place is right, though it was read ahead")
}

func TestRowsOfOneSymbolAreChosen(t *testing.T) {
	t.Parallel()
	text := "timestamp,symbol,open,high,low,close,volume\n"
	for i := range 50 {
		text += fmt.Sprintf("%d,ETHUSDT,1,1,1,1,1\n%[1]d,BTCUSDT,100,100,100,100,1\n", 1709283600+60*i)
	}
	for _, symbol := range []string{"BTC/USDT:USDT", "BTC/USDT", "BTCUSDT"} {
		bars, report, err := readAll(text, candle.Config{Symbol: symbol})
		require.NoError(t, err)
		require.Len(t, bars, 50)
		require.Equal(t, 100.0, bars[0].Open)
		require.Equal(t, symbol, bars[0].Symbol)
		require.Equal(t, 50, report.Others)
		require.Empty(t, report.Issues)
	}
	_, _, err := readAll(text, candle.Config{Symbol: "SOL/USDT"})
	require.ErrorContains(t, err, "x.csv: the rows are of ETHUSDT, BTCUSDT, none of SOL/USDT: choose another Symbol, or leave that column out")

	_, _, err = readAll(strings.ReplaceAll(text, "ETHUSDT", "BTC-USDT"), candle.Config{})
	require.ErrorContains(t, err, "the rows are of BTC-USDT and of BTCUSDT, and both may be BTC/USDT:USDT")

	bars, _, err := readAll(strings.ReplaceAll(text, "ETHUSDT", "BTC/USDT:USDT"), candle.Config{})
	require.NoError(t, err, "the name in full is preferred")
	require.Equal(t, 1.0, bars[0].Open)

	bars, _, err = readAll("timestamp,note,open,high,low,close,volume\n1709283600,ETHUSDT,1,1,1,1,1\n", candle.Config{Interval: time.Minute})
	require.NoError(t, err)
	require.Len(t, bars, 1)

	object := `[{"t":"2024-03-01T09:00:00Z","S":"ETH/USDT","o":1,"h":1,"l":1,"c":1,"v":1},` +
		`{"t":"2024-03-01T09:00:00Z","S":"BTC/USDT","o":2,"h":2,"l":2,"c":2,"v":1}]`
	bars, _, err = readAll(object, candle.Config{Interval: time.Minute})
	require.NoError(t, err)
	require.Len(t, bars, 1)
	require.Equal(t, 2.0, bars[0].Open)
}

func TestFolderOfSymbolColumnsIsReadForOne(t *testing.T) {
	t.Parallel()
	const head = "timestamp,symbol,open,high,low,close,volume\n"
	folder := filled(t, map[string]string{
		"a.csv": head + "1709283600,BTC,100,100,100,100,1\n1709283660,BTC,100,100,100,100,1\n",
		"b.csv": head + "1709283720,ETH,1,1,1,1,1\n", "c.csv": head + "1709283720,BTC,100,100,100,100,1\n",
	})
	c, err := candle.Open(folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, _, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 3)
	_, err = candle.Open(folder, candle.Config{Symbol: "SOL/USDT"})
	require.ErrorContains(t, err, "none of SOL/USDT")
}

func priced(from int, price float64) string {
	text := header
	for i := range 10 {
		text += fmt.Sprintf("%d,%[2]v,%[2]v,%[2]v,%[2]v,1\n", 1709283600+60*(from+i), price)
	}
	return text
}

func TestFilesOfTwoMarketsAreNotOne(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"by their names": {map[string]string{"BTCUSDT-1m-2021-01.csv": priced(0, 1), "ETHUSDT-1m-2021-01.csv": priced(10, 1)},
			`is of BTCUSDT and `},
		"as freqtrade names them": {map[string]string{"BTC_USDT-1m.csv": priced(0, 1), "ETH_USDT-1m.csv": priced(10, 1)}, "ETHUSDT: choose those of one with a pattern such as"},
		"in an archive":           {map[string]string{"x.zip": archived(t, "btc-usd.csv", priced(0, 1), "eth-usd.csv", priced(10, 1))}, "several markets"},
		"by their prices":         {map[string]string{"a.csv": priced(0, 29000), "b.csv": priced(50, 1450)}, "b.csv:2: this file goes on at 1450 after 29000 in "},
		"at the same times":       {map[string]string{"a.csv": priced(0, 1.1), "b.csv": priced(9, 1.2)}, "b.csv:2: this file has other prices for the bar of 2024-03-01T09:09:00Z than"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, policy := range []candle.Policy{candle.Reject, candle.Skip} {
				folder := filled(t, c.files)
				reader, err := candle.Open(folder, candle.Config{Symbol: btc, Policy: policy})
				if err == nil {
					_, _, err = drain(reader)
					require.NoError(t, reader.Close())
				}
				require.ErrorContains(t, err, c.want)
			}
		})
	}
	c, err := candle.Open(filepath.Join(filled(t, map[string]string{
		"BTCUSDT-1.csv": priced(0, 1), "BTCUSDT-2.csv": priced(10, 1.5), "ETHUSDT-1.csv": priced(0, 9),
	}), "BTCUSDT*"), candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, _, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 20)
}

func TestFixedPointPricesAreRefusedOrScaled(t *testing.T) {
	t.Parallel()
	for _, digits := range []int{2, 5} {
		text, plain := header, header
		for i := range 40 {
			price := 1.22 + float64(i)/100 + float64(i%7)/100000*float64(digits-2)
			fixed := fmt.Sprintf("%.*f", digits, price)
			plain += fmt.Sprintf("%d,%[2]s,%[2]s,%[2]s,%[2]s,1\n", 1709283600+60*i, fixed)
			whole := strings.Replace(fixed, ".", "", 1) + strings.Repeat("0", 9-digits)
			text += fmt.Sprintf("%d,%[2]s,%[2]s,%[2]s,%[2]s,1\n", 1709283600+60*i, whole)
		}
		for _, policy := range []candle.Policy{candle.Reject, candle.Skip} {
			_, _, err := readAll(text, candle.Config{Policy: policy})
			require.ErrorContains(t, err, "the prices look like fixed-point numbers: 12")
			require.ErrorContains(t, err, "say what to divide them by (PriceScale), or 1 to take them as they are")
		}
		want, _, err := readAll(plain, candle.Config{})
		require.NoError(t, err)
		scaled, _, err := readAll(text, candle.Config{PriceScale: 1e9})
		require.NoError(t, err)
		require.Equal(t, want, scaled)
		taken, _, err := readAll(text, candle.Config{PriceScale: 1})
		require.NoError(t, err)
		require.Len(t, taken, 40)
	}
	text := header // a bitcoin in won, in steps of a thousand
	for i := range 40 {
		text += fmt.Sprintf("%d,%[2]d,%[2]d,%[2]d,%[2]d,1\n", 1709283600+60*i, 103_456_000+i*7_000)
	}
	_, _, err := readAll(text, candle.Config{})
	require.NoError(t, err)
}
