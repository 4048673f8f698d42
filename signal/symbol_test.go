package signal_test

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestParseSymbol(t *testing.T) {
	t.Parallel()
	for name, want := range map[string]signal.Symbol{
		"BTC/USDT:USDT":      {Base: "BTC", Quote: "USDT", Settle: "USDT"},
		"ETH/EUR":            {Base: "ETH", Quote: "EUR"},
		"1000SATS/USDT:USDT": {Base: "1000SATS", Quote: "USDT", Settle: "USDT"},
		"kPEPE/USDC:USDC":    {Base: "kPEPE", Quote: "USDC", Settle: "USDC"},
	} {
		got, err := signal.ParseSymbol(name)
		require.NoError(t, err)
		require.Equal(t, want, got)
		require.Equal(t, name, got.String())
	}
	for _, bad := range []string{"", "/", "BTC", "BTCUSDT", "BTC/", "/USDT", "BTC/USDT:", "BTC:USDT", "BTC/USDT:USDT:X",
		"BTC/USDT/X", "BTC /USDT", " BTC/USDT", "BTC/USDT\n", "BTC-PERP/USDT", "ÄTH/USDT", "BTC/US\x00T"} {
		_, err := signal.ParseSymbol(bad)
		require.ErrorContains(t, err, "not of the form BASE/QUOTE", "%q", bad)
	}
}

func FuzzParseSymbol(f *testing.F) {
	for _, s := range []string{"BTC/USDT:USDT", "ETH/EUR", "a/b:", "//::"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if symbol, err := signal.ParseSymbol(s); err == nil && symbol.String() != s {
			t.Fatalf("%q became %q", s, symbol)
		}
	})
}
