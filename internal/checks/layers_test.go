package checks_test

import (
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

const (
	house    = "example.org/house"
	testify  = "github.com/stretchr/testify/require"
	plan     = "see the plan in internal/checks/layers.go"
	noTree   = "a service fits into a tree because it has Serve"
	noKit    = "a test kit is for tests"
	noTest   = "it is no test kit"
	noServer = "only what serves or speaks HTTP does"
	inTests  = "this library is for test files"
	isPure   = "the room is pure"
	noRoot   = "a nested module uses what any user's module can use"
	onlyBy   = "only . and trading/backtest may"
	program  = "only a program decides"
)

// anImport is one import in one file, and part of the finding that it leads to, "" for none.
type anImport struct{ path, imports, want string }

func check(t *testing.T, rooms []checks.Room, cases map[string]anImport) {
	t.Helper()
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := plant(t, map[string]string{
				c.path:                     "package a\n\nimport _ \"" + c.imports + "\"\n",
				"examples/go.mod":          "module example.org/house/examples\n",
				"trading/store/go.mod":     "module example.org/house/trading/store\n",
				"trading/binance/go.mod":   "module example.org/house/trading/binance\n",
				"console/metrics/go.mod":   "module example.org/house/console/metrics\n",
				"internal/assemble/doc.go": "package assemble",
			})
			found := planted.Layers(rooms)
			if c.want == "" {
				require.Empty(t, found)
				return
			}
			require.Len(t, found, 1)
			require.Equal(t, c.path+":3", found[0].Where)
			require.Contains(t, found[0].What, path.Dir(c.path)+" must not import ")
			require.Contains(t, found[0].What, c.want)
		})
	}
}

