package generator_test

import (
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/signal/generator"
	"github.com/seed-5dee1c0a/vigil/signal/signaltest"
)

func TestMemoryKeepsStates(t *testing.T) {
	t.Parallel()
	signaltest.TestStates(t, func(*testing.T) signal.States { return signal.NewMemory(0) })
}

// average is a strategy that never forgets: an EMA over five hundred bars, whose confidence shows all of its digits.
type average struct{ value float64 }

func (*average) Warmup() int { return 2 }

func (a *average) OnBar(b signal.Bar) (signal.Signal, bool) {
	if a.value == 0 {
		a.value = b.Close
	}
	a.value += (b.Close - a.value) / 250
	return signal.Signal{Direction: signal.Long, Confidence: math.Mod(a.value, 1)}, true
}

func (a *average) MarshalBinary() ([]byte, error) {
	return binary.BigEndian.AppendUint64(nil, math.Float64bits(a.value)), nil
}

func (a *average) UnmarshalBinary(data []byte) error {
	if len(data) != 8 {
		return fmt.Errorf("average: %d bytes, want 8", len(data))
	}
	a.value = math.Float64frombits(binary.BigEndian.Uint64(data))
	return nil
}

var _ signal.Stateful = (*average)(nil)

func averageSpec() signal.Spec { return spec("average", func() signal.Strategy { return &average{} }) }

// Wherever a run is cut off, one with States goes on to the last digit of a strategy that never forgets.
func TestCutAtAnyBarChangesNoDigit(t *testing.T) {
	t.Parallel()
	const length = 40
	run := func(states bool, cuts ...int) []signal.Signal {
		now, store := origin, signal.NewMemory(0)
		cfg := replayConfig(store, &now)
		cfg.Specs = []signal.Spec{averageSpec(), turnsSpec()} // one of them has no state to save
		if states {
			cfg.States = store
		}
		done := 0
		for _, cut := range append(cuts, length) {
			replay{newGenerator(t, cfg), &now}.minutes(t, cut-done)
			done = cut
		}
		return append(append(stored(t, store, "BTC"), stored(t, store, "ETH")...), stored(t, store, "SOL")...)
	}
	want := run(false)
	require.Greater(t, len(want), 3*length)
	require.NotEqual(t, want, run(false, 31), "history alone agrees only nearly")
	for cut := 1; cut < length; cut++ {
		require.Equal(t, want, run(true, cut), "cut after bar %d", cut)
	}
	require.Equal(t, want, run(true, 3, 9, 10, 11, 30, 39), "cut again and again")
}

// badStates fails, lies or lets the strategy panic on request.
type badStates struct {
	signal.States
	save, load error
	data       []byte
	saved      int
}

func (b *badStates) SaveStates(ctx context.Context, s ...signal.State) error {
	if b.save != nil {
		return b.save
	}
	b.saved++
	return b.States.SaveStates(ctx, s...)
}

func (b *badStates) LoadState(ctx context.Context, key signal.Stream) (signal.State, bool, error) {
	s, ok, err := b.States.LoadState(ctx, key)
	if b.data != nil {
		s.Data = b.data
	}
	return s, ok, errors.Join(err, b.load)
}

func stateConfig(now *time.Time) (generator.Config, *badStates) {
	store := signal.NewMemory(0)
	states := &badStates{States: store}
	cfg := replayConfig(store, now)
	cfg.Symbols, cfg.Specs, cfg.States = []string{"BTC"}, []signal.Spec{averageSpec()}, states
	return cfg, states
}

