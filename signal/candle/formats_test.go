package candle_test

import (
	"archive/zip"
	"bytes"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

// archived is a zip archive of the given texts, by their names in pairs.
func archived(t require.TestingT, namesAndTexts ...string) string {
	var out bytes.Buffer
	w := zip.NewWriter(&out)
	for i := 0; i < len(namesAndTexts); i += 2 {
		f, err := w.Create(namesAndTexts[i])
		require.NoError(t, err)
		_, err = f.Write([]byte(namesAndTexts[i+1]))
		require.NoError(t, err)
	}
	require.NoError(t, w.Close())
	return out.String()
}

// klines are the two bars of the tables below as Binance writes them; unit is how many of a second's parts it counts.
func klines(unit int64) string {
	const rest = ",33.5,7,1.5,16.75,0\n"
	return fmt.Sprintf("%d,10.0,12.0,9.5,11.0,3.0,%d%s%d,11.0,11.0,8.0,8.0,0,%d%s",
		1709283600*unit, 1709283660*unit-1, rest, 1709283660*unit, 1709283720*unit-1, rest)
}

const klineHeader = "open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore\n"

// Two bars of a minute, in each form that files come in.
func TestFormsAreToldByWhatIsInThem(t *testing.T) {
	t.Parallel()
	at := time.Date(2024, 3, 1, 9, 0, 0, 0, time.UTC)
	want := []signal.Bar{
		{Symbol: btc, Time: at, Interval: time.Minute, Open: 10, High: 12, Low: 9.5, Close: 11, Volume: 3},
		{Symbol: btc, Time: at.Add(time.Minute), Interval: time.Minute, Open: 11, High: 11, Low: 8, Close: 8, Volume: 0},
	}
	const freqtrade = "[[1709283600000,10.0,12.0,9.5,11.0,3.0],[1709283660000,11.0,11.0,8.0,8.0,0.0]]"
	const list = `[{"c":11,"h":12,"l":9.5,"n":7,"o":10,"t":"2024-03-01T09:00:00Z","v":3,"vw":10.5},` +
		"\n" + `{"c":8,"h":11,"l":8,"n":1,"o":11,"t":"2024-03-01T09:01:00Z","v":0,"vw":0}]`
	const others = `[{"c":1,"h":1,"l":1,"o":1,"t":"2020-01-01T00:00:00Z","v":1}]`
	for name, c := range map[string]struct{ text, columns string }{
		"Binance's klines in ms":                  {text: klines(1e3)},
		"Binance's klines in us, as from 2025":    {text: klines(1e6)},
		"Binance's klines with a header":          {text: klineHeader + klines(1e3)},
		"Binance's klines with Windows ends":      {text: strings.ReplaceAll(klines(1e3), "\n", "\r\n")},
		"Binance's klines with a byte order":      {text: "\xef\xbb\xbf" + klines(1e3)},
		"Binance's zip":                           {text: archived(t, "BTCUSDT-1m-2024-03.csv", klines(1e3))},
		"a zip of a gzip, beside other things":    {text: archived(t, "README.txt", "hello", "a/", "", "a/x.csv.gz", string(zipped(t, klines(1e3))))},
		"no header, columns in another order":     {"1709283600,10,11,9.5,12,3,7\n1709283660,11,8,8,11,0,1\n", "timestamp,open,close,low,high,volume,trades"},
		"no header, and the time is not first":    {"x,10,12,9.5,11,3,2024-03-01 09:00:00\ny,11,11,8,8,0,2024-03-01 09:01:00\n", "_,open,high,low,close,volume,timestamp"},
		"a header that the options replace":       {"Datum,Start,Hoch,Tief,Ende,Menge\n1709283600,10,12,9.5,11,3\n1709283660,11,11,8,8,0\n", "timestamp,open,high,low,close,volume"},
		"freqtrade's rows":                        {text: freqtrade},
		"freqtrade's rows, gzip":                  {text: string(zipped(t, freqtrade))},
		"freqtrade's rows with a byte order":      {text: "\xef\xbb\xbf \n" + freqtrade + "\n"},
		"rows of text, as Binance answers":        {text: `[[1709283600000,"10","12","9.5","11","3",1709283659999,"1",7,"1","1","0"],[1709283660000,"11","11","8","8","0",1]]`},
		"rows over several lines":                 {text: strings.NewReplacer("[", "[\n", ",", ",\n\t", "]", "\n]\n").Replace(freqtrade)},
		"Alpaca's bars of one symbol":             {text: `{"bars":` + list + `,"next_page_token":null,"symbol":"BTC"}`},
		"Alpaca's bars behind its other fields":   {text: `{"next_page_token":"bars","a":{"bars":[1,{"b":[]}]},"bars":` + list + `}`},
		"Alpaca's bars of several symbols":        {text: `{"bars":{"AAPL":` + others + `,"BTC/USDT":` + list + `,"ZZZ":` + others + `},"next_page_token":null}`},
		"Alpaca's bars under the symbol as it is": {text: `{"bars":{"BTC/USDT:USDT":` + list + `}}`},
		"a bare list of Alpaca's bars":            {text: list},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, interval := range []time.Duration{0, time.Minute} {
				bars, report, err := readAll(c.text, candle.Config{Interval: interval, Columns: c.columns})
				require.NoError(t, err)
				require.Equal(t, want, bars)
				require.Empty(t, report.Issues)
				require.Equal(t, 2, report.Rows)
			}
		})
	}
}

