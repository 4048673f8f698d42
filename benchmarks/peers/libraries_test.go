package peers_test

import (
	"testing"

	"github.com/cinar/indicator/v2/asset"
	"github.com/cinar/indicator/v2/strategy"
	cinar "github.com/cinar/indicator/v2/strategy/trend"
	"github.com/markcheno/go-talib"
	"github.com/sdcoffey/big"
	"github.com/sdcoffey/techan"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// newCinar is the library's own strategy for this. It says for each bar on which side the fast average is.
func newCinar(_ testing.TB, bars []signal.Bar) run {
	snapshots := make([]*asset.Snapshot, len(bars))
	for i, b := range bars {
		snapshots[i] = &asset.Snapshot{Date: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume}
	}
	var found []cross
	return run{func() error {
		feed := make(chan *asset.Snapshot)
		go func() {
			defer close(feed)
			for _, s := range snapshots {
				feed <- s
			}
		}()
		bar, side := 0, strategy.Hold
		for action := range cinar.NewGoldenCrossStrategyWith(fast, slow).Compute(feed) {
			if action != strategy.Hold && action != side {
				found, side = append(found, cross{bar, action == strategy.Buy}), action
			}
			bar++
		}
		return nil
	}, func() []cross { return found }}
}

// newTechan is a series that grows by a candle, and the library's strategy of two rules asked at each. The candles are
// there before, as the bars of the others are.
func newTechan(_ testing.TB, bars []signal.Bar) run {
	all := candles(bars)
	var found []cross
	return run{func() error {
		series, record := techan.NewTimeSeries(), techan.NewTradingRecord()
		closes := techan.NewClosePriceIndicator(series)
		short, long := techan.NewEMAIndicator(closes, fast), techan.NewEMAIndicator(closes, slow)
		rules := techan.RuleStrategy{
			EntryRule:      techan.NewCrossUpIndicatorRule(long, short),
			ExitRule:       techan.NewCrossDownIndicatorRule(short, long),
			UnstablePeriod: slow,
		}
		for i, candle := range all {
			series.AddCandle(candle)
			order := techan.Order{Price: candle.ClosePrice, Amount: big.ONE, ExecutionTime: candle.Period.End}
			switch {
			case rules.ShouldEnter(i, record):
				found = append(found, cross{i, true})
				order.Side = techan.BUY
			case rules.ShouldExit(i, record):
				found = append(found, cross{i, false})
				order.Side = techan.SELL
			default:
				continue
			}
			record.Operate(order)
		}
		return nil
	}, func() []cross { return found }}
}

func candles(bars []signal.Bar) []*techan.Candle {
	all := make([]*techan.Candle, len(bars))
	for i, b := range bars {
		all[i] = techan.NewCandle(techan.NewTimePeriod(b.Time, minute))
		all[i].OpenPrice, all[i].ClosePrice = big.NewDecimal(b.Open), big.NewDecimal(b.Close)
		all[i].MaxPrice, all[i].MinPrice = big.NewDecimal(b.High), big.NewDecimal(b.Low)
	}
	return all
}

// window is how many closes newTalibWindow looks back upon. With 120, the averages of some bars come out on the other
// side of each other.
const window = 150

// newTalibWindow calculates both averages anew from the newest closes at each bar. So do the strategies of ninjabot,
// which is not to be had from the module proxy, with this library; this is the part of its work that is.
func newTalibWindow(_ testing.TB, bars []signal.Bar) run {
	closes := closesOf(bars)
	var found []cross
	return run{func() error {
		for i := slow; i < len(closes); i++ {
			recent := closes[max(0, i+1-window) : i+1]
			short, long := talib.Ema(recent, fast), talib.Ema(recent, slow)
			now := len(recent) - 1
			if up := short[now] > long[now]; up != (short[now-1] > long[now-1]) {
				found = append(found, cross{i, up})
			}
		}
		return nil
	}, func() []cross { return found }}
}

// newTalibBatch calculates both averages once, over all bars: how fast it goes for whom all bars are there.
func newTalibBatch(_ testing.TB, bars []signal.Bar) run {
	closes := closesOf(bars)
	var found []cross
	return run{func() error {
		short, long := talib.Ema(closes, fast), talib.Ema(closes, slow)
		for i := slow; i < len(closes); i++ {
			if up := short[i] > long[i]; up != (short[i-1] > long[i-1]) {
				found = append(found, cross{i, up})
			}
		}
		return nil
	}, func() []cross { return found }}
}

func closesOf(bars []signal.Bar) []float64 {
	closes := make([]float64, len(bars))
	for i, b := range bars {
		closes[i] = b.Close
	}
	return closes
}
