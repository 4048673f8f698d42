package main

import (
	"bytes"
	"context"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"
)

func environ(pairs ...string) func(string) (string, bool) {
	return func(name string) (string, bool) {
		for i := 0; i < len(pairs); i += 2 {
			if pairs[i] == name {
				return pairs[i+1], true
			}
		}
		return "", false
	}
}

// For every flag: flag over environment over file over default.
func TestFlagOverEnvironmentOverFileOverDefault(t *testing.T) {
	t.Parallel()
	samples := map[string][2]string{ // by flag: a value for the flag and one for the environment
		"paper": {"true", "true"}, "duration": {"7", "5m0s"}, "infinite": {"false", "false"},
		"auto-restart": {"true", "true"}, "symbols": {"A/B", "C/D,E/F:F"}, "interval": {"3", "1m30s"},
		"auto-execute": {"false", "false"}, "min-confidence": {"0.25", "0.5"}, "db": {"x.db", "y.db"},
		"listen": {"127.0.0.1:1", "off"}, "replay": {"a.csv", "b.csv.gz"}, "columns": {"timestamp,open", "a,b"}, "speed": {"2x", "0"}, "seed": {"9", "10"},
		"chaos": {"signals", "trading"}, "strategy": {"rsi_reversion", "ema_cross:0.5,macd:0.25"}, "cash": {"5", "6"},
		"fee": {"0.1", "0.2"}, "slippage": {"0.1", "0.2"}, "order-size": {"1", "2"}, "max-position": {"1", "2"},
		"max-order": {"1", "2"}, "max-daily-loss": {"1", "2"}, "max-gross": {"1", "2"},
		"max-leverage": {"1", "2.5"}, "max-positions": {"1", "2"}, "max-orders-per-minute": {"1", "2"}, "max-weekly-loss": {"1", "2"},
		"max-drawdown": {"0.1", "0.2"}, "signal-collar": {"0.1", "0.2"}, "duplicate-window": {"5", "1m0s"},
		"trailing-stop": {"0.1", "0.2"}, "trailing-atr": {"1", "2.5"}, "break-even": {"0.1", "0.2"}, "ladder": {"0.02:0.5,0.04:0.25", "0.1:1"}, "max-holding": {"5", "1m0s"},
		"entry-wait": {"5", "1m0s"}, "entry-reprice": {"1", "2"}, "entry-cross": {"true", "true"},
		"max-symbol-loss": {"1", "2"}, "max-price-age": {"5", "1m0s"}, "cool-down": {"5", "1m0s"},
		"stop-guard": {"2/1h/5", "3/0s/1m0s"}, "losing-streak": {"2/1h/5", "0"},
		"no-short": {"true", "true"}, "flatten-on-loss": {"true", "true"}, "bad-bars": {"skip", "refuse"},
		"health-interval": {"10", "20"}, "socket": {"a.sock", "off"}, "take-profit": {"0.1", "0.2"}, "stop-loss": {"0.1", "0.2"},
		"limit-entry": {"0.1", "0.2"}, "on-stop": {"cancel", "flatten"}, "orphans": {"flatten", "hand_over"},
		"differences": {"adopt", "ignore"}, "foreign-orders": {"cancel", "halt"}, "close-delisted": {"60", "1h0m0s"},
		"notify": {"halt,fill", "day"}, "page-url": {"https://a/", "http://b:1/"},
		"dry-start": {"true", "true"}, "log-level": {"debug", "warn"}, "log-format": {"json", "text"}, "drain": {"5", "7s"}, "low-water": {"1", "2"},
		"oldest": {"1985-01-01", "2000-01-31"}, "price-scale": {"10", "1000000000"}, "tick": {"0.1", "0.2"}, "step": {"0.1", "0.2"},
		"version": {"false", "false"}, "feed": {"http://a/ http://b/", "https://c/"}, "feed-rows": {"data", "a.b"},
		"feed-fields": {"t,o,h,l,c,v", "0,1,2,3,4,5"}, "feed-symbols": {"A/B=AB", "C/D=CD,E/F=EF"},
		"live": {"true", "true"}, "shadow": {"true", "true"}, "adopt": {"abc", "0123456789"}, "account": {"main", "b"}, "confirm": {"binance main", "binance b"},
		"hosts": {"a.example.org", "b.example.org,10.0.0.7"},
		"hours": {"UTC 10:00-11:00", "America/New_York 09:30-16:00"}, "venue": {"http://a", "http://b"},
	}
	newConfig().flags.VisitAll(func(f *flag.Flag) {
		if f.Name == "print-config" || f.Name == configFlag { // they are how the others are tested
			return
		}
		sample, ok := samples[f.Name]
		require.True(t, ok, "a sample for --%s", f.Name)
		t.Run(f.Name, func(t *testing.T) {
			t.Parallel()
			show := []string{"--print-config"} // so that no other rule interferes
			byFlag := []string{"--print-config", "--" + f.Name + "=" + sample[0]}
			inEnv := environ(variable(f.Name), sample[1])
			file := filepath.Join(t.TempDir(), "c.yaml")
			inFile := environ(configVariable, file)
			inBoth := environ(configVariable, file, variable(f.Name), sample[1])
			require.NoError(t, os.WriteFile(file, []byte("# mine\n"+f.Name+": '"+sample[0]+"'\n"), 0o600))
			if f.Name == "version" { // it is no setting
				inFile, inBoth = environ(), inEnv
			}

			require.Equal(t, f.DefValue, valueOf(t, f.Name, show, environ()), "default")
			require.Equal(t, canonical(t, f.Name, sample[0]), valueOf(t, f.Name, show, inFile), "file")
			require.Equal(t, canonical(t, f.Name, sample[1]), valueOf(t, f.Name, show, inEnv), "environment")
			require.Equal(t, canonical(t, f.Name, sample[1]), valueOf(t, f.Name, show, inBoth), "environment over file")
			require.Equal(t, canonical(t, f.Name, sample[0]), valueOf(t, f.Name, byFlag, inBoth), "flag over both")
			require.Equal(t, canonical(t, f.Name, sample[0]), valueOf(t, f.Name, byFlag, environ()), "flag")
			require.Equal(t, canonical(t, f.Name, sample[0]), valueOf(t, f.Name, byFlag, inEnv), "flag over environment")
		})
	})
}

