package candle

import (
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"
)

// stampFormat is how a file writes its timestamps.
type stampFormat int

const (
	stampUnset stampFormat = iota
	stampRFC3339
	stampDateTime
	stampMinute
	stampDate
	stampDigits8
	stampDigits12
	stampDigits14
	stampSheet
	stampSeconds
	stampMillis
	stampMicros
	stampNanos
	stampDayAndTime
)

func (f stampFormat) String() string {
	return [...]string{"no format yet", "RFC 3339", "date and time without a zone", "date, hour and minute", "date",
		"YYYYMMDD", "YYYYMMDDHHMM", "YYYYMMDDHHMMSS", "a spreadsheet's day number", "epoch seconds", "epoch milliseconds",
		"epoch microseconds", "epoch nanoseconds", "a date and a time of day in two columns"}[f]
}

// shapes are the ways to write a date, and a time with it, told by their digits and signs alone: 0 stands for any digit.
// Those of digits only are no Unix times that anybody has: they would be of 1970 to 1976 or beyond the year 2262.
var shapes = [...]struct {
	shape, layout string
	format        stampFormat
}{
	{"0000-00-00", "2006-01-02", stampDate},
	{"0000-00-00 00:00", "2006-01-02 15:04", stampMinute},
	{"00000000", "20060102", stampDigits8},
	{"00000000 00:00", "20060102 15:04", stampMinute},
	{"00000000 00:00:00", "20060102 15:04:05", stampDateTime},
	{"000000000000", "200601021504", stampDigits12},
	{"00000000000000", "20060102150405", stampDigits14},
}

// parseStamp reads a timestamp and says in which format it was. Digits that have the shape of a date are one. The
// magnitude of another number tells its unit: days of a spreadsheet from 1990 to 2099, seconds up to the year 5138, and
// what is larger in turn milliseconds, microseconds and nanoseconds from 1973 on.
func parseStamp(s string) (time.Time, stampFormat, error) {
	if hasDate(s) { // as most are
		return parseDateTime(s)
	}
	if at, format, ok := parseShape(s); ok {
		return at, format, nil
	}
	if at, ok := parseSheet(s); ok {
		return at, stampSheet, nil
	}
	if isDigits(s) {
		return parseEpoch(s)
	}
	return time.Time{}, stampUnset, fmt.Errorf(
		"timestamp %.40q is neither RFC 3339, YYYY-MM-DD HH:MM:SS nor a Unix time", s)
}

func parseDateTime(s string) (time.Time, stampFormat, error) {
	format, layout := stampRFC3339, "2006-01-02T15:04:05Z07:00"
	if s[10] == ' ' { // RFC 3339 allows the space, and many tools write it
		layout = "2006-01-02 15:04:05Z07:00"
		if !strings.ContainsAny(s[19:], "Z+-") {
			format, layout = stampDateTime, "2006-01-02 15:04:05"
		}
	}
	if at, ok := plain(s, format == stampDateTime); ok {
		return at, format, nil
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, format, fmt.Errorf("timestamp %.40q: %w", s, err)
	}
	return at.UTC(), format, nil
}

// plain reads a date and a time in full that are in UTC, as nearly all are, five times as fast as time.Parse. It leaves to
// that what is written in another way, and what is no time.
func plain(s string, utc bool) (time.Time, bool) {
	end := len(s)
	if !utc {
		if end--; s[end] != 'Z' {
			return time.Time{}, false
		}
	}
	nanos, ok := fraction(s[len("0000-00-00T00:00:00"):end])
	month, day, hour, minute, second := two(s, 5), two(s, 8), two(s, 11), two(s, 14), two(s, 17)
	if !ok || month < 1 || month > 12 || day < 1 || hour > 23 || minute > 59 || second > 59 {
		return time.Time{}, false
	}
	at := time.Date(100*two(s, 0)+two(s, 2), time.Month(month), day, hour, minute, second, nanos, time.UTC)
	return at, day <= 28 || at.Day() == day // the 30th of February would be in March
}

// two reads two digits.
func two(s string, at int) int { return int(s[at]-'0')*10 + int(s[at+1]-'0') }

// fraction reads nothing, or a point and up to nine digits, as nanoseconds.
func fraction(s string) (nanos int, ok bool) {
	if s == "" {
		return 0, true
	}
	if s[0] != '.' || len(s) < 2 || len(s) > 10 {
		return 0, false
	}
	for i := 1; i < 10; i++ {
		nanos *= 10
		if i >= len(s) {
			continue
		}
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		nanos += int(s[i] - '0')
	}
	return nanos, true
}

// parseShape reads a date of the years 1900 to 2099 in one of the shapes.
func parseShape(s string) (time.Time, stampFormat, bool) {
	if len(s) > len("00000000 00:00:00") || !strings.HasPrefix(s, "19") && !strings.HasPrefix(s, "20") {
		return time.Time{}, stampUnset, false
	}
	for i := range shapes {
		if !hasShape(s, shapes[i].shape) {
			continue
		}
		at, err := time.Parse(shapes[i].layout, s)
		return at, shapes[i].format, err == nil
	}
	return time.Time{}, stampUnset, false
}

