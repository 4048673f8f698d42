package certify_test

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"context"
	"encoding/json"
	"flag"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/livetrader/internal/certify"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/binance"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

var update = flag.Bool("update", false, "record the tapes in testdata anew, at the fakes")

// said is what the cases of a tape saw, as text.
func said(t *testing.T, tape string) string {
	t.Helper()
	var b strings.Builder
	lines := bufio.NewScanner(strings.NewReader(tape))
	lines.Buffer(nil, 1<<24)
	for lines.Scan() {
		var e certify.Entry
		require.NoError(t, json.Unmarshal(lines.Bytes(), &e))
		if e.Case != "" {
			b.WriteString(e.Case + "\n")
		}
		if e.Line != nil {
			b.WriteString("  " + e.Line.Key + ": " + e.Line.Value + "\n")
		}
	}
	return b.String()
}

// replayed runs the cases at a tape, and returns what they saw there.
func replayed(t *testing.T, tape string, s certify.Suite, stream string) string {
	t.Helper()
	replay, err := certify.NewReplay(strings.NewReader(tape))
	require.NoError(t, err)
	at := certify.Place{
		Name: replay.Venue, URL: "http://tape", StreamURL: "ws://tape" + stream, Key: "key of a replay", Secret: "secret of a replay", Transport: over(t, replay),
	}
	_, _, again := certified(t, s, at, replay.Mark)
	require.Empty(t, replay.Lacking())
	return said(t, again)
}

// A tape of a venue is read by our parsers as the venue itself was.
func TestReplaySaysWhatTheVenueSaid(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		cfg := binancetest.Demo()
		cfg.BornID = func(algo string) string { return "born-" + algo } // so that it is not the fake that is heard
		_, at := serve(t, cfg)
		_, _, tape := certified(t, suite(), at, "")
		want := said(t, tape)
		require.Contains(t, want, "  its client ID: one of its own\n")
		require.Equal(t, want, replayed(t, tape, suite(), ""))
	})
}

// The tapes in testdata were recorded at the fakes, as long as nobody has sent one of a venue, which can be laid beside them as
// it is or packed by gzip. What is parsed of them today is what was parsed then.
func TestRecordedTapesAreReadAsTheyWere(t *testing.T) {
	t.Parallel()
	if *update {
		record(t)
	}
	files, err := filepath.Glob("testdata/*.jsonl*")
	require.NoError(t, err)
	require.NotEmpty(t, files)
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				tape := kept(t, file)
				replay, err := certify.NewReplay(strings.NewReader(tape))
				require.NoError(t, err)
				s, stream := suite(), ""
				if strings.HasPrefix(replay.Venue, "alpaca") {
					s, stream = shares(), "/stream"
				}
				require.Equal(t, said(t, tape), replayed(t, tape, s, stream))
			})
		})
	}
}

// record makes the tapes of the fakes anew.
func record(t *testing.T) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		openHours()
		_, at := serve(t, binancetest.Demo())
		at.Name = "binancetest"
		_, _, tape := certified(t, suite(), at, "tape")
		keep(t, "testdata/binancetest.jsonl.gz", tape)
		_, at = serveAlpaca(t)
		at.Name = "alpacatest"
		_, _, tape = certified(t, shares(), at, "tape")
		keep(t, "testdata/alpacatest.jsonl.gz", tape)
	})
}

func keep(t *testing.T, file, tape string) {
	t.Helper()
	var small bytes.Buffer
	w, err := gzip.NewWriterLevel(&small, gzip.BestCompression)
	require.NoError(t, err)
	_, err = io.WriteString(w, tape)
	require.NoError(t, err)
	require.NoError(t, w.Close())
	require.NoError(t, os.WriteFile(file, small.Bytes(), 0o600))
}

func kept(t *testing.T, file string) string {
	t.Helper()
	f, err := os.Open(file)
	require.NoError(t, err)
	defer func() { require.NoError(t, f.Close()) }()
	var r io.Reader = f
	if strings.HasSuffix(file, ".gz") {
		r, err = gzip.NewReader(f)
		require.NoError(t, err)
	}
	text, err := io.ReadAll(r)
	require.NoError(t, err)
	return string(text)
}

func TestTapeThatIsNoneIsRefused(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"":                       "certify: the tape has no first line with its run",
		"{\"case\":\"time\"}\n":  "certify: the tape has no first line with its run",
		"{\"case\":\"time\"}\n{": "certify: tape, line 2: unexpected end of JSON input",
	} {
		_, err := certify.NewReplay(strings.NewReader(text))
		require.EqualError(t, err, want)
	}
}

// The adapter's own stream, on the frames of a tape.
func TestAdapterHearsWhatATapeTells(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		replay, err := certify.NewReplay(strings.NewReader(kept(t, "testdata/binancetest.jsonl.gz")))
		require.NoError(t, err)
		broker, err := binance.New(binance.Config{
			APIKey: "key of a replay", SecretKey: "secret of a replay", URL: "http://tape", StreamURL: "ws://tape",
			Symbols: []string{btc}, Transport: over(t, replay), Logger: slog.New(slog.DiscardHandler), Simulated: true,
		})
		require.NoError(t, err)
		ctx, cancel := context.WithCancel(t.Context())
		var serving sync.WaitGroup
		serving.Go(func() { _ = broker.Serve(ctx) })
		defer serving.Wait()
		defer cancel()
		late := time.After(time.Minute) // of the bubble
		told := make(map[trading.OrderStatus]trading.OrderReport)
		for {
			changed := broker.Updated()
			for _, r := range broker.Updates(0).Orders {
				told[r.Status] = r
			}
			if told[trading.StatusCanceled].ClientID != "" && told[trading.StatusFilled].ClientID != "" {
				break
			}
			select {
			case <-changed:
			case <-late:
				t.Fatalf("the adapter has heard %v only, and asked for what is not on the tape: %v", told, replay.Lacking())
			}
		}
		for _, r := range told {
			require.True(t, strings.HasPrefix(r.ClientID, "certify-tape-"), r.ClientID)
		}
		require.True(t, told[trading.StatusCanceled].Filled.IsZero())
		require.True(t, told[trading.StatusFilled].Filled.IsPositive())
	})
}