// valueOf parses and reads a flag's value back, and checks what is said of its origin.
func valueOf(t *testing.T, name string, args []string, lookup func(string) (string, bool)) string {
	t.Helper()
	c, err := parseConfig(args, lookup)
	require.NoError(t, err)
	want := fromDefault
	if file, set := lookup(configVariable); set {
		want = file + ":2"
	}
	if _, set := lookup(variable(name)); set {
		want = variable(name)
	}
	for _, arg := range args {
		if arg == "--"+name || strings.HasPrefix(arg, "--"+name+"=") {
			want = fromFlag
		}
	}
	require.Equal(t, want, c.origin[name])
	return c.shown(name)
}

func canonical(t *testing.T, name, text string) string {
	t.Helper()
	c := newConfig()
	require.NoError(t, c.flags.Set(name, text))
	return c.shown(name)
}

func TestSpanWithoutAUnitIsInSeconds(t *testing.T) {
	t.Parallel()
	c, err := parseConfig([]string{"--paper", "--duration", "60"},
		environ("HEALTH_CHECK_INTERVAL", "10", "SIGNAL_GENERATION_INTERVAL", "7"))
	require.NoError(t, err)
	require.Equal(t, time.Minute, c.duration)
	require.Equal(t, 10*time.Second, c.healthInterval)
	require.Equal(t, 7*time.Second, c.interval)
}

