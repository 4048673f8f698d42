package sqldb

import (
	"database/sql"
	"fmt"
	"math"
	"time"
)

// The first and the last instant that nanoseconds since 1970 can say.
var (
	earliest = time.Unix(0, math.MinInt64)
	latest   = time.Unix(0, math.MaxInt64)
)

// ToNanos returns a time as it is stored: nanoseconds since 1970, or NULL for one that was not set.
func ToNanos(what string, t time.Time) (sql.NullInt64, error) {
	switch {
	case t.IsZero():
		return sql.NullInt64{}, nil
	case t.Before(earliest) || t.After(latest):
		return sql.NullInt64{}, fmt.Errorf("%s %s is not between the years 1678 and 2262", what, t.Format(time.RFC3339))
	}
	return sql.NullInt64{Int64: t.UnixNano(), Valid: true}, nil
}

func fromNanos(n sql.NullInt64) time.Time {
	if !n.Valid {
		return time.Time{}
	}
	return time.Unix(0, n.Int64).UTC()
}
