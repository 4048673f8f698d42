package engine_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/benbjohnson/clock"
	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/signal"
	"github.com/seed-5dee1c0a/vigil/trading"
	"github.com/seed-5dee1c0a/vigil/trading/engine"
	"github.com/seed-5dee1c0a/vigil/trading/journal"
	"github.com/seed-5dee1c0a/vigil/trading/tradingtest"
)

// serving runs Serve in a bubble, on the bubble's clock, and returns what it ends with.
func serving(ctx context.Context, e *engine.Engine) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- e.Serve(ctx) }()
	synctest.Wait()
	return ended
}

// bubbleRig is a rig on the bubble's clock.
func bubbleRig(t *testing.T, traits trading.Traits) *rig {
	clk := clock.New()
	venue := tradingtest.NewVenue(clk, traits)
	venue.SetPrice(btc, d("100"))
	venue.SetPrice(eth, d("10"))
	r := newRig(t, traits)
	r.venue, r.broker = venue, tradingtest.Misbehave(venue)
	r.cfg.Broker, r.cfg.Clock = r.broker, clk
	r.restart()
	return r
}

func TestServeActsAsSoonAsASignalIsThere(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		require.Equal(t, 1, r.log.count("INFO Trading engine starting"))
		require.Equal(t, 1, r.log.count("INFO Trading engine started positions=0 open_orders=0"))
		time.Sleep(300 * time.Millisecond) // between two polls
		r.signals.put(says(btc, signal.Long, time.Now()))
		synctest.Wait()
		require.Equal(t, "10", r.held(btc))
		cancel()
		require.Equal(t, context.Canceled, <-ended)
		require.Equal(t, 1, r.log.count("Trading engine stopped open_orders=0"))
		r.signals.put(says(btc, signal.Short, time.Now().Add(time.Minute)))
		synctest.Wait()
		require.Equal(t, 1, r.broker.Submits(), "nothing is sent after the end")
		r.agree()
	})
}

func TestServeTriesAgainEverLessOften(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		registry := health.NewRegistry(health.Config{})
		ctx, cancel := context.WithCancel(health.NewContext(t.Context(), registry.Begin("engine").Part()))
		defer cancel()
		r.broker.Disconnect(true)
		ended := serving(ctx, r.engine)
		time.Sleep(time.Hour)
		synctest.Wait()
		part, _ := registry.Report().Part("engine")
		require.Equal(t, health.Unhealthy, part.Verdict)
		require.InDelta(t, 122, part.ErrorRun, 2, "1, 2, 4, 8, 16 and then each 30 s")
		r.signals.put(says(btc, signal.Long, time.Now()))
		r.broker.Disconnect(false)
		time.Sleep(30 * time.Second)
		synctest.Wait()
		require.Equal(t, "10", r.held(btc))
		part, _ = registry.Report().Part("engine")
		require.Equal(t, health.Healthy, part.Verdict)
		cancel()
		<-ended //nolint:errcheck // the end of ctx
	})
}

func TestLockedJournalEndsNothing(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.journal.failAt = 3
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		r.signals.put(says(btc, signal.Long, time.Now()))
		time.Sleep(5 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, r.log.count("WARN Trading step failed"))
		require.Equal(t, "10", r.held(btc))
		cancel()
		<-ended //nolint:errcheck // the end of ctx
		r.agree()
	})
}

// lostJournal belongs to another engine from its second write on.
type lostJournal struct {
	*journal.Memory
	writes int
}

func (j *lostJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if j.writes++; j.writes > 1 {
		return fmt.Errorf("disk: %w", journal.ErrTakenOver)
	}
	return j.Memory.Append(ctx, at, events...)
}

func TestEngineWhoseJournalIsAnothersEnds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.cfg.Journal = &lostJournal{Memory: journal.NewMemory()}
		r.restart()
		ended := serving(t.Context(), r.engine)
		r.signals.put(says(btc, signal.Long, time.Now()))
		require.ErrorIs(t, <-ended, journal.ErrTakenOver)
		require.Empty(t, r.venue.Ledger())
	})
}

// The engine hangs inside Submit, is given up and replaced, and wakes up later.
func TestRunThatWasGivenUpCanNeitherSendNorRecord(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		traits trading.Traits
		sends  int // of the order that hung
	}{
		"where client ids are refused twice the new run sends the order itself": {refuses, 2},
		"elsewhere nobody sends it again while the call has not returned":       {bounded, 1},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				r := bubbleRig(t, c.traits)
				r.broker.Next(tradingtest.Hang)
				r.signals.put(says(btc, signal.Long, time.Now()), says(eth, signal.Long, time.Now()))
				oldCtx, giveUp := context.WithCancel(t.Context())
				old := serving(oldCtx, r.engine)
				<-r.broker.Hanging()
				giveUp()
				ctx, cancel := context.WithCancel(t.Context())
				ended := serving(ctx, r.engine)
				time.Sleep(20 * time.Second)
				synctest.Wait()
				require.Equal(t, "100", r.held(eth), "the other instrument goes on")
				require.Equal(t, c.sends+1, r.broker.Submits())
				require.Empty(t, old, "it still hangs")
				r.broker.Release()
				time.Sleep(20 * time.Second)
				synctest.Wait()
				require.Error(t, <-old)
				require.Equal(t, "10", r.held(btc))
				require.Equal(t, c.sends+1, r.broker.Submits())
				cancel()
				require.ErrorIs(t, <-ended, context.Canceled)
				r.agree()
			})
		})
	}
}

