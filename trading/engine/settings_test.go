package engine_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopspring/decimal"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/book"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// speaking has the strategy of the rig's signals speak with parameters.
func speaking(params string) func(*engine.Config) {
	return func(cfg *engine.Config) {
		cfg.Settings = []journal.Setting{{Name: journal.StrategySetting("cross"), Value: journal.SpokenWith(params, "1m0s")}}
	}
}

// saysAs makes a signal of another strategy.
func saysAs(strategy, symbol string, direction signal.Direction, at time.Time) signal.Signal {
	s := says(symbol, direction, at)
	s.Strategy, s.ID = strategy, signal.Stream{Strategy: strategy, Symbol: symbol, Interval: time.Minute}.ID(s.BarTime)
	return s
}

// restartWith starts the next run, with another configuration.
func (r *rig) restartWith(change func(*engine.Config)) {
	change(&r.cfg)
	r.restart()
}

// of are the events of a kind in the journal.
func of[E journal.Event](r *rig) (found []E) {
	entries, err := r.journal.Read(r.t.(*testing.T).Context(), 0, 100_000)
	require.NoError(r.t, err)
	for _, entry := range entries {
		if e, ok := entry.Event.(E); ok {
			found = append(found, e)
		}
	}
	return found
}

func TestSettingsAreTheFirstEntryOfAJournal(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, speaking("fast=9"))
	r.mustStep()
	entries, err := r.journal.Read(t.Context(), 0, 1)
	require.NoError(t, err)
	require.Equal(t, journal.SettingsChanged{
		By: "start", Capital: d("10000"), Changes: []journal.SettingChange{{Name: "strategy/cross", To: "fast=9 on 1m0s"}},
	}, entries[0].Event)
	r.restartWith(func(cfg *engine.Config) { cfg.Capital = d("20000") })
	r.mustStep()
	require.Len(t, of[journal.SettingsChanged](r), 1)
	require.Equal(t, "10000", r.engine.Status().Capital.String(), "what the journal says holds")
	require.Equal(t, 1, r.log.count("Capital stays what the journal says"))
	require.Zero(t, r.log.count("Settings changed"))
}

func TestEngineWithoutSettingsJournalsNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	require.Empty(t, of[journal.SettingsChanged](r))
}

func TestEngineRefusesSettingsThatCannotBe(t *testing.T) {
	t.Parallel()
	for want, spoil := range map[string]func(*engine.Config){
		"Config.Settings: mode is set twice": func(c *engine.Config) { c.Settings = []journal.Setting{{Name: "mode"}, {Name: "mode"}} },
		`Config.Orphans "sell" is no policy`: func(c *engine.Config) { c.Orphans = "sell" },
	} {
		cfg := newRig(t, refuses).cfg
		spoil(&cfg)
		_, err := engine.New(cfg)
		require.ErrorContains(t, err, want)
	}
}

// An entry that rests for an orphan goes, also where it was decided on and not sent yet; what it has filled stays guarded.
func TestOrphanIsGuardedAndNotAddedTo(t *testing.T) {
	t.Parallel()
	for name, before := range map[string]func(*rig){
		"while its entry rests": func(r *rig) { r.mustStep() },
		"while its entry is decided on": func(r *rig) {
			r.journal.failAt = r.journal.appends + 2 // Submitting
			require.Error(t, r.step())
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, refuses, speaking("fast=9"), func(cfg *engine.Config) { cfg.Ticket = patient })
			r.mustStep()
			r.signals.put(says(btc, signal.Long, r.now()))
			before(r)
			require.NotEmpty(t, r.engine.Status().Orders)
			sent := r.broker.Submits()
			r.restartWith(speaking("fast=5"))
			r.settle()
			require.Empty(t, r.resting())
			require.Len(t, of[journal.SettingsChanged](r), 2)
			require.Equal(t, "0", r.held(btc))
			require.Equal(t, sent, r.broker.Submits())
			require.Len(t, r.ordersMade(), 1, "none is decided on")

			r.signals.put(saysAs("other", btc, signal.Long, r.now()))
			r.mustStep()
			require.NotEmpty(t, r.engine.Status().Orders, "nothing is held of it any more: it is anybody's")
		})
	}
}