func TestStatesAreSavedAfterNewBarsOnly(t *testing.T) {
	t.Parallel()
	now := origin
	cfg, states := stateConfig(&now)
	r := replay{newGenerator(t, cfg), &now}
	r.minutes(t, 1)
	require.Equal(t, 1, states.saved)
	r.Cycle(t.Context(), now)
	require.Equal(t, 1, states.saved)

	states.save = errors.New("disk full")
	now = now.Add(time.Minute)
	result := r.Cycle(t.Context(), now)
	require.ErrorContains(t, result.Errors[0], "BTC: store: save the state of 1 strategies: disk full")
	require.Equal(t, 1, result.Signals, "the signals are stored all the same")
	states.save = nil
	require.Empty(t, r.Cycle(t.Context(), now).Errors)
	require.Equal(t, 2, states.saved, "it is tried again without a new bar")
}

func TestStateThatIsOfNoUseIsLeftAlone(t *testing.T) {
	t.Parallel()
	tests := map[string]struct {
		spoil func(*badStates, *generator.Config)
		log   string
	}{
		"one that cannot be read": {
			func(b *badStates, _ *generator.Config) { b.data = []byte("nonsense!") }, "average: 9 bytes, want 8",
		},
		"one that makes its strategy panic": {func(_ *badStates, c *generator.Config) {
			c.Specs = []signal.Spec{spec("average", func() signal.Strategy { return panicsOnState{} })}
		}, "panic: state"},
		"one of other parameters": {func(_ *badStates, c *generator.Config) { c.Specs[0].Params = "n=7" }, ""},
	}
	for name, test := range tests {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			now, log := origin, &logbook{}
			cfg, states := stateConfig(&now)
			replay{newGenerator(t, cfg), &now}.minutes(t, 10)
			cfg.Logger = log.logger(slog.LevelWarn)
			test.spoil(states, &cfg)
			g := newGenerator(t, cfg)
			now = now.Add(time.Minute)
			g.Cycle(t.Context(), now)
			result := g.Cycle(t.Context(), now)
			require.Empty(t, result.Errors, "at the latest in the second cycle")
			require.Equal(t, 1, result.Succeeded)
			require.Greater(t, g.Status().Bars, 2, "warmed up from history")
			if test.log != "" {
				require.NotEmpty(t, log.with(test.log), log.lines)
			}
		})
	}
}

func TestStateThatCannotBeLoadedIsWaitedFor(t *testing.T) {
	t.Parallel()
	now := origin
	cfg, states := stateConfig(&now)
	replay{newGenerator(t, cfg), &now}.minutes(t, 10)
	states.load = errors.New("locked")
	g := newGenerator(t, cfg)
	require.ErrorContains(t, g.Cycle(t.Context(), now).Errors[0], "BTC: store: load the state of average: locked")
	states.load = nil
	now = now.Add(time.Minute)
	result := g.Cycle(t.Context(), now)
	require.Empty(t, result.Errors)
	require.Equal(t, 1, result.Bars, "nothing but the bar that is new")
}

type panicsOnState struct{}

func (p panicsOnState) OnBar(b signal.Bar) (signal.Signal, bool) { return (&average{}).OnBar(b) }
func (panicsOnState) Warmup() int                                { return 2 }
func (panicsOnState) MarshalBinary() ([]byte, error)             { return nil, nil }
func (panicsOnState) UnmarshalBinary([]byte) error               { panic("state") }

func ExampleStateful() {
	before := &average{}
	before.OnBar(minuteBar(100))
	data, _ := before.MarshalBinary()

	after := &average{}
	_ = after.UnmarshalBinary(data)
	b, _ := before.OnBar(minuteBar(117))
	a, _ := after.OnBar(minuteBar(117))
	fmt.Println(a.Confidence == b.Confidence)
	// Output: true
}

func TestRestartFromStatesIsUpToDateWithoutANewBar(t *testing.T) {
	t.Parallel()
	now := origin
	cfg, _ := stateConfig(&now)
	replay{newGenerator(t, cfg), &now}.minutes(t, 10)
	g := newGenerator(t, cfg)
	result := g.Cycle(t.Context(), now)
	require.Zero(t, result.Bars)
	require.Equal(t, 1, result.Succeeded)
	require.Zero(t, g.Status().NotEmitted.NoData)
}
