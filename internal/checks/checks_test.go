package checks_test

import (
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/require"
	"go.uber.org/goleak"

	"github.com/seed-5dee1c0a/vigil/internal/checks"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// plant makes a house of the module example.org/house from files given as path and text.
func plant(t *testing.T, files map[string]string) *checks.House {
	t.Helper()
	tree := fstest.MapFS{
		"go.mod":  {Data: []byte("module example.org/house\n\ngo 1.26.0\n")},
		"go.work": {Data: []byte("go 1.26.0\n\nuse (\n\t.\n\t./nested/one\n)\n")},
	}
	for path, text := range files {
		tree[path] = &fstest.MapFile{Data: []byte(text)}
	}
	house, err := checks.Read(tree)
	require.NoError(t, err)
	return house
}

func lines(found []checks.Finding) []string {
	var all []string
	for _, f := range found {
		all = append(all, f.String())
	}
	return all
}

func TestReadNamesWhatItCannotRead(t *testing.T) {
	t.Parallel()
	gomod := &fstest.MapFile{Data: []byte("module example.org/house\n")}
	for name, c := range map[string]struct {
		tree fstest.MapFS
		want string
	}{
		"no root module":              {fstest.MapFS{}, "go.mod"},
		"a go.mod without its module": {fstest.MapFS{"go.mod": {Data: []byte("go 1.26.0\n")}}, "no module line"},
		"a file that does not parse": {
			fstest.MapFS{"go.mod": gomod, "a/b.go": {Data: []byte("package b\nfunc {")}}, "a/b.go:2",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := checks.Read(c.tree)
			require.ErrorContains(t, err, c.want)
		})
	}
}

func TestReadLeavesOutWhatIsNotOfTheHouse(t *testing.T) {
	t.Parallel()
	house := plant(t, map[string]string{
		"signal/a.go":            "package signal",
		"signal/testdata/b.go":   "not Go at all",
		"vendor/x/c.go":          "not Go at all",
		".git/d.go":              "not Go at all",
		"signal/e.txt":           "not Go at all",
		"signal/only_windows.go": "//go:build windows\n\npackage signal",
	})
	require.Equal(t, 2, house.Files())
}

func TestTestMains(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		files map[string]string
		want  []string
	}{
		"no tests, no need": {map[string]string{"a/a.go": "package a"}, nil},
		"tests with goleak in TestMain": {map[string]string{
			"a/a_test.go":    "package a_test",
			"a/main_test.go": "package a_test\nimport \"go.uber.org/goleak\"\nfunc TestMain(m M) { goleak.VerifyTestMain(m) }",
		}, nil},
		"tests without a TestMain, beside a package with one": {
			map[string]string{
				"a/a_test.go": "package a_test",
				"b/b_test.go": "package b_test\nimport \"go.uber.org/goleak\"\nfunc TestMain(m M) { goleak.VerifyTestMain(m) }",
			},
			[]string{"a: has tests and no TestMain that calls goleak.VerifyTestMain"},
		},
		"a TestMain that does not look": {
			map[string]string{"a/a_test.go": "package a_test\nfunc TestMain(m M) { m.Run() }"},
			[]string{"a: has tests and no TestMain that calls goleak.VerifyTestMain"},
		},
		"goleak elsewhere than in TestMain": {
			map[string]string{"a/a_test.go": "package a_test\nimport \"go.uber.org/goleak\"\n" +
				"func TestOne(m M) { goleak.VerifyTestMain(m) }\nfunc TestMain(m M) {}\n" +
				"func TestTwo(m M) { goleak.VerifyTestMain(m) }"},
			[]string{"a: has tests and no TestMain that calls goleak.VerifyTestMain"},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			require.Equal(t, c.want, lines(plant(t, c.files).TestMains()))
		})
	}
}

func TestWorkspace(t *testing.T) {
	t.Parallel()
	house := plant(t, map[string]string{
		"nested/one/go.mod":   "module example.org/house/nested/one\n",
		"nested/two/go.mod":   "module example.org/house/nested/two\n",
		"nested/three/go.mod": "module example.org/house/nested/three\n",
		"nested/four/go.mod":  "module example.org/house/nested/four\n",
		"go.work": "go 1.26.0\n\nuse (\n\t.\n\t./nested/one\n\t// ./nested/three\n)\n\n" +
			"// ./nested/four is left out: it takes an hour to build.\n",
	})
	require.ElementsMatch(t, []string{
		"nested/two/go.mod: go.work does not use this module",
		"nested/three/go.mod: go.work does not use this module",
	}, lines(house.Workspace()))
}
