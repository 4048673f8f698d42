package main

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/require"
)

func TestExitsAreThoseThatAreAskedFor(t *testing.T) {
	t.Parallel()
	cfg, err := parseConfig([]string{"--paper"}, environ())
	require.NoError(t, err)
	require.Empty(t, cfg.exits())
	before := cfg.fingerprint(nil, nil)

	cfg, err = parseConfig([]string{
		"--paper", "--trailing-stop", "0.02", "--trailing-atr", "3", "--break-even", "0.01", "--max-holding", "2h",
		"--ladder", "0.02:0.5, 0.04:0.25",
	}, environ())
	require.NoError(t, err)
	require.Equal(t, "[trailing by 2% trailing by 3 ATR(14) break_even after 0.01 with an offset of 0.0008 ladder 0.5 at 0.02 0.25 at 0.04 after 2h0m0s]",
		fmt.Sprint(cfg.exits()))
	require.NotEqual(t, before, cfg.fingerprint(nil, nil), "decisions depend on them")
}

func TestLadderSaysWhatOfItCannotBe(t *testing.T) {
	t.Parallel()
	for given, want := range map[string]string{
		"":                  `"" is no gain and part, such as 0.02:0.5`,
		"0.02":              `"0.02" is no gain and part`,
		"0.02:half":         `"0.02:half" is no gain and part`,
		"0.02:0.5,0.01:0.5": "Gain 0.01 is not above 0.02",
		"0.02:0.5,0.04:0.6": "add up to 1.1",
		"-0.02:0.5":         "Gain -0.02 is not above 0",
	} {
		_, err := parseConfig([]string{"--paper", "--ladder", given}, environ())
		require.ErrorContains(t, err, want)
	}
}
