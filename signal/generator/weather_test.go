package generator_test

import (
	"context"
	"errors"
	"slices"
	"sync/atomic"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// weather is how long calls take, and whether they heed their context. It is a function of the time, so that a run can
// be gone through again.
type weather struct {
	seed uint64
	bad  atomic.Bool
}

// delay lets a call take its time. It returns an error where the call heeds a context that has ended.
func (w *weather) delay(ctx context.Context, call string) error {
	if !w.bad.Load() {
		return ctx.Err()
	}
	h := w.draw(call)
	longest := []time.Duration{0, 0, 0, second / 2, second / 2, 3 * second, 3 * second, 14 * second}[h%8]
	wait := time.Duration(h >> 8 % 1000 * uint64(longest) / 1000)
	if h>>4%4 == 0 { // deaf
		time.Sleep(wait)
		return nil
	}
	if wait > 0 { // a timer that has run out and a context that has ended are drawn between
		select {
		case <-ctx.Done():
		case <-time.After(wait):
		}
	}
	return ctx.Err()
}

func (w *weather) draw(call string) uint64 {
	return mixed(w.seed^uint64(time.Now().UnixNano()), call)
}

func mixed(h uint64, text string) uint64 {
	for _, c := range []byte(text + "..") {
		h = (h ^ uint64(c)) * 0x9e3779b97f4a7c15
		h ^= h >> 29
	}
	return h
}

type weatheredSource struct {
	market
	*weather
}

func (s weatheredSource) Bars(ctx context.Context, symbol string, after time.Time, limit int) (signal.Batch, error) {
	if err := s.delay(ctx, "fetch"+symbol+s.interval.String()); err != nil {
		return signal.Batch{}, err
	}
	batch, err := s.market.Bars(ctx, symbol, after, limit)
	for i := range batch.Bars { // the market repeats itself on longer intervals
		b := &batch.Bars[i]
		b.Open, b.Low, b.High = 100, 90, 110
		b.Close = b.Low + float64(mixed(uint64(b.Time.Unix()), symbol)%1000)/1000*(b.High-b.Low)
	}
	return batch, err
}

// weatheredStore outlives restarts. While it is away it fails, before or after it has done what it was asked.
type weatheredStore struct {
	*signal.Memory
	*weather
	away atomic.Bool
}

var errAway = errors.New("away")

func (s *weatheredStore) call(ctx context.Context, name string, do func(context.Context) error) error {
	err := s.delay(ctx, name)
	away := s.away.Load()
	if err == nil && (!away || s.draw(name+"done")%2 == 0) {
		err = do(context.WithoutCancel(ctx))
	}
	if away {
		return errAway
	}
	return err
}

func (s *weatheredStore) Append(ctx context.Context, signals ...signal.Signal) error {
	signals = slices.Clone(signals)
	return s.call(ctx, "append"+signals[0].ID, func(ctx context.Context) error { return s.Memory.Append(ctx, signals...) })
}

func (s *weatheredStore) SaveStates(ctx context.Context, states ...signal.State) error {
	return s.call(ctx, "save", func(ctx context.Context) error { return s.Memory.SaveStates(ctx, states...) })
}

func (s *weatheredStore) Latest(ctx context.Context, q signal.Query) (found []signal.Signal, err error) {
	err = s.call(ctx, "latest", func(ctx context.Context) (err error) {
		found, err = s.Memory.Latest(ctx, q)
		return err
	})
	return found, err
}

func (s *weatheredStore) LoadState(ctx context.Context, of signal.Stream) (state signal.State, ok bool, err error) {
	err = s.call(ctx, "load", func(ctx context.Context) (err error) {
		state, ok, err = s.Memory.LoadState(ctx, of)
		return err
	})
	return state, ok, err
}
