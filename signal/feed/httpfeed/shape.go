package httpfeed

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Shape says where in an answer the candles are.
type Shape struct {
	// Rows is the way to the list of candles, such as "data.candles"; empty where the answer is that list.
	Rows string
	// Fields are where a candle has its time (of its open), open, high, low, close and volume: numbers of places, from
	// 0, where it is a list, or names where it is an object. Empty means 0 to 5.
	Fields []string
}

var columns = [...]string{"time", "open", "high", "low", "close", "volume"}

func (s *Shape) check() error {
	if len(s.Fields) == 0 {
		s.Fields = []string{"0", "1", "2", "3", "4", "5"}
	}
	if len(s.Fields) != len(columns) {
		return fmt.Errorf("Fields has %d names, not the %d of %s", len(s.Fields), len(columns), strings.Join(columns[:], ", "))
	}
	for i, f := range s.Fields {
		if f == "" {
			return fmt.Errorf("Fields[%d], the %s, is empty", i, columns[i])
		}
	}
	return nil
}

// decode returns the candles of an answer, in its order and without symbol and interval.
func (s *Shape) decode(body []byte) ([]signal.Bar, error) {
	text := json.RawMessage(body)
	if !json.Valid(text) {
		return nil, fmt.Errorf("the answer is not JSON: %.80q", body)
	}
	for _, key := range strings.FieldsFunc(s.Rows, func(c rune) bool { return c == '.' }) {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(text, &object); err != nil || object[key] == nil {
			return nil, fmt.Errorf("the answer has no %q on the way to %s: %.80q", key, s.Rows, body)
		}
		text = object[key]
	}
	var rows []json.RawMessage
	if err := json.Unmarshal(text, &rows); err != nil || rows == nil {
		return nil, fmt.Errorf("the candles are no list: %.80q", text)
	}
	bars := make([]signal.Bar, 0, len(rows))
	for i, row := range rows {
		bar, err := s.bar(row)
		if err != nil {
			return nil, fmt.Errorf("candle %d: %w: %.120q", i+1, err, row)
		}
		bars = append(bars, bar)
	}
	return bars, nil
}

func (s *Shape) bar(row json.RawMessage) (b signal.Bar, err error) {
	var fields [len(columns)]string
	for i, name := range s.Fields {
		if fields[i], err = field(row, name); err != nil {
			return b, fmt.Errorf("%s: %w", columns[i], err)
		}
	}
	if b.Time, err = parseTime(fields[0]); err != nil {
		return b, err
	}
	for i, value := range []*float64{&b.Open, &b.High, &b.Low, &b.Close, &b.Volume} {
		if *value, err = strconv.ParseFloat(fields[i+1], 64); err != nil {
			return b, fmt.Errorf("%s: %.40q is not a number", columns[i+1], fields[i+1])
		}
	}
	return b, nil
}

// field returns what a candle has at a place or under a name: a number, or a string with one.
func field(row json.RawMessage, name string) (string, error) {
	var value json.RawMessage
	if bytes.HasPrefix(bytes.TrimSpace(row), []byte("[")) {
		var list []json.RawMessage
		place, err := strconv.Atoi(name)
		if err != nil {
			return "", fmt.Errorf("a list has no %q", name)
		}
		if err := json.Unmarshal(row, &list); err != nil || place < 0 || place >= len(list) {
			return "", fmt.Errorf("there is no place %d", place)
		}
		value = list[place]
	} else {
		var object map[string]json.RawMessage
		if err := json.Unmarshal(row, &object); err != nil || object[name] == nil {
			return "", fmt.Errorf("there is no %q", name)
		}
		value = object[name]
	}
	var text string
	if json.Unmarshal(value, &text) == nil {
		return text, nil
	}
	return string(bytes.TrimSpace(value)), nil
}

// parseTime reads RFC 3339, or a Unix time in s, ms, us or ns, which its magnitude tells.
func parseTime(text string) (time.Time, error) {
	if at, err := time.Parse(time.RFC3339, text); err == nil {
		return at.UTC(), nil
	}
	n, err := strconv.ParseInt(text, 10, 64)
	switch {
	case err != nil || n <= 0:
		return time.Time{}, fmt.Errorf("time: %.40q is neither RFC 3339 nor a Unix time", text)
	case n < 1e11:
		return time.Unix(n, 0).UTC(), nil
	case n < 1e14:
		return time.UnixMilli(n).UTC(), nil
	case n < 1e17:
		return time.UnixMicro(n).UTC(), nil
	}
	return time.Unix(0, n).UTC(), nil
}

// choose returns the bars after the given time that have closed by now, in the order of time, and refuses what cannot be.
// Many servers answer with the newest first, or say the candle at the seam of two pages twice.
func choose(bars []signal.Bar, symbol string, interval time.Duration, after, now time.Time) ([]signal.Bar, error) {
	slices.SortStableFunc(bars, func(a, b signal.Bar) int { return a.Time.Compare(b.Time) })
	bars = slices.Compact(bars)
	chosen := make([]signal.Bar, 0, len(bars))
	for i, b := range bars {
		b.Symbol, b.Interval = symbol, interval
		if !b.Time.After(after) || b.End().After(now) {
			continue
		}
		err := b.Validate()
		if err == nil && i > 0 && b.Time.Before(bars[i-1].Time.Add(interval)) {
			err = errors.New("it opens before the one in front of it ends")
		}
		if err != nil {
			return nil, fmt.Errorf("the candle of %s: %w", b.Time.Format(time.RFC3339), err)
		}
		chosen = append(chosen, b)
	}
	return chosen, nil
}
