//go:build unix

package candle_test

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal/candle"
)

func pipe(t *testing.T) string {
	name := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(name, 0o600))
	return name
}

func TestPipeThatNobodyOpensCanBeLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	name := pipe(t)
	go func() {
		_, err := candle.OpenContext(ctx, name, candle.Config{Symbol: btc})
		done <- err
	}()
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestPipeThatSaysNothingCanBeLeft(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	name := pipe(t)
	done := make(chan error)
	go func() {
		_, err := candle.OpenContext(ctx, name, candle.Config{Symbol: btc})
		done <- err
	}()
	writer, err := os.OpenFile(name, os.O_WRONLY, 0) // it waits for the reader
	require.NoError(t, err)
	defer func() { require.NoError(t, writer.Close()) }()
	_, err = writer.WriteString(header)
	require.NoError(t, err)
	cancel()
	require.ErrorIs(t, <-done, context.Canceled)
}

func TestPipeThatFallsSilentIsLeftByClose(t *testing.T) {
	t.Parallel()
	name := pipe(t)
	opened := make(chan *candle.Reader)
	go func() {
		c, err := candle.Open(name, candle.Config{Symbol: btc, Interval: time.Minute})
		if err != nil {
			panic(err)
		}
		opened <- c
	}()
	writer, err := os.OpenFile(name, os.O_WRONLY, 0)
	require.NoError(t, err)
	defer func() { require.NoError(t, writer.Close()) }()
	_, err = writer.WriteString(minutes(0, 2))
	require.NoError(t, err)
	c := <-opened
	for range 2 {
		_, err = c.Next()
		require.NoError(t, err)
	}
	done := make(chan error)
	go func() {
		_, err := c.Next()
		done <- err
	}()
	_, err = writer.WriteString(strings.Repeat("\n", 200_000)) // more than a pipe holds: once it is written, Next waits
	require.NoError(t, err)
	require.NoError(t, c.Close())
	require.ErrorIs(t, <-done, os.ErrClosed)
}

func TestPipeIsReadToItsEnd(t *testing.T) {
	t.Parallel()
	name := pipe(t)
	written := make(chan error, 1)
	go func() { written <- os.WriteFile(name, []byte(minutes(0, 1000)), 0) }()
	c, err := candle.Open(name, candle.Config{Symbol: btc})
	require.NoError(t, err)
	bars, _, err := drain(c)
	require.NoError(t, err)
	require.Len(t, bars, 1000)
	require.NoError(t, <-written)
	require.NoError(t, c.Close())

	prices, err := candle.Scan(t.Context(), name, candle.Config{Symbol: btc})
	require.NoError(t, err)
	require.Zero(t, prices, "it would be gone")

	folder := filled(t, map[string]string{"a.csv": minutes(0, 3)})
	require.NoError(t, syscall.Mkfifo(filepath.Join(folder, "b.csv"), 0o600))
	_, err = candle.Open(folder, candle.Config{Symbol: btc})
	require.ErrorContains(t, err, "b.csv: what can be read only once has to be read alone")
}

// What a file holds, and what it is called, reaches a log or a terminal as text only, whatever shows it.
func TestTextsOfFilesHaveNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	const red = "\x1b[31m"
	for name, text := range map[string]string{
		"a time":   header + red + ",1,1,1,1,1\n",
		"a price":  header + "1709283600," + red + ",1,1,1,1\n",
		"a symbol": "timestamp,symbol,open,high,low,close,volume\n1709283600," + red + ",1,1,1,1,1\n",
		"a key":    `{"bars":{"\u001b[31m":[]}}`,
		"a header": red + "\n1,2\n",
		"behind":   `[[1709283600,1,1,1,1,1],[1709283660,"` + red + `",1,1,1,1]]`,
		"a quote":  header + "\"1\"" + red + ",1,1,1,1,1\n",
		"a name":   archived(t, red+".csv", header+"x,1,1,1,1,1\n"),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, report, err := readAll(text, candle.Config{Interval: time.Minute})
			require.Error(t, err)
			said := err.Error()
			for _, f := range report.Issues {
				said += f.File + f.Text
			}
			require.NotContains(t, said, "\x1b")
			require.NotContains(t, strings.ToLower(said), `\x1b`, "a handler for terminals makes the sequence of that")
		})
	}
}

func TestNameOfAFileThatIsNotThereHasNothingThatATerminalActsOn(t *testing.T) {
	t.Parallel()
	_, err := candle.Open(filepath.Join(t.TempDir(), "\x1b[31m.csv"), candle.Config{Symbol: btc})
	require.ErrorIs(t, err, os.ErrNotExist)
	require.NotContains(t, err.Error(), "\x1b")
}

func TestPricesSayHowFineTheyAre(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		price string
		scale float64
		want  int
	}{
		"whole":                 {"46319", 0, 0},
		"with zeros":            {"46319.50000000", 0, 1},
		"of a currency":         {"1.22024", 0, 5},
		"of a coin":             {"0.0000012345", 0, 10},
		"with an exponent":      {"1.2345e-6", 0, 10},
		"printed from a float":  {"130.07999801635742", 0, 7},
		"scaled":                {"1220240000", 1e9, 5},
		"of nothing but a zero": {"0.0", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			text := header
			for _, p := range []string{"1", c.price, "2.5"} {
				if c.scale > 0 {
					p = c.price
				}
				text += "1709283600," + strings.Repeat(p+",", 4) + "1\n"
			}
			r, err := candle.New(strings.NewReader(text), "x.csv",
				candle.Config{Symbol: btc, Interval: time.Minute, PriceScale: c.scale, Policy: candle.Skip})
			require.NoError(t, err)
			_, _, err = drain(r)
			require.NoError(t, err)
			want := c.want
			if c.scale == 0 {
				want = max(want, 1) // of 2.5
			}
			require.Equal(t, want, r.Prices().Decimals)
		})
	}
	folder := filled(t, map[string]string{"a.csv": priced(0, 29000.5), "b.csv": priced(10, 29000.25)})
	prices, err := candle.Scan(t.Context(), folder, candle.Config{Symbol: btc})
	require.NoError(t, err)
	require.Equal(t, candle.Prices{Bars: 20, Decimals: 2, Low: 29000.25, High: 29000.5}, prices)
}