func TestOrphanIsReducedByAnyStrategyAndAddedToByNone(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, speaking("fast=9"), with(bracket))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	held := r.held(btc)
	require.NotEqual(t, "0", held)
	r.restartWith(func(cfg *engine.Config) {
		cfg.Settings = []journal.Setting{{Name: journal.StrategySetting("other"), Value: "on 1m0s"}}
	})
	legs := r.resting()
	r.settle()
	require.Equal(t, legs, r.resting(), "its bracket guards it")
	require.Equal(t, held, r.held(btc))

	by := func(direction signal.Direction) {
		r.clock.Add(2 * time.Minute)
		r.signals.put(saysAs("other", btc, direction, r.now()))
		r.settle()
	}
	r.cfg.Size = twice{}
	r.restart()
	by(signal.Long)
	require.Equal(t, held, r.held(btc), "a strategy that speaks adds nothing")
	seen := of[journal.SignalSeen](r)[1]
	require.Equal(t, journal.OutcomeRefused, seen.Outcome)
	require.Contains(t, seen.Reason, "it is only reduced")
	require.True(t, seen.Target.IsZero(), "it does not wait for its turn")
	by(signal.Short)
	require.Equal(t, "0", r.held(btc), "and closes it, no more")
	by(signal.Short)
	require.Equal(t, "-20", r.held(btc), "what is closed is anybody's")
	require.Len(t, of[journal.SettingsChanged](r), 2)
}

// twice asks for twenty, whatever stands.
type twice struct{}

func (twice) Target(s trading.Sizing) (decimal.Decimal, error) {
	return d("20").Mul(decimal.NewFromInt(int64(s.Signal.Direction))), nil
}

// Every write to the journal fails once while settings change, and the process goes on, or dies and comes back: the change
// is there once, and the orphan is closed once.
func TestSettingsChangeOnceThoughAnyWriteFails(t *testing.T) {
	t.Parallel()
	for _, wrote := range []bool{false, true} {
		for _, crash := range []bool{false, true} {
			t.Run(fmt.Sprintf("wrote=%t/crash=%t", wrote, crash), func(t *testing.T) {
				t.Parallel()
				for failing, failed := 1, true; failed; failing++ {
					r := newRig(t, refuses, speaking("fast=9"), with(bracket))
					r.signals.put(says(btc, signal.Long, r.now()))
					r.settle()
					r.journal.failAt, r.journal.wrote = r.journal.appends+failing, wrote
					r.restartWith(func(cfg *engine.Config) {
						speaking("fast=5")(cfg)
						cfg.Orphans = engine.FlattenOrphans
					})
					failed = false
					for range 40 {
						if r.step() != nil {
							failed = true
							if crash {
								r.restart()
							}
						}
						r.clock.Add(time.Second)
					}
					require.Len(t, of[journal.SettingsChanged](r), 2)
					require.Len(t, of[journal.CloseAsked](r), 1)
					require.Equal(t, "0", r.held(btc))
					r.agree()
					require.True(t, failed || failing > 5, "the test has shrunk")
				}
			})
		}
	}
}

func TestInstrumentThatIsNotAskedForAnyMoreIsAnOrphan(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, speaking("fast=9"))
	r.signals.put(says(btc, signal.Long, r.now()))
	r.settle()
	for _, run := range []struct {
		symbols []string
		orphan  string
	}{{[]string{eth}, "fast=9 on 1m0s"}, {[]string{eth, btc}, ""}, {nil, ""}} {
		r.restartWith(func(cfg *engine.Config) { cfg.Symbols = run.symbols })
		r.settle()
		b, err := book.Restore(d("10000"), journal.Load(t.Context(), r.journal))
		require.NoError(t, err)
		require.Equal(t, run.orphan, b.Orphan(btc))
	}
	require.Len(t, of[journal.SettingsChanged](r), 3)
}
