package main

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

const configVariable = variablePrefix + "CONFIG"

// configured writes a configuration file.
func configured(t *testing.T, text string) (file string) {
	t.Helper()
	file = filepath.Join(t.TempDir(), "trader.yaml")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o600))
	return file
}

func TestConfigFileIsReadAsTheFlagsAre(t *testing.T) {
	t.Parallel()
	c, err := parseConfig([]string{"--config", configured(t, `# a trader
paper: true
symbols: [BTC/USDT, "ETH/USDT"]
interval: 90      # seconds
cash: 12345.60
auto-execute: false
feed:
  - http://a/
  - http://b/
tick: 1e-2
`)}, environ())
	require.NoError(t, err)
	require.True(t, c.paper)
	require.Equal(t, []string{"BTC/USDT", "ETH/USDT"}, c.symbols)
	require.Equal(t, 90*time.Second, c.interval)
	require.Equal(t, "12345.6", c.cash.String())
	require.False(t, c.autoExecute)
	require.Equal(t, []string{"http://a/", "http://b/"}, c.feed)
	require.Regexp(t, `trader\.yaml:4$`, c.origin["interval"])

	c, err = parseConfig([]string{"--paper", "--config", configured(t, "# nothing yet\n")}, environ())
	require.NoError(t, err)
	require.Equal(t, 5*time.Second, c.interval)
}

func TestConfigFileThatIsWrongNamesItsLine(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]string{
		"paper: true\nintervall: 5\n":            "trader.yaml:2: unknown key intervall: did you mean interval?",
		"paper: true\nxyzxyzxyz: 5\n":            "trader.yaml:2: unknown key xyzxyzxyz: --help lists",
		"paper: true\ninterval: soon\n":          "trader.yaml:2: interval: want a number of seconds",
		"paper: true\npaper: true\n":             "paper",
		"paper: true\ncash:\n":                   "trader.yaml:2: cash: it has no value",
		"paper:\n  nested: 1\n":                  "trader.yaml:1: paper: want a value or a list of values",
		"symbols: [[a]]\n":                       "trader.yaml:1: symbols: want a list of plain values",
		"- paper\n":                              "trader.yaml:1: want lines such as interval: 5s",
		"paper: true\n---\npaper: false\n":       "more than one document",
		"paper: [true\n":                         "trader.yaml: ",
		"config: other.yaml\n":                   "trader.yaml:1: a file cannot name another one",
		"token: " + strongToken + "\n":           "trader.yaml:1: token: secrets do not stand in this file: set LIVETRADER_TOKEN_FILE",
		"version: true\n":                        "trader.yaml:1: unknown key version",
		"paper: &a true\nauto-restart: *a\n":     "trader.yaml:2: auto-restart: want a value",
		"paper: true\nvenue: http://127.0.0.1\n": "--paper and --venue contradict each other",
	} {
		_, err := parseConfig([]string{"--config", configured(t, text)}, environ())
		require.ErrorContains(t, err, want, text)
		require.ErrorAs(t, err, new(usageError), text)
		require.NotContains(t, err.Error(), strongToken)
	}
	_, err := parseConfig([]string{"--paper", "--config", "none.yaml"}, environ())
	require.ErrorContains(t, err, "--config: stat none.yaml")
}

// The file says where the trader is to ctl as well, and what else is wrong in it keeps nobody out.
func TestConfigFileServesTheCommandsToo(t *testing.T) {
	t.Parallel()
	file := configured(t, "db: /nowhere/trader.db\ninterval: soon\nwhat: 1\n")
	code, _, log := ctl(nil, "status", "--config", file)
	require.Equal(t, exitUnknown, code)
	require.Contains(t, log, "nobody answers at /nowhere/trader.db.sock")
	code, _, log = ctl([]string{configVariable, file}, "status")
	require.Equal(t, exitUnknown, code)
	require.Contains(t, log, "nobody answers at /nowhere/trader.db.sock")
}

func TestDatabaseWithAPasswordComesFromAFile(t *testing.T) {
	t.Parallel()
	file := configured(t, "postgres://ann:secret@127.0.0.1/x\n")
	c, err := parseConfig([]string{"--paper"}, environ("LIVETRADER_DB_FILE", file), "LIVETRADER_DB_FILE")
	require.NoError(t, err)
	require.Equal(t, "postgres://ann:secret@127.0.0.1/x", c.db)
}

func TestConfigFileIsNoPipe(t *testing.T) {
	t.Parallel()
	pipe := filepath.Join(t.TempDir(), "pipe")
	require.NoError(t, syscall.Mkfifo(pipe, 0o600))
	args := []string{"--paper", "--socket", "off"}
	_, err := parseConfig(args, environ("LIVETRADER_TOKEN_FILE", pipe))
	require.ErrorContains(t, err, pipe+" is no file that can be read to its end")
	_, err = parseConfig(append(args, "--config", pipe), environ())
	require.ErrorContains(t, err, pipe+" is no file that can be read to its end")
}

// Who changes one of two would believe that it counts.
func TestSecretThatIsSetTwiceIsRefused(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(strongToken), 0o600))
	_, err := parseConfig([]string{"--paper", "--socket", "off"},
		environ("LIVETRADER_TOKEN_FILE", file, "LIVETRADER_TOKEN", strongToken))
	require.EqualError(t, err,
		"LIVETRADER_TOKEN and LIVETRADER_TOKEN_FILE are both set: one of them has to go, as only one can count")
}
