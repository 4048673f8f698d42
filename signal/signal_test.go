package signal_test

import (
	"encoding/json"
	"testing"
	"time"

	"github.com/stretchr/testify/require"

	"github.com/seed-5dee1c0a/vigil/signal"
)

func TestASignalSurvivesJSON(t *testing.T) {
	t.Parallel()
	for _, direction := range []signal.Direction{signal.Short, signal.Flat, signal.Long} {
		s := signal.Signal{
			ID: "a", Seq: 7, Strategy: "b", Params: "c=1", Symbol: "D/E", Interval: 5 * time.Second, Direction: direction,
			Confidence: 0.25, Price: 1.5, BarTime: time.Unix(1, 0).UTC(), CreatedAt: time.Unix(2, 0).UTC(), ValidUntil: time.Unix(3, 0).UTC(),
		}
		text, err := json.Marshal(s)
		require.NoError(t, err)
		require.Contains(t, string(text), `"interval":"5s"`)
		var back signal.Signal
		require.NoError(t, json.Unmarshal(text, &back))
		require.Equal(t, s, back)
	}
}

func TestADirectionThatIsNoneIsRefusedBothWays(t *testing.T) {
	t.Parallel()
	_, err := json.Marshal(signal.Signal{Direction: 2})
	require.ErrorContains(t, err, "Direction(2) is none of short, flat, long")
	var d signal.Direction
	require.EqualError(t, d.UnmarshalText([]byte("up")), `signal: direction "up" is none of short, flat, long`)
}
