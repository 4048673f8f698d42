package console_test

import (
	"net/http"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
)

var (
	documentedPath   = regexp.MustCompile(`^  (/\S*):$`)
	documentedMethod = regexp.MustCompile(`^    (get|post|delete|put|patch):`)
	documentedQuery  = regexp.MustCompile(`\{name: (\w+), in: query`)
	knownQueries     = regexp.MustCompile(`unknown; there are (.*)$`)
)

// operation is what the document says of one method of a path.
type operation struct{ method, queries string }

// documented reads what the document says, as its lines are written: the root has no reader of YAML.
func documented(t testing.TB) map[string][]operation {
	t.Helper()
	w := ask(handler(t, console.Config{}), http.MethodGet, "/api/openapi.yaml")
	require.Equal(t, http.StatusOK, w.Code)
	require.Equal(t, "application/yaml", w.Header().Get("Content-Type"))
	all, path := map[string][]operation{}, ""
	for row := range strings.Lines(w.Body.String()) {
		row = strings.TrimRight(row, "\n")
		if found := documentedPath.FindStringSubmatch(row); found != nil {
			path = found[1]
		} else if strings.HasPrefix(row, "components:") {
			break
		}
		if found := documentedMethod.FindStringSubmatch(row); found != nil {
			all[path] = append(all[path], operation{method: strings.ToUpper(found[1])})
		}
		for _, found := range documentedQuery.FindAllStringSubmatch(row, -1) {
			last := &all[path][len(all[path])-1]
			last.queries += " " + found[1]
		}
	}
	return all
}

func TestDocumentHasEachRouteAndNoOther(t *testing.T) {
	t.Parallel()
	found := map[string][]string{}
	for path, operations := range documented(t) {
		for _, one := range operations {
			found[path] = append(found[path], one.method)
		}
		slices.Sort(found[path])
	}
	require.Equal(t, console.Routes(), found)
}

// What a path says of its parameters is what the document says.
func TestDocumentHasEachParameterAndNoOther(t *testing.T) {
	t.Parallel()
	h := handler(t, console.Config{Events: newEvents(t, console.EventsConfig{})})
	for path, operations := range documented(t) {
		if operations[0].method != http.MethodGet || !strings.HasPrefix(path, "/api/") {
			continue
		}
		known := map[string]bool{}
		for _, accept := range []func(*http.Request){header("Accept", "application/json"), asStream} {
			detail := refused(t, ask(h, http.MethodGet, path+"?zz=1", accept), http.StatusBadRequest).Detail
			if list := knownQueries.FindStringSubmatch(detail); list != nil {
				for name := range strings.FieldsFuncSeq(strings.ReplaceAll(list[1], " and ", ", "), func(c rune) bool {
					return c == ',' || c == ' '
				}) {
					known[name] = true
				}
				continue
			}
			require.Contains(t, detail, "this path has no parameters", path)
		}
		said := map[string]bool{}
		for name := range strings.FieldsSeq(operations[0].queries) {
			said[name] = true
		}
		require.Equal(t, known, said, path)
	}
}

var (
	documentedID     = regexp.MustCompile(`(?m)^      operationId: (\w+)$`)
	documentedSchema = regexp.MustCompile(`(?m)^    (\w+):$`)
)

// Generated clients name their calls by the operations, and read nothing that is not used.
func TestDocumentNamesEachOperationAndHasNoSchemaForNothing(t *testing.T) {
	t.Parallel()
	text := ask(handler(t, console.Config{}), http.MethodGet, "/api/openapi.yaml").Body.String()
	operations, ids := 0, map[string]bool{}
	for _, of := range documented(t) {
		operations += len(of)
	}
	for _, found := range documentedID.FindAllStringSubmatch(text, -1) {
		ids[found[1]] = true
	}
	require.Len(t, ids, operations, "each has one, and no two the same")
	_, schemas, found := strings.Cut(text, "\n  schemas:\n")
	require.True(t, found)
	for _, found := range documentedSchema.FindAllStringSubmatch(schemas, -1) {
		require.Contains(t, text, "#/components/schemas/"+found[1]+`"`, "nothing refers to it")
	}
}
