package main

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
)

func TestStrategiesAreReadAlikeForAReplayAndForLive(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{ // what is shown, or what is wrong
		"macd":                        "macd",
		"macd:0.5":                    "macd:0.5",
		"macd, donchian":              "macd:0.5,donchian:0.5",
		"macd,donchian,ema_cross":     "macd:0.3333,donchian:0.3333,ema_cross:0.3333",
		"macd:0.6,donchian:0.4":       "macd:0.6,donchian:0.4",
		"macd:0.6,donchian":           "either each of them has a share",
		"macd:0.6,donchian:0.5":       "the shares add up to 1.1, which is more than 1",
		"macd,macd":                   `"macd" is named twice`,
		"macd:0":                      `"0" is no share of the account above 0 and up to 1`,
		"macd:most":                   `"most" is no share of the account above 0 and up to 1`,
		"macd:0.5,luck:0.5":           `--strategy "luck" is none of bollinger_breakout,`,
		"macd,":                       `--strategy "" is none of bollinger_breakout,`,
		"bollinger_breakout,donchian": "bollinger_breakout:0.5,donchian:0.5",
	} {
		for _, way := range []string{"--paper", "--replay=a.csv --paper"} {
			cfg, err := parseConfig(append(strings.Fields(way), "--strategy", text), environ())
			if err != nil {
				require.ErrorContains(t, err, want, text)
				continue
			}
			require.Equal(t, want, cfg.strategies.String())
			again, err := readStrategies(want)
			require.NoError(t, err)
			require.Equal(t, want, again.String(), "what is shown can be read")
			specs, shares, err := cfg.strategies.specs()
			require.NoError(t, err)
			require.Len(t, specs, len(cfg.strategies))
			if strings.Contains(want, ":") {
				require.Len(t, shares, len(specs))
			} else {
				require.Nil(t, shares, "it has all of the account")
			}
		}
	}
}

// Two strategies trade one instrument in a replay, through the launcher as on parts that are put together.
func TestStrategiesShareAnInstrumentInAReplay(t *testing.T) {
	t.Parallel()
	realCandles(t)
	file := goldenFiles[1]
	args := strings.Fields(file.args + " --paper --stop-loss 0.01 --replay " + filepath.Join(filepath.Dir(realData), file.name))
	both := append(slices.Clone(args), "--strategy", "ema_cross:0.6,rsi_reversion:0.4")
	digest := replayedInMemory(t, both, "")
	require.Equal(t, digest, replayedByLauncher(t, both))
	require.NotEqual(t, digest, replayedInMemory(t, append(args, "--strategy", "ema_cross:0.6"), ""))
}

// They do live too, and what each of them has adds up after a restart as well.
func TestStrategiesShareInstrumentsLive(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		db := tempDB(t)
		for range 2 {
			code, _, log := runHere(t.Context(), "--paper", "--duration", "10m", "--listen", "off", "--db", db,
				"--strategy", "ema_cross:0.6,rsi_reversion:0.4", "--stop-loss", "0.01")
			require.Equal(t, exitOK, code, log)
		}
		b := openAccount(t, db, defaultCash).book
		fees, traded := decimal.Zero, make(map[string]bool)
		for _, one := range b.Stakes() {
			fees = fees.Add(one.Fees)
			traded[one.Strategy] = traded[one.Strategy] || one.Fees.IsPositive()
		}
		require.Equal(t, b.Counts().Fees.String(), fees.String())
		require.Equal(t, map[string]bool{"ema_cross": true, "rsi_reversion": true}, traded)
	})
}
