package metrics_test

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
)

// promtool runs Prometheus's own checks. Where it is missing the test is skipped, but not where CI has installed it.
func promtool(t *testing.T, args ...string) {
	t.Helper()
	path, err := exec.LookPath("promtool")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("promtool is missing: install Debian's package prometheus")
	}
	if err != nil {
		t.Skip("promtool is missing: install Debian's package prometheus for this test")
	}
	out, err := exec.CommandContext(t.Context(), path, args...).CombinedOutput()
	require.NoError(t, err, "promtool %s: %s", strings.Join(args, " "), out)
}

func TestAlertRulesAreWhatPrometheusTakes(t *testing.T) {
	t.Parallel()
	promtool(t, "check", "rules", "alerts.yaml")
}

func TestAlertRulesFireAndResolve(t *testing.T) {
	t.Parallel()
	promtool(t, "test", "rules", "testdata/alerts_test.yaml")
}

func TestMetricsAreWhatPrometheusTakes(t *testing.T) {
	t.Parallel()
	// check metrics reads its input: the answer of the test that tells everything.
	script := `promtool check metrics <"$0"`
	if _, err := exec.LookPath("promtool"); err != nil {
		promtool(t) // says what is missing
	}
	out, err := exec.CommandContext(t.Context(), "sh", "-c", script, everything).CombinedOutput()
	require.NoError(t, err, string(out))
	require.Empty(t, string(out))
}

var alertName = regexp.MustCompile(`(?m)^ *- alert: (\w+)$`)

func TestEachAlertHasItsTestAndItsPlaceInTheGuide(t *testing.T) {
	t.Parallel()
	tests := read(t, "testdata/alerts_test.yaml")
	guide := read(t, "../../docs/guides/metrics.md")
	alerts := alertName.FindAllStringSubmatch(metrics.AlertRules(), -1)
	require.NotEmpty(t, alerts)
	for _, match := range alerts {
		require.Contains(t, tests, "- name: "+match[1]+"\n")
		require.Contains(t, guide, "\n### "+match[1]+"\n")
		require.Contains(t, metrics.AlertRules(), "/docs/guides/metrics.md#"+strings.ToLower(match[1])+"\n")
	}
	require.Equal(t, len(alerts), strings.Count(guide, "\n### Vigil"), "the guide has no others")
}

func TestCopiesInDocsAreTheSame(t *testing.T) {
	t.Parallel()
	require.Equal(t, metrics.AlertRules(), read(t, "../../docs/metrics/alerts.yaml"), "copy it")
	require.Equal(t, metrics.Dashboard(), read(t, "../../docs/metrics/dashboard.json"), "copy it")
}

func TestGuideHasEachMetric(t *testing.T) {
	t.Parallel()
	guide := read(t, "../../docs/guides/metrics.md")
	for _, match := range regexp.MustCompile(`(?m)^# TYPE (\w+) `).FindAllStringSubmatch(read(t, everything), -1) {
		require.Contains(t, guide, "`"+match[1]+"`")
	}
	for name := range metricNames(guide) {
		require.Contains(t, toldNames(t), name, "the guide speaks of it")
	}
}

func TestAlertRulesAskForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	told := toldNames(t)
	for name := range metricNames(metrics.AlertRules()) {
		require.Contains(t, told, name)
	}
}

// panel is what the tests look at in any object of a dashboard.
type node = map[string]any

func TestDashboardIsOneThatEveryGrafanaImports(t *testing.T) {
	t.Parallel()
	var board node
	require.NoError(t, json.Unmarshal([]byte(metrics.Dashboard()), &board))
	require.NotContains(t, board, "id", "Grafana gives it one")
	require.Contains(t, board, "uid")
	require.Nil(t, board["uid"])
	require.NotContains(t, board, "elements", "that would be the schema V2")
	require.Contains(t, board, "schemaVersion")
	names := make(map[string]string)
	for _, variable := range board["templating"].(node)["list"].([]any) {
		names[variable.(node)["name"].(string)] = variable.(node)["type"].(string)
	}
	require.Equal(t, map[string]string{"datasource": "datasource", "node": "query"}, names)
	walk(board, func(object node) {
		if source, ok := object["datasource"].(node); ok {
			require.Equal(t, node{"type": "prometheus", "uid": "${datasource}"}, source)
		}
	})
}

func TestDashboardAsksForMetricsThatThereAre(t *testing.T) {
	t.Parallel()
	told := toldNames(t)
	all := expressions(t)
	require.NotEmpty(t, all)
	for _, expr := range all {
		for name := range metricNames(expr) {
			require.Contains(t, told, name, expr)
		}
		require.Contains(t, expr, `instance=~"$node"`, "it is for the traders that were chosen")
		for _, window := range regexp.MustCompile(`\b(?:rate|increase)\([^\[]*\[([^\]]*)\]`).FindAllStringSubmatch(expr, -1) {
			require.Contains(t, []string{"$__rate_interval", "1d"}, window[1], expr)
		}
	}
}

func TestDashboardAsksInWordsThatPrometheusKnows(t *testing.T) {
	t.Parallel()
	var rules strings.Builder
	rules.WriteString("groups:\n  - name: dashboard\n    rules:\n")
	for i, expr := range expressions(t) {
		expr = strings.NewReplacer("$__rate_interval", "5m", "$node", ".+").Replace(expr)
		quoted, err := json.Marshal(expr)
		require.NoError(t, err)
		fmt.Fprintf(&rules, "      - {record: 'dashboard:expr%d', expr: %s}\n", i, quoted)
	}
	file := filepath.Join(t.TempDir(), "dashboard.yaml")
	require.NoError(t, os.WriteFile(file, []byte(rules.String()), 0o600))
	promtool(t, "check", "rules", file)
}

// expressions are those of the dashboard.
func expressions(t *testing.T) (all []string) {
	t.Helper()
	var board node
	require.NoError(t, json.Unmarshal([]byte(metrics.Dashboard()), &board))
	walk(board, func(object node) {
		if expr, ok := object["expr"].(string); ok {
			all = append(all, expr)
		}
	})
	return all
}

func walk(value any, visit func(node)) {
	switch value := value.(type) {
	case node:
		visit(value)
		for _, below := range value {
			walk(below, visit)
		}
	case []any:
		for _, below := range value {
			walk(below, visit)
		}
	}
}

var metricName = regexp.MustCompile(`\b(?:vigil|go|process)_[a-z0-9_]+\b`)

func metricNames(text string) map[string]bool {
	names := make(map[string]bool)
	for _, name := range metricName.FindAllString(text, -1) {
		names[name] = true
	}
	return names
}

// toldNames are the metrics of this package, and of client_golang's collectors that a host registers beside it.
func toldNames(t *testing.T) map[string]bool {
	t.Helper()
	registry := prometheus.NewRegistry()
	registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	found, err := registry.Gather()
	require.NoError(t, err)
	return metricNames(read(t, everything) + exposition(t, found))
}

func read(t *testing.T, path string) string {
	t.Helper()
	text, err := os.ReadFile(path)
	require.NoError(t, err)
	return string(text)
}
