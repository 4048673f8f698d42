package alpaca

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestConversionsAreReadFromActivities(t *testing.T) {
	t.Parallel()
	row := func(day int, id, kind, symbol, quantity string) string {
		return fmt.Sprintf(`{"activity_type":%q,"id":"202611%02d000000000::%s","date":"2026-11-%02d","net_amount":"0","symbol":%q,"qty":%q}`,
			kind, day, id, day, symbol, quantity)
	}
	for name, c := range map[string]struct {
		rows []string
		want []string
	}{
		"a split in two rows": {[]string{row(2, "a", "SPLIT", "AAPL", "-10"), row(2, "b", "SPLIT", "AAPL", "40")},
			[]string{"split 4:1 of AAPL"}},
		"a reverse split, the new ones first": {[]string{row(2, "a", "SPLIT", "X", "3"), row(2, "b", "SPLIT", "X", "-60")},
			[]string{"split 1:20 of X"}},
		"a split by how much it has changed": {[]string{row(2, "a", "SPLIT", "AAPL", "30")},
			[]string{"split of a ratio that is not told of AAPL"}},
		"another name": {[]string{row(2, "a", "NC", "FB", "-7"), row(2, "b", "NC", "META", "7")}, []string{"FB is META now"}},
		"two names on a day": {
			[]string{row(2, "a", "NC", "A", "-7"), row(2, "b", "NC", "C", "-8"), row(2, "c", "NC", "B", "7"), row(2, "d", "NC", "D", "8")},
			[]string{"A is B now", "C is D now"},
		},
		"two names that cannot be told apart": {
			[]string{row(2, "a", "NC", "A", "-7"), row(2, "b", "NC", "C", "-7"), row(2, "c", "NC", "B", "7"), row(2, "d", "NC", "D", "7")}, nil,
		},
		"another number of the same share": {[]string{row(2, "a", "NC", "A", "-7"), row(2, "b", "NC", "A", "7")}, nil},
		"half of a name":                   {[]string{row(2, "a", "NC", "A", "-7"), row(3, "b", "NC", "B", "7")}, nil},
		"nothing":                          {nil, nil},
		"what was before":                  {[]string{row(1, "a", "SPLIT", "AAPL", "30")}, nil},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			asked := ""
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				asked = r.URL.Query().Get("activity_types")
				_, _ = fmt.Fprintf(w, "[%s]", strings.Join(c.rows, ","))
			}))
			t.Cleanup(server.Close)
			b, err := New(Config{APIKey: "k", SecretKey: "s", URL: server.URL})
			require.NoError(t, err)
			found, err := b.Conversions(t.Context(), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
			require.NoError(t, err)
			var got []string
			for _, one := range found {
				got = append(got, one.String())
				require.Equal(t, time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC), one.Time)
				require.NotEmpty(t, one.ID)
			}
			require.Equal(t, c.want, got)
			require.Equal(t, "SPLIT,NC", asked)
		})
	}
}

func TestConversionsThatCannotBeReadAreAnError(t *testing.T) {
	t.Parallel()
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = fmt.Fprint(w, `[{"activity_type":"SPLIT","id":"odd","date":"2026-11-02","symbol":"A","qty":"3"}]`)
	}))
	t.Cleanup(server.Close)
	b, err := New(Config{APIKey: "k", SecretKey: "s", URL: server.URL})
	require.NoError(t, err)
	_, err = b.Conversions(t.Context(), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	require.ErrorContains(t, err, "splits and names")
}
