package signaltest

import (
	"fmt"
	"testing"
	"time"

	"github.com/seed-5dee1c0a/vigil/signal"
)

// wantSignals compares all but Seq, with which a store answers for itself. It says what is wrong with which signal, and
// reports whether they are the signals that they should be.
func wantSignals(t testing.TB, what string, got, want []signal.Signal) bool {
	t.Helper()
	if wrong := whichDiffer(got, want); wrong != "" {
		t.Errorf("%s: %d signals, want %d: %s", what, len(got), len(want), wrong)
		return false
	}
	same := true
	for i, s := range got {
		wrong := whatDiffers(s, want[i])
		if wrong == "" && s.Seq == 0 {
			wrong = "it has no Seq"
		}
		if wrong != "" {
			t.Errorf("%s: signal %d, %s: %s", what, i, brief(s.ID), wrong)
			same = false
		}
	}
	return same
}

// brief quotes a text, and cuts it where it is long.
func brief(text string) string {
	const most = 80
	if len(text) <= most {
		return fmt.Sprintf("%q", text)
	}
	return fmt.Sprintf("%q and %d bytes more", text[:most], len(text)-most)
}

func name(s signal.Signal) string {
	return fmt.Sprintf("%s, of strategy %s (%s) for %s at %s,", brief(s.ID), brief(s.Strategy), brief(s.Params),
		brief(s.Symbol), s.BarTime.Format(time.RFC3339Nano))
}

// whichDiffer says which signal is too many, too few or at another place.
func whichDiffer(got, want []signal.Signal) string {
	wanted, found := make(map[string]bool), make(map[string]bool)
	for _, s := range want {
		wanted[s.ID] = true
	}
	for _, s := range got {
		switch {
		case !wanted[s.ID]:
			return name(s) + " is one too many"
		case found[s.ID]:
			return name(s) + " is there twice"
		}
		found[s.ID] = true
	}
	for _, s := range want {
		if !found[s.ID] {
			return name(s) + " is missing"
		}
	}
	for i := range got {
		if got[i].ID != want[i].ID {
			return fmt.Sprintf("they are in another order: at %d is %s, want %s", i, brief(got[i].ID), brief(want[i].ID))
		}
	}
	return ""
}

// whatDiffers names the first field that is another one.
func whatDiffers(got, want signal.Signal) string {
	for _, f := range []struct{ name, got, want string }{
		{"ID", got.ID, want.ID}, {"Strategy", got.Strategy, want.Strategy}, {"Params", got.Params, want.Params},
		{"Symbol", got.Symbol, want.Symbol},
	} {
		if f.got != f.want {
			return fmt.Sprintf("%s is %s, want %s", f.name, brief(f.got), brief(f.want))
		}
	}
	for _, f := range []struct {
		name      string
		got, want any
	}{
		{"Interval", got.Interval, want.Interval}, {"Direction", got.Direction, want.Direction},
		{"Confidence", got.Confidence, want.Confidence}, {"Price", got.Price, want.Price},
		{"the number of Parts", len(got.Parts), len(want.Parts)},
	} {
		if f.got != f.want {
			return fmt.Sprintf("%s is %v, want %v", f.name, f.got, f.want)
		}
	}
	for i := range got.Parts {
		if got.Parts[i] != want.Parts[i] {
			return fmt.Sprintf("Parts[%d] is %+v, want %+v", i, got.Parts[i], want.Parts[i])
		}
	}
	return whichTimeDiffers(got, want)
}

func whichTimeDiffers(got, want signal.Signal) string {
	for _, f := range []struct {
		name      string
		got, want time.Time
	}{
		{"BarTime", got.BarTime, want.BarTime}, {"CreatedAt", got.CreatedAt, want.CreatedAt},
		{"ValidUntil", got.ValidUntil, want.ValidUntil},
	} {
		if !f.got.Equal(f.want) {
			return fmt.Sprintf("%s is %s, want %s", f.name, f.got.Format(time.RFC3339Nano), f.want.Format(time.RFC3339Nano))
		}
		if f.got.Location() != time.UTC {
			return fmt.Sprintf("%s comes back in %s, want UTC", f.name, f.got.Location())
		}
	}
	return ""
}