func TestFormsThatCannotBeRead(t *testing.T) {
	t.Parallel()
	const row = `[1709283600000,10,12,9.5,11,3]`
	long := strings.Repeat("1", 70_000)
	for name, c := range map[string]struct{ text, columns, want string }{
		"twelve columns that are not klines":  {"1709283600,1,1,1,1,1,1,1,1,1,1,1\n", "", "x.csv:1: there is no header, and the 12 columns are not Binance's 12"},
		"an empty list":                       {"[]", "", "x.csv: there is no row"},
		"an object without bars":              {`{"a":[1,{"b":2}]}`, "", `x.csv:1: this object has no "bars"`},
		"bars that are none":                  {`{"bars":7}`, "", `x.csv:1: "bars" is 7, neither a list nor an object of lists`},
		"bars that are null":                  {`{"bars":null,"symbol":"BTC"}`, "", `x.csv:1: "bars" is <nil>, neither`},
		"bars of other symbols":               {"{\"bars\":{\"AAPL\":[],\n\"MSFT\":[]}}", "", "x.csv:2: the bars are of AAPL, MSFT, none of BTC/USDT:USDT"},
		"a symbol's bars that are no list":    {`{"bars":{"BTCUSDT":{}}}`, "", `x.csv:1: "bars" of BTC/USDT:USDT is not a list`},
		"JSON cut off in a row":               {"[" + row + ",\n[17092836", "", "x.csv:2: the JSON text is cut off"},
		"JSON cut off behind a row":           {"[" + row + ",\n[1709283660000,10,12,9,11,3]", "", "x.csv:2: the JSON text is cut off"},
		"JSON cut off behind the rows":        {`{"bars":[` + row + "]\n", "", "x.csv:2: the JSON text is cut off"},
		"JSON cut off before the rows":        {`{"bars":`, "", "x.csv:1: the JSON text is cut off"},
		"an opening and nothing else":         {`[`, "", "x.csv:1: the JSON text is cut off"},
		"no JSON":                             {"[" + row + ",\n\n{]", "", "x.csv:3: this is not JSON"},
		"something behind the JSON":           {"[" + row + "]\n" + row, "", "x.csv:2: something stands behind the end of the JSON text"},
		"a JSON row without end":              {"[[1" + long, "", "x.csv:1: the row is longer than 65536 bytes"},
		"a text without end before the rows":  {`{"a":"` + long, "", "x.csv:1: the row is longer than 65536 bytes"},
		"lists in lists without end":          {`{"a":` + strings.Repeat("[", 1_000), "", "x.csv:1: lists and objects are nested more than 100 deep"},
		"gzip with JSON that is cut off":      {string(zipped(t, "["+row)[:20]), "", "x.csv:1: the compressed data is cut off"},
		"an archive of nothing known":         {archived(t, "README", "hello"), "", "x.csv: there is no file of candles in this archive"},
		"an archive of an empty file":         {archived(t, "a.csv", ""), "", "x.csv/a.csv: the file is empty"},
		"an archive of two files, one broken": {archived(t, "a.csv", klines(1e3), "b.csv", klineHeader+"x,"+klines(1e3)), "", "x.csv/b.csv:2: timestamp \"x\" is neither"},
		"columns that miss one":               {"1,2\n", "timestamp,open", "Columns: the header does not name the column(s) high, low, close, volume"},
		"columns that name one twice":         {"1,2\n", "timestamp,open,high,low,close,volume,open", "Columns: the header names the column open twice"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for _, interval := range []time.Duration{0, time.Minute} {
				_, _, err := readAll(c.text, candle.Config{Columns: c.columns, Interval: interval})
				if interval == 0 && err != nil && strings.Contains(err.Error(), "the interval cannot be told") {
					continue // there is one good row before the end
				}
				require.ErrorContains(t, err, c.want)
				require.Less(t, len(err.Error()), 250)
			}
		})
	}
}

