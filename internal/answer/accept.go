package answer

import (
	"net/http"
	"strconv"
	"strings"
)

// Wants reports whether a client names a kind in its Accept, and wants it no less than the other one, which is given to
// who says nothing.
func Wants(r *http.Request, kind, other string) bool {
	accept := r.Header["Accept"]
	wanted := wish(accept, kind)
	return wanted.precision == isNamed && wanted.quality > 0 && wanted.quality >= wish(accept, other).quality
}

// Prefers reports whether a client wants a kind more than the other one, or as much and names it more precisely.
func Prefers(r *http.Request, kind, other string) bool {
	accept := r.Header["Accept"]
	a, b := wish(accept, kind), wish(accept, other)
	return a.quality > b.quality || a.quality == b.quality && a.quality > 0 && a.precision > b.precision
}

// wanted is what an Accept says of a kind: how much, from 0 to 1, and how precisely.
type wanted struct {
	quality   float64
	precision int
}

// How precisely a kind is meant.
const (
	isAny   = iota + 1 // */*
	isGroup            // text/*
	isNamed            // text/csv
)

// wish reads what RFC 9110, 12.5.1, says: of what fits a kind the most precise counts. Without an Accept all is welcome.
func wish(accept []string, kind string) wanted {
	if len(accept) == 0 {
		return wanted{1, isAny}
	}
	var most wanted
	for _, list := range accept {
		for one := range strings.SplitSeq(list, ",") {
			name, parameters, _ := strings.Cut(one, ";")
			if p := precision(strings.TrimSpace(name), kind); p > most.precision {
				most = wanted{quality(parameters), p}
			}
		}
	}
	return most
}

// precision is 0 where a range does not have the kind in it.
func precision(name, kind string) int {
	group, rest, _ := strings.Cut(name, "/")
	of, _, _ := strings.Cut(kind, "/")
	switch {
	case strings.EqualFold(name, kind):
		return isNamed
	case rest == "*" && strings.EqualFold(group, of):
		return isGroup
	case name == "*/*":
		return isAny
	}
	return 0
}

// quality reads ;q=0.5, which is 1 where it is not there, or is no such number.
func quality(parameters string) float64 {
	for parameter := range strings.SplitSeq(parameters, ";") {
		name, value, _ := strings.Cut(strings.TrimSpace(parameter), "=")
		if !strings.EqualFold(name, "q") {
			continue
		}
		if q, err := strconv.ParseFloat(value, 64); err == nil && q >= 0 && q <= 1 {
			return q
		}
	}
	return 1
}