// A run that was given up hears that its sending was refused. The run that took over has sent the order once more, and
// that one was taken: the refusal says nothing about it.
func TestRunThatWasGivenUpIsNotHeard(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.cfg.Ticket = patient
		r.restart()
		r.broker.Next(tradingtest.HangReject)
		r.signals.put(says(btc, signal.Long, time.Now()))
		oldCtx, giveUp := context.WithCancel(t.Context())
		old := serving(oldCtx, r.engine)
		<-r.broker.Hanging()
		giveUp()
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		time.Sleep(2 * time.Second)
		require.Equal(t, "buy 10 limit 98", r.resting())
		r.broker.Wake()
		require.Error(t, <-old)
		require.Len(t, r.engine.Status().Orders, 1)
		require.Equal(t, trading.StatusOpen, r.engine.Status().Orders[0].Status)
		require.Zero(t, r.engine.Status().Counts.Rejected)
		cancel()
		require.ErrorIs(t, <-ended, context.Canceled)
	})
}

// One instrument's hanging call keeps the other instruments of the same round back for a moment only.
func TestHangingSubmissionHoldsUpNoOtherInstrument(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.broker.Next(tradingtest.Hang)
		r.signals.put(says(btc, signal.Long, time.Now()), says(eth, signal.Long, time.Now()))
		began := time.Now()
		done := make(chan error, 1)
		go func() { done <- r.engine.Step(t.Context()) }()
		for len(r.venue.Ledger()) == 0 {
			time.Sleep(10 * time.Millisecond)
			require.Less(t, time.Since(began), time.Second)
		}
		require.Equal(t, eth, r.venue.Ledger()[0].Symbol)
		require.Empty(t, done, "the round waits for its calls")
		r.broker.Release()
		require.NoError(t, <-done)
		require.Equal(t, "10", r.held(btc))
		r.agree()
	})
}

// panicky is a Broker whose first Submit panics.
type panicky struct {
	trading.Broker
	panicked *bool
}

func (p panicky) Submit(ctx context.Context, a trading.Approved) error {
	if !*p.panicked {
		*p.panicked = true
		panic("out of order")
	}
	return p.Broker.Submit(ctx, a)
}

func TestPanicInSubmitEndsTheRoundAndIsNotLost(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses, func(cfg *engine.Config) { cfg.Broker = panicky{cfg.Broker, new(bool)} })
	r.signals.put(says(btc, signal.Long, r.now()), says(eth, signal.Long, r.now()))
	func() {
		defer func() {
			text := fmt.Sprint(recover())
			require.Contains(t, text, "out of order")
			require.Contains(t, text, "panicky.Submit", "with its stack")
		}()
		_ = r.step()
	}()
	r.settle()
	require.Len(t, r.venue.Ledger(), 2)
	require.Equal(t, eth, r.venue.Ledger()[0].Symbol, "the other order was sent all the same")
	r.agree()
}

func TestRunThatIsLaterGoesOn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		ctx, cancel := context.WithCancel(t.Context())
		first, second := serving(ctx, r.engine), serving(ctx, r.engine)
		r.signals.put(says(btc, signal.Long, time.Now()))
		synctest.Wait()
		require.ErrorContains(t, <-first, "another run of this engine has taken over")
		require.Equal(t, 1, r.broker.Submits())
		cancel()
		require.Equal(t, context.Canceled, <-second)
		r.agree()
	})
}

// stickyJournal holds an Append until it is let go.
type stickyJournal struct {
	journal.Journal
	stuck chan struct{}
	letGo chan struct{}
	at    func(...journal.Event) bool
}

func (j *stickyJournal) Append(ctx context.Context, at time.Time, events ...journal.Event) error {
	if j.at(events...) {
		j.at = func(...journal.Event) bool { return false }
		close(j.stuck)
		<-j.letGo
	}
	return j.Journal.Append(context.WithoutCancel(ctx), at, events...)
}

