package supervisor_test

import (
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/supervisor"
)

func TestBadPolicyIsRefusedWithItsField(t *testing.T) {
	t.Parallel()
	cases := map[string]supervisor.Policy{
		"Policy.Restart 7 is unknown":                                   {Restart: 7},
		"Policy.Exhausted 9 is unknown":                                 {Exhausted: 9},
		"Policy.Zombie -1 is unknown":                                   {Zombie: -1},
		"Policy.MaxRestarts -3 is negative and no named constant":       {MaxRestarts: -3},
		"Policy.MaxZombies -1 is negative":                              {MaxZombies: -1},
		"Policy.Stable -1ns is negative and no named constant":          {Stable: -1},
		"Policy.Stall -2ns is negative and no named constant":           {Stall: -2},
		"Policy.StopTimeout -5ns is negative and no named constant":     {StopTimeout: -5},
		"Policy.Backoff.Factor 0.5 is not a number of at least 1":       {Backoff: supervisor.Backoff{Factor: 0.5}},
		"Policy.Backoff.Jitter 2 is not between 0 and 1":                {Backoff: supervisor.Backoff{Jitter: 2}},
		"Policy.Backoff.Max 1s is below Backoff.Initial 5s":             {Backoff: supervisor.Backoff{Max: time.Second}},
		"Policy.Verify 2m0s is above Stable 1m0s":                       {Verify: 2 * time.Minute},
		"Policy.MaxRestarts is set, and Restart is Temporary":           {Restart: supervisor.Temporary, MaxRestarts: 3},
		"Policy.MaxZombies is set, and Zombie is Wait":                  {MaxZombies: 2},
		"Policy.CoolDown is set, and Exhausted is not Park":             {Exhausted: supervisor.GiveUp, CoolDown: time.Minute},
		"Policy.Backoff.Initial -2ns is negative and no named constant": {Backoff: supervisor.Backoff{Initial: -2}},
	}
	for want, policy := range cases {
		t.Run(want, func(t *testing.T) {
			t.Parallel()
			s, err := supervisor.New(supervisor.Config{Name: "root"})
			require.NoError(t, err)
			require.EqualError(t, s.Add("a", serve(failing), policy), `supervisor: add "a": `+want)
			require.Empty(t, s.Status().Children)
		})
	}
}

func TestBadNamesAndServicesAreRefused(t *testing.T) {
	t.Parallel()
	s, err := supervisor.New(supervisor.Config{Name: "root"})
	require.NoError(t, err)
	require.EqualError(t, s.Add("", serve(failing), supervisor.Policy{}), `supervisor: add "": the name is empty`)
	require.EqualError(t, s.Add("a/b", serve(failing), supervisor.Policy{}), `supervisor: add "a/b": the name contains a slash`)
	require.EqualError(t, s.Add("a", nil, supervisor.Policy{}), `supervisor: add "a": the service is nil`)
	require.EqualError(t, s.Add("a", (*supervisor.Supervisor)(nil), supervisor.Policy{}), `supervisor: add "a": the service is nil`)
	require.ErrorContains(t, s.Add("a", s, supervisor.Policy{}), `add "a": the service is "root" itself`)
	sub, err := supervisor.New(supervisor.Config{Name: "sub"})
	require.NoError(t, err)
	require.NoError(t, s.Add("sub", sub, supervisor.Policy{}))
	require.ErrorContains(t, sub.Add("a", s, supervisor.Policy{}), `or has it among its children`)
	require.NoError(t, s.Add("a", serve(failing), supervisor.Policy{}))
	require.EqualError(t, s.Add("a", serve(failing), supervisor.Policy{}), `supervisor: the name is taken: "a" in "root"`)

	for want, cfg := range map[string]supervisor.Config{
		"supervisor: Config.Name is empty":                {},
		`supervisor: Config.Name "a/b" contains a slash`:  {Name: "a/b"},
		"supervisor: Config.Strategy 9 is unknown":        {Name: "a", Strategy: 9},
		"supervisor: Config.StopTimeout -2ns is negative": {Name: "a", StopTimeout: -2},
	} {
		_, err := supervisor.New(cfg)
		require.EqualError(t, err, want)
	}
}

func TestDefaultsCanBeReadBack(t *testing.T) {
	t.Parallel()
	got := supervisor.Policy{}.WithDefaults(serve(failing))
	require.Equal(t, supervisor.Policy{
		MaxRestarts: 10, Backoff: supervisor.Backoff{Initial: 5 * time.Second, Factor: 1}, Stable: time.Minute,
		Verify: 3 * time.Second, StopTimeout: 10 * time.Second, CoolDown: 5 * time.Minute, MaxZombies: 3,
	}, got)
	s, err := supervisor.New(supervisor.Config{Name: "root"})
	require.NoError(t, err)
	require.Equal(t, supervisor.Park, got.Exhausted)
	require.Equal(t, supervisor.Wait, got.Zombie)
	require.Equal(t, supervisor.Forever, supervisor.Policy{}.WithDefaults(s).StopTimeout)
	require.Equal(t, time.Second, supervisor.Policy{Stable: time.Second}.WithDefaults(s).Verify)
	require.NoError(t, s.Add("a", serve(failing), supervisor.Policy{Stable: time.Second}))
}
