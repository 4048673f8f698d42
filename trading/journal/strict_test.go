package journal_test

import (
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/trading/journal"
)

// Decode uses its readers again: what one entry left must not come before the next.
func TestDecodeIsNotDisturbedByTheEntryBefore(t *testing.T) {
	t.Parallel()
	long := strings.Repeat("long ", 10_000)
	for name, before := range map[string]string{
		"a whole one":             `{"reason":"y"}`,
		"a long one":              `{"reason":"` + long + `"}`,
		"white space behind":      "{\"reason\":\"y\"} \n\t ",
		"another one behind":      `{"reason":"y"}{"reason":"z"}`,
		"garbage behind":          `{"reason":"y"}]`,
		"a long tail":             `{"reason":"y"}` + long,
		"one that is cut off":     `{"reason":"y`,
		"one of the wrong type":   `{"reason":7}`,
		"one with an odd field":   `{"reason":"y","no_such":{"a":[1,2]}}`,
		"no JSON":                 `halted`,
		"nothing":                 ``,
		"nothing but white space": `   `,
		"no object":               `[1]`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 100 {
				_, _ = journal.Decode("halted", []byte(before)) // That it fails or not is another test's.
				event, err := journal.Decode("halted", []byte(`{"reason":"x"}`))
				require.NoError(t, err)
				require.Equal(t, journal.Halted{Reason: "x"}, event)
			}
		})
	}
}

func TestDecodeAcceptsWhiteSpaceAndNothingElseBehind(t *testing.T) {
	t.Parallel()
	for data, want := range map[string]string{
		`{"reason":"x"}`:          "",
		`{"reason":"x"}` + "\n\t": "",
		"{\"reason\":\"x\"}" + strings.Repeat(" ", 100_000): "",
		`{"reason":"x"}{}`: "something follows its JSON",
		`{"reason":"x"}` + strings.Repeat(" ", 10_000) + "x": "something follows its JSON",
	} {
		event, err := journal.Decode("halted", []byte(data))
		if want != "" {
			require.ErrorContains(t, err, want)
			continue
		}
		require.NoError(t, err)
		require.Equal(t, journal.Halted{Reason: "x"}, event)
	}
}

func TestDecodeMayBeCalledAtOnce(t *testing.T) {
	t.Parallel()
	var running sync.WaitGroup
	for n := range 8 {
		running.Go(func() {
			reason := strings.Repeat("x", n*300)
			for range 500 {
				event, err := journal.Decode("halted", []byte(`{"reason":"`+reason+`"}`))
				if err != nil || event != (journal.Halted{Reason: reason}) {
					t.Errorf("%v, %v", event, err)
					return
				}
			}
		})
	}
	running.Wait()
}