// hasShape reports whether s has a digit wherever the shape has one, and the shape's own sign elsewhere.
func hasShape(s, shape string) bool {
	if len(s) != len(shape) {
		return false
	}
	for i := range len(shape) {
		if digit := '0' <= s[i] && s[i] <= '9'; digit != (shape[i] == '0') || !digit && s[i] != shape[i] {
			return false
		}
	}
	return true
}

func isDigits(s string) bool {
	for i := range len(s) {
		if s[i] < '0' || s[i] > '9' {
			return false
		}
	}
	return s != ""
}

// hasDate reports whether s begins with a date and a time in full, which time.Parse is not strict about. It also bounds
// the length, for the sake of error messages.
func hasDate(s string) bool {
	const date, clock, longest = "0000-00-00", "00:00:00", 40
	from := len(date) + len("T")
	return len(s) >= from+len(clock) && len(s) <= longest && (s[len(date)] == 'T' || s[len(date)] == ' ') &&
		hasShape(s[:len(date)], date) && hasShape(s[from:from+len(clock)], clock) && !strings.Contains(s, ",")
}

// The numbers by which a spreadsheet knows the first and the last day of the years 1990 to 2099.
const firstSheetDay, lastSheetDay = 32874, 73050

// sheetDays are the digits of such a number.
const sheetDays = 5

// parseSheet reads a spreadsheet's day: the days since 1899-12-30, and behind a point the time of day. The time is right
// to the second, since the fraction is.
func parseSheet(s string) (time.Time, bool) {
	whole, fraction, _ := strings.Cut(s, ".")
	if len(whole) != sheetDays || len(fraction) > 20 || !isDigits(whole) || fraction != "" && !isDigits(fraction) {
		return time.Time{}, false
	}
	days, err := strconv.ParseFloat(s, 64)
	if err != nil || days < firstSheetDay || days >= lastSheetDay {
		return time.Time{}, false
	}
	seconds := math.Round(days * 24 * 60 * 60)
	return time.Date(1899, 12, 30, 0, 0, 0, 0, time.UTC).Add(time.Duration(seconds) * time.Second), true
}

func parseEpoch(s string) (time.Time, stampFormat, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, stampNanos, fmt.Errorf("timestamp %.40q is too large", s)
	case n < 1e11:
		return parseSeconds(s, n)
	case n < 1e14:
		return time.UnixMilli(n).UTC(), stampMillis, nil
	case n < 1e17:
		return time.UnixMicro(n).UTC(), stampMicros, nil
	}
	return time.Unix(0, n).UTC(), stampNanos, nil
}

// parseSeconds refuses ten digits that may be a date with an hour as well: 2021010409 would be a second of 2034.
func parseSeconds(s string, n int64) (time.Time, stampFormat, error) {
	at := time.Unix(n, 0).UTC()
	if hour, err := time.Parse("2006010215", s); err == nil && 1990 <= hour.Year() && hour.Year() <= 2030 {
		return at, stampSeconds, fmt.Errorf("timestamp %s is %s or, in Unix seconds, %s: write it as YYYY-MM-DD HH:MM:SS", s,
			hour.Format("2006-01-02 15:04"), at.Format(time.DateOnly))
	}
	return at, stampSeconds, nil
}

// parseDayAndTime reads a time from a column of days and one of times of day.
func parseDayAndTime(day, clock string) (time.Time, error) {
	date, format, err := parseStamp(day)
	switch {
	case err != nil:
		return date, err
	case format != stampDate && format != stampDigits8 && format != stampSheet && !date.Equal(date.Truncate(24*time.Hour)):
		return date, fmt.Errorf("the date %.40q has a time of day, and so has the column beside it", day)
	}
	since, err := parseClock(clock)
	return date.Add(since), err
}

var errClock = errors.New("it is neither HH:MM, HH:MM:SS, HHMMSS nor a number of milliseconds since midnight")

// timeLayouts are the ways to write a time of day.
var timeLayouts = [...]struct{ shape, layout string }{
	{"00:00", "15:04"},
	{"00:00:00", "15:04:05"},
	{"000000", "150405"},
}

// parseClock reads a time of day. Milliseconds since midnight are told by their size and by being whole seconds: 930 is
// half past nine to whoever leaves out a zero, and no time to anybody else.
func parseClock(s string) (time.Duration, error) {
	if len(s) > len("00:00:00.000000000") {
		return 0, fmt.Errorf("time of day %.40q: %w", s, errClock)
	}
	head, _, _ := strings.Cut(s, ".")
	for _, c := range timeLayouts {
		if at, err := time.Parse(c.layout, s); err == nil && hasShape(head, c.shape) {
			return at.Sub(at.Truncate(24 * time.Hour)), nil
		}
	}
	const day = 24 * 60 * 60 * 1000
	if n, err := strconv.ParseInt(s, 10, 64); err == nil && isDigits(s) && n < day && n%1000 == 0 {
		return time.Duration(n) * time.Millisecond, nil
	}
	return 0, fmt.Errorf("time of day %.40q: %w", s, errClock)
}
