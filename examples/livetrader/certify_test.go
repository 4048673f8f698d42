package main

import (
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca/alpacatest"
	"github.com/seed-5dee1c0a/vigil/trading/binance/binancetest"
)

// Real money is not certified with, under whatever name or address.
func TestCertifyIsForMoneyThatIsNotReal(t *testing.T) {
	t.Parallel()
	keys := environ(venueKeyVariable, "k", venueSecretVariable, "s")
	for args, want := range map[string]string{
		"": "certify wants --venue, one of [binance-demo alpaca-paper]",
		"--venue binance": "certify --venue binance: the cases trade, and that only where no money is real: " +
			"it wants one of [binance-demo alpaca-paper]",
		"--venue http://127.0.0.1:1": "certify --venue http://127.0.0.1:1: the cases trade, and that only where no money is real: " +
			"it wants one of [binance-demo alpaca-paper]",
		"--venue binance-demo=https://fapi.binance.com": "--venue binance-demo=https://fapi.binance.com: " +
			"at https://fapi.binance.com money is real, and the cases trade",
		"--venue binance-demo=https://FAPI.binance.com:443/": "--venue binance-demo=https://FAPI.binance.com:443/: " +
			"at https://FAPI.binance.com:443/ money is real, and the cases trade",
		"--venue alpaca": "certify --venue alpaca: the cases trade, and that only where no money is real: " +
			"it wants one of [binance-demo alpaca-paper]",
		"--venue alpaca-paper=https://api.alpaca.markets": "--venue alpaca-paper=https://api.alpaca.markets: " +
			"at https://api.alpaca.markets money is real, and the cases trade",
		"--venue binance-demo=localhost": `--venue binance-demo=localhost: "localhost" is no http address`,
		"--venue binance-demo now":       `certify takes nothing, and "now" stands there`,
	} {
		code, stdout, stderr := runWith(keys, append([]string{"certify"}, strings.Fields(args)...)...)
		require.Equal(t, exitUsage, code, args)
		require.Equal(t, "livetrader: "+want+"\n", stderr)
		require.Empty(t, stdout)
	}
	code, _, stderr := runWith(environ(), "certify", "--venue", "binance-demo")
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "certify wants the key of the account in LIVETRADER_VENUE_KEY or LIVETRADER_VENUE_KEY_FILE")
}

func TestCertifyLaysVenueAndFakeSideBySide(t *testing.T) {
	t.Parallel()
	cfg := binancetest.Demo()
	cfg.BornID = func(algo string) string { return "born-" + algo }
	_, url, lookup := fakeBinance(t, cfg)
	folder := t.TempDir()
	args := []string{"certify", "--venue", "binance-demo=" + url, "--symbols", perpetual, "--save", folder, "--only"}

	code, stdout, stderr := runWith(lookup, append(args, "limit-gtc,id-")...)
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "same     limit-gtc\n  =      order: NEW, filled nothing\n")
	require.Contains(t, stdout, "\n5 cases the same, 0 not, 0 not run\nthe account is flat: nothing is held and nothing rests\n")
	files, err := filepath.Glob(filepath.Join(folder, "certify-binance-demo-*.jsonl"))
	require.NoError(t, err)
	require.Len(t, files, 1)
	at, err := os.Stat(files[0])
	require.NoError(t, err)
	require.Equal(t, os.FileMode(0o600), at.Mode().Perm())
	text, err := os.ReadFile(files[0])
	require.NoError(t, err)
	require.Contains(t, string(text), `"case":"limit-gtc"`)
	for _, secret := range []string{binancetest.Key, binancetest.Secret, "signature"} {
		require.NotContains(t, string(text), secret)
	}

	args[len(args)-2] = filepath.Join(folder, "nowhere")
	code, _, stderr = runWith(lookup, append(args, "limit-gtc")...)
	require.Equal(t, exitUsage, code)
	require.Contains(t, stderr, "livetrader: --save: open ")
	args = args[:5]
	code, _, stderr = runWith(lookup, append(args, "--only", "no-such-case")...)
	require.Equal(t, exitUsage, code)
	require.Equal(t, "livetrader: --only no-such-case: no case has a name that begins so\n", stderr)
}

func TestCertifyEndsWithOneWhereSomethingDiffers(t *testing.T) {
	t.Parallel()
	_, url, lookup := fakeBinance(t, binancetest.Config{}) // filters of the live host, where those of the demo are meant
	code, stdout, stderr := runWith(lookup, "certify", "--venue", "binance-demo="+url, "--only", "exchange-info")
	require.Equal(t, exitFailure, code, stderr)
	require.Contains(t, stdout, "DIFFERS  exchange-info\n")
	require.Contains(t, stdout, "  !      LOT_SIZE stepSize: venue: 0.001\n                            fake:  0.0001\n")
}

func TestCertifyGoesToAlpacasPaper(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(alpacatest.New(alpacatest.Config{}))
	t.Cleanup(server.Close)
	lookup := environ(venueKeyVariable, alpacatest.Key, venueSecretVariable, alpacatest.Secret)
	code, stdout, stderr := runWith(lookup, "certify", "--venue", "alpaca-paper="+server.URL, "--only", "unknown-key")
	require.Equal(t, exitOK, code, stderr)
	require.Contains(t, stdout, "certify: alpaca-paper at "+server.URL+" with AAPL, beside the fake of it; ! is a difference\n")
	require.Contains(t, stdout, "same     unknown-key\n  =      answer: 401 40110000 request is not authorized\n")
}
