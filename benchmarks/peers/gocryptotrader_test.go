package peers_test

import (
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"
	"github.com/thrasher-corp/gct-ta/indicators"
	"github.com/thrasher-corp/gocryptotrader/backtester/data"
	"github.com/thrasher-corp/gocryptotrader/backtester/data/kline"
	gct "github.com/thrasher-corp/gocryptotrader/backtester/engine"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/exchange"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/portfolio"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/portfolio/risk"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/portfolio/size"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/statistics"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/strategies/base"
	"github.com/thrasher-corp/gocryptotrader/backtester/eventhandlers/strategies/rsi"
	gctsignal "github.com/thrasher-corp/gocryptotrader/backtester/eventtypes/signal"
	"github.com/thrasher-corp/gocryptotrader/backtester/funding"
	"github.com/thrasher-corp/gocryptotrader/backtester/report"
	"github.com/thrasher-corp/gocryptotrader/currency"
	"github.com/thrasher-corp/gocryptotrader/engine"
	"github.com/thrasher-corp/gocryptotrader/exchanges/asset"
	"github.com/thrasher-corp/gocryptotrader/exchanges/binance"
	gctkline "github.com/thrasher-corp/gocryptotrader/exchanges/kline"
	"github.com/thrasher-corp/gocryptotrader/exchanges/order"

	"github.com/seed-5dee1c0a/vigil/signal"
)

const binanceName = "binance"

// gctCross is a strategy of gocryptotrader's backtester. It says buy and sell at the crosses, and do nothing between
// them, as the backtester asks of a strategy. What else a strategy has to have it takes from the one of the RSI.
type gctCross struct {
	rsi.Strategy
	averages func(data.Handler) (above bool, err error) // on which side the fast average is

	bars  int
	above bool
	found []cross
}

func (s *gctCross) OnSignal(d data.Handler, _ funding.IFundingTransferer, _ portfolio.Handler) (gctsignal.Event, error) {
	base := base.Strategy{}
	event, err := base.GetBaseData(d)
	if err != nil {
		return nil, err
	}
	event.SetPrice(event.ClosePrice)
	event.SetDirection(order.DoNothing)
	above, err := s.averages(d)
	if err != nil {
		return nil, err
	}
	if s.bars++; s.bars > slow && above != s.above {
		s.found = append(s.found, cross{s.bars - 1, above})
		event.SetDirection(order.Sell)
		if above {
			event.SetDirection(order.Buy)
		}
	}
	s.above = above
	return &event, nil
}

// fromHistory calculates the averages from all closes up to now, as the strategies that come with the backtester do with
// their indicators.
func fromHistory(d data.Handler) (bool, error) {
	stream, err := d.StreamClose()
	if err != nil || len(stream) < slow {
		return false, err
	}
	closes := make([]float64, len(stream))
	for i, price := range stream {
		closes[i] = price.InexactFloat64()
	}
	short, long := indicators.EMA(closes, fast), indicators.EMA(closes, slow)
	return short[len(short)-1] > long[len(long)-1], nil
}

// kept returns averages that the strategy goes on with from bar to bar, which no strategy of the backtester does: what
// is left is the backtester.
func kept() func(data.Handler) (bool, error) {
	var short, long float64
	return func(d data.Handler) (bool, error) {
		latest, err := d.Latest()
		if err != nil {
			return false, err
		}
		price := latest.GetClosePrice().InexactFloat64()
		if short == 0 {
			short, long = price, price
		}
		short += 2. / (fast + 1) * (price - short)
		long += 2. / (slow + 1) * (price - long)
		return short > long, nil
	}
}

func newGocryptotraderFromHistory(tb testing.TB, bars []signal.Bar) run {
	return newGocryptotrader(tb, bars, &gctCross{averages: fromHistory})
}

func newGocryptotraderKept(tb testing.TB, bars []signal.Bar) run {
	return newGocryptotrader(tb, bars, &gctCross{averages: kept()})
}

// newGocryptotrader is the backtester as it sets itself up from a configuration, which it cannot do without asking the
// exchange for its pairs. The account is empty: a signal is looked at by portfolio, exchange and statistics, and no
// order comes of it. The results and the report at the end are left out.
func newGocryptotrader(tb testing.TB, bars []signal.Bar, s *gctCross) run {
	pair, spot := currency.NewBTCUSDT(), asset.Spot
	venue := &binance.Exchange{}
	venue.Name = binanceName
	settings := exchange.Settings{Exchange: venue, Pair: pair, Asset: spot}

	bt, err := gct.NewBacktester()
	require.NoError(tb, err)
	folio, err := portfolio.Setup(&size.Size{}, &risk.Risk{}, decimal.Zero)
	require.NoError(tb, err)
	require.NoError(tb, folio.SetCurrencySettingsMap(&settings))
	bt.Strategy, bt.Portfolio, bt.Reports = s, folio, &report.Data{}
	bt.Exchange = &exchange.Exchange{CurrencySettings: []exchange.Settings{settings}}
	bt.Statistic = &statistics.Statistic{}
	bt.Funding = emptyAccount(tb, pair)
	bt.DataHolder = data.NewHandlerHolder()
	require.NoError(tb, bt.DataHolder.SetDataForCurrency(binanceName, spot, pair, gctData(tb, bars, pair)))
	bt.MetaData.DateLoaded = time.Now()
	return run{bt.Run, func() []cross { return s.found }}
}

func emptyAccount(tb testing.TB, pair currency.Pair) funding.IFundingManager {
	manager, err := funding.SetupFundingManager(&engine.ExchangeManager{}, false, true, false)
	require.NoError(tb, err)
	coin, err := funding.CreateItem(binanceName, asset.Spot, pair.Base, decimal.Zero, decimal.Zero)
	require.NoError(tb, err)
	money, err := funding.CreateItem(binanceName, asset.Spot, pair.Quote, decimal.Zero, decimal.Zero)
	require.NoError(tb, err)
	both, err := funding.CreatePair(coin, money)
	require.NoError(tb, err)
	require.NoError(tb, manager.AddPair(both))
	return manager
}

func gctData(tb testing.TB, bars []signal.Bar, pair currency.Pair) data.Handler {
	held := kline.NewDataFromKline()
	held.Item = &gctkline.Item{Exchange: binanceName, Pair: pair, Asset: asset.Spot, Interval: gctkline.OneMin}
	for _, b := range bars {
		held.Item.Candles = append(held.Item.Candles, gctkline.Candle{
			Time: b.Time, Open: b.Open, High: b.High, Low: b.Low, Close: b.Close, Volume: b.Volume,
		})
	}
	require.NoError(tb, held.Load())
	return held
}
