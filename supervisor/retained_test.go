package supervisor_test

import (
	"context"
	"runtime"
	"testing"
	"time"
	"weak"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/supervisor"
)

// heavy is a service that one would not want to be kept.
type heavy struct{ serve func(context.Context) error }

func (h *heavy) Serve(ctx context.Context) error { return h.serve(ctx) }

func TestChildThatIsGoneRetainsNothing(t *testing.T) {
	t.Parallel()
	hour := supervisor.Policy{StopTimeout: time.Hour, Verify: time.Hour, Stable: time.Hour}
	cases := map[string]struct {
		serve  func(context.Context) error
		kind   supervisor.Restart
		static bool
	}{
		"removed":                 {untilDone, supervisor.Permanent, false},
		"removed, and was static": {untilDone, supervisor.Permanent, true},
		"temporary":               {failing, supervisor.Temporary, false},
		"temporary and static":    {failing, supervisor.Temporary, true},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet()})
			require.NoError(t, err)
			require.NoError(t, s.Add("stays", serve(untilDone), hour))
			add := func() weak.Pointer[heavy] {
				service := &heavy{serve: c.serve}
				p := hour
				p.Restart = c.kind
				require.NoError(t, s.Add("goes", service, p))
				return weak.Make(service)
			}
			var gone weak.Pointer[heavy]
			if c.static {
				gone = add()
			}
			require.NoError(t, s.Start(context.Background()))
			if !c.static {
				gone = add()
			}
			_ = s.Status()
			var shown weak.Pointer[supervisor.Status]
			if children := s.Status().Children; len(children) > 1 { // the second look remembers what it has shown
				shown = weak.Make(children[1])
			}
			if c.kind != supervisor.Temporary {
				require.NoError(t, s.StopChild(t.Context(), "goes"))
				require.NoError(t, s.Remove(t.Context(), "goes"))
			}
			require.Eventually(t, func() bool { runtime.GC(); return gone.Value() == nil && shown.Value() == nil }, 10*time.Second, time.Millisecond)
			require.NoError(t, s.Stop(t.Context()))
		})
	}
}

func TestChildThatIsRemovedAtTheStartLeavesNoPartBehind(t *testing.T) {
	t.Parallel()
	for range 2000 {
		registry := health.NewRegistry(health.Config{})
		s, err := supervisor.New(supervisor.Config{Name: "root", Logger: quiet(), Registry: registry})
		require.NoError(t, err)
		add(t, s, "stays", untilDone, supervisor.Policy{})
		add(t, s, "goes", untilDone, supervisor.Policy{})
		removed := make(chan error)
		go func() { removed <- s.Remove(t.Context(), "goes") }()
		require.NoError(t, s.Start(context.Background()))
		err = <-removed
		_, listed := s.Status().Child("goes")
		require.Equal(t, err != nil, listed)
		want := 1
		if listed {
			want = 2
		}
		require.Len(t, registry.Report().Parts, want)
		require.NoError(t, s.Stop(context.Background()))
	}
}
