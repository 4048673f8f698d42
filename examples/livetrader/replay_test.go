package main

import (
	"bufio"
	"compress/gzip"
	"encoding/csv"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading"
)

// realData is a real month of one-minute bars. It is not part of the repository.
const realData = "../../../shared/data/btc-perp_1m_2022-01.csv.gz"

// candleFile writes n bars of one minute, a wave with noise that depends on nothing but their number.
func candleFile(t *testing.T, n int) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "candles.csv")
	var b strings.Builder
	b.WriteString("timestamp,open,high,low,close,volume\n")
	last := 30000.0
	for i := range n {
		next := math.Round(30000+400*math.Sin(float64(i)/23)+150*math.Sin(float64(i)/7)+float64(i*7919%101)) + 0.5
		fmt.Fprintf(&b, "%d,%.1f,%.1f,%.1f,%.1f,%d\n", 1641000000+60*i, last, max(last, next)+3, min(last, next)-3, next, i)
		last = next
	}
	require.NoError(t, os.WriteFile(path, []byte(b.String()), 0o600))
	return path
}

// reference is the EMA cross worked out by other means: what it fills, and nothing else.
func reference(t *testing.T, path string, notional float64) (fills []string) {
	t.Helper()
	rows := readCandles(t, path)
	const fast, slow = 8, 21
	sum8, sum21, ema8, ema21, before, held, want := 0.0, 0.0, 0.0, 0.0, 0.0, decimal.Zero, decimal.Zero
	for i, row := range rows {
		if !want.Equal(held) { // decided on the bar before: filled at this one's open
			fills = append(fills, fmt.Sprintf("%s %s at %s", row[0], want.Sub(held), decimal.NewFromFloat(number(row[1]))))
			held = want
		}
		c := number(row[4])
		if i < fast {
			sum8 += c
			ema8 = sum8 / fast
		} else {
			ema8 += (c - ema8) * 2 / (fast + 1)
		}
		if i < slow {
			sum21 += c
			ema21 = sum21 / slow
		} else {
			ema21 += (c - ema21) * 2 / (slow + 1)
		}
		now := ema8 - ema21
		if i >= slow && now != 0 && math.Signbit(now) != math.Signbit(before) {
			size := decimal.NewFromFloat(notional).Div(decimal.NewFromFloat(c)).Truncate(4)
			want = size.Mul(decimal.NewFromFloat(math.Copysign(1, now)))
		}
		if i >= slow-1 && now != 0 {
			before = now
		}
	}
	return fills
}

func number(text string) float64 {
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

func readCandles(t *testing.T, path string) [][]string {
	t.Helper()
	file, err := os.Open(path)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	var r io.Reader = file
	if strings.HasSuffix(path, ".gz") {
		r, err = gzip.NewReader(file)
		require.NoError(t, err)
	}
	rows, err := csv.NewReader(r).ReadAll()
	require.NoError(t, err)
	for _, row := range rows[1:] {
		row[0] = dated(t, row[0])
	}
	return rows[1:]
}

// dated writes the two kinds of timestamp in these tests in one way.
func dated(t *testing.T, text string) string {
	t.Helper()
	if unix, err := strconv.ParseInt(text, 10, 64); err == nil {
		return time.Unix(unix, 0).UTC().Format(time.DateTime)
	}
	at, err := time.Parse("2006-01-02 15:04:05.000000", text)
	require.NoError(t, err)
	return at.Format(time.DateTime)
}

// replayed replays a file as fast as it goes, and returns its fills and its summary.
func replayed(t *testing.T, path string, more ...string) (fills []trading.Fill, stdout string) {
	t.Helper()
	db := tempDB(t)
	args := append([]string{"--paper", "--replay", path, "--speed", "0", "--symbols", "BTC/USDT:USDT", "--listen", "off", "--db", db,
		"--max-daily-loss", "1000000"}, more...)
	code, stdout, log := runHere(t.Context(), args...)
	require.Equal(t, exitOK, code, lastLine(log))
	return openAccount(t, db, defaultCash).fills(), stdout
}

func asText(fills []trading.Fill) (text []string) {
	for _, f := range fills {
		text = append(text, fmt.Sprintf("%s %s at %s", f.Time.Format(time.DateTime), f.Side.Signed(f.Quantity), f.Price))
	}
	return text
}

func TestReplayFillsWhatAnIndependentReferenceFills(t *testing.T) {
	t.Parallel()
	files := map[string]func(t *testing.T) string{
		"made up": func(t *testing.T) string { return candleFile(t, 3000) },
		"real":    realCandles,
	}
	for name, file := range files {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			path := file(t)
			fills, stdout := replayed(t, path, "--fee", "0", "--slippage", "0")
			want := reference(t, path, 1000)
			require.NotEmpty(t, want)
			require.Equal(t, want, asText(fills))
			require.Regexp(t, `(?m)^  fills +`+strconv.Itoa(len(want))+`$`, stdout)
			require.Regexp(t, `(?m)^  bars +`+strconv.Itoa(len(readCandles(t, path)))+`$`, stdout)
		})
	}
}

