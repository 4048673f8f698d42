package backtest_test

import (
	"bytes"
	"context"
	"io"
	"log/slog"
	"regexp"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/candle"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/backtest"
)

func of(symbol string, bars inMemory) inMemory {
	for i := range bars {
		bars[i].Symbol = symbol
	}
	return bars
}

// One symbol's bars behind the other's would be decided on when the clock is past their signals.
func TestReplayRefusesBarsOutOfOrder(t *testing.T) {
	t.Parallel()
	both := append(of("A/B", *minutes(5)), of("C/D", *minutes(5))...)
	cfg := crossing(t, &both, "A/B", "C/D")
	r := newReplay(t, cfg)
	err := r.Run(t.Context())
	require.EqualError(t, err, "replay of C/D at 2022-01-01T00:00:00Z: it ends at 2022-01-01T00:01:00Z, and the bar of A/B "+
		"before it at 2022-01-01T00:05:00Z: bars have to come in the order of their ends, those of several symbols too")
	require.Equal(t, 5, r.Status().Bars)

	a, b := of("A/B", *minutes(5)), of("C/D", *minutes(5))
	var mixed inMemory
	for i := range a {
		mixed = append(mixed, a[i], b[i])
	}
	r = newReplay(t, crossing(t, &mixed, "A/B", "C/D"))
	require.NoError(t, r.Run(t.Context()))
	require.Equal(t, 10, r.Status().Bars)
}

func TestReplayRefusesAPriceThatItsTickCannotHold(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		tick, price float64
		refused     bool
	}{
		"a fifth digit":            {0.01, 1.22024, true},
		"less than a tick":         {0.01, 0.004, true},
		"an odd tick":              {0.05, 1.07, true},
		"on an odd tick":           {0.05, 1.15, false},
		"on the tick":              {0.00001, 1.22024, false},
		"computed":                 {0.01, 0.1 + 0.2, false},
		"large, on the tick":       {0.01, 123456789.01, false},
		"a float32 that is spread": {1e-7, 130.07999801635742, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			bars := inMemory{{
				Symbol: coin, Time: start, Interval: time.Minute, Open: c.price, High: c.price, Low: c.price, Close: c.price,
			}}
			cfg := crossing(t, &bars)
			cfg.Instruments = []trading.Instrument{{Symbol: coin, Tick: decimal.NewFromFloat(c.tick), Step: number("1")}}
			err := newReplay(t, cfg).Run(t.Context())
			if c.refused {
				require.ErrorIs(t, err, backtest.ErrTick)
				require.ErrorContains(t, err, "with a Tick of ")
				return
			}
			require.NoError(t, err)
		})
	}
}

func TestInstrumentOfHoldsThePricesOfAFile(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		prices     candle.Prices
		tick, step string
	}{
		"a currency":  {candle.Prices{Decimals: 5, Low: 1.21, High: 1.23}, "0.00001", "0.01"},
		"a bitcoin":   {candle.Prices{Decimals: 1, Low: 34000, High: 48000}, "0.1", "0.0001"},
		"in rupiah":   {candle.Prices{Decimals: 0, Low: 5e8, High: 9.9e8}, "1", "0.00000001"},
		"a small one": {candle.Prices{Decimals: 8, Low: 1e-5, High: 2e-5}, "0.00000001", "0.01"},
		"nothing":     {candle.Prices{}, "1", "0.01"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			is := backtest.InstrumentOf(coin, c.prices)
			require.NoError(t, is.Validate())
			require.Equal(t, []string{coin, c.tick, c.step}, []string{is.Symbol, is.Tick.String(), is.Step.String()})
		})
	}
}

// waiting are bars of which the next does not come.
type waiting struct {
	inMemory
	closed chan struct{}
	cancel context.CancelFunc // called when somebody waits
}

func (w *waiting) Next() (signal.Bar, error) {
	if bar, err := w.inMemory.Next(); err == nil {
		return bar, nil
	}
	w.cancel()
	<-w.closed
	return signal.Bar{}, io.ErrClosedPipe
}

func (w *waiting) Close() error {
	close(w.closed)
	return nil
}

func TestReplayOfBarsThatDoNotComeEndsWithItsContext(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(t.Context())
	bars := &waiting{*minutes(3), make(chan struct{}), cancel}
	r := newReplay(t, crossing(t, bars, coin))
	require.ErrorIs(t, r.Run(ctx), context.Canceled)
	require.Equal(t, 3, r.Status().Bars)
}

func TestReplayLogSaysTheTimeOfTheBars(t *testing.T) {
	t.Parallel()
	var log bytes.Buffer
	cfg := buying(t, 6)
	cfg.Logger = slog.New(slog.NewTextHandler(&log, nil))
	require.NoError(t, newReplay(t, cfg).Run(t.Context()))
	fill := regexp.MustCompile(`(?m)^.*[Ff]ill.*$`).FindString(log.String())
	require.Contains(t, fill, "bar_time=2022-01-01T00:04:00.000Z", log.String())
}
