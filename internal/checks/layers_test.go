package checks_test

import (
	"path"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

func TestLayers(t *testing.T) {
	t.Parallel()
	const (
		house    = "example.org/house"
		testify  = "github.com/stretchr/testify/require"
		plan     = "see the plan in internal/checks/layers.go"
		noKit    = "a test kit is for tests"
		noTest   = "it is no test kit"
		noServer = "only what serves or speaks HTTP does"
		inTests  = "outside of its test files"
	)
	for name, c := range map[string]struct {
		path    string // of the file that imports
		imports string
		want    string // part of the finding, "" for none
	}{
		"the ground floor stands alone":            {"health/a.go", house + "/signal", plan},
		"a room above imports the ground floor":    {"signal/a.go", house + "/health", ""},
		"signal does not know trading":             {"signal/a.go", house + "/trading", plan},
		"signal does not know supervisor":          {"signal/a.go", house + "/supervisor", plan},
		"supervisor does not know signal":          {"supervisor/a.go", house + "/signal", plan},
		"trading does not know supervisor":         {"trading/paper/a.go", house + "/supervisor", plan},
		"trading knows all of signal":              {"trading/a.go", house + "/signal/feed", ""},
		"a room of one tree knows its root":        {"signal/feed/a.go", house + "/signal", ""},
		"the console knows all rooms":              {"console/a.go", house + "/trading/sqlstore", ""},
		"nobody knows the console":                 {"trading/a.go", house + "/console", plan},
		"nobody knows the root":                    {"trading/a.go", house, plan},
		"a name that only begins alike is another": {"trading/a.go", house + "/signalling", plan},
		"internal is for everybody":                {"health/a.go", house + "/internal/x", ""},
		"internal knows nobody":                    {"internal/x/a.go", house + "/health", plan},
		"not even its own kind":                    {"internal/x/a.go", house + "/internal/y", plan},
		"examples know everything":                 {"examples/one/a.go", house + "/console", ""},
		"examples may use a kit":                   {"examples/one/a.go", house + "/signal/signaltest", ""},
		"what ships uses no kit":                   {"trading/a.go", house + "/signal/signaltest", noKit},
		"a kit uses another kit":                   {"trading/tradingtest/a.go", house + "/signal/signaltest", ""},
		"a test file may import what it likes":     {"health/a_test.go", house + "/trading", ""},
		"net/http below the doors":                 {"signal/feed/a.go", "net/http", noServer},
		"a part of net/http below the doors":       {"trading/a.go", "net/http/httptrace", noServer},
		"net/http at the door":                     {"health/healthhttp/a.go", "net/http", ""},
		"another package of net":                   {"signal/a.go", "net/url", ""},
		"testing in what ships":                    {"signal/a.go", "testing", noTest},
		"testing in a kit":                         {"signal/signaltest/a.go", "testing/synctest", ""},
		"testify in a kit":                         {"signal/signaltest/a.go", testify, inTests},
		"goleak in what ships":                     {"supervisor/a.go", "go.uber.org/goleak", inTests},
		"testify in a test file":                   {"signal/a_test.go", testify, ""},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			planted := plant(t, map[string]string{c.path: "package a\n\nimport _ \"" + c.imports + "\"\n"})
			found := planted.Layers(checks.Rooms)
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

func TestAPackageWithoutAPlaceInThePlan(t *testing.T) {
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
