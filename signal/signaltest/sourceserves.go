package signaltest

import (
	"cmp"
	"math"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// Served is what a venue has for TestSourceServes. Its zero value is the hardest; name what your venue cannot have.
type Served struct {
	Symbol   string        // "" means BTC/USDT
	Interval time.Duration // of its bars; 0 means 250 ms
	Count    int           // how many bars; 0 means 1,203, which no venue gives in one answer
	// Number is what the venue makes of a number, such as one of eight places; nil means that it keeps every float64.
	Number func(float64) float64
	// NoGaps: the venue has a bar for each interval.
	NoGaps bool
}

// TestSourceServes holds a Source against bars that are known: open puts them into a venue, such as a fake server, and returns
// the Source that asks there. The bars are all closed, so the Source's clock is to be after the last of them. It finds what
// TestSource cannot, which does not know what a Source should say: numbers that are rounded, intervals below a second that are
// cut, bars that are left out, limits above what the venue gives at once, gaps at which it stops, answers that it changes later.
// Each case gets a Source of its own, and they run in parallel.
//
//	func TestMySourceServes(t *testing.T) {
//		has := signaltest.Served{Interval: time.Minute}
//		signaltest.TestSourceServes(t, has, func(t *testing.T, bars []signal.Bar) signal.Source {
//			return mysource.New(serve(t, bars).URL)
//		})
//	}
func TestSourceServes(t *testing.T, what Served, open func(t *testing.T, bars []signal.Bar) signal.Source) {
	for _, c := range servedCases {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			bars := what.bars()
			c.run(t, open(t, append([]signal.Bar(nil), bars...)), bars)
		})
	}
}

var servedCases = []struct {
	name string
	run  func(t testing.TB, src signal.Source, bars []signal.Bar)
}{
	{"every bar comes as the venue has it, and no other", servedWhole},
	{"a limit as large as what a venue gives at once, or larger, begins at the first bar, and pages join", servedLarge},
	{"an answer begins with the first bar after the time asked for, to the nanosecond", servedAfter},
	{"the last bars come, one by one too", servedEnd},
	{"what was asked for once can be asked for again", servedAgain},
	{"what is complete has every bar", servedComplete},
	{"behind a gap the next bar comes, however long the gap and however low the limit", servedGaps},
	{"an answer that was given is its caller's, and stays when another one is asked for", servedOwned},
}

// bars are as a market makes them: prices of every size and precision, intervals without a trade, and gaps.
func (s Served) bars() []signal.Bar {
	interval := cmp.Or(s.Interval, 250*time.Millisecond)
	number := s.Number
	if number == nil {
		number = func(x float64) float64 { return x }
	}
	at := time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC).Truncate(interval)
	bars := make([]signal.Bar, 0, cmp.Or(s.Count, 1203))
	for i := range cap(bars) {
		middle := 0.000123456789 * math.Pow(1.013, float64(i)) * (1 + 1/3.0)
		wide := middle * 0.01 / 7
		b := signal.Bar{
			Symbol: cmp.Or(s.Symbol, "BTC/USDT"), Time: at, Interval: interval,
			Open: number(middle), Close: number(middle + wide/3), High: number(middle + wide), Low: number(middle - wide),
			Volume: number(float64(i%11) * 1.1 / 3),
		}
		bars = append(bars, b)
		at = at.Add(interval)
		if i%97 == 50 && !s.NoGaps {
			at = at.Add(3 * interval)
		}
		if i == cap(bars)/2 && !s.NoGaps {
			at = at.Add(longGap * interval)
		}
	}
	return bars
}

// longGap is a gap, in bars, that is longer than what venues give at once, as that of a weekend.
const longGap = 1100

// joined reads page after page.
func joined(t testing.TB, src signal.Source, symbol string, limit, most int) []signal.Bar {
	t.Helper()
	var all []signal.Bar
	after := time.Time{}
	for len(all) <= most {
		page := ask(t, src, symbol, after, limit)
		if len(page) == 0 {
			break
		}
		all, after = append(all, page...), page[len(page)-1].Time
	}
	return all
}

func servedWhole(t testing.TB, src signal.Source, bars []signal.Bar) {
	wantBars(t, "pages of 100", joined(t, src, bars[0].Symbol, 100, len(bars)), bars)
}

func servedLarge(t testing.TB, src signal.Source, bars []signal.Bar) {
	for _, limit := range []int{500, 501, 1000, 5000} {
		first := ask(t, src, bars[0].Symbol, time.Time{}, limit)
		if len(first) == 0 {
			t.Fatalf("with limit %d the answer is empty, and there are %d bars", limit, len(bars))
		}
		wantBars(t, "the first bars, with a limit of 500 or more", first, bars[:min(len(first), len(bars))])
		wantBars(t, "pages of 500 or more", joined(t, src, bars[0].Symbol, limit, len(bars)), bars)
	}
}

func servedAfter(t testing.TB, src signal.Source, bars []signal.Bar) {
	for _, i := range []int{1, 2, 3, 51, len(bars) / 2, len(bars) - 2} {
		for _, c := range []struct {
			after time.Time
			first int
		}{{bars[i].Time, i + 1}, {bars[i].Time.Add(-1), i}, {bars[i].Time.Add(1), i + 1}} {
			got := ask(t, src, bars[0].Symbol, c.after, 1)
			wantBars(t, "the first bar after "+c.after.Format(time.RFC3339Nano), got, bars[c.first:c.first+1])
		}
	}
}

func servedEnd(t testing.TB, src signal.Source, bars []signal.Bar) {
	n := len(bars)
	wantBars(t, "the last seven bars", ask(t, src, bars[0].Symbol, bars[n-8].Time, 100), bars[n-7:])
	wantBars(t, "the last bar", ask(t, src, bars[0].Symbol, bars[n-2].Time, 1), bars[n-1:])
	wantBars(t, "behind the last bar", ask(t, src, bars[0].Symbol, bars[n-1].Time, 100), nil)
}

func servedAgain(t testing.TB, src signal.Source, bars []signal.Bar) {
	n := min(len(bars), 60)
	for _, from := range []int{n - 1, 10, n / 2} {
		wantBars(t, "asked for again", ask(t, src, bars[0].Symbol, bars[from-1].Time, 5), bars[from:min(from+5, len(bars))])
	}
}

func servedComplete(t testing.TB, src signal.Source, bars []signal.Bar) {
	for _, from := range []int{0, 1, 51, len(bars) - 3} {
		for _, limit := range []int{1, 2, 100, 1000} {
			wantComplete(t, askBatch(t, src, bars[0].Symbol, bars[from].Time, limit), bars[from].Time, bars[from+1:])
		}
	}
}
