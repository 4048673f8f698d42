package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console/metrics"
)

const scrapeToken = "a7c3f0e1d2b4958677665544a0b1c2d3"

func TestMetricsTokenIsReadAsTheOthersAre(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "token")
	require.NoError(t, os.WriteFile(file, []byte(scrapeToken+"\n"), 0o600))
	c, err := parseConfig([]string{"--paper", "--hosts", "trader.example.org, 10.0.0.7"}, environ(metricsVariable+fileSuffix, file))
	require.NoError(t, err)
	require.Equal(t, scrapeToken, c.metricsToken)
	require.Equal(t, []string{"trader.example.org", "10.0.0.7"}, c.hosts)
	for value, wrong := range map[string]string{"secret": "less than 128 bits", strongToken: "another one's as well"} {
		_, err := parseConfig([]string{"--paper"}, environ(metricsVariable, value, tokenVariable, strongToken))
		require.ErrorContains(t, err, "LIVETRADER_METRICS_TOKEN: console: Config.MetricsToken")
		require.ErrorContains(t, err, wrong)
		require.ErrorAs(t, err, new(usageError))
		require.NotContains(t, err.Error(), value)
	}
	_, err = parseConfig([]string{"--paper", "--hosts", "trader.example.org:8000"}, environ())
	require.ErrorContains(t, err, "is not a host name without port")
}

func TestMetricsAreServedToWhoHasTheirToken(t *testing.T) {
	t.Parallel()
	p := launchFor(t, longWait, []string{metricsVariable + "=" + scrapeToken}, "--paper", "--db", tempDB(t),
		"--listen", "127.0.0.1:0", "--interval", "500ms", "--hosts", "trader.example.org")
	api := p.address()
	p.await(`msg="Generated signals"`)
	answer := func(host, token string) (int, string) {
		request, err := http.NewRequestWithContext(t.Context(), http.MethodGet, api+"/metrics", http.NoBody)
		require.NoError(t, err)
		request.Host = host
		request.Header.Set("Authorization", "Bearer "+token)
		response, err := http.DefaultClient.Do(request)
		require.NoError(t, err)
		defer func() { _ = response.Body.Close() }()
		body, err := io.ReadAll(response.Body)
		require.NoError(t, err)
		return response.StatusCode, string(body)
	}
	code, body := answer("trader.example.org", scrapeToken)
	require.Equal(t, http.StatusOK, code)
	for _, told := range []string{
		"vigil_up 1", `vigil_info{mode="paper",version="livetrader`, "vigil_account_equity ", `vigil_trading_state{state="running"} 1`,
		`vigil_symbol_stale{symbol="BTC/USDT:USDT"} 0`, "vigil_store_has_room 1", `vigil_source_up{source="days"} 1`,
		`vigil_service_state{service="livetrader/signal_generation",state="crashed"} 0`, "go_goroutines", "vigil_series_left_out 0",
		"process_start_time_seconds",
	} {
		require.Contains(t, body, told)
	}
	code, body = answer("localhost", strongToken)
	require.Equal(t, http.StatusUnauthorized, code)
	require.NotContains(t, body, "vigil_up")
	code, _ = answer("evil.example", scrapeToken)
	require.Equal(t, http.StatusForbidden, code)
}

// promServer is a Prometheus that scrapes one target.
type promServer struct {
	t   *testing.T
	url string
	log *bytes.Buffer
}

// scrapeBy starts a Prometheus with the alert rules. It ends with the test.
func scrapeBy(t *testing.T, target string) *promServer {
	t.Helper()
	program, err := exec.LookPath("prometheus")
	if err != nil && os.Getenv("CI") == "true" {
		t.Fatal("prometheus is missing: install Debian's package prometheus")
	}
	if err != nil {
		t.Skip("prometheus is missing: install Debian's package prometheus for this test")
	}
	folder := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(folder, "alerts.yaml"), []byte(metrics.AlertRules()), 0o600))
	config := fmt.Sprintf(`
global: {scrape_interval: 200ms, scrape_timeout: 200ms, evaluation_interval: 200ms}
rule_files: [alerts.yaml]
scrape_configs:
  - job_name: livetrader
    authorization: {credentials: %s}
    static_configs: [{targets: ['%s']}]
`, scrapeToken, strings.TrimPrefix(target, "http://"))
	file := filepath.Join(folder, "prometheus.yml")
	require.NoError(t, os.WriteFile(file, []byte(config), 0o600))
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	address := listener.Addr().String()
	require.NoError(t, listener.Close())
	p := &promServer{t: t, url: "http://" + address, log: new(bytes.Buffer)}
	server := exec.CommandContext(t.Context(), program, "--config.file="+file, "--web.listen-address="+address,
		"--storage.tsdb.path="+filepath.Join(folder, "data"))
	server.Stderr = p.log
	require.NoError(t, server.Start())
	t.Cleanup(func() {
		_ = server.Process.Kill()
		_ = server.Wait()
		if t.Failed() {
			t.Log(p.log.String())
		}
	})
	return p
}

// query returns what one of its questions is answered with: the labels of each series. It is empty while it starts.
func (p *promServer) query(expr string) (series []map[string]string) {
	request, err := http.NewRequestWithContext(p.t.Context(), http.MethodGet, p.url+"/api/v1/query?query="+url.QueryEscape(expr), http.NoBody)
	require.NoError(p.t, err)
	response, err := http.DefaultClient.Do(request)
	if err != nil {
		return nil
	}
	defer func() { _ = response.Body.Close() }()
	var answer struct {
		Data struct {
			Result []struct {
				Metric map[string]string `json:"metric"`
			} `json:"result"`
		} `json:"data"`
	}
	if json.NewDecoder(response.Body).Decode(&answer) != nil {
		return nil
	}
	for _, one := range answer.Data.Result {
		series = append(series, one.Metric)
	}
	return series
}

// await asks until there is an answer, or none.
func (p *promServer) await(expr string, there bool) []map[string]string {
	p.t.Helper()
	for range 900 {
		if series := p.query(expr); len(series) > 0 == there {
			return series
		}
		<-time.After(100 * time.Millisecond) // the processes outside have a time of their own
	}
	p.t.Fatalf("%s: there: %t, and it should be %t", expr, !there, there)
	return nil
}

func TestStalledAlertFiresDuringChaosAndResolves(t *testing.T) {
	t.Parallel()
	p := launchFor(t, 3*time.Minute, []string{metricsVariable + "=" + scrapeToken}, "--paper", "--chaos", "--infinite",
		"--db", tempDB(t), "--listen", "127.0.0.1:0", "--interval", "500ms")
	server := scrapeBy(t, p.address())
	server.await(`vigil_up{job="livetrader"} == 1`, true)
	p.await(`msg="Chaos: breaking the signal generation" fault=hang`)

	const firing = `ALERTS{alertname="VigilServiceStalled",alertstate="firing",service=~"livetrader/signal_generation.*"}`
	for _, series := range server.await(`count_over_time(`+firing+`[10m])`, true) {
		require.Equal(t, "warning", series["severity"])
		require.Equal(t, "livetrader", series["job"])
	}
	p.await(`msg="service stalled|stalled`)
	server.await(firing, false)
	server.await(`vigil_service_stalls_total{service="livetrader/signal_generation"} == 1`, true)
	server.await(`ALERTS{alertname="VigilServiceHung",alertstate="firing",service="livetrader/signal_generation"}`, true)
}