func TestBadInputIsOneLineAndExitCode2(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		args []string
		env  []string
		want string
	}{
		"no venue":                    {nil, nil, "--paper is required, or the --venue where orders go"},
		"an unknown flag":             {[]string{"--paper", "--frobnicate"}, nil, "unknown flag --frobnicate"},
		"an argument":                 {[]string{"--paper", "now"}, nil, `unexpected argument "now"`},
		"a duration and no end":       {[]string{"--paper", "--duration", "60", "--infinite"}, nil, "--duration and --infinite contradict each other"},
		"a duration of nothing":       {[]string{"--paper", "--duration", "0"}, nil, `invalid value "0" for --duration: must be above zero`},
		"a duration that is none":     {[]string{"--paper", "--duration", "soon"}, nil, `invalid value "soon" for --duration: want a number of seconds, or a span such as 60s or 5m`},
		"an interval of zero":         {[]string{"--paper", "--interval", "0"}, nil, `invalid value "0" for --interval: must be above zero`},
		"an interval too short":       {[]string{"--paper", "--interval", "1ns"}, nil, "--interval 1ns is below 1ms"},
		"no low-water mark":           {[]string{"--paper", "--low-water", "0"}, nil, "--low-water 0 is not between 1 and 1073741824"},
		"an interval below zero":      {[]string{"--paper", "--interval", "-5s"}, nil, `invalid value "-5s" for --interval: must be above zero`},
		"an interval in the env":      {[]string{"--paper"}, []string{"SIGNAL_GENERATION_INTERVAL", "0"}, `SIGNAL_GENERATION_INTERVAL="0": must be above zero`},
		"a heartbeat in the env":      {[]string{"--paper"}, []string{"HEALTH_CHECK_INTERVAL", "often"}, `HEALTH_CHECK_INTERVAL="often": want a number of seconds, or a span such as 60s or 5m`},
		"a bad symbol":                {[]string{"--paper", "--symbols", "BTC/USDT,what?"}, nil, "what?"},
		"an empty symbol":             {[]string{"--paper", "--symbols", "BTC/USDT,"}, nil, "--symbols"},
		"a symbol twice":              {[]string{"--paper", "--symbols", "A/B,A/B"}, nil, `invalid value "A/B,A/B" for --symbols: A/B is there twice`},
		"a confidence above one":      {[]string{"--paper", "--min-confidence", "1.1"}, nil, `invalid value "1.1" for --min-confidence: want a number from 0 to 1`},
		"a confidence that is none":   {[]string{"--paper", "--min-confidence", "NaN"}, nil, `invalid value "NaN" for --min-confidence: want a number from 0 to 1`},
		"an unknown strategy":         {[]string{"--paper", "--strategy", "luck"}, nil, `--strategy "luck" is none of bollinger_breakout, donchian, ema_cross, macd, rsi_reversion`},
		"a speed without a replay":    {[]string{"--paper", "--speed", "0"}, nil, "--speed goes with --replay"},
		"columns without a replay":    {[]string{"--paper", "--columns", "timestamp,open,high,low,close,volume"}, nil, "--columns goes with --replay"},
		"a negative fee":              {[]string{"--paper", "--fee", "-1"}, nil, `invalid value "-1" for --fee: want a decimal number of at least 0`},
		"a number that burns the CPU": {[]string{"--paper", "--cash", "1e30000000"}, nil, `invalid value "1e30000000" for --cash: want a decimal number of at least 0`},
		"chaos in a replay":           {[]string{"--paper", "--replay", "x.csv", "--chaos"}, nil, "--chaos and --replay contradict each other: a replay always gives the same result"},
		"a replay of two symbols":     {[]string{"--paper", "--replay", "x.csv", "--symbols", "A/B,C/D"}, nil, "--replay reads one symbol, and --symbols names 2"},
		"a stop that is none":         {[]string{"--paper", "--on-stop", "burn"}, nil, "want leave, cancel or flatten"},
		"a stop of a replay":          {[]string{"--paper", "--replay", "x.csv", "--on-stop", "flatten"}, nil, "--dry-start and --on-stop do not go with --replay"},
		"a toggle and its value":      {[]string{"--paper", "--auto-execute", "false"}, nil, `unexpected argument "false": --auto-execute takes its value with an equals sign, --auto-execute=false`},
		"chaos and its target":        {[]string{"--paper", "--chaos", "trading"}, nil, "--chaos=trading"},
		"a flag that is nearly one":   {[]string{"--paper", "--duraton", "1"}, nil, "unknown flag --duraton: did you mean --duration?"},
		"a flag without a value":      {[]string{"--paper", "--duration"}, nil, "a value is missing after --duration"},
		"a variable nearly one":       {[]string{"--paper"}, []string{"LIVETRADER_DURATON", "1"}, "unknown variable LIVETRADER_DURATON: did you mean LIVETRADER_DURATION (--duration)?"},
		"two variables nearly right": {
			[]string{"--paper"}, []string{"LIVETRADER_TOKN", "1", "LIVETRADER_CASHH", "2"},
			"unknown variable LIVETRADER_CASHH: did you mean LIVETRADER_CASH (--cash)?; " +
				"unknown variable LIVETRADER_TOKN: did you mean LIVETRADER_TOKEN?",
		},
		"a lift at each start":         {[]string{"--paper", "--rearm", "ann"}, nil, "unknown flag --rearm"},
		"a lift by a variable":         {[]string{"--paper"}, []string{"LIVETRADER_REARM", "ann"}, "unknown variable LIVETRADER_REARM"},
		"a command that is nearly one": {[]string{"clt", "status"}, nil, `unexpected argument "clt": did you mean livetrader ctl?`},
		"a variable of nothing":        {[]string{"--paper"}, []string{"LIVETRADER_HOME_OF_ALL_THINGS", "1"}, "unknown variable LIVETRADER_HOME_OF_ALL_THINGS: --help lists"},
		"an endless replay":            {[]string{"--paper", "--replay", "x.csv", "--infinite"}, nil, "--infinite and --replay contradict each other"},
		"a daily loss of nothing":      {[]string{"--paper", "--max-daily-loss", "0"}, nil, `invalid value "0" for --max-daily-loss: want an amount above zero, or unlimited`},
		"positions that are no number": {[]string{"--paper", "--max-positions", "many"}, nil, `invalid value "many" for --max-positions: want a whole number, such as 10`},
		"room on the disk in a unit":   {[]string{"--paper", "--low-water", "1GB"}, nil, `invalid value "1GB" for --low-water: want a whole number of MiB, such as 256`},
		"a stop beyond all":            {[]string{"--paper", "--stop-loss", "2"}, nil, `invalid value "2" for --stop-loss: want a fraction from 0 to below 1, such as 0.02 for two percent`},
		"no order size":                {[]string{"--paper", "--order-size", "0"}, nil, `invalid value "0" for --order-size: must be above zero`},
		"orders above their limit":     {[]string{"--paper", "--order-size", "3000"}, nil, "--order-size 3000 is above --max-order 2000: lower the one or raise the other"},
		"orders above a position":      {[]string{"--paper", "--max-position", "900"}, nil, "--order-size 1000 is above --max-position 900"},
		"orders above the cash":        {[]string{"--paper", "--cash", "1000"}, nil, "--order-size 1000, with fee and slippage, is more than --cash 1000 can carry"},
		"an address of nowhere":        {[]string{"--paper", "--listen", "nowhere"}, nil, "--listen nowhere: want an address and a port, such as 127.0.0.1:8000, or off"},
		"no market at all":             {[]string{"--paper", "--venue", "http://x"}, nil, "--paper and --venue contradict each other"},
		"a feed and its interval":      {[]string{"--paper", "--feed", "http://x/"}, nil, "--feed wants --interval, that of its candles"},
		"a feed in a replay":           {[]string{"--paper", "--feed", "http://x/", "--replay", "x.csv"}, nil, "--feed and --replay contradict each other"},
		"a feed at a venue":            {[]string{"--venue", "http://x", "--feed", "http://x/"}, nil, "--feed and --venue contradict each other"},
		"hours without a feed":         {[]string{"--paper", "--hours", "UTC 10:00-11:00"}, nil, "--hours goes with --feed"},
		"hours of nowhere":             {[]string{"--paper", "--hours", "X/Y 09:30-16:00"}, nil, "no such place: unknown time zone X/Y"},
		"hours without a place":        {[]string{"--paper", "--hours", "09:30-16:00"}, nil, "want a place and its hours"},
		"hours that end first":         {[]string{"--paper", "--hours", "UTC 10:00-09:00"}, nil, "Closes 9h0m0s is not after"},
		"names without a name":         {[]string{"--paper", "--feed-symbols", "A/B"}, nil, "want NAME=THEIRS"},
		"a fee at a venue":             {[]string{"--venue", "http://x", "--fee", "0.1"}, nil, "--fee goes with --paper"},
		"a replay at a venue":          {[]string{"--venue", "http://x", "--replay", "x.csv"}, nil, "--venue and --replay contradict each other"},
		"no database":                  {[]string{"--paper", "--db", ""}, nil, "--db wants a file or a postgres:// URL"},
		"chaos of something else":      {[]string{"--paper", "--chaos=cats"}, nil, "want signals, trading or feed"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var stdout, stderr bytes.Buffer
			var variables []string
			for i := 0; i < len(c.env); i += 2 {
				variables = append(variables, c.env[i])
			}
			code := run(context.Background(), c.args, environment{
				lookup: environ(c.env...), variables: variables, stdout: &stdout, stderr: &stderr, clock: clock.New(),
			})
			require.Equal(t, exitUsage, code, stderr.String())
			require.Contains(t, stderr.String(), c.want)
			require.Equal(t, 1, strings.Count(stderr.String(), "\n"), "one line: %q", stderr.String())
			require.Empty(t, stdout.String())
		})
	}
}