// Rows of JSON are found by their lines and, since many files have all in one line, by their numbers.
func TestJSONRowsThatCannotBe(t *testing.T) {
	t.Parallel()
	const first, last = `[1709283600000,10,12,9,11,3]`, `[1709283720000,11,11,8,8,0]`
	for name, c := range map[string]struct {
		row  string
		kind candle.IssueKind
		want string
	}{
		"the same bar again":     {first, candle.Duplicate, "row 2: the bar of 2024-03-01T09:00:00Z again, as row 1"},
		"null for a volume":      {`[1709283660000,10,12,9,11,null]`, candle.Broken, `row 2: volume "null" is not a decimal number`},
		"too short":              {`[1709283660000,10]`, candle.Broken, "row 2: there are 2 fields"},
		"empty":                  {`[]`, candle.Broken, "row 2: there are 1 fields"},
		"a list in a list":       {`[[1709283660000],10,12,9,11,3]`, candle.Broken, `row 2: timestamp "[1709283660000]" is neither`},
		"a number":               {`7`, candle.Broken, `row 2: "7" is neither a list nor an object`},
		"null":                   {`null`, candle.Broken, `row 2: "null" is neither a list nor an object`},
		"an object of no bar":    {`{"a":1}`, candle.Broken, `row 2: timestamp "" is neither`},
		"an object of its kinds": {`{"t":"2024-03-01T09:01:00Z","o":"x"}`, candle.Broken, `row 2: "{\"t\":\"2024`},
		"high below open":        {`[1709283660000,10,9,9,9,3]`, candle.Broken, "row 2: high 9 is below open 10"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := "[" + first + ",\n" + c.row + ",\n" + last + "]"
			_, report, err := readAll(text, candle.Config{Interval: time.Minute})
			require.ErrorContains(t, err, "x.csv:2: "+c.want)
			require.Equal(t, c.kind, report.Issues[0].Kind)
			require.Less(t, len(err.Error()), 250)

			bars, report, err := readAll(text, candle.Config{Interval: time.Minute, Policy: candle.Skip})
			require.NoError(t, err)
			require.Len(t, bars, 2)
			require.Equal(t, candle.Issue{File: "x.csv", Line: 3, Kind: candle.Gap,
				Text: "row 3: no bar for 1m0s from 2024-03-01T09:01:00Z on, 1 missing"}, report.Issues[1])
		})
	}
}

// minutes is CSV of n bars of a minute, the first one that many minutes after nine.
func minutes(from, n int) string {
	text := header
	for i := range n {
		text += fmt.Sprintf("%d,1,1,1,1,0\n", 1709283600+60*(from+i))
	}
	return text
}

