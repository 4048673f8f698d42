package console

import (
	"maps"
	"net/http"
	"slices"
)

// Routes returns all patterns that a console with everything answers, with the methods of each.
func Routes() map[string][]string {
	all := map[string][]string{
		sessionPath: {http.MethodDelete, http.MethodPost}, controlPath: {http.MethodPost},
		metricsPath: {http.MethodGet},
	}
	for _, path := range slices.Concat(slices.Collect(maps.Keys((&api{}).readPaths())), slices.Collect(maps.Keys(probes))) {
		all[path] = []string{http.MethodGet}
	}
	return all
}
