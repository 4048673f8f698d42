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
	}, environ())
	require.NoError(t, err)
	require.Equal(t, "[trailing by 2% trailing by 3 ATR(14) break_even after 0.01 with an offset of 0.0008 after 2h0m0s]",
		fmt.Sprint(cfg.exits()))
	require.NotEqual(t, before, cfg.fingerprint(nil, nil), "decisions depend on them")
}
