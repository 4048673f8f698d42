package console

import (
	"net/http"
	"net/url"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// actView is an act as it is shown.
type actView struct {
	Seq int64     `json:"seq"` // of the journal
	At  time.Time `json:"at"`  // when it was journaled
	journal.Acted
	Code string `json:"reason_code,omitempty"` // the same as Error in one word
}

// pastActs answers GET /api/acts.
func (a *api) pastActs(w http.ResponseWriter, r *http.Request) {
	limit, before := signal.DefaultLimit, int64(0)
	if wrong := parse(r.URL.RawQuery, map[string]setter{
		"limit": setLimit(&limit), "before": setPlace(&before),
	}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.History == nil {
		absent(w, r, "acts", "History")
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	page, err := a.before(ctx, w, before, journal.KindOf(journal.Acted{}), limit)
	if err != nil {
		a.unreadable(w, r, "acts", err)
		return
	}
	found := make([]actView, 0, len(page))
	for _, entry := range page {
		if act, ok := entry.Event.(journal.Acted); ok {
			found = append(found, actView{entry.Seq, entry.At.UTC(), act, codeOfRefusal(act.Error)})
		}
	}
	if len(page) == limit {
		linkNext(w, r.URL.Path, url.Values{}, "before", page[limit-1].Seq, limit)
	}
	a.json(w, r, http.StatusOK, found)
}
