package metrics

import _ "embed" // the files beside this one

//go:embed alerts.yaml
var alertRules string

//go:embed dashboard.json
var dashboard string

// AlertRules returns rules for Prometheus as a YAML file, for rule_files. Copies of it and of the Dashboard are in
// docs/metrics.
func AlertRules() string { return alertRules }

// Dashboard returns a dashboard for Grafana as a JSON file of its Classic schema, which every version imports. It asks for
// the data source, and shows the traders that are chosen.
func Dashboard() string { return dashboard }
