package certify_test

import (
	"bytes"
	"context"
	"log/slog"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/examples/livetrader/internal/certify"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest/memnet"
)

const btc = "BTC/USDT:USDT"

func quiet(cfg binancetest.Config) binancetest.Config {
	cfg.Logger = slog.New(slog.DiscardHandler)
	return cfg
}

// suite is that of Binance with its usual fake.
func suite() certify.Suite { return certify.Binance(btc, quiet(binancetest.Config{})) }

// serve has a fake stand for the venue, until the test ends.
func serve(t *testing.T, cfg binancetest.Config) (*binancetest.Venue, certify.Place) {
	t.Helper()
	venue := binancetest.New(quiet(cfg))
	ctx, cancel := context.WithCancel(context.Background())
	var serving sync.WaitGroup
	serving.Go(func() { _ = venue.Listen(ctx) })
	t.Cleanup(func() { cancel(); serving.Wait() })
	return venue, certify.Place{
		Name: "binance-demo", URL: "http://venue", StreamURL: "ws://venue", Key: binancetest.Key, Secret: binancetest.Secret,
		Transport: venue.Client().Transport, Move: venue.Move,
	}
}

// certified runs cases at a place, and returns what was printed and the tape.
func certified(t *testing.T, s certify.Suite, at certify.Place, mark string, only ...string) (sum certify.Summary, out, tape string) {
	t.Helper()
	var printed, taped bytes.Buffer
	sum, err := certify.Run(t.Context(), s, certify.Config{
		Venue: at, Out: &printed, Tape: &taped, Clock: clock.New(), Only: only, Run: mark,
	})
	require.NoError(t, err)
	return sum, printed.String(), taped.String()
}

// over serves a handler over a network in memory, until the test ends.
func over(t *testing.T, h http.Handler) http.RoundTripper {
	t.Helper()
	network := memnet.New("memory")
	server := &http.Server{Handler: h, ReadHeaderTimeout: time.Minute}
	var serving sync.WaitGroup
	serving.Go(func() { _ = server.Serve(network) })
	t.Cleanup(func() { _ = server.Close(); serving.Wait() })
	return &http.Transport{DialContext: network.Dial, DisableKeepAlives: true}
}
