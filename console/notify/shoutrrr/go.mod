module github.com/seed-5dee1c0a/vigil/console/notify/shoutrrr

go 1.26.0

require (
	github.com/benbjohnson/clock v1.3.5
	github.com/nicholas-fedor/shoutrrr v0.17.0
	github.com/seed-5dee1c0a/vigil v0.0.0
	github.com/stretchr/testify v1.12.1
	go.uber.org/goleak v1.3.0
)

require (
	github.com/mattn/go-colorable v0.1.15 // indirect
	github.com/mattn/go-isatty v0.0.24 // indirect
	github.com/shopspring/decimal v1.6.0 // indirect
	go.yaml.in/yaml/v3 v3.0.5 // indirect
	golang.org/x/sync v0.22.0 // indirect
	golang.org/x/sys v0.47.0 // indirect
	golang.org/x/term v0.45.0 // indirect
)

replace github.com/seed-5dee1c0a/vigil => ../../..
