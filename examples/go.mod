module github.com/seed-5dee1c0a/vigil/examples

go 1.26.0

require (
	github.com/seed-5dee1c0a/vigil v0.0.0
	github.com/seed-5dee1c0a/vigil/trading/sqlstore v0.0.0
)

replace (
	github.com/seed-5dee1c0a/vigil => ..
	github.com/seed-5dee1c0a/vigil/trading/sqlstore => ../trading/sqlstore
)
