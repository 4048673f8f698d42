package healthhttp_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/seed-5dee1c0a/vigil/health"
	"github.com/seed-5dee1c0a/vigil/health/healthhttp"
	"github.com/seed-5dee1c0a/vigil/supervisor/supervisortest"
)

// account is what a host shows besides, and a registry does not know.
type account struct {
	halted  bool
	version uint64
}

// world is a few parts to which anything may happen.
type world struct {
	clock    *supervisortest.Clock
	registry *health.Registry
	runs     []*health.Run
	account  account
	ended    []func()
}

var states = []health.State{
	health.StateNotStarted, health.StateStarting, health.StateRunning, health.StatePaused, health.StateStalled,
	health.StateBackoff, health.StateStopping, health.StateStopped, health.StateCrashed,
}

func (w *world) change(t *rapid.T) {
	i := rapid.IntRange(0, len(w.runs)-1).Draw(t, "which")
	run, name := w.runs[i], fmt.Sprintf("trader/%d", i)
	part := run.Part()
	if rapid.Bool().Draw(t, "child") {
		part = part.Child("BTC")
	}
	wait := time.Duration(rapid.IntRange(-1, 3000).Draw(t, "ms")) * time.Millisecond
	switch what := rapid.IntRange(0, 14).Draw(t, "what"); what {
	case 0, 1, 2:
		part.Observe(nil)
	case 3:
		part.Observe(errors.New("venue: 502"))
	case 4:
		part.Idle(w.clock.Now().Add(wait))
	case 5:
		part.Idle(time.Time{})
	case 6:
		part.Beat()
	case 7:
		part.Expect(health.Limits{MaxSilence: max(0, wait), RestartWindow: 2 * time.Second})
	case 8:
		run.SetState(health.Stage{
			State: rapid.SampledFrom(states).Draw(t, "state"), Since: w.clock.Now(), Ready: max(0, wait),
			Asked: rapid.Bool().Draw(t, "asked"),
		})
	case 9:
		run.SetFailure(health.Failure{Error: "EOF", At: w.clock.Now(), RecentFailures: rapid.IntRange(0, 4).Draw(t, "failures")})
	case 10:
		part.Raise(health.Condition{Key: "k", Verdict: rapid.SampledFrom([]health.Verdict{0, 1, 2}).Draw(t, "verdict")})
	case 11:
		part.Clear("k")
	case 12:
		part.Ready()
	case 13:
		w.ended = append(w.ended, w.registry.Abandon(name, w.clock.Now()))
		if len(w.ended) > 2 {
			w.ended[0]()
			w.ended = w.ended[1:]
		}
	case 14:
		w.account = account{!w.account.halted, w.account.version + 1}
	}
}

// told is what an answer says that may not be old.
type told struct {
	Code       int
	Status     string    `json:"status"`
	Time       time.Time `json:"time"`
	Reasons    []string  `json:"reasons"`
	Halted     bool      `json:"halted"`
	PartsKnown []struct {
		Path       string `json:"path"`
		Status     string `json:"status"`
		State      string `json:"state"`
		Reason     string `json:"reason"`
		Idle       bool   `json:"idle"`
		ErrorRun   int    `json:"error_run"`
		Asked      bool   `json:"asked"`
		Unready    bool   `json:"unready"`
		Failures   int    `json:"recent_failures"`
		Zombies    int    `json:"zombies"`
		LastError  string `json:"last_error"`
		Conditions []struct {
			Key    string `json:"key"`
			Status string `json:"status"`
		} `json:"conditions"`
	} `json:"parts"`
}

// ask reads an answer. Of a reason only what comes before an age counts.
func (w *world) ask(t require.TestingT, h *healthhttp.Handler) (got told) {
	answer := ask(h, http.MethodGet, "/health")
	require.NoError(t, json.Unmarshal(answer.Body.Bytes(), &got))
	got.Code = answer.Code
	for i, reason := range got.Reasons {
		got.Reasons[i], _, _ = strings.Cut(reason, " for ")
	}
	for i := range got.PartsKnown {
		got.PartsKnown[i].Reason, _, _ = strings.Cut(got.PartsKnown[i].Reason, " for ")
	}
	return got
}

func TestAnswerThatIsKeptHidesNoVerdict(t *testing.T) {
	t.Parallel()
	rapid.Check(t, func(t *rapid.T) {
		w := &world{clock: supervisortest.NewClockAt(noon)}
		w.registry = health.NewRegistry(health.Config{Clock: w.clock})
		for i := range 3 {
			w.runs = append(w.runs, w.registry.Begin(fmt.Sprintf("trader/%d", i)))
		}
		cfg := healthhttp.Config{
			Registry: w.registry, Version: func() uint64 { return w.account.version },
			Extra: func(health.Report) map[string]any { return map[string]any{"halted": w.account.halted} },
		}
		kept, err := healthhttp.New(cfg)
		require.NoError(t, err)
		for range rapid.IntRange(1, 60).Draw(t, "steps") {
			if rapid.Bool().Draw(t, "passes") {
				w.clock.Set(w.clock.Now().Add(time.Duration(rapid.IntRange(1, 1500).Draw(t, "passed")) * time.Millisecond))
			} else {
				w.change(t)
			}
			fresh, err := healthhttp.New(cfg)
			require.NoError(t, err)
			got, want := w.ask(t, kept), w.ask(t, fresh)
			require.Less(t, want.Time.Sub(got.Time), time.Second, "an age is too old")
			got.Time, want.Time = time.Time{}, time.Time{}
			require.Equal(t, want, got)
		}
	})
}