// filled is a folder of the given files.
func filled(t testing.TB, files map[string]string) string {
	folder := t.TempDir()
	for name, text := range files {
		path := filepath.Join(folder, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	}
	return folder
}

func TestFolderIsReadInTheOrderOfTime(t *testing.T) {
	t.Parallel()
	folder := filled(t, map[string]string{
		"a.csv":            minutes(60, 30), // names say nothing
		"b.csv.gz":         string(zipped(t, minutes(0, 30))),
		"c.zip":            archived(t, "late.csv", minutes(90, 5), "early.csv", minutes(30, 30)),
		"d.json":           "[[1709289300000,1,1,1,1,0]]", // minute 95, one row, which has no interval of its own
		"e.zip":            archived(t, "in-us.csv", strings.ReplaceAll(klines(1e6), "17092", "17093")),
		"e.zip.CHECKSUM":   "0000 e.zip",
		"README.md":        "not candles",
		".hidden.csv":      "nor this",
		"older/before.csv": minutes(-500, 5),
	})
	c, err := candle.Open(folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, report, err := drain(c)
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.Len(t, bars, 98)
	require.Equal(t, 6, report.Files)
	require.Equal(t, time.Minute, report.Interval)
	require.Len(t, report.Issues, 1, "the jump to the last file")
	require.Equal(t, filepath.Join(folder, "e.zip")+"/in-us.csv", report.Issues[0].File)
	require.Equal(t, 1, report.Issues[0].Line)
	for i, b := range bars[:96] {
		require.Equal(t, int64(1709283600+60*i), b.Time.Unix())
	}
}

func TestPatternChoosesFiles(t *testing.T) {
	t.Parallel()
	folder := filled(t, map[string]string{
		"BTC-1.csv": minutes(0, 3), "BTC-2.csv": minutes(3, 3), "ETH-1.csv": minutes(0, 3),
	})
	c, err := candle.Open(filepath.Join(folder, "BTC-*.csv"), candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, report, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 6)
	require.Equal(t, 2, report.Files)

	_, err = candle.Open(filepath.Join(folder, "SOL-*.csv"), candle.Config{Symbol: btc})
	require.ErrorIs(t, err, os.ErrNotExist)
}

func TestFilesThatOverlapAreFoundOut(t *testing.T) {
	t.Parallel()
	folder := filled(t, map[string]string{"day.csv": minutes(0, 10), "month.csv": minutes(9, 10)})
	c, err := candle.Open(folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, _, err := drain(c)
	day, month := filepath.Join(folder, "day.csv"), filepath.Join(folder, "month.csv")
	require.ErrorContains(t, err, month+":2: the bar of 2024-03-01T09:09:00Z again, as line 11 of "+day)
	require.Len(t, bars, 10)
	require.NoError(t, c.Close())
}

func TestFoldersThatCannotBeRead(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"empty":                       {nil, "there is no file of candles in this folder"},
		"of other files":              {map[string]string{"a.txt": "x"}, "there is no file of candles in this folder"},
		"with an empty file":          {map[string]string{"a.csv": minutes(0, 3), "b.csv": ""}, "b.csv: the file is empty"},
		"with a file of another kind": {map[string]string{"a.csv": minutes(0, 3), "b.csv": "x,y\n1,2\n"}, "b.csv:1: the header does not name"},
		"with a file of broken rows":  {map[string]string{"a.csv": minutes(0, 3), "b.csv": header + "x,1,1,1,1,1\n"}, `b.csv:2: timestamp "x"`},
		"with a broken archive":       {map[string]string{"a.csv": minutes(0, 3), "b.zip": "PK\x03\x04"}, "b.zip: cannot be read: zip"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := candle.Open(filled(t, c.files), candle.Config{Symbol: btc, Policy: candle.Skip})
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestFileThatVanishesIsAnError(t *testing.T) {
	t.Parallel()
	folder := filled(t, map[string]string{"a.csv": minutes(0, 100), "b.csv": minutes(100, 3)})
	c, err := candle.Open(folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	require.NoError(t, os.Remove(filepath.Join(folder, "b.csv")))
	bars, _, err := drain(c)
	require.ErrorIs(t, err, os.ErrNotExist)
	require.Len(t, bars, 100)
}

// endless is a file that goes on and on.
type endless struct {
	format string
	row    int64
	rest   []byte
}

func (e *endless) Read(p []byte) (int, error) {
	for len(e.rest) < len(p) {
		e.rest = fmt.Appendf(e.rest, e.format, 1709283600000+60_000*e.row)
		e.row++
	}
	n := copy(p, e.rest)
	e.rest = append(e.rest[:0], e.rest[n:]...)
	return n, nil
}

// What stands before the bars, and is read over, is kept no more than they are.
func TestReadingOverTheRestTakesConstantMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	var highest uint64
	rest := &watched{Reader: io.MultiReader(strings.NewReader(`{"a":[0`), io.LimitReader(&endless{format: ",\n%d"}, 20_000_000)), see: func() {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		highest = max(highest, m.HeapAlloc)
	}}
	var before runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	_, err := candle.New(rest, "x.json", candle.Config{Symbol: btc})
	require.ErrorContains(t, err, "x.json:133")
	require.ErrorContains(t, err, "the JSON text is cut off")
	require.Less(t, highest, before.HeapAlloc+8_000_000)
}

// watched is a Reader that has somebody look now and then.
type watched struct {
	io.Reader
	reads int
	see   func()
}

func (w *watched) Read(p []byte) (int, error) {
	if w.reads++; w.reads%10 == 0 {
		w.see()
	}
	return w.Reader.Read(p)
}

func TestReadingTakesConstantMemory(t *testing.T) { //nolint:paralleltest // it measures the heap
	for _, c := range []struct{ name, begin, format string }{
		{"CSV", header, "%d,1,1,1,1,0\n"},
		{"JSON", "[[1709283540000,1,1,1,1,0]", ",\n[%d,1,1,1,1,0]"},
	} {
		in := io.MultiReader(strings.NewReader(c.begin), &endless{format: c.format})
		candles, err := candle.New(in, c.name, candle.Config{Symbol: btc})
		require.NoError(t, err)
		after := func(rows int) int64 {
			for range rows {
				_, err := candles.Next()
				require.NoError(t, err, c.name)
			}
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			return int64(m.HeapAlloc)
		}
		early := after(2_000)
		require.Less(t, after(50_000)-early, int64(100_000), "%s: two bytes for each row", c.name)
		require.NoError(t, candles.Close())
	}
}
