package engine_test

import (
	"context"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/risk"
	"github.com/seed-5dee1c0a/vigil/trading/size"
)

// counted is a loss as somebody with a pencil follows it: from where it counts, and whether it is written down.
type counted struct {
	limit, began int
	written      bool
}

// reached writes a loss down that has reached its limit.
func (c *counted) reached(profit int) bool {
	if c.limit == 0 || c.written || c.began-profit < c.limit {
		return false
	}
	c.written = true
	return true
}

// pencil follows what 100 coins that were bought for 100 each have brought. What is paid in changes nothing of it.
type pencil struct {
	day, coin, week, peak counted
	today                 string
	monday                time.Time
	last                  int // what it came to at the last look
	all                   []string
}

func (p *pencil) note(is bool, what string) {
	if is {
		p.all = append(p.all, what)
	}
}

// look is one look at the account. down says that nobody has looked since the process before.
func (p *pencil) look(now time.Time, profit int, down bool) {
	today := now.Format(time.DateOnly)
	monday := now.Truncate(24*time.Hour).AddDate(0, 0, -(int(now.Weekday())+6)%7)
	if today != p.today {
		if down { // What was lost may have been lost before midnight.
			p.hold(min(p.last, profit))
		}
		p.today = today
		p.day.began, p.day.written, p.coin.began, p.coin.written = p.last, false, p.last, false
		if !monday.Equal(p.monday) {
			p.monday, p.week.began, p.week.written = monday, p.last, false
		}
	}
	if !p.peak.written {
		p.peak.began = max(p.peak.began, profit)
	}
	p.hold(profit)
	p.last = profit
}

func (p *pencil) hold(profit int) {
	p.note(p.day.reached(profit), "MaxDailyLoss "+p.today)
	p.note(p.coin.reached(profit), "MaxInstrumentLoss "+p.today)
	p.note(p.week.reached(profit), "MaxWeeklyLoss ")
	p.note(p.peak.reached(profit), "MaxDrawdown ")
}

// rearm has the day count anew, and the week and the peak if they are what is lifted.
func (p *pencil) rearm() {
	p.day.began, p.day.written, p.coin.began, p.coin.written = p.last, false, p.last, false
	for _, c := range []*counted{&p.week, &p.peak} {
		if c.written {
			c.began, c.written = p.last, false
		}
	}
}

// written are the breaches that the journal has.
func (r *rig) written() (all []string) {
	for entry, err := range journal.Entries(context.Background(), r.journal, 0) {
		require.NoError(r.t, err)
		switch e := entry.Event.(type) {
		case journal.Halted:
			if e.Limit != "" {
				all = append(all, e.Limit+" "+e.Day)
			}
		case journal.Locked:
			all = append(all, e.Limit+" "+e.Day)
		default: // No other event is a breach.
		}
	}
	slices.Sort(all)
	return all
}

// Whatever happens between two looks, each loss that has reached its limit is recorded then, once, and nothing else is: over
// midnight and over a week, while nothing runs, while there is no price, beside other halts, with money that comes and goes.
func TestLossesAreRecordedAsSomebodyWithAPencilWould(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(rt *rapid.T) {
		limit := func(name string) int { return 100 * rapid.SampledFrom([]int{0, 3, 5, 8, 12}).Draw(rt, name) }
		p := &pencil{today: "2025-03-04", monday: time.Date(2025, 3, 3, 0, 0, 0, 0, time.UTC)}
		p.day.limit, p.coin.limit, p.week.limit, p.peak.limit = limit("daily"), limit("coin"), limit("weekly"), limit("drawdown")
		pricer := &fickle{gone: map[string]bool{}}
		r := newRig(rt, refuses, func(cfg *engine.Config) {
			rules := &risk.Rules{Limits: risk.NoLimits()}
			if p.day.limit > 0 {
				rules.MaxDailyLoss = d(fmt.Sprint(p.day.limit))
			}
			rules.MaxInstrumentLoss, rules.MaxWeeklyLoss = d(fmt.Sprint(p.coin.limit)), d(fmt.Sprint(p.week.limit))
			rules.MaxDrawdown = d(fmt.Sprint(p.peak.limit))
			pricer.Pricer = cfg.Broker.(trading.Pricer)
			cfg.Risk, cfg.Size, cfg.Pricer = rules, size.FixedNotional{Amount: d("10000")}, pricer
		})
		r.signals.put(says(btc, signal.Long, r.now()))
		r.settle()
		price, gone := 100, false
		down := false // the process has not seen a price yet
		ctx := context.Background()
		for n := range rapid.IntRange(1, 25).Draw(rt, "looks") {
			switch rapid.SampledFrom([]string{"price", "price", "gone", "down", "cash", "halt", "rearm"}).Draw(rt, "happens") {
			case "price":
				price += rapid.IntRange(-6, 5).Draw(rt, "moved")
			case "gone":
				gone = !gone
				pricer.lose(btc, gone)
			case "down":
				price += rapid.IntRange(-6, 5).Draw(rt, "moved")
				down = true
				r.restart()
			case "cash":
				e := trading.CashEvent{ID: fmt.Sprint("cash", n), Kind: trading.CashDeposit, Amount: d("777"), Time: r.now()}
				if rapid.Bool().Draw(rt, "out") {
					e.Kind, e.Amount = trading.CashWithdrawal, d("-555")
				}
				r.venue.MoveCash(e)
			case "halt":
				require.NoError(rt, r.engine.Halt(ctx, "lunch"))
			case "rearm":
				if !gone && r.engine.Status().Halt.Active() {
					require.NoError(rt, rearm(ctx, r.engine, "alice"))
					p.rearm()
				}
			}
			price = max(price, 1)
			r.clock.Add(rapid.SampledFrom([]time.Duration{
				2 * time.Minute, 2 * time.Minute, 5 * time.Hour, 24 * time.Hour, 3 * 24 * time.Hour, 8 * 24 * time.Hour,
			}).Draw(rt, "later"))
			r.venue.SetPrice(btc, d(fmt.Sprint(price)))
			r.mustStep()
			r.mustStep() // A loss of longer than a day is held against its limit in the step after a day was opened.
			profit := p.last
			if !gone {
				profit = 100 * (price - 100)
			}
			p.look(r.now(), profit, down)
			down = down && gone
			want := slices.Sorted(slices.Values(p.all))
			require.Equal(rt, want, r.written(), "at %s, price %d", r.now(), price)
		}
	})
}
