module github.com/seed-5dee1c0a/vigil/trading/alpaca

go 1.26.0

replace github.com/seed-5dee1c0a/vigil => ../..

require (
	github.com/alpacahq/alpaca-trade-api-go/v3 v3.11.0
	github.com/benbjohnson/clock v1.3.5
	github.com/coder/websocket v1.8.15
	github.com/seed-5dee1c0a/vigil v0.0.0
	github.com/shopspring/decimal v1.6.0
	github.com/stretchr/testify v1.12.1
	github.com/vmihailenco/msgpack/v5 v5.4.1
	go.uber.org/goleak v1.3.0
	golang.org/x/time v0.16.0
)

require (
	cloud.google.com/go v0.118.0 // indirect
	github.com/josharian/intern v1.0.0 // indirect
	github.com/mailru/easyjson v0.7.7 // indirect
	github.com/vmihailenco/tagparser/v2 v2.0.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
)
