package supervisor_test

import (
	"context"
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// noDelay restarts at once, without an end.
func noDelay() supervisor.Policy {
	return supervisor.Policy{MaxRestarts: supervisor.Unlimited, Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}}
}

func TestAlarmsAreNotCrowdedOut(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var got []supervisor.Event
		s := withReceiver(t, quiet(), func(e supervisor.Event) {
			<-release
			got = append(got, e)
		})
		start(t, s)
		add(t, s, "first", untilDone, supervisor.Policy{})
		synctest.Wait() // The receiver holds what it has of that, whatever comes.
		for i := range 20 {
			p := supervisor.Policy{MaxRestarts: supervisor.NoRestarts, Exhausted: supervisor.GiveUp}
			add(t, s, fmt.Sprint("dying-", i), lasting(time.Minute), p)
		}
		add(t, s, "noisy", lasting(time.Millisecond), noDelay())
		for i := range 3000 {
			add(t, s, fmt.Sprint("quiet-", i), untilDone, supervisor.Policy{})
		}
		time.Sleep(2 * time.Minute)
		synctest.Wait()
		close(release)
		synctest.Wait()

		last := make(map[string]supervisor.Event)
		var before time.Time
		folded := 0
		for _, e := range got {
			require.False(t, e.Stamped().Time.Before(before), "in order")
			before = e.Stamped().Time
			if d, ok := e.(supervisor.Dropped); ok {
				folded += d.N
				continue
			}
			last[e.Stamped().Path] = e
		}
		require.Greater(t, folded, 100_000)
		for i := range 20 {
			require.IsType(t, supervisor.GaveUp{}, last[fmt.Sprint("root/dying-", i)])
		}
		for i := range 3000 {
			require.IsType(t, supervisor.Verified{}, last[fmt.Sprint("root/quiet-", i)], "the latest state arrives")
		}
		require.Less(t, len(got), 6000)
		stop(t, s)
	})
}

func TestAlarmOverAndOverIsFolded(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		var got []supervisor.Event
		s := withReceiver(t, quiet(), func(e supervisor.Event) {
			<-release
			got = append(got, e)
		})
		add(t, s, "a", failing, supervisor.Policy{MaxRestarts: supervisor.NoRestarts, CoolDown: time.Second})
		start(t, s)
		time.Sleep(3 * time.Hour)
		parked := time.Now().Add(-time.Second) // the last one
		require.NoError(t, s.StopChild(context.Background(), "a"))
		close(release)
		synctest.Wait()
		var alarms []supervisor.Parked
		for _, e := range got {
			if e, ok := e.(supervisor.Parked); ok {
				alarms = append(alarms, e)
			}
		}
		require.Len(t, alarms, 65, "one in the receiver's hands at most, and the latest")
		require.WithinDuration(t, parked, alarms[64].Time, 2*time.Second)
		stop(t, s)
	})
}

// The alarm of a group waits neither for siblings that are deaf nor for a tree that goes on.
func TestAlarmOfAGroupComesAtOnce(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		add(t, s, "a", lasting(time.Second), supervisor.Policy{MaxRestarts: supervisor.NoRestarts})
		add(t, s, "slow", func(ctx context.Context) error { <-ctx.Done(); time.Sleep(5 * time.Second); return nil },
			supervisor.Policy{MaxRestarts: supervisor.NoRestarts})
		start(t, s)
		time.Sleep(2 * time.Second)
		stop(t, s)
		require.Equal(t, seconds(1), timesOf[supervisor.Parked](rec, "root/a"))
	})
}

// A tree that was given up at a stop goes on, and so do its alarms, for as long as a receiver has events to take.
func TestAlarmThatComesAfterTheStopArrives(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		release, goHome := make(chan struct{}), make(chan struct{})
		var got []string
		s := withReceiver(t, quiet(), func(e supervisor.Event) {
			<-release
			if at := e.Stamped(); at.Path == "root/sub/deaf" {
				got = append(got, fmt.Sprintf("%T", e))
			}
		})
		sub, err := supervisor.New(supervisor.Config{Name: "sub"})
		require.NoError(t, err)
		require.NoError(t, s.Add("sub", sub, supervisor.Policy{StopTimeout: time.Second}))
		add(t, sub, "deaf", deaf(goHome), supervisor.Policy{StopTimeout: time.Minute})
		start(t, s)
		_ = s.Stop(context.Background())
		time.Sleep(2 * time.Minute)
		close(release)
		synctest.Wait()
		defer func() { close(goHome); synctest.Wait() }()
		require.Contains(t, got, "supervisor.StopTimedOut")
	})
}
