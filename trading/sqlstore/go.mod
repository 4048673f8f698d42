module github.com/seed-5dee1c0a/vigil/trading/sqlstore

go 1.26.0

require github.com/seed-5dee1c0a/vigil v0.0.0

replace github.com/seed-5dee1c0a/vigil => ../..
