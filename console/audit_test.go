package console_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/console"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

func TestActsOfThePastAreReadPageByPage(t *testing.T) {
	t.Parallel()
	var events []journal.Event
	for n := range 10 {
		events = append(events, journal.Acted{Actor: "ann", Verb: "flatten", Object: fmt.Sprint(n), Error: "no", Ended: noon},
			journal.Halted{Reason: "none of them"})
	}
	h := handler(t, console.Config{History: tell(t, events...)})
	type shown struct {
		Seq                        int64
		Actor, Verb, Object, Error string
		Key                        string `json:"idempotency_key"`
		At, Began, Ended           time.Time
	}
	var all []shown
	pages := 0
	for at := "/api/acts?limit=4"; at != ""; pages++ {
		w := ask(h, http.MethodGet, at)
		require.Equal(t, http.StatusOK, w.Code, w.Body)
		var page []shown
		require.NoError(t, json.Unmarshal(w.Body.Bytes(), &page))
		all, at = append(all, page...), next(w)
	}
	require.Len(t, all, 10)
	require.Equal(t, 3, pages)
	require.Equal(t, shown{
		Seq: 19, Actor: "ann", Verb: "flatten", Object: "9", Error: "no", At: noon.Add(18 * time.Second), Ended: noon,
	}, all[0])
	for _, bad := range []string{"limit=0", "before=x", "actor=ann"} {
		refused(t, ask(h, http.MethodGet, "/api/acts?"+bad), http.StatusBadRequest)
	}
}

func TestEquityIsReadSinceThen(t *testing.T) {
	t.Parallel()
	var asked time.Time
	broken := false
	h := handler(t, console.Config{Equity: func(_ context.Context, since time.Time) ([]journal.Mark, error) {
		asked = since
		if broken {
			return nil, errors.New("the disk is on fire")
		}
		return []journal.Mark{{At: noon.In(time.FixedZone("", 3600)), Equity: decimal.New(5, -1), PaidIn: decimal.New(1, 0)}}, nil
	}})
	w := ask(h, http.MethodGet, "/api/equity?since=2026-01-02T03:04:05Z")
	require.JSONEq(t, `[{"at":"`+noon.UTC().Format(time.RFC3339Nano)+`","equity":"0.5","paid_in":"1"}]`, w.Body.String())
	require.Equal(t, time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC), asked.UTC())
	ask(h, http.MethodGet, "/api/equity")
	require.InDelta(t, 90*24, time.Since(asked).Hours(), 1)
	require.Equal(t, "since", refused(t, ask(h, http.MethodGet, "/api/equity?since=x"), http.StatusBadRequest).Parameter)
	broken = true
	require.NotContains(t, refused(t, ask(h, http.MethodGet, "/api/equity"), http.StatusServiceUnavailable).Detail, "fire")
}