// realCandles is the real month in the long form, and a copy of its first days otherwise: the race detector makes
// SQLite slow.
func realCandles(t *testing.T) string {
	t.Helper()
	if _, err := os.Stat(realData); err != nil {
		t.Skipf("the real market data is not here: %v", err)
	}
	if *long {
		return realData
	}
	file, err := os.Open(realData)
	require.NoError(t, err)
	defer func() { _ = file.Close() }()
	text, err := gzip.NewReader(file)
	require.NoError(t, err)
	path := filepath.Join(t.TempDir(), "days.csv")
	days, err := os.Create(path)
	require.NoError(t, err)
	scanner := bufio.NewScanner(text)
	for range 10_000 {
		require.True(t, scanner.Scan())
		fmt.Fprintln(days, scanner.Text())
	}
	require.NoError(t, days.Close())
	return path
}

func TestReplayGivesTheSameFillsEachTime(t *testing.T) {
	t.Parallel()
	path := candleFile(t, 2000)
	first, summary := replayed(t, path)
	second, again := replayed(t, path)
	require.Equal(t, first, second, "to the last digit")
	uptime := regexp.MustCompile(`uptime +\S+`)
	require.Equal(t, uptime.ReplaceAllString(summary, ""), uptime.ReplaceAllString(again, ""))
}

func TestReplayThatIsStartedAgainChangesNothing(t *testing.T) {
	t.Parallel()
	path, db := candleFile(t, 1000), tempDB(t)
	args := []string{"--paper", "--replay", path, "--speed", "0", "--listen", "off", "--db", db}
	for range 2 {
		code, _, log := runHere(t.Context(), args...)
		require.Equal(t, exitOK, code, lastLine(log))
	}
	twice := openAccount(t, db, defaultCash)
	once, _ := replayed(t, path)
	require.Equal(t, asText(once), asText(twice.fills()))
}

func TestReplayAtTheBarsOwnPace(t *testing.T) {
	t.Parallel()
	path := candleFile(t, 31)
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		code, _, log := runHere(t.Context(), "--paper", "--replay", path, "--listen", "off")
		require.Equal(t, exitOK, code, lastLine(log))
		require.Equal(t, 30*time.Minute, time.Since(began))
		began = time.Now()
		code, _, log = runHere(t.Context(), "--paper", "--replay", path, "--speed", "60x", "--listen", "off")
		require.Equal(t, exitOK, code, lastLine(log))
		require.Equal(t, 30*time.Second, time.Since(began))
	})
}

func TestReplayTellsAndCountsWhatIsWrong(t *testing.T) {
	t.Parallel()
	path := candleFile(t, 100)
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	lines[50] = lines[49]                                       // a duplicate at line 51
	lines = append(lines[:60], lines[63:]...)                   // a gap before line 61
	lines[70] = strings.Replace(lines[70], ",", ",oh dear,", 1) // broken at line 71
	require.NoError(t, os.WriteFile(path, []byte(strings.Join(lines, "\n")+"\n"), 0o600))

	code, stdout, log := runHere(t.Context(), "--paper", "--replay", path, "--speed", "0", "--listen", "off", "--bad-bars", "skip")
	require.Equal(t, exitOK, code, lastLine(log))
	require.Regexp(t, `msg="Replay: duplicate".* line=51 `, log)
	require.Regexp(t, `msg="Replay: gap".* line=61 `, log)
	require.Regexp(t, `msg="Replay: broken".* line=71 `, log)
	require.Regexp(t, `(?m)^  duplicates +1$`, stdout)
	require.Regexp(t, `(?m)^  broken bars +1$`, stdout)

	code, _, log = runHere(t.Context(), "--paper", "--replay", path, "--speed", "0", "--listen", "off")
	require.Equal(t, exitFailure, code)
	require.Contains(t, lastLine(log), "candles.csv:51", "refused at the first one, by default")
}

func TestReplayLeavesNoTemporaryDatabase(t *testing.T) {
	dir := t.TempDir()
	t.Setenv("TMPDIR", dir)
	path := candleFile(t, 50)
	code, _, log := runHere(t.Context(), "--paper", "--replay", path, "--speed", "0", "--listen", "off")
	require.Equal(t, exitOK, code, lastLine(log))
	left, err := filepath.Glob(filepath.Join(dir, "livetrader-replay-*"))
	require.NoError(t, err)
	require.Empty(t, left)
}

func TestReplayOfAFileThatDoesNotSayItsColumns(t *testing.T) {
	t.Parallel()
	named := candleFile(t, 500)
	text, err := os.ReadFile(named)
	require.NoError(t, err)
	var b strings.Builder // without the header, and in the order of a stranger
	for line := range strings.Lines(strings.SplitN(string(text), "\n", 2)[1]) {
		f := strings.Split(strings.TrimSpace(line), ",")
		fmt.Fprintf(&b, "%s,%s,%s,%s,%s,%s,7\n", f[0], f[1], f[4], f[3], f[2], f[5])
	}
	stranger := filepath.Join(t.TempDir(), "stranger.csv")
	require.NoError(t, os.WriteFile(stranger, []byte(b.String()), 0o600))

	want, _ := replayed(t, named)
	got, _ := replayed(t, stranger, "--columns", "timestamp,open,close,low,high,volume,trades")
	require.NotEmpty(t, want)
	require.Equal(t, asText(want), asText(got))
}
