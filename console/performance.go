package console

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/shopspring/decimal"

	"github.com/seed-5dee1c0a/vigil/internal/answer"
	"github.com/seed-5dee1c0a/vigil/trading/book"
)

// periods are how days are added up, by the first day of what a day belongs to. Weeks begin on Monday.
var periods = map[string]func(day time.Time) time.Time{
	"day":   func(day time.Time) time.Time { return day },
	"week":  func(day time.Time) time.Time { return day.AddDate(0, 0, -(int(day.Weekday())+6)%7) },
	"month": func(day time.Time) time.Time { return day.AddDate(0, 0, 1-day.Day()) },
}

// period is what an account did in a day, a week or a month.
type period struct {
	From     string              `json:"from"` // the first day, UTC
	To       string              `json:"to"`   // the last day of which there is something
	Fills    int                 `json:"fills"`
	Volume   decimal.Decimal     `json:"volume"`
	Fees     decimal.Decimal     `json:"fees"`
	Realized decimal.Decimal     `json:"realized"` // before fees
	Moved    decimal.Decimal     `json:"moved"`    // cash without a fill that is profit or loss
	Net      decimal.Decimal     `json:"net"`      // realized and moved, less fees
	PaidIn   decimal.Decimal     `json:"paid_in"`  // deposits less withdrawals
	Equity   decimal.NullDecimal `json:"equity"`   // at the end; null until the next trading day is opened
}

func (p *period) add(d book.Day) {
	p.To = d.Day
	p.Fills += d.Fills
	p.Volume, p.Fees = p.Volume.Add(d.Volume), p.Fees.Add(d.Fees)
	p.Realized, p.Moved = p.Realized.Add(d.Realized), p.Moved.Add(d.Moved)
	p.Net = p.Net.Add(d.Realized).Add(d.Moved).Sub(d.Fees)
	p.PaidIn, p.Equity = p.PaidIn.Add(d.PaidIn), d.Equity
}

// performance answers GET /api/performance.
func (a *api) performance(w http.ResponseWriter, r *http.Request) {
	begin, as := periods["day"], format{}
	if wrong := parse(r.URL.RawQuery, map[string]setter{"format": as.set, "by": func(value string) (wrong string) {
		if begin = periods[value]; begin == nil {
			return fmt.Sprintf("%.100q is none of day, week and month", value)
		}
		return ""
	}}); wrong != nil {
		answer.Refuse(w, r, *wrong)
		return
	}
	if a.cfg.Performance == nil {
		absent(w, r, "performance", "Performance")
		return
	}
	ctx, cancel := a.withTimeout(r)
	defer cancel()
	days, err := ask(ctx, a.reads, "performance", func(context.Context) ([]book.Day, error) { return a.cfg.Performance(), nil })
	if err == nil {
		var all []period
		if all, err = addUp(days, begin); err == nil {
			answerList(a, w, r, as, periodTable, all)
			return
		}
	}
	a.unreadable(w, r, "performance", err)
}

// addUp adds up days, oldest first.
func addUp(days []book.Day, begin func(time.Time) time.Time) ([]period, error) {
	all := []period{}
	for _, d := range days {
		day, err := time.Parse(time.DateOnly, d.Day)
		if err != nil {
			return nil, fmt.Errorf("add up the days: %w", err)
		}
		from := begin(day).Format(time.DateOnly)
		if n := len(all); n == 0 || all[n-1].From != from {
			all = append(all, period{From: from})
		}
		all[len(all)-1].add(d)
	}
	return all, nil
}
