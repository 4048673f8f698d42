package alpacatest

import (
	"encoding/base64"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"
)

// timeframe is a length of bars as the venue names it.
type timeframe struct {
	count int
	unit  string
}

var timeframeName = regexp.MustCompile(`^([1-9][0-9]?)(Min|T|Hour|H|Day|D|Week|W|Month|M)$`)

func timeframeNamed(name string) (timeframe, bool) {
	parts := timeframeName.FindStringSubmatch(name)
	if parts == nil {
		return timeframe{}, false
	}
	n, err := strconv.Atoi(parts[1])
	f := timeframe{n, parts[2][:1]}
	if parts[2] == "Min" {
		f.unit = "T"
	}
	switch f.unit {
	case "T":
		return f, err == nil && n <= 59
	case "H":
		return f, err == nil && n <= 23
	case "D", "W":
		return f, err == nil && n == 1
	}
	return f, err == nil && 12%n == 0
}

// begin is the begin of the bar that holds a time. Days, weeks from Monday on, and months are those of New York.
func (f timeframe) begin(v *Venue, t time.Time) time.Time {
	day := v.midnight(t)
	switch f.unit {
	case "T":
		return t.Truncate(time.Duration(f.count) * time.Minute)
	case "H":
		return t.Truncate(time.Duration(f.count) * time.Hour)
	case "D":
		return day
	case "W":
		return day.AddDate(0, 0, -(int(day.Weekday())+6)%7)
	}
	month := (int(day.Month()) - 1) / f.count * f.count
	return time.Date(day.Year(), time.Month(month+1), 1, 0, 0, 0, 0, v.newYork)
}

// bars are those that begin from one time to another, both among them; the newest may still run.
func (t *tape) bars(v *Venue, f timeframe, from, to time.Time) []bar {
	var all []bar
	for _, minute := range t.minutes {
		begin := f.begin(v, minute.at)
		if n := len(all); n > 0 && all[n-1].at.Equal(begin) {
			all[n-1] = all[n-1].join(minute)
			continue
		}
		if begin.Before(from) || begin.After(to) {
			continue
		}
		all = append(all, bar{at: begin}.join(minute))
	}
	return all
}

// The least and the most bars of one answer.
const (
	defaultBars = 1000
	mostBars    = 10000
	// recent is for how long only those who pay for it are told what was traded at other exchanges than IEX.
	recent = 15 * time.Minute
)

// barsAsked is a question for bars.
type barsAsked struct {
	frame    timeframe
	from, to time.Time
	limit    int
	newest   bool // first
	after    string
}

func (v *Venue) barsAsked(q url.Values) (a barsAsked, p *problem) {
	var ok bool
	if a.frame, ok = timeframeNamed(q.Get("timeframe")); !ok {
		return a, no(400, 0, "invalid timeframe: %s", q.Get("timeframe"))
	}
	a.from, a.to, a.limit, a.newest = v.midnight(v.Now()), v.Now(), defaultBars, q.Get("sort") == "desc"
	for name, at := range map[string]*time.Time{"start": &a.from, "end": &a.to} {
		if text := q.Get(name); text != "" {
			var err error
			if *at, err = time.Parse(time.RFC3339Nano, text); err != nil {
				*at, err = time.ParseInLocation(time.DateOnly, text, v.newYork)
			}
			if err != nil {
				return a, no(400, 0, "invalid %s: %s", name, text)
			}
		}
	}
	if text := q.Get("limit"); text != "" && text != "0" {
		n, err := strconv.Atoi(text)
		if err != nil || n < 1 || n > mostBars {
			return a, no(400, 0, "invalid limit: %s", text)
		}
		a.limit = n
	}
	if text := q.Get("page_token"); text != "" {
		raw, err := base64.StdEncoding.DecodeString(text)
		if err != nil || !strings.Contains(string(raw), "|") {
			return a, no(400, 0, "invalid page_token")
		}
		a.after = string(raw)
	}
	if feed := q.Get("feed"); feed != "" && feed != "iex" && feed != "sip" {
		return a, no(400, 0, "invalid feed: %s", feed)
	} else if feed == "sip" && !v.cfg.SIP && a.to.After(v.Now().Add(-recent)) {
		return a, no(403, 42210000, "subscription does not permit querying recent SIP data")
	}
	return a, nil
}

// barsLocked answers for some symbols, in their order, so many bars as fit into one page.
func (v *Venue) barsLocked(symbols []string, a barsAsked) (bars map[string][]told, token *string) {
	bars = make(map[string][]told)
	slices.Sort(symbols)
	left := a.limit
	symbol, since, paged := strings.Cut(a.after, "|")
	for _, name := range slices.Compact(symbols) {
		t, listed := v.tapes[name]
		if !listed || paged && name < symbol {
			continue
		}
		all := t.bars(v, a.frame, a.from, a.to)
		if a.newest {
			slices.Reverse(all)
		}
		if paged && name == symbol {
			last, err := time.Parse(time.RFC3339, since)
			behind := func(b bar) bool { return b.at.After(last) != a.newest && !b.at.Equal(last) }
			if i := slices.IndexFunc(all, behind); err == nil && i >= 0 {
				all = all[i:]
			} else {
				all = nil
			}
		}
		for _, b := range all {
			if left == 0 {
				return bars, token
			}
			left--
			bars[name] = append(bars[name], b.told("", ""))
			next := base64.StdEncoding.EncodeToString([]byte(name + "|" + b.at.UTC().Format(time.RFC3339)))
			token = &next
		}
	}
	return bars, nil
}

// dataLocked answers a question for market data.
func (v *Venue) dataLocked(path string, q url.Values) (any, *problem) {
	symbol, one := strings.CutSuffix(path, "/bars")
	if !one && path != "bars" {
		return nil, no(501, 0, "alpacatest does not model /v2/stocks/%s", path)
	}
	a, p := v.barsAsked(q)
	if p != nil {
		return nil, p
	}
	if !one {
		if q.Get("symbols") == "" {
			return nil, no(400, 0, "symbols is required")
		}
		bars, token := v.barsLocked(strings.Split(q.Get("symbols"), ","), a)
		return map[string]any{"bars": bars, "next_page_token": token, "currency": "USD"}, nil
	}
	bars, token := v.barsLocked([]string{symbol}, a)
	list := bars[symbol]
	if list == nil {
		list = []told{}
	}
	return map[string]any{"bars": list, "symbol": symbol, "next_page_token": token, "currency": "USD"}, nil
}
