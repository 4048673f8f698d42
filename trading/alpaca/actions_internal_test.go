package alpaca

import (
	"net/http"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
)

func TestActionsAreReadFromActivities(t *testing.T) {
	t.Parallel()
	answer, asked := "", ""
	b := inBubble(t, func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("activity_types")
		_, _ = w.Write([]byte(answer))
	})
	answer = `[{"activity_type":"MA","id":"20261101000000000::a","symbol":"OLD","qty":"-7"},` +
		`{"activity_type":"MA","id":"20261130000000000::a","symbol":"XYZ","qty":"-7"},` +
		`{"activity_type":"MA","id":"20261130000000000::b","symbol":"XYZ","qty":"0","net_amount":"70"},` +
		`{"activity_type":"SSO","id":"20261201000000000::c","symbol":"ABC","qty":"3"},` +
		`{"activity_type":"REORG","id":"20261201000000000::d","symbol":"","qty":"3"}]`
	found, err := b.Actions(t.Context(), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	require.NoError(t, err)
	require.Equal(t, "MA,REORG,SSO", asked)
	require.Len(t, found, 2, "what was before, a second row, and what has no share are left out")
	require.Equal(t, "merger of XYZ on 2026-11-30", found[0].String())
	require.Equal(t, "spin-off of ABC on 2026-12-01", found[1].String())

	answer = `[{"activity_type":"MA","id":"odd","symbol":"XYZ"}]`
	_, err = b.Actions(t.Context(), time.Date(2026, 11, 2, 0, 0, 0, 0, time.UTC))
	require.ErrorContains(t, err, "mergers and spin-offs")
}
