package alpaca_test

import (
	"bytes"
	"fmt"
	"log/slog"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/alpaca"
)

func TestConfigDoesNotShowItsKeys(t *testing.T) {
	t.Parallel()
	cfg := alpaca.Config{APIKey: "hidden-key", SecretKey: "hidden-secret", URL: alpaca.PaperURL}
	var b bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		fmt.Fprintf(&b, verb, cfg)
		fmt.Fprintf(&b, verb, &cfg)
	}
	slog.New(slog.NewJSONHandler(&b, nil)).Info("x", "config", cfg)
	require.NotContains(t, b.String(), "hidden")
	require.NotContains(t, b.String(), fmt.Sprintf("%x", "hidden"))
	require.Contains(t, b.String(), alpaca.PaperURL)
}

func TestConfigSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	for want, change := range map[string]func(*alpaca.Config){
		"Config.APIKey is empty":                  func(c *alpaca.Config) { c.APIKey = "" },
		"Config.SecretKey is empty":               func(c *alpaca.Config) { c.SecretKey = "" },
		`Config.URL "" is no address`:             func(c *alpaca.Config) { c.URL = "" },
		`Config.StreamURL "http://x" is no`:       func(c *alpaca.Config) { c.StreamURL = "http://x" },
		`Config.DataURL "data" is no address`:     func(c *alpaca.Config) { c.DataURL = "data" },
		`Config.DataStreamURL "wss://?a=b" is no`: func(c *alpaca.Config) { c.DataStreamURL = "wss://?a=b" },
		`Config.Feed "otc" is neither`:            func(c *alpaca.Config) { c.Feed = "otc" },
		"Config.MaxFlight -1ns is negative":       func(c *alpaca.Config) { c.MaxFlight = -1 },
	} {
		cfg := alpaca.Config{APIKey: "k", SecretKey: "s", URL: alpaca.PaperURL}
		change(&cfg)
		_, err := alpaca.New(cfg)
		require.ErrorContains(t, err, want)
	}
}
