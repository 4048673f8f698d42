package candle

import (
	"fmt"
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
	stampSeconds
	stampMillis
	stampMicros
	stampNanos
)

func (f stampFormat) String() string {
	return [...]string{"no format yet", "RFC 3339", "date and time without a zone", "epoch seconds", "epoch milliseconds",
		"epoch microseconds", "epoch nanoseconds"}[f]
}

// parseStamp reads a timestamp and says in which format it was. A number's magnitude tells its unit: seconds up to the
// year 5138, and what is larger in turn milliseconds, microseconds and nanoseconds from 1973 on.
func parseStamp(s string) (time.Time, stampFormat, error) {
	if s != "" && strings.Trim(s, "0123456789") == "" {
		return parseEpoch(s)
	}
	if !dated(s) {
		return time.Time{}, stampUnset, fmt.Errorf(
			"timestamp %.40q is neither RFC 3339, YYYY-MM-DD HH:MM:SS nor a Unix time", s)
	}
	format, layout := stampRFC3339, "2006-01-02T15:04:05Z07:00"
	if s[10] == ' ' { // RFC 3339 allows the space, and many tools write it
		layout = "2006-01-02 15:04:05Z07:00"
		if !strings.ContainsAny(s[19:], "Z+-") {
			format, layout = stampDateTime, "2006-01-02 15:04:05"
		}
	}
	at, err := time.Parse(layout, s)
	if err != nil {
		return time.Time{}, format, fmt.Errorf("timestamp %.40q: %w", s, err)
	}
	return at.UTC(), format, nil
}

// dated reports whether s begins with a date and a time in full, which time.Parse is not strict about. It also bounds
// the length, for the sake of error messages.
func dated(s string) bool {
	const shape, longest = "0000-00-00T00:00:00", 40
	if len(s) < len(shape) || len(s) > longest || strings.Contains(s, ",") {
		return false
	}
	for i := range len(shape) {
		switch c := s[i]; shape[i] {
		case '0':
			if c < '0' || c > '9' {
				return false
			}
		case 'T':
			if c != 'T' && c != ' ' {
				return false
			}
		default:
			if c != shape[i] {
				return false
			}
		}
	}
	return true
}

func parseEpoch(s string) (time.Time, stampFormat, error) {
	n, err := strconv.ParseInt(s, 10, 64)
	switch {
	case err != nil:
		return time.Time{}, stampNanos, fmt.Errorf("timestamp %.40q is too large", s)
	case n < 1e11:
		return time.Unix(n, 0).UTC(), stampSeconds, nil
	case n < 1e14:
		return time.UnixMilli(n).UTC(), stampMillis, nil
	case n < 1e17:
		return time.UnixMicro(n).UTC(), stampMicros, nil
	}
	return time.Unix(0, n).UTC(), stampNanos, nil
}