func TestLayersOfTheHouse(t *testing.T) {
	t.Parallel()
	check(t, checks.Rooms, map[string]anImport{
		"the ground floor stands alone":            {"health/a.go", house + "/signal", plan},
		"supervisor imports the ground floor":      {"supervisor/a.go", house + "/health", ""},
		"supervisor does not know signal":          {"supervisor/a.go", house + "/signal", plan},
		"signal stands alone":                      {"signal/a.go", house + "/health", plan},
		"signal does not know its generator":       {"signal/a.go", house + "/signal/generator", plan},
		"signal does not know trading":             {"signal/a.go", house + "/trading", plan},
		"signal does not know supervisor":          {"signal/a.go", house + "/supervisor", noTree},
		"the generator does not know supervisor":   {"signal/generator/a.go", house + "/supervisor", noTree},
		"the generator speaks of its health":       {"signal/generator/a.go", house + "/health", ""},
		"a feed knows the nouns":                   {"signal/feed/a.go", house + "/signal", ""},
		"a strategy uses indicators":               {"signal/strategy/a.go", house + "/signal/indicator", ""},
		"a strategy does not know the generator":   {"signal/strategy/a.go", house + "/signal/generator", plan},
		"trading knows signal":                     {"trading/a.go", house + "/signal", ""},
		"trading does not speak of health":         {"trading/a.go", house + "/health", plan},
		"trading does not know its engine":         {"trading/a.go", house + "/trading/engine", plan},
		"trading does not know supervisor":         {"trading/a.go", house + "/supervisor", noTree},
		"the engine does not know supervisor":      {"trading/engine/a.go", house + "/supervisor", noTree},
		"the engine knows the book":                {"trading/engine/a.go", house + "/trading/book", ""},
		"the engine does not know the paper":       {"trading/engine/a.go", house + "/trading/paper", plan},
		"the journal does not know the book":       {"trading/journal/a.go", house + "/trading/book", plan},
		"the book knows the journal":               {"trading/book/a.go", house + "/trading/journal", ""},
		"the book does not know the engine":        {"trading/book/a.go", house + "/trading/engine", plan},
		"sessions know the nouns of signal alone":  {"trading/session/a.go", house + "/trading", plan},
		"a venue knows trading":                    {"trading/binance/a.go", house + "/trading", ""},
		"a venue knows no engine":                  {"trading/binance/a.go", house + "/trading/engine", "an adapter needs the nouns"},
		"a store knows the journal":                {"trading/store/sqlite/a.go", house + "/trading/journal", ""},
		"a store knows what stores share":          {"trading/store/sqlite/a.go", house + "/trading/store/internal/sqldb", ""},
		"a store does not know the book":           {"trading/store/sqlite/a.go", house + "/trading/book", plan},
		"one store does not know the other":        {"trading/store/sqlite/a.go", house + "/trading/store/postgres", plan},
		"a backtest assembles":                     {"trading/backtest/a.go", house + "/internal/assemble", ""},
		"a backtest knows no venue":                {"trading/backtest/a.go", house + "/trading/binance", plan},
		"the root knows the tree":                  {"a.go", house + "/supervisor", ""},
		"the root knows a backtest":                {"a.go", house + "/trading/backtest", ""},
		"the root assembles":                       {"a.go", house + "/internal/assemble", ""},
		"the root knows no store":                  {"a.go", house + "/trading/store/sqlite", "a program chooses its venue and its store"},
		"the root knows no venue":                  {"a.go", house + "/trading/alpaca", plan},
		"the root knows no console":                {"a.go", house + "/console", plan},
		"the console knows the engine":             {"console/a.go", house + "/trading/engine", ""},
		"the console knows its parts":              {"console/a.go", house + "/console/notify", ""},
		"the console does not know the root":       {"console/a.go", house, plan},
		"the console does not know the paper":      {"console/notify/a.go", house + "/trading/paper", plan},
		"the console does not know a store":        {"console/metrics/a.go", house + "/trading/store/sqlite", "works over the ports"},
		"nobody knows the console":                 {"trading/engine/a.go", house + "/console", plan},
		"nobody knows the root":                    {"trading/a.go", house, plan},
		"a name that only begins alike is another": {"trading/a.go", house + "/signalling", plan},
		"internal is for everybody":                {"health/a.go", house + "/internal/x", ""},
		"internal knows nobody":                    {"internal/x/a.go", house + "/health", plan},
		"not even its own kind":                    {"internal/x/a.go", house + "/internal/y", plan},
		"what assembles knows the parts":           {"internal/assemble/a.go", house + "/trading/engine", ""},
		"what assembles does not know the tree":    {"internal/assemble/a.go", house + "/supervisor", plan},
		"what assembles is not for everybody":      {"trading/engine/a.go", house + "/internal/assemble", onlyBy},
		"examples know everything":                 {"examples/one/a.go", house + "/console", ""},
	})
}

