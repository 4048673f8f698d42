package checks_test

import (
	"os"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
	"github.com/seed-5dee1c0a/vigil/internal/golden"
)

// ours is the house that these tests belong to.
func ours(t *testing.T) *checks.House {
	t.Helper()
	house, err := checks.Read(os.DirFS("../.."))
	require.NoError(t, err)
	return house
}

// A change of what programs can use shows in api/, and is looked at there. `make api` writes it.
func TestAPIIsAsItsFilesSay(t *testing.T) {
	t.Parallel()
	house := ours(t)
	for module, name := range map[string]string{
		".": "vigil", "trading/store": "store", "trading/alpaca": "alpaca", "trading/binance": "binance",
		"console/metrics": "metrics", "console/notify/shoutrrr": "shoutrrr", "examples": "examples",
	} {
		golden.Check(t, house.API(module), "../../api/"+name+".txt")
	}
}

func TestAPIHasEachThingThatAProgramCanWrite(t *testing.T) {
	t.Parallel()
	house := plant(t, map[string]string{
		"a/a.go": `package a
import ("context"; "example.org/house/b")
const Limit = 3
const ( First Kind = iota; hidden; Third )
var ErrGone = errors.New("gone")
type Kind int
type Alias = b.Name
type Config struct { Name, Other string; hidden int; b.Base; Each func(ctx context.Context) error }
type Port interface { Do(ctx context.Context, names ...string) (n int, err error); sealed(); Kinder }
type Box[T any] struct { Value T }
type secret struct { Open int }
func New(cfg, other Config) (*b.Name, error) { return nil, nil }
func Map[K comparable, V any](m map[K]V) []V { return nil }
func helper() {}
func (c *Config) Check() error { return nil }
func (c *Config) check() {}
func (b Box[T]) Get() T { return b.Value }
`,
		"a/internal/in.go":  "package in\ntype In int\n",
		"a/a_test.go":       "package a_test\ntype InTest int\n",
		"cmd/main.go":       "package main\ntype Program int\n",
		"nested/one/go.mod": "module example.org/house/nested/one\n",
		"nested/one/o.go":   "package one\ntype Other int\n",
	})
	require.Equal(t, strings.TrimSpace(`
package example.org/house/a
type Alias = b.Name
method (Box[T]) Get() T
type Box[T any] struct
type Box[T any] struct, Value T
method (*Config) Check() error
type Config struct
type Config struct, Each func(ctx context.Context) error
type Config struct, Name string
type Config struct, Other string
type Config struct, embedded b.Base
var ErrGone
const First Kind = iota, place 0
type Kind int
const Limit = 3
func Map[K comparable, V any](map[K]V) []V
func New(Config, Config) (*b.Name, error)
type Port interface
type Port interface, Do(context.Context, ...string) (int, error)
type Port interface, Kinder
type Port interface, and methods that other packages do not have
const Third Kind = iota, place 2
`), strings.TrimSpace(house.API(".")))
	require.Equal(t, "package example.org/house/nested/one\ntype Other int\n", house.API("nested/one"))
}

// mostNames is how many exported top-level names the root module may have, those of test kits left out. It should sink to
// 450.
const mostNames = 600

// What nobody uses is no promise that has to be kept.
func TestExportsOfTheRootHaveUsers(t *testing.T) {
	t.Parallel()
	house := ours(t)
	for _, f := range house.Unused(".") {
		t.Error(f)
	}
	require.LessOrEqual(t, house.Names(".", checks.Rooms), mostNames)
}

func TestExportsWithoutAUserAreFound(t *testing.T) {
	t.Parallel()
	house := plant(t, map[string]string{
		"a/a.go": `package a
type Config struct { Mode Mode; inner Inner }
type Mode int
const ( Quick Mode = iota; Slow )
type Inner struct{}
type Shown struct{}
func New(Config) *Made { return nil }
type Made struct{}
func (*Made) Far() Far { return Far{} }
type Far struct{}
var ErrLost error
`,
		"a/a_test.go": `package a_test
import "example.org/house/a"
func ExampleShown() { _ = a.Shown{} }
func TestLost() { _ = a.ErrLost }
`,
		"b/b.go": "package b\nimport other \"example.org/house/a\"\nvar _ = other.New\n",
	})
	require.Equal(t, []string{
		"a: ErrLost is exported, and neither an Example nor another package uses it",
		"a: Inner is exported, and neither an Example nor another package uses it",
	}, lines(house.Unused(".")))
	require.Equal(t, 10, house.Names(".", nil))
	require.Equal(t, 0, house.Names(".", []checks.Room{{Path: "a", Kit: true}}), "kits are left out")
}
