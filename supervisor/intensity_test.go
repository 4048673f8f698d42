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

func TestIntensityBoundsTheSupervisorAsAWhole(t *testing.T) {
	t.Parallel()
	cases := map[string]struct {
		intensity int
		lasts     time.Duration
		escalates bool
	}{
		"no bound":                  {0, time.Second, false},
		"150 crashes at one moment": {149, time.Second, true},
		"as many as are allowed":    {150, time.Second, false},
		"one that is far apart":     {149, time.Minute, false},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			synctest.Test(t, func(t *testing.T) {
				rec := newRecorder()
				s, err := supervisor.New(supervisor.Config{Name: "root", OnEvent: rec.Record, Logger: quiet(), Intensity: c.intensity})
				require.NoError(t, err)
				for i := range 50 {
					runs := 0
					add(t, s, fmt.Sprint(i), serve(func(ctx context.Context) error {
						if runs++; runs > 3 {
							return untilDone(ctx)
						}
						return lasting(c.lasts)(ctx)
					}), supervisor.Policy{Backoff: supervisor.Backoff{Initial: supervisor.NoDelay}})
				}
				start(t, s)
				time.Sleep(10 * time.Minute)
				require.Equal(t, c.escalates, len(only[supervisor.Escalated](rec)) == 1)
				err = s.Stop(t.Context())
				if !c.escalates {
					require.NoError(t, err)
				}
			})
		})
	}
}

func TestIntensityIsInTheErrorOfAnEscalation(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Intensity: 2, Period: time.Hour})
		require.NoError(t, err)
		add(t, s, "a", failing, supervisor.Policy{})
		var escalated *supervisor.EscalatedError
		err = s.Serve(t.Context())
		require.ErrorAs(t, err, &escalated)
		require.EqualError(t, err, "supervisor: more than 2 restarts within 1h0m0s, the last of root/a: boom")
		for field, cfg := range map[string]supervisor.Config{
			"Intensity": {Name: "root", Intensity: -1}, "Period": {Name: "root", Period: -1},
		} {
			_, err := supervisor.New(cfg)
			require.ErrorContains(t, err, field)
		}
	})
}

// One that may fail often uses up nobody's budget.
func TestGroupBudgetIsThatOfItsLargestMember(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		s, rec := grouped(t, supervisor.OneForAll)
		delay := supervisor.Backoff{Initial: time.Second}
		bs := 0
		add(t, s, "b", serve(func(ctx context.Context) error {
			if bs++; bs > 4 {
				return untilDone(ctx)
			}
			return errBoom
		}), supervisor.Policy{MaxRestarts: 100, Backoff: delay})
		as := 0
		add(t, s, "a", serve(func(ctx context.Context) error {
			as++
			return lasting(time.Duration(as) * time.Second)(ctx)
		}), supervisor.Policy{MaxRestarts: 3, Backoff: delay, Exhausted: supervisor.Escalate})
		start(t, s)
		time.Sleep(time.Minute)
		var mine []supervisor.Restarting
		for _, e := range only[supervisor.Restarting](rec) {
			if e.Path == "root/a" {
				mine = append(mine, e)
			}
		}
		require.Len(t, mine, 3)
		require.Len(t, timesOf[supervisor.Restarting](rec, "root/b"), 4)
		require.Len(t, timesOf[supervisor.Escalated](rec, "root/a"), 1, "its own budget is spent then")
	})
}
