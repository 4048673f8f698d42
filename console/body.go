package console

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/internal/foreign"
)

const (
	maxBody    = 64 << 10
	minKey     = 16
	maxKey     = 64
	maxText    = 500
	maxSymbols = 1000
)

// idempotencyKey returns the name that the client has given its request, so that sending it again does nothing twice.
func idempotencyKey(r *http.Request) (string, *answer.Problem) {
	const header = "Idempotency-Key"
	keys := r.Header.Values(header)
	if len(keys) == 1 && len(keys[0]) >= minKey && len(keys[0]) <= maxKey && nameable(keys[0], maxKey) {
		return keys[0], nil
	}
	return "", &answer.Problem{
		Status: http.StatusBadRequest, Field: header,
		Detail: header + ": each act needs one, with 16 to 64 characters, new for each act and the same for each try of it",
	}
}

// body reads the whole body, within the time that an answer has.
func (a *api) body(w http.ResponseWriter, r *http.Request) ([]byte, *answer.Problem) {
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	limited := http.MaxBytesReader(w, r.Body, maxBody)
	text, err := foreign.Go(func() ([]byte, error) { return io.ReadAll(limited) }).Wait(ctx)
	var long *http.MaxBytesError
	switch {
	case errors.As(err, &long):
		return nil, &answer.Problem{Status: http.StatusRequestEntityTooLarge, Detail: "the body is larger than 64 kB"}
	case ctx.Err() != nil:
		// A server reads under a lock that closing the body needs as well: only a deadline ends it. A recorder has none.
		_ = http.NewResponseController(w).SetReadDeadline(time.Unix(1, 0))
		return nil, &answer.Problem{Status: http.StatusRequestTimeout, Detail: "the body did not come in time"}
	case err != nil:
		return nil, &answer.Problem{Status: http.StatusBadRequest, Detail: "the body did not come whole"}
	}
	return text, nil
}

// fields returns the values of the fields of a body, which may have those that are known and no other. Names are compared as
// they are written, and each may stand there once.
func fields(body []byte, known ...string) (map[string]json.RawMessage, *answer.Problem) {
	if !utf8.Valid(body) {
		return nil, badBody("", "it is not UTF-8")
	}
	decoder := json.NewDecoder(bytes.NewReader(body))
	if open, err := decoder.Token(); err != nil || open != json.Delim('{') {
		return nil, badBody("", "it is not a JSON object")
	}
	found := make(map[string]json.RawMessage, len(known))
	for decoder.More() {
		token, err := decoder.Token()
		if err != nil {
			return nil, badBody("", "it is not JSON")
		}
		name, _ := token.(string)
		if !slices.Contains(known, name) {
			return nil, badBody(fmt.Sprintf("%.100s", name), "unknown; "+wanted(known))
		}
		if found[name] != nil {
			return nil, badBody(name, "given more than once")
		}
		var value json.RawMessage
		if err := decoder.Decode(&value); err != nil {
			return nil, badBody(name, "it is not JSON")
		}
		found[name] = value
	}
	if _, err := decoder.Token(); err != nil {
		return nil, badBody("", "it is not JSON")
	}
	if _, err := decoder.Token(); !errors.Is(err, io.EOF) {
		return nil, badBody("", "something follows the JSON object")
	}
	return found, nil
}

// required reads the value of a field that has to be there.
func required[T any](
	given map[string]json.RawMessage, field string, read func(json.RawMessage) (T, string),
) (value T, wrong *answer.Problem) {
	raw, there := given[field]
	if !there {
		return value, badBody(field, "missing")
	}
	value, detail := read(raw)
	if detail != "" {
		return value, badBody(field, detail)
	}
	return value, nil
}

func wanted(known []string) string {
	switch len(known) {
	case 0:
		return "this verb takes an empty object, {}"
	case 1:
		return "this verb takes one field, " + known[0]
	}
	return "this verb takes " + strings.Join(known, ", ")
}

func badBody(field, detail string) *answer.Problem {
	name := "body"
	if field != "" {
		name = field
	}
	return &answer.Problem{Status: http.StatusBadRequest, Detail: name + ": " + detail, Field: field}
}

// The values of fields. Each reader says what is wrong with a value, or nothing.

func text(raw json.RawMessage) (value, wrong string) {
	if json.Unmarshal(raw, &value) != nil || !nameable(value, maxText) {
		return "", "not a text of 1 to 500 bytes in one line"
	}
	return value, ""
}

func texts(raw json.RawMessage) (values []string, wrong string) {
	var each []json.RawMessage
	if json.Unmarshal(raw, &each) != nil || len(each) == 0 || len(each) > maxSymbols {
		return nil, "not a list of 1 to 1000 texts"
	}
	for i, one := range each {
		value, wrong := text(one)
		if wrong != "" {
			return nil, fmt.Sprintf("the one at %d is %s", i, wrong)
		}
		values = append(values, value)
	}
	return values, ""
}

func fraction(raw json.RawMessage) (float64, string) {
	var value *float64
	if json.Unmarshal(raw, &value) != nil || value == nil || *value < 0 || *value > 1 {
		return 0, "not a number from 0 to 1"
	}
	return *value, ""
}

func yesOrNo(raw json.RawMessage) (bool, string) {
	var value *bool
	if json.Unmarshal(raw, &value) != nil || value == nil {
		return false, "neither true nor false"
	}
	return *value, ""
}

func duration(raw json.RawMessage) (time.Duration, string) {
	said, wrong := text(raw)
	value, err := time.ParseDuration(said)
	if wrong != "" || err != nil || value <= 0 {
		return 0, `not a time above zero, such as "5s"`
	}
	return value, ""
}

// place is a Seq: where something stands in the journal.
func place(raw json.RawMessage) (int64, string) {
	var value *int64
	if json.Unmarshal(raw, &value) != nil || value == nil || *value < 1 {
		return 0, "not a whole number above zero"
	}
	return *value, ""
}

// later is a time in RFC 3339.
func later(raw json.RawMessage) (time.Time, string) {
	said, wrong := text(raw)
	value, err := time.Parse(time.RFC3339, said)
	if wrong != "" || err != nil {
		return time.Time{}, `not a time, such as "2026-03-04T12:00:00Z"`
	}
	return value, ""
}