func TestPrintConfigSaysWhereEachValueComesFrom(t *testing.T) {
	t.Parallel()
	var stdout, stderr bytes.Buffer
	code := run(context.Background(), []string{"--paper", "--print-config", "--seed", "42"},
		environment{lookup: environ("HEALTH_CHECK_INTERVAL", "10"), stdout: &stdout, stderr: &stderr, clock: clock.New()})
	require.Equal(t, exitOK, code)
	require.Regexp(t, `(?m)^seed +42 +flag$`, stdout.String())
	require.Regexp(t, `(?m)^health-interval +10s +HEALTH_CHECK_INTERVAL$`, stdout.String())
	require.Regexp(t, `(?m)^symbols +BTC/USDT:USDT,ETH/USDT:USDT,SOL/USDT:USDT +default$`, stdout.String())
}

func TestPasswordIsNeverShown(t *testing.T) {
	t.Parallel()
	for _, url := range []string{
		"postgres://ann:secret@127.0.0.1:1/x", "postgresql://127.0.0.1:1/x?user=ann&password=secret&sslpassword=secret",
		"postgres://ann:secret@127.0.0.1:1/%zz",
	} {
		for _, more := range []string{"--print-config", "--dry-start"} {
			var shown bytes.Buffer
			run(context.Background(), []string{"--paper", "--listen", "off", "--db", url, more},
				environment{lookup: environ(), stdout: &shown, stderr: &shown, clock: clock.New()})
			require.Contains(t, strings.ToLower(shown.String()), "postgres")
			require.NotContains(t, shown.String(), "secret")
			require.True(t, more == "--print-config" || strings.Count(shown.String(), "\n") == 1, "one line: %s", shown.String())
		}
	}
}

func TestPrintConfigPrintsEverySetting(t *testing.T) {
	t.Parallel()
	c := newConfig()
	var printed bytes.Buffer
	c.print(&printed)
	c.flags.VisitAll(func(f *flag.Flag) {
		if f.Name != "print-config" && f.Name != "version" {
			require.Regexp(t, "(?m)^"+f.Name+" ", printed.String())
		}
	})
}

func TestHelpNamesEveryFlagAndItsVariable(t *testing.T) {
	t.Parallel()
	var stdout bytes.Buffer
	code := run(context.Background(), []string{"--help"}, environment{lookup: environ(), stdout: &stdout, clock: clock.New()})
	require.Equal(t, exitOK, code)
	newConfig().flags.VisitAll(func(f *flag.Flag) {
		require.Contains(t, stdout.String(), "--"+f.Name)
		require.Contains(t, stdout.String(), variable(f.Name))
	})
}