func TestLayersOfLibraries(t *testing.T) {
	t.Parallel()
	check(t, checks.Rooms, map[string]anImport{
		"examples may use a kit":               {"examples/one/a.go", house + "/signal/signaltest", ""},
		"what ships uses no kit":               {"internal/assemble/a.go", house + "/signal/signaltest", noKit},
		"a kit uses another kit":               {"trading/tradingtest/a.go", house + "/signal/signaltest", ""},
		"a server for tests is a kit":          {"trading/a.go", house + "/internal/pgserver", noKit},
		"a test file may import what it likes": {"health/a_test.go", house + "/trading", ""},
		"net/http below the doors":             {"signal/feed/a.go", "net/http", noServer},
		"a part of net/http below the doors":   {"trading/a.go", "net/http/httptrace", noServer},
		"net/http in a kit":                    {"trading/tradingtest/a.go", "net/http/httptest", noServer},
		"net/http at the door":                 {"health/healthhttp/a.go", "net/http", ""},
		"net/http in the console":              {"console/notify/a.go", "net/http", ""},
		"net/http in a feed that asks for it":  {"signal/feed/httpfeed/a.go", "net/http", ""},
		"net/http in a venue":                  {"trading/alpaca/a.go", "net/http", ""},
		"net/http through another room":        {"a.go", house + "/signal/feed/httpfeed", "it brings net/http along"},
		"another package of net":               {"signal/a.go", "net/url", ""},
		"testing in what ships":                {"signal/a.go", "testing", noTest},
		"testing in a kit":                     {"signal/signaltest/a.go", "testing/synctest", ""},
		"testify in a kit":                     {"signal/signaltest/a.go", testify, inTests},
		"goleak in what ships":                 {"supervisor/a.go", "go.uber.org/goleak", inTests},
		"testify in a test file":               {"signal/a_test.go", testify, ""},
		"time zones in a library":              {"trading/session/a.go", "time/tzdata", program},
		"time zones in a library of examples":  {"examples/one/a.go", "time/tzdata", program},
		"time zones in a test file":            {"trading/session/a_test.go", "time/tzdata", ""},
		"a nested module uses our internals":   {"trading/store/sqlite/a.go", house + "/internal/clockctx", noRoot},
		"an example uses our internals":        {"examples/one/a.go", house + "/internal/assemble", noRoot},
		"its tests may":                        {"trading/store/sqlite/a_test.go", house + "/internal/clockctx", ""},
		"a context in the book":                {"trading/book/a.go", "context", isPure},
		"a mutex in the book":                  {"trading/book/a.go", "sync", isPure},
		"an atomic in the book":                {"trading/book/a.go", "sync/atomic", isPure},
		"a clock in the book":                  {"trading/book/a.go", "github.com/benbjohnson/clock", isPure},
		"a deadline in the book":               {"trading/book/a.go", house + "/internal/clockctx", isPure},
		"a file in the book":                   {"trading/book/a.go", "os", isPure},
		"chance in the book":                   {"trading/book/a.go", "math/rand/v2", isPure},
		"sums in the book":                     {"trading/book/a.go", "github.com/shopspring/decimal", ""},
		"text in the book":                     {"trading/book/a.go", "encoding/json", ""},
		"a context in the journal":             {"trading/journal/a.go", "context", ""},
		"a clock in a strategy":                {"signal/strategy/a.go", "github.com/benbjohnson/clock", isPure},
		"a context in a test of the book":      {"trading/book/a_test.go", "context", ""},
	})
}

func TestLayersLetAProgramCarryTimeZones(t *testing.T) {
	t.Parallel()
	planted := plant(t, map[string]string{"examples/one/main.go": "package main\nimport _ \"time/tzdata\""})
	require.Empty(t, planted.Layers(checks.Rooms))
}

func TestPureRoomsDoNotWait(t *testing.T) {
	t.Parallel()
	const text = `package book

import "time"

func f(until time.Time) time.Duration {
	c := make(chan int)
	go f(until)
	select {}
	_ = time.Now() //vigil:wallclock a reason that counts elsewhere
	return until.Sub(time.Time{})
}
`
	planted := plant(t, map[string]string{"trading/book/a.go": text, "trading/engine/a.go": text})
	const is = ": trading/book is a pure room and "
	require.Equal(t, []string{
		"trading/book/a.go:6" + is + "has no channel",
		"trading/book/a.go:7" + is + "starts no goroutine",
		"trading/book/a.go:8" + is + "does not wait",
		"trading/book/a.go:9" + is + "gets the time as an argument, whatever a //vigil:wallclock says",
	}, lines(planted.Layers(checks.Rooms)))
}

func TestPackageWithoutAPlaceInThePlan(t *testing.T) {
	t.Parallel()
	house := plant(t, map[string]string{
		"signal/attic/a.go":      "package attic",
		"signal/attic/b.go":      "package attic",
		"newroom/a.go":           "package newroom",
		"onlytests/a_test.go":    "package onlytests_test",
		"internal/checked/by.go": "package checked",
	})
	const what = ": no line in internal/checks/layers.go says what this package may import"
	require.Equal(t, []string{"newroom" + what, "signal/attic" + what}, lines(house.Layers(checks.Rooms)))
}
