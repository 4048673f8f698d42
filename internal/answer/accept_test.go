package answer_test

import (
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

func TestAcceptSaysWhatIsWantedAndHowMuch(t *testing.T) {
	t.Parallel()
	for accept, c := range map[string]struct{ wants, prefers bool }{
		"":                                     {},
		"*/*":                                  {},
		"text/csv":                             {true, true},
		"TEXT/CSV; header=present":             {true, true},
		"text/csv, */*":                        {true, true},
		"text/csv, application/json":           {true, false},
		"text/csv;q=0":                         {},
		"text/csv; Q=0.0, */*":                 {},
		"text/csv, application/json;q=0":       {true, true},
		"text/csv;q=0.9, application/json;q=1": {},
		"text/csv;q=0.9,application/json;q=.1": {true, true},
		"text/csv;q=0.5, */*":                  {},
		"text/*":                               {false, true},
		"application/json;q=0, */*":            {false, true},
		"application/json;q=0, text/csv;q=0":   {},
		"text/html, */*;q=0.8":                 {},
		"text/csv;q=much":                      {true, true},
		",;q=1,/,*":                            {},
	} {
		r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
		if accept != "" {
			r.Header.Set("Accept", accept)
		}
		require.Equal(t, c.wants, answer.Wants(r, "text/csv", "application/json"), accept)
		require.Equal(t, c.prefers, answer.Prefers(r, "text/csv", "application/json"), accept)
	}
	r := httptest.NewRequest(http.MethodGet, "/", http.NoBody)
	r.Header["Accept"] = []string{"application/json;q=0.1", "text/csv"}
	require.True(t, answer.Prefers(r, "text/csv", "application/json"), "over several lines")
}
