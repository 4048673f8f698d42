package peers_test

import (
	"context"
	"testing"
	"time"

	"github.com/c9s/bbgo/pkg/backtest"
	"github.com/c9s/bbgo/pkg/bbgo"
	"github.com/c9s/bbgo/pkg/fixedpoint"
	indicatorv2 "github.com/c9s/bbgo/pkg/indicator/v2"
	"github.com/c9s/bbgo/pkg/types"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// klines are the bars as bbgo reads them from its database: it ends one a millisecond before the next begins.
func klines(bars []signal.Bar) []types.KLine {
	all := make([]types.KLine, len(bars))
	for i, b := range bars {
		all[i] = types.KLine{
			Exchange: types.ExchangeBinance, Symbol: b.Symbol, Interval: types.Interval1m, Closed: true,
			StartTime: types.Time(b.Time), EndTime: types.Time(b.End().Add(-time.Millisecond)),
			Open: fixedpoint.NewFromFloat(b.Open), High: fixedpoint.NewFromFloat(b.High),
			Low: fixedpoint.NewFromFloat(b.Low), Close: fixedpoint.NewFromFloat(b.Close),
			Volume: fixedpoint.NewFromFloat(b.Volume),
		}
	}
	return all
}

// bbgoCross is a strategy on the indicators that bbgo's documentation recommends since v1.49. What it finds is its
// signal; it places no order.
type bbgoCross struct {
	Symbol string `json:"symbol"`

	bars  int // seen
	found []cross
}

func (*bbgoCross) ID() string         { return "ema-cross" }
func (*bbgoCross) InstanceID() string { return "ema-cross" }

func (s *bbgoCross) Subscribe(session *bbgo.ExchangeSession) {
	session.Subscribe(types.KLineChannel, s.Symbol, types.SubscribeOptions{Interval: types.Interval1m})
}

func (s *bbgoCross) Run(_ context.Context, _ bbgo.OrderExecutor, session *bbgo.ExchangeSession) error {
	s.watch(session.Indicators(s.Symbol))
	return nil
}

func (s *bbgoCross) watch(set *bbgo.IndicatorSet) {
	set.KLines(types.Interval1m).OnUpdate(func(types.KLine) { s.bars++ })
	short := set.EMA(types.IntervalWindow{Interval: types.Interval1m, Window: fast})
	long := set.EMA(types.IntervalWindow{Interval: types.Interval1m, Window: slow})
	indicatorv2.Cross(short, long).OnUpdate(func(way float64) {
		s.found = append(s.found, cross{s.bars - 1, way == float64(indicatorv2.CrossOver)})
	})
}

// newBbgoIndicators is what turns a bar into a cross and nothing else: the stream of a market, the series of its bars
// and closes, two averages, their crosses.
func newBbgoIndicators(_ testing.TB, bars []signal.Bar) run {
	stream, all := types.NewStandardStream(), klines(bars)
	s := &bbgoCross{Symbol: bars[0].Symbol}
	s.watch(bbgo.NewIndicatorSet(s.Symbol, &stream, types.NewMarketDataStore(s.Symbol)))
	return run{func() error {
		for _, k := range all {
			stream.EmitKLineClosed(k)
		}
		return nil
	}, func() []cross { return s.found }}
}

// venue is the exchange behind a backtest. A backtest asks it for its name and its markets.
type venue struct {
	types.Exchange
	symbol string
}

func (venue) Name() types.ExchangeName    { return types.ExchangeBinance }
func (venue) PlatformFeeCurrency() string { return "BNB" }

func (v venue) QueryMarkets(context.Context) (types.MarketMap, error) {
	cent := fixedpoint.NewFromFloat(0.01)
	return types.MarketMap{v.symbol: {
		Symbol: v.symbol, BaseCurrency: "BTC", QuoteCurrency: "USDT", PricePrecision: 2, VolumePrecision: 2,
		TickSize: cent, StepSize: cent, MinNotional: cent, MinQuantity: cent,
	}}, nil
}

// newBbgoBacktest is what `bbgo backtest` puts together, with bars from memory rather than from its database, and
// without the report at the end.
func newBbgoBacktest(tb testing.TB, bars []signal.Bar) run {
	ctx, s := tb.Context(), &bbgoCross{Symbol: bars[0].Symbol}
	market := venue{symbol: s.Symbol}
	exchange, err := backtest.NewExchange(market.Name(), market, nil, &bbgo.Backtest{
		StartTime: types.LooseFormatTime(origin), Symbols: []string{s.Symbol},
	})
	require.NoError(tb, err)
	environ := bbgo.NewEnvironment().SetStartTime(origin)
	session := environ.AddExchange("backtest", exchange)
	require.NoError(tb, environ.Init(ctx))
	exchange.MarketDataStream = session.MarketDataStream.(types.StandardStreamEmitter)
	exchange.BindUserData(session.UserDataStream.(types.StandardStreamEmitter))

	trader := bbgo.NewTrader(environ)
	trader.DisableLogging()
	require.NoError(tb, trader.Configure(&bbgo.Config{
		// There is no database to take them from: the bars begin with the first.
		Environment: &bbgo.EnvironmentConfig{DisableHistoryKLinePreload: true},
	}))
	require.NoError(tb, trader.AttachStrategyOn("backtest", s))
	require.NoError(tb, trader.Initialize(ctx))
	require.NoError(tb, trader.Run(ctx))
	all := klines(bars)
	exchange.Src = &backtest.ExchangeDataSource{Exchange: exchange, Session: session}
	return run{func() error {
		for _, k := range all {
			exchange.ConsumeKLine(k, types.Interval1m)
		}
		return nil
	}, func() []cross { return s.found }}
}
