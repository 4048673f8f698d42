package console

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"

	"github.com/seed-5dee1c0a/vigil/internal/clockctx"
	"github.com/seed-5dee1c0a/vigil/signal"
)

// MaxLimit is the largest limit of a request for signals.
const MaxLimit = 1000

// latestSignals answers GET /api/signals/latest.
func (a *api) latestSignals(w http.ResponseWriter, r *http.Request) {
	query, wrong := parseLatest(r.URL.RawQuery)
	if wrong != nil {
		refuse(w, r, *wrong)
		return
	}
	ctx, cancel := clockctx.WithTimeout(r.Context(), a.cfg.Clock, a.cfg.Timeout)
	defer cancel()
	signals, err := a.cfg.Signals.Latest(ctx, query)
	if err != nil {
		a.failed(w, r, fmt.Errorf("read the latest signals: %w", err))
		return
	}
	if signals == nil {
		signals = []signal.Signal{} // [] rather than null
	}
	body, err := encode(signals)
	if err != nil {
		a.failed(w, r, fmt.Errorf("write the latest signals: %w", err))
		return
	}
	write(w, r, http.StatusOK, "application/json", body)
}

// failed logs what went wrong inside and answers without it: what a database says is not for everybody.
func (a *api) failed(w http.ResponseWriter, r *http.Request, err error) {
	if r.Context().Err() == nil { // else whoever asked has gone, which is no failure of ours
		a.cfg.Logger.ErrorContext(r.Context(), "Console request failed", "path", r.URL.Path, "error", err)
	}
	refuse(w, r, problem{Status: http.StatusServiceUnavailable, Detail: "the signals cannot be read at present"})
}

// parseLatest reads the parameters of /api/signals/latest. Each may stand there once; an unknown one is an error rather
// than ignored, or a misspelt filter would show everything.
func parseLatest(raw string) (signal.Query, *problem) {
	query := signal.Query{Limit: signal.DefaultLimit}
	values, err := url.ParseQuery(raw)
	if err != nil {
		return query, &problem{Status: http.StatusBadRequest, Detail: "the query cannot be read: " + err.Error()}
	}
	names := make([]string, 0, len(values))
	for name := range values {
		names = append(names, name)
	}
	slices.Sort(names) // of several wrong ones the same is named each time
	for _, name := range names {
		if detail := setParameter(&query, name, values[name]); detail != "" {
			return query, &problem{
				Status: http.StatusBadRequest, Detail: fmt.Sprintf("%.100s: %s", name, detail), Parameter: name,
			}
		}
	}
	return query, nil
}

// setParameter returns what is wrong with the parameter, or nothing.
func setParameter(query *signal.Query, name string, values []string) (wrong string) {
	if len(values) != 1 {
		return "given more than once"
	}
	value := values[0]
	switch name {
	case "limit":
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > MaxLimit {
			return fmt.Sprintf("%.100q is not a whole number from 1 to %d", value, MaxLimit)
		}
		query.Limit = n
	case "min_confidence":
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f >= 0 && f <= 1) { // NaN is neither
			return fmt.Sprintf("%.100q is not a number from 0 to 1", value)
		}
		query.MinConfidence = f
	case "symbol", "strategy":
		if value == "" {
			return "empty; leave it out to ask for all"
		}
		if name == "symbol" {
			query.Symbol = value
		} else {
			query.Strategy = value
		}
	default:
		return "unknown; there are limit, min_confidence, strategy and symbol"
	}
	return ""
}
