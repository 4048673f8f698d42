package generator_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
)

// A restart may come at any moment: in the middle of a fetch, of an append, of a warm-up, while the store is away. Two
// intervals and two parameter sets of one strategy, on the same symbols and in one Store, then give the signals of a
// run that was never restarted, each once. TestRandomFaultsLoseNothing is its brother on a clock that is moved by hand.
func TestRestartAtAnyMomentGivesTheSignalsOfARunWithoutOne(t *testing.T) {
	t.Parallel()
	var calm map[signal.Stream][]signal.Signal
	synctest.Test(t, func(t *testing.T) { calm = newFleet(t, trouble{}).live(longestTrouble) })
	require.Equal(t, 8, len(calm), "each stream speaks") //nolint:testifylint // Len would print them
	rapid.Check(t, func(rt *rapid.T) {
		plan := drawTrouble(rt)
		var got map[signal.Stream][]signal.Signal
		var end time.Time
		synctest.Test(t, func(t *testing.T) {
			got = newFleet(t, plan).live(0)
			end = time.Now()
		})
		for stream, all := range calm {
			want := slices.DeleteFunc(slices.Clone(all), func(s signal.Signal) bool {
				return s.BarTime.Add(stream.Interval).After(end)
			})
			require.Equal(rt, linesOf(want), linesOf(got[stream]), "%v", stream)
		}
		require.LessOrEqual(rt, len(got), len(calm))
	})
}

// linesOf is all that a signal says, a line for each.
func linesOf(signals []signal.Signal) (lines []string) {
	for _, s := range signals {
		lines = append(lines, fmt.Sprint(s.BarTime.Format("15:04 "), s.Direction, " ", s))
	}
	return lines
}

// trouble is what one run of the test goes through.
type trouble struct {
	seed     uint64
	stateful bool
	blows    []blow
}

// blow ends Serve at a random instant. The store may be away around it.
type blow struct {
	after  time.Duration // the last one
	all    bool          // the process ends, and not only one Generator's Serve
	one    int           // which one else
	fresh  bool          // it is another value that goes on
	down   time.Duration // until it does
	outage time.Duration // how long before and after it the store fails
}

const (
	maxBlows       = 6
	longestTrouble = maxBlows*30*time.Minute + 10*time.Minute
)

func drawTrouble(t *rapid.T) trouble {
	duration := func(longest time.Duration, name string) time.Duration {
		return time.Duration(rapid.Int64Range(1, int64(longest/time.Millisecond)).Draw(t, name)) * time.Millisecond
	}
	plan := trouble{seed: rapid.Uint64().Draw(t, "seed"), stateful: rapid.Bool().Draw(t, "stateful")}
	reach := rapid.SampledFrom([]time.Duration{5 * second, 2 * time.Minute, 18 * time.Minute})
	for range rapid.IntRange(1, maxBlows).Draw(t, "blows") {
		b := blow{
			all:   rapid.Bool().Draw(t, "all"),
			one:   rapid.IntRange(0, 3).Draw(t, "one"),
			fresh: rapid.Bool().Draw(t, "fresh"),
			after: duration(reach.Draw(t, "reach"), "after"),
		}
		if rapid.Bool().Draw(t, "down") {
			b.down = duration(8*time.Minute, "for")
		}
		if rapid.Bool().Draw(t, "outage") {
			b.outage = duration(3*time.Minute, "outage for")
		}
		plan.blows = append(plan.blows, b)
	}
	return plan
}

// fleet is four Generators on one Store: two parameter sets, each on two intervals.
type fleet struct {
	t       *testing.T
	plan    trouble
	source  *weather
	store   *weatheredStore
	configs []generator.Config
	values  []*generator.Generator
	stops   []func()
}

func newFleet(t *testing.T, plan trouble) *fleet {
	f := &fleet{t: t, plan: plan, source: &weather{seed: plan.seed}}
	f.store = &weatheredStore{Memory: signal.NewMemory(0), weather: f.source}
	for _, interval := range []time.Duration{time.Minute, 15 * time.Minute} {
		for _, params := range []string{"", "against"} {
			cfg := config(f.store)
			cfg.Source = weatheredSource{market{clock: cfg.Clock, interval: interval}, f.source}
			cfg.Interval, cfg.Cycle, cfg.History = interval, 10*second, 200
			cfg.Symbols = []string{"BTC", "ETH"}
			value := func() signal.Strategy { return &swings{against: params != ""} }
			cfg.Specs = []signal.Spec{{Name: "turns", Params: params, New: value}}
			if plan.stateful {
				cfg.States = f.store
			}
			f.configs = append(f.configs, cfg)
		}
	}
	f.values, f.stops = make([]*generator.Generator, 4), make([]func(), 4)
	return f
}

// live goes through the plan, or lives as long as it is told where there is none, and returns what is stored.
func (f *fleet) live(calm time.Duration) map[signal.Stream][]signal.Signal {
	f.start(true, 0, 1, 2, 3)
	time.Sleep(calm + 1)
	synctest.Wait() // the first cycle is where the signals of each stream begin
	f.source.bad.Store(len(f.plan.blows) > 0)
	for _, b := range f.plan.blows {
		f.suffer(b)
	}
	f.source.bad.Store(false)
	time.Sleep(time.Until(time.Now().Truncate(time.Minute).Add(4*time.Minute + 30*second)))
	f.stop(0, 1, 2, 3)
	streams := map[signal.Stream][]signal.Signal{}
	for _, s := range stored(f.t, f.store.Memory, "") {
		streams[s.Stream()] = append(streams[s.Stream()], s)
	}
	return streams
}

func (f *fleet) suffer(b blow) {
	hit := []int{b.one}
	if b.all {
		hit = []int{0, 1, 2, 3}
	}
	before := min(b.outage, b.after)
	time.Sleep(b.after - before)
	f.store.away.Store(b.outage > 0)
	time.Sleep(before)
	f.stop(hit...)
	time.Sleep(b.down)
	f.start(b.fresh || b.all, hit...)
	time.Sleep(b.outage)
	f.store.away.Store(false)
}

func (f *fleet) start(fresh bool, which ...int) {
	for _, i := range which {
		if fresh {
			f.values[i] = newGenerator(f.t, f.configs[i])
		}
		f.stops[i] = serve(f.t, f.values[i])
	}
}

func (f *fleet) stop(which ...int) {
	for _, i := range which {
		f.stops[i]()
	}
}

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

// swings is turns with a State, or what it says turned round.
type swings struct {
	turns
	against bool
}

func (s *swings) OnBar(b signal.Bar) (signal.Signal, bool) {
	said, ok := s.turns.OnBar(b)
	if s.against {
		said.Direction = -said.Direction
	}
	return said, ok
}

func (s *swings) MarshalBinary() ([]byte, error)    { return json.Marshal(s.closes) }
func (s *swings) UnmarshalBinary(data []byte) error { return json.Unmarshal(data, &s.closes) }
