package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
)

func deployed(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile("../../deploy/" + name)
	require.NoError(t, err)
	return string(text)
}

// requireStarts wants a command line and an environment that the launcher understands, with the sample of a configuration.
func requireStarts(t *testing.T, command []string, env map[string]string) *config {
	t.Helper()
	token := configured(t, strongToken)
	var pairs, names []string
	for name, value := range env {
		switch name {
		case tokenVariable + fileSuffix:
			value = token
		case configVariable:
			value = "../../deploy/livetrader.yaml"
		}
		pairs, names = append(pairs, name, value), append(names, name)
	}
	for i, word := range command {
		if strings.HasSuffix(word, "livetrader.yaml") {
			command[i] = "../../deploy/livetrader.yaml"
		}
	}
	c, err := parseConfig(command, environ(pairs...), names...)
	require.NoError(t, err)
	return c
}

func TestUnitStartsWhatItSays(t *testing.T) {
	t.Parallel()
	unit := deployed(t, "livetrader.service")
	one := func(key string) string {
		found := regexp.MustCompile(`(?m)^`+key+`=(.*)$`).FindAllStringSubmatch(unit, -1)
		require.Len(t, found, 1, key)
		return found[0][1]
	}
	env := make(map[string]string)
	for _, line := range regexp.MustCompile(`(?m)^Environment=([^=]+)=(.*)$`).FindAllStringSubmatch(unit, -1) {
		env[line[1]] = line[2]
	}
	command := strings.Fields(one("ExecStart"))
	require.Equal(t, "/usr/local/bin/livetrader", command[0])
	c := requireStarts(t, command[1:], env)
	require.Equal(t, "/var/lib/"+one("StateDirectory"), filepath.Dir(c.db), "it may write there")
	require.Equal(t, strongToken, c.token)
	require.Equal(t, jsonLog, c.logFormat)
	require.Equal(t, "notify", one("Type"))
	require.Equal(t, "2", one("RestartPreventExitStatus"), "the exit code of a usage error")
	require.NotEmpty(t, one("WatchdogSec"))
}

// systemd's own lint, and its measure of how much a service may do: 10 is all.
func TestUnitIsLintedBySystemd(t *testing.T) {
	t.Parallel()
	analyze, err := exec.LookPath("systemd-analyze")
	if err != nil {
		t.Skip("there is no systemd-analyze here")
	}
	file := filepath.Join(t.TempDir(), "livetrader.service")
	unit := strings.Replace(deployed(t, "livetrader.service"), "/usr/local/bin/livetrader", "/bin/true", 1)
	require.NoError(t, os.WriteFile(file, []byte(unit), 0o600))
	for _, args := range [][]string{
		{"verify", "--recursive-errors=no", file}, {"security", "--offline=true", "--no-pager", "--threshold=15", file},
	} {
		out, err := exec.CommandContext(t.Context(), analyze, args...).CombinedOutput()
		require.NoError(t, err, string(out))
		if args[0] == "verify" {
			require.Empty(t, string(out))
		}
	}
}

// instruction is one of a Containerfile.
type instruction struct{ name, rest string }

func instructions(text string) (all []instruction) {
	text = regexp.MustCompile(`(?m)^#.*\n`).ReplaceAllString(text, "")
	for line := range strings.Lines(strings.ReplaceAll(text, "\\\n", " ")) {
		if name, rest, ok := strings.Cut(strings.TrimSpace(line), " "); ok {
			all = append(all, instruction{name, strings.TrimSpace(rest)})
		}
	}
	return all
}

func TestContainerfileKeepsTheRules(t *testing.T) {
	t.Parallel()
	all := instructions(deployed(t, "Containerfile"))
	known := []string{
		"FROM", "WORKDIR", "COPY", "RUN", "ENV", "USER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "ENTRYPOINT",
	}
	last := make(map[string]string) // by instruction, of the last stage
	env := make(map[string]string)
	for _, i := range all {
		require.Contains(t, known, i.name)
		switch i.name {
		case "FROM":
			require.Regexp(t, `^(scratch|\S+:\d+\.\d+\.\d+\S* AS \w+)$`, i.rest, "an image has an exact version")
			clear(last)
		case "ENV":
			for _, pair := range strings.Fields(i.rest) {
				name, value, ok := strings.Cut(pair, "=")
				require.True(t, ok, pair)
				env[name] = value
			}
		case "COPY":
			require.NotRegexp(t, `^(https?|ftp):`, i.rest)
		}
		last[i.name] = i.rest
	}
	require.Regexp(t, `^[1-9]\d*:[1-9]\d*$`, last["USER"], "it is not root, and an orchestrator can tell")
	require.Equal(t, `["livetrader"]`, last["ENTRYPOINT"], "no shell stands between, so that signals arrive")
	require.Equal(t, "SIGTERM", last["STOPSIGNAL"])
	probe := regexp.MustCompile(`CMD \["livetrader", "(\w+)", "(\w+)"\]$`).FindStringSubmatch(last["HEALTHCHECK"])
	require.NotNil(t, probe, last["HEALTHCHECK"])
	require.Contains(t, commands(), probe[1])
	require.Contains(t, probes, probe[2])
	for name := range env {
		if !strings.HasPrefix(name, variablePrefix) {
			delete(env, name)
		}
	}
	c := requireStarts(t, nil, env)
	require.Equal(t, last["VOLUME"], filepath.Dir(c.db))
	require.Equal(t, last["WORKDIR"], filepath.Dir(c.db))
	require.True(t, slices.ContainsFunc(all, func(i instruction) bool {
		return i.name == "COPY" && strings.HasSuffix(i.rest, " "+last["VOLUME"]) && strings.Contains(i.rest, "--chown="+last["USER"])
	}), "its user may write into the volume")
}
