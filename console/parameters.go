package console

import (
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
)

// maxLimit is the largest limit of a request for signals.
const maxLimit = 1000

// setter takes a parameter's value and returns what is wrong with it, or nothing.
type setter func(value string) (wrong string)

// parse reads the parameters of a query. Each may stand there once; an unknown one is an error rather than ignored, or a
// misspelt filter would show everything. Of several wrong ones the same is named each time.
func parse(raw string, known map[string]setter) *answer.Problem {
	values, err := url.ParseQuery(raw)
	if err != nil {
		return &answer.Problem{Status: http.StatusBadRequest, Detail: "the query cannot be read: " + err.Error()}
	}
	for _, name := range slices.Sorted(maps.Keys(values)) {
		var detail string
		switch set := known[name]; {
		case len(values[name]) != 1:
			detail = "given more than once"
		case set == nil:
			detail = "unknown; there are " + list(known)
		default:
			detail = set(values[name][0])
		}
		if detail != "" {
			return badParameter(name, detail)
		}
	}
	return nil
}

func badParameter(name, detail string) *answer.Problem {
	name = fmt.Sprintf("%.100s", name) // who asked knows the rest
	return &answer.Problem{Status: http.StatusBadRequest, Detail: name + ": " + detail, Parameter: name}
}

// list returns the names as one says them: a, b and c.
func list(known map[string]setter) string {
	names := slices.Sorted(maps.Keys(known))
	last := len(names) - 1
	if last == 0 {
		return names[0]
	}
	return strings.Join(names[:last], ", ") + " and " + names[last]
}

func setLimit(limit *int) setter { return setLimitTo(limit, maxLimit) }

func setLimitTo(limit *int, most int) setter {
	return func(value string) string {
		n, err := strconv.Atoi(value)
		if err != nil || n < 1 || n > most {
			return fmt.Sprintf("%.100q is not a whole number from 1 to %d", value, most)
		}
		*limit = n
		return ""
	}
}

func setConfidence(confidence *float64) setter {
	return func(value string) string {
		f, err := strconv.ParseFloat(value, 64)
		if err != nil || !(f >= 0 && f <= 1) { // NaN is neither
			return fmt.Sprintf("%.100q is not a number from 0 to 1", value)
		}
		*confidence = f
		return ""
	}
}

func setText(text *string) setter {
	return func(value string) string {
		if value == "" {
			return "empty; leave it out to ask for all"
		}
		*text = value
		return ""
	}
}

func setInterval(interval *time.Duration) setter {
	return func(value string) string {
		d, err := time.ParseDuration(value)
		if err != nil || d <= 0 {
			return fmt.Sprintf("%.100q is not a time above zero, such as 1m", value)
		}
		*interval = d
		return ""
	}
}

func setTime(at *time.Time) setter {
	return func(value string) string {
		t, err := time.Parse(time.RFC3339Nano, value)
		if err != nil || t.IsZero() {
			return fmt.Sprintf("%.100q is not a time such as 2026-03-04T12:00:00Z", value)
		}
		*at = t.UTC()
		return ""
	}
}

// setPlace takes the number of what a page begins before.
func setPlace(before *int64) setter {
	return func(value string) string {
		n, err := strconv.ParseInt(value, 10, 64)
		if err != nil || n < 1 {
			return fmt.Sprintf("%.100q is not a whole number from 1 on", value)
		}
		*before = n
		return ""
	}
}
