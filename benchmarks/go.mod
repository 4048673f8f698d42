module github.com/seed-5dee1c0a/vigil/benchmarks

go 1.26.0

require (
	github.com/seed-5dee1c0a/vigil v0.0.0
	github.com/thejerf/suture/v4 v4.0.6
	go.uber.org/goleak v1.3.0
)

require github.com/benbjohnson/clock v1.3.5 // indirect

replace github.com/seed-5dee1c0a/vigil => ..