// A fence that is only looked at before the submission is journaled is looked at too early.
func TestRunThatIsGivenUpWhileItJournalsASubmissionDoesNotBeginIt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, bounded)
		j := &stickyJournal{Journal: r.journal, stuck: make(chan struct{}), letGo: make(chan struct{})}
		j.at = func(events ...journal.Event) bool {
			_, is := events[0].(journal.Submitting)
			return is
		}
		r.cfg.Journal = j
		r.restart()
		r.signals.put(says(btc, signal.Long, time.Now()))
		oldCtx, giveUp := context.WithCancel(t.Context())
		old := serving(oldCtx, r.engine)
		<-j.stuck
		giveUp()
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		close(j.letGo)
		require.Error(t, <-old)
		require.Equal(t, 0, r.broker.Submits(), "the old run did not send")
		time.Sleep(20 * time.Second)
		synctest.Wait()
		require.Equal(t, 1, r.broker.Submits(), "the new one did")
		require.Equal(t, "10", r.held(btc))
		cancel()
		<-ended //nolint:errcheck // the end of ctx
		r.agree()
	})
}

// What is said against opening anything while a submission is journaled comes in time.
func TestSubmissionIsKeptBackByAWordWhileItIsJournaled(t *testing.T) {
	t.Parallel()
	for name, say := range map[string]func(r *rig){
		"a halt that cannot be journaled yet": func(r *rig) {
			ended, end := context.WithCancel(context.Background())
			end()
			require.Error(r.t, r.engine.Halt(ended, "now"))
		},
		"reduce only":    func(r *rig) { r.engine.SetReduceOnly(true) },
		"data are stale": func(r *rig) { r.stale = errors.New("stale") },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			r := newRig(t, bounded)
			r.cfg.Allow = func(string) error { return r.stale }
			r.cfg.Journal = &stickyJournal{Journal: r.journal, at: func(events ...journal.Event) bool {
				if _, is := events[0].(journal.Submitting); is {
					say(r)
				}
				return false
			}}
			r.restart()
			r.signals.put(says(btc, signal.Long, r.now()))
			r.settle()
			require.Zero(t, r.broker.Submits())
			require.Empty(t, r.engine.Status().Orders)
			r.agree()
		})
	}
}

func TestNewRunComparesPositionsBeforeItActs(t *testing.T) {
	t.Parallel()
	r := newRig(t, refuses)
	r.mustStep()
	r.venue.Transfer(eth, d("1"))
	r.engine.TakeOver()
	r.signals.put(says(btc, signal.Long, r.now()))
	r.mustStep()
	require.Contains(t, r.engine.Status().Halt.Reason, "positions differ")
	require.Zero(t, r.broker.Submits())
}

// That the question of a run failed which was given up says nothing of what the one that took over knows.
func TestRunThatWasGivenUpCastsNoDoubt(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.cfg.Ticket = patient
		r.restart()
		r.broker.HangOrder()
		r.signals.put(says(btc, signal.Long, time.Now()))
		oldCtx, giveUp := context.WithCancel(t.Context())
		old := serving(oldCtx, r.engine)
		<-r.broker.Hanging()
		giveUp()
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		require.True(t, r.engine.Status().Reconciled)
		r.broker.Disconnect(true)
		r.broker.Wake()
		require.Error(t, <-old)
		require.True(t, r.engine.Status().Reconciled)
		cancel()
		require.Error(t, <-ended)
	})
}

func TestStopDuringASubmissionStillRecordsItsAnswer(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.broker.Next(tradingtest.Hang)
		r.signals.put(says(btc, signal.Long, time.Now()))
		ctx, cancel := context.WithCancel(t.Context())
		ended := serving(ctx, r.engine)
		<-r.broker.Hanging()
		cancel()
		r.broker.Release()
		require.Equal(t, context.Canceled, <-ended)
		require.Equal(t, trading.StatusOpen, r.engine.Status().Orders[0].Status, "acknowledged, and its fill is still to be fetched")
		require.Equal(t, 1, r.log.count("WARN Trading engine stopped open_orders=1"))
		r.restart()
		r.mustStep()
		r.agree()
	})
}

func TestStepsTakeTurnsAndHaltDoesNotWaitForThem(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		r := bubbleRig(t, refuses)
		r.broker.Next(tradingtest.Hang)
		r.signals.put(says(btc, signal.Long, time.Now()))
		steps := make(chan error, 2)
		for range 2 {
			go func() { steps <- r.engine.Step(t.Context()) }()
		}
		synctest.Wait()
		require.NoError(t, r.engine.Halt(t.Context(), "while a submission hangs"))
		require.True(t, r.engine.Status().Halt.Active())
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		require.Equal(t, context.DeadlineExceeded, r.engine.Step(ctx), "a turn is waited for as long as ctx lives")
		r.broker.Release()
		require.NoError(t, errors.Join(<-steps, <-steps))
		require.Equal(t, "10", r.held(btc))
		r.agree()
	})
}
